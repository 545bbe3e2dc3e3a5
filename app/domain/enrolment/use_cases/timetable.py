"""What a timer does to an edition when its time has come."""

from datetime import datetime
from uuid import UUID

from app.domain.clock import Clock
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.quota import Quota
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.timetable import Move, TimedMove
from app.domain.enrolment.use_cases.editions import grading, opening, saved, starting, trace

_ACTOR = "system"


async def make_due_moves(edition_id: UUID, *, work: EnrolmentWork, clock: Clock) -> Edition:
    """Make every move of an edition whose time has come, the earliest first, as one step.

    A timer calls it for each edition that is due. Does nothing when somebody was faster. Raises
    EditionNotFound.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        now = clock.now()
        while (moves := edition.timed_moves) and moves[0].at <= now:
            await _make(moves[0], edition, work, now)
    return edition


async def _make(due: TimedMove, edition: Edition, work: EnrolmentWork, now: datetime) -> None:
    match due.move:
        case Move.OPEN:
            await opening(edition, None, work, _ACTOR, now)
        case Move.CLOSE:
            before = trace(edition)
            edition.close(now, None)
            await saved(edition, before, None, work)
        case Move.START:
            await starting(edition, None, work, _ACTOR, now)
        case Move.GRADE:
            await grading(edition, None, work, _ACTOR, now)
        case Move.RELEASE | Move.LIFT | Move.CUT_OFF:
            before = trace(edition)
            quota, reason = _opened(due, edition.quota)
            allocation = Allocation(edition, work, _ACTOR, now)
            await allocation.change_caps(quota, reason, f"as announced for {due.at.isoformat()}")
            await saved(edition, before, reason, work)


def _opened(due: TimedMove, quota: Quota) -> tuple[Quota, Reason]:
    if due.move is Move.LIFT:
        return quota.with_all_lifted(), Reason.CAPS_LIFTED
    if due.scope is not None:
        return quota.with_released(due.scope), Reason.RESERVE_RELEASED
    return quota.with_cut_off(), Reason.PROMOTION_ENDED
