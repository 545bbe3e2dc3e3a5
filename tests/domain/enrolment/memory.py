"""A store in memory that one story uses, without a fixture: generated stories need many."""

from datetime import UTC, datetime

from app.adapters.memory.unit_of_work import MemoryStore, MemoryWork
from app.domain.access.roles import SYSTEM, Caller
from app.ports import Work
from tests.memory_ports import StoryClock


class Store:
    """Opens units of work on a store of its own."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))

    def __call__(self, caller: Caller = SYSTEM, action: str = "test") -> Work:
        return MemoryWork(self.store, self.clock, caller, action)
