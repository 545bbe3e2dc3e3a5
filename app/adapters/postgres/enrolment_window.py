"""The queue in front of an edition: those who register at the same moment share a round trip.

Everybody who registers in an edition waits for one row, and whoever has it keeps it until their
commit is on disk. So this process has one call per edition at the database at a time. It takes
along all who came while the last one was under way, in the order of their coming. Each of them is a
transaction of its own, decided and committed before the next begins; only the wait for the disk is
shared: the last commit of a call forces out what the earlier ones wrote, and nobody is answered
before that.
"""

import asyncio
from collections import deque
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.driver import Borrowed

TOGETHER = 32
"""Registrations in one call at most: so many make a call last some hundredths of a second."""

_CALL = (
    "CALL register_directly_each($1::registration_claim[],"
    " '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')"
)


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


Arguments = tuple[object, ...]
"""The fields of the database's type `registration_claim`."""
_Turn = tuple[Arguments, "asyncio.Future[Answer | None]"]


class Window:
    """Where people of one process register in one edition."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: deque[_Turn] = deque()
        self._serving: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nobody is there."""
        return self._serving is None

    async def register(self, arguments: Arguments) -> Answer | None:
        """Register when it is their turn; None when the general way has to be gone."""
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arguments, answered))
        if self._serving is None:
            # A task of its own: whoever came first may leave before the others are served.
            self._serving = asyncio.create_task(self._serve())
        return await answered

    async def _serve(self) -> None:
        try:
            while self._waiting:
                many = min(TOGETHER, len(self._waiting))
                turns = [self._waiting.popleft() for _ in range(many)]
                await self._together([turn for turn in turns if not turn[1].cancelled()])
        finally:
            self._serving = None

    async def _together(self, turns: list[_Turn]) -> None:
        if not turns:
            return
        try:
            answers = await self._call([arguments for arguments, _ in turns])
        except Exception as error:
            if len(turns) == 1:
                _settle(turns[0][1], error)
                return
            # Nobody answers for the trouble of others: each alone. Those before it have
            # registered already, which the general way then finds.
            for turn in turns:
                await self._together([turn])
        except BaseException:
            for _, answered in turns:
                answered.cancel()
            raise
        else:
            for (_, answered), answer in zip(turns, answers, strict=True):
                _settle(answered, answer)

    async def _call(self, claims: list[Arguments]) -> list[Answer | None]:
        async with Borrowed(self._engine) as connection:
            row = await connection.fetchrow(_CALL, claims)
        answers: list[Answer | None] = [None] * len(claims)
        if row is not None:
            for number, *fields in zip(*row.values(), strict=True):
                answers[number - 1] = Answer(*fields)
        return answers


def _settle(answered: "asyncio.Future[Answer | None]", result: Answer | Exception | None) -> None:
    if answered.done():
        return
    if isinstance(result, Exception):
        answered.set_exception(result)
    else:
        answered.set_result(result)


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
