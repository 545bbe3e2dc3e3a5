"""Units of work in both lives: PostgreSQL and memory. A contract test runs on each."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app import reactions
from app.adapters.memory.unit_of_work import MemoryStore, MemoryWork
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.ports import Work
from tests.memory_ports import StoryClock

OpenWork = Callable[..., Work]


@pytest.fixture
def clock() -> StoryClock:
    return StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))


@pytest.fixture(params=["memory", "postgres"])
def work(request: pytest.FixtureRequest, clock: StoryClock) -> OpenWork:
    """Opens units of work on one store: `work()`, `work(caller)`, `work(caller, "action")`."""
    if request.param == "memory":
        store = MemoryStore()

        def in_memory(caller: Caller = SYSTEM, action: str = "test") -> Work:
            return MemoryWork(store, clock, caller, action)

        return in_memory
    engine = request.getfixturevalue("engine")
    outbox = PostgresOutbox(reactions.NAMES)

    def on_postgres(caller: Caller = SYSTEM, action: str = "test") -> Work:
        return PostgresWork(engine, outbox, clock, caller, action)

    return on_postgres
