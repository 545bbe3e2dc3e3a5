"""Those who want the same of the database at the same moment share a round trip.

One call is under way at a time. It is made for all who came while the last one was under way, in
the order of their coming; so whoever is alone waits for nobody, and in a crowd the cost of a call
is shared by many. Nothing is asked before those who want it have come: an answer is never older
than the question.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeout

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

_TROUBLE_OF_ALL = (TimeoutError, PoolTimeout, asyncpg.InsufficientResourcesError)
"""The database, or a connection to it, is not to be had now, whatever was asked."""

Call = Callable[[list[Asked]], Awaitable[Sequence[Answered]]]


class Together(Generic[Asked, Answered]):
    """Gathers questions and asks them by one call."""

    def __init__(self, call: Call[Asked, Answered], most: int) -> None:
        """`call` answers up to `most` questions, one for one."""
        self._call = call
        self._most = most
        self._waiting: deque[tuple[Asked, asyncio.Future[Answered]]] = deque()
        self._serving: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nobody is there."""
        return self._serving is None

    async def ask(self, question: Asked) -> Answered:
        """The answer to this question, when it is its turn. Raises what the call raises for it."""
        answered: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answered))
        if self._serving is None:
            # A task of its own: whoever came first may leave before the others are served.
            self._serving = asyncio.create_task(self._serve())
        return await answered

    async def _serve(self) -> None:
        try:
            while self._waiting:
                many = min(self._most, len(self._waiting))
                turns = [self._waiting.popleft() for _ in range(many)]
                await self._answer([turn for turn in turns if not turn[1].cancelled()])
        finally:
            self._serving = None

    async def _answer(self, turns: list[tuple[Asked, "asyncio.Future[Answered]"]]) -> None:
        if not turns:
            return
        try:
            answers = await self._call([question for question, _ in turns])
        except _TROUBLE_OF_ALL as error:
            # Asked again one by one, each would wait as long, and all who come meanwhile.
            _tell(turns, error)
        except Exception as error:
            if len(turns) == 1:
                _tell(turns, error)
                return
            # Nobody answers for the trouble of others: each alone.
            for turn in turns:
                if not turn[1].done():
                    await self._answer([turn])
        except BaseException:
            for _, answered in turns:
                answered.cancel()
            raise
        else:
            for (_, answered), answer in zip(turns, answers, strict=True):
                if not answered.done():
                    answered.set_result(answer)


def _tell(turns: "list[tuple[Any, asyncio.Future[Any]]]", error: Exception) -> None:
    for _, answered in turns:
        if not answered.done():
            answered.set_exception(error)
