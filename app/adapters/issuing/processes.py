"""Making credentials in processes of their own, so that all processors are used.

Python runs one thread at a time. What a batch needs of rendering, building, validating, sealing and
verifying goes to processes that do nothing else, several credentials at once; storing stays here.

They are started when there is something to do, end when nothing came for a while, and end with this
process however it ends. A process that dies is replaced; what it was at is tried again one by one,
in a process that nobody else uses.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Any

from app.adapters.edc.seal.development_seal import DevelopmentSealWarning
from app.adapters.issuing.making import Maker
from app.domain.credentials.seal import IssuedCredential, IssuingOrder
from app.domain.errors import DomainError, Unavailable

IDLE = 120.0
"""Seconds without an order after which the processes end."""

log = logging.getLogger(__name__)


class DiedMaking(Exception):
    """The process that was making one credential died of it."""


class MakersUnavailable(Unavailable):
    """Processes that make credentials end before they take an order."""

    code = "makers_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "No process that makes credentials can be started here. The log tells why; "
            "resume the job when that has been put right."
        )


class FailedThere(Exception):
    """Making one credential failed in a way that nobody foresaw. Says where, never what."""


class MakerProcesses:
    """So many processes that make credentials as a maker of this process would."""

    def __init__(self, make: Callable[[], Maker], number: int, *, idle: float = IDLE) -> None:
        """`make` builds the maker of each process, and can be sent there (pickled)."""
        self.number = number
        self._make = make
        self._idle = idle
        self._pool: ProcessPoolExecutor | None = None
        self._apart = asyncio.Lock()
        self._apart_pool: ProcessPoolExecutor | None = None
        self._suspected = 0
        self._under_way = 0
        self._ending: asyncio.TimerHandle | None = None

    async def issue_all(
        self, orders: Sequence[IssuingOrder]
    ) -> Sequence[IssuedCredential | Exception]:
        """What was made of each order, or why nothing was."""
        self._under_way += 1
        if self._ending is not None:
            self._ending.cancel()
        try:
            return await self._made(orders)
        finally:
            self._under_way -= 1
            if not self._under_way:
                loop = asyncio.get_running_loop()
                self._ending = loop.call_later(self._idle, self._end)

    @property
    def running(self) -> bool:
        """Whether there are processes now."""
        return self._pool is not None

    def close(self) -> None:
        """End the processes; whoever comes later starts new ones."""
        if self._ending is not None:
            self._ending.cancel()
        self._end()

    async def _made(self, orders: Sequence[IssuingOrder]) -> Sequence[IssuedCredential | Exception]:
        if self._pool is None:
            self._pool = self._started(self.number)
        pool = self._pool
        try:
            return await _sent(orders, pool)
        except BrokenProcessPool:
            # Whoever notices first takes it away, for all.
            if self._pool is pool:
                self._end()
        # All that was under way is suspected, and one death would be everybody's again.
        log.warning("a process that makes credentials has died; %d are made anew", len(orders))
        self._suspected += 1
        try:
            async with self._apart:
                return await self._made_apart(orders)
        finally:
            self._suspected -= 1
            if not self._suspected:
                self._end_apart()

    async def _made_apart(
        self, orders: Sequence[IssuingOrder]
    ) -> Sequence[IssuedCredential | Exception]:
        """One by one in a process of their own, so that it is known of whom it died."""
        found: list[IssuedCredential | Exception] = []
        for order in orders:
            if self._apart_pool is None:
                self._apart_pool = self._started(1)
                if not await _began(self._apart_pool):
                    log.error("processes that make credentials end before they take an order")
                    self._end_apart()
                    return [*found, *[MakersUnavailable()] * (len(orders) - len(found))]
            try:
                found += await _sent([order], self._apart_pool)
            except BrokenProcessPool:
                found.append(DiedMaking())
                self._end_apart()
        return found

    def _end_apart(self) -> None:
        pool, self._apart_pool = self._apart_pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _started(self, number: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            number,
            # A copy of this process would have its locks but not the threads that release them.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._make,),
        )

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


async def _sent(
    orders: Sequence[IssuingOrder], pool: ProcessPoolExecutor
) -> list[IssuedCredential | Exception]:
    """What those processes make of the orders. Raises BrokenProcessPool when one of them dies."""
    made = await asyncio.get_running_loop().run_in_executor(pool, _issue, list(orders))
    return [_here(one) for one in made]


async def _began(pool: ProcessPoolExecutor) -> bool:
    """Whether the only process of a pool has got as far as taking orders."""
    try:
        await asyncio.get_running_loop().run_in_executor(pool, _ready)
    except BrokenProcessPool:
        return False
    return True


@dataclass(frozen=True)
class _Error:
    """An error on its way here: most kinds do not travel by themselves."""

    kind: type[Exception]
    arguments: tuple[Any, ...] = field(repr=False)
    state: dict[str, Any] = field(repr=False)


def _here(made: IssuedCredential | _Error) -> IssuedCredential | Exception:
    if isinstance(made, IssuedCredential):
        return made
    error = made.kind.__new__(made.kind, *made.arguments)
    error.__dict__.update(made.state)
    return error


# What follows happens in those processes.

_maker: Maker | None = None


def _begin(make: Callable[[], Maker]) -> None:
    global _maker
    # It is for this process's parent to say when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # The parent has warned already.
    warnings.simplefilter("ignore", DevelopmentSealWarning)
    _maker = make()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _ready() -> None:
    """Nothing: whoever gets here has begun."""


def _issue(orders: Sequence[IssuingOrder]) -> list[IssuedCredential | _Error]:
    if _maker is None:
        raise RuntimeError("no maker in this process")
    return [
        _travelling(made) if isinstance(made, Exception) else made
        for made in _maker.issue_all(orders)
    ]


def _travelling(error: Exception) -> _Error:
    if isinstance(error, DomainError):
        return _Error(type(error), error.args, dict(error.__dict__))
    # The message may hold what the order says of its learner.
    where = traceback.extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__} at {where.filename}:{where.lineno}"
    return _Error(FailedThere, (said,), {})
