"""What happens by itself as time passes: moves that are due, answers that are no longer kept.

Every worker looks, twice a minute. Each act is harmless when another worker has done it already.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.domain.credentials.levels import SealLevel
from app.domain.credentials.use_cases_augment import order_due
from app.domain.enrolment.use_cases_editions import make_due_move
from app.domain.errors import DomainError
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
    """Open and close the registration of editions whose moment has come."""
    async with ports.reading() as work:
        due = await work.editions.due(ports.clock.now(), _AT_ONCE)
    for edition in due:
        # Another worker, or an officer, may have been quicker.
        with suppress(DomainError):
            await make_due_move(edition, work=ports.system_work("make_due_move"), clock=ports.clock)


async def raise_due_seals(ports: Ports) -> None:
    """Order work on seals that wait for a higher level, or for a new archive timestamp."""
    if ports.seal_levels.target is not SealLevel.B_B:
        await order_due(
            work=ports.system_work("order_seal_levels"),
            levels=ports.seal_levels,
            clock=ports.clock,
            limit=_SEALS_AT_ONCE,
        )


TIMERS: tuple[Callable[[Ports], Awaitable[None]], ...] = (
    purge_kept_answers,
    make_due_moves,
    raise_due_seals,
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
