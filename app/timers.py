"""What happens by itself as time passes: moves that are due, answers that are no longer kept.

Every worker looks, twice a minute. Each act is harmless when another worker has done it already.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.domain.access.roles import Caller
from app.domain.credentials.levels import SealLevel
from app.domain.credentials.use_cases.augment import order_due
from app.domain.credentials.use_cases.batches import start_due_batch
from app.domain.enrolment.use_cases.timetable import make_due_moves as make_moves_of
from app.domain.errors import DomainError
from app.domain.retention.use_cases import begin_day
from app.ports import Ports

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two looks."""
_AT_ONCE = 50
_SEALS_AT_ONCE = 200


async def purge_kept_answers(ports: Ports) -> None:
    """Forget answers to Idempotency-Keys that are older than a day."""
    await ports.idempotency.purge()


async def make_due_moves(ports: Ports) -> None:
    """Open, close, start and end editions, release and lift what was kept, when it is time."""
    async with ports.reading() as work:
        due = await work.editions.due(ports.clock.now(), _AT_ONCE)
    for edition in due:
        # Another worker, or an officer, may have been quicker.
        with suppress(DomainError):
            await make_moves_of(edition, work=ports.system_work("make_due_move"), clock=ports.clock)


async def raise_due_seals(ports: Ports) -> None:
    """Order work on seals that wait for a higher level, or for a new archive timestamp."""
    if ports.seal_levels.target is not SealLevel.B_B:
        await order_due(
            work=ports.system_work("order_seal_levels"),
            levels=ports.seal_levels,
            clock=ports.clock,
            limit=_SEALS_AT_ONCE,
        )


async def start_due_batches(ports: Ports) -> None:
    """Begin issuing batches that were planned for now, in the name of who approved them."""
    async with ports.reading() as work:
        due = await work.batches.due(ports.clock.now(), _AT_ONCE)
    for batch in due:
        approver = Caller(account=batch.approved_by)
        with suppress(DomainError):
            await start_due_batch(
                batch.id, work=ports.work(approver, "start_due_batch"), clock=ports.clock
            )


async def begin_erasing(ports: Ports) -> None:
    """Start the job that erases what is due, once a day."""
    await begin_day(open_work=lambda: ports.system_work("begin_erasing"), clock=ports.clock)


async def keep_up(ports: Ports) -> None:
    """Let adapters refresh what they keep of the outside world: trusted lists."""
    for act in ports.upkeep:
        await act()


TIMERS: tuple[Callable[[Ports], Awaitable[None]], ...] = (
    purge_kept_answers,
    make_due_moves,
    raise_due_seals,
    start_due_batches,
    begin_erasing,
    keep_up,
)


async def run_timers(ports: Ports, stopping: asyncio.Event) -> None:
    """Look again and again, until stopped. What fails is logged and tried at the next look."""
    while not stopping.is_set():
        for timer in TIMERS:
            try:
                await timer(ports)
            except Exception as error:
                log.warning("timer %s failed (%s)", timer.__name__, type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY)
