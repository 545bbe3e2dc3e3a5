"""The queue in front of an edition: those who register at the same moment share a round trip.

Everybody who registers in an edition waits for one row, and whoever has it keeps it until their
commit is on disk. So this process has one call per edition at the database at a time, which takes
along all who came while the last one was under way (see `together.py`). A call is one transaction:
each is decided for themselves, one after another, and all of it is written and committed together.
If it fails, nothing of it has happened, and each is tried again alone.
"""

from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.driver import Borrowed
from app.adapters.postgres.together import Together

TOGETHER = 32
"""Registrations in one call at most: so many make a call last some hundredths of a second."""

_CALL = "SELECT * FROM register_directly_together($1::registration_claim[])"


class Answer(NamedTuple):
    """What became of one registration."""

    state: str
    reason: str
    seq: int
    person: UUID
    verified: bool
    country: str | None
    warned: bool
    version: int
    """Of the edition."""
    position: int
    position_within: int
    position_waiting: int | None


Arguments = tuple[object, ...]
"""The fields of the database's type `registration_claim`."""


class Window:
    """Where people of one process register in one edition."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._turns: Together[Arguments, Answer | None] = Together(self._call, TOGETHER)

    @property
    def is_idle(self) -> bool:
        """Whether nobody is there."""
        return self._turns.is_idle

    async def register(self, arguments: Arguments) -> Answer | None:
        """Register when it is their turn; None when the general way has to be gone."""
        return await self._turns.ask(arguments)

    async def _call(self, claims: list[Arguments]) -> list[Answer | None]:
        async with Borrowed(self._engine) as connection:
            rows = await connection.fetch(_CALL, claims)
        answers: list[Answer | None] = [None] * len(claims)
        for number, *fields in rows:
            answers[number - 1] = Answer._make(fields)
        return answers


_windows: WeakKeyDictionary[AsyncEngine, dict[UUID, Window]] = WeakKeyDictionary()
_MOST_OPEN = 256


def window_of(engine: AsyncEngine, edition: UUID) -> Window:
    """The edition's window; the same for everybody in this process who uses this pool."""
    windows = _windows.setdefault(engine, {})
    window = windows.get(edition)
    if window is None:
        if len(windows) >= _MOST_OPEN:
            for idle in [key for key, one in windows.items() if one.is_idle]:
                del windows[idle]
        windows[edition] = window = Window(engine)
    return window
