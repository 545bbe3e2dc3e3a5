"""How an edition ends: results are confirmed, credentials are sealed, everything has been given,
and some day it is put away."""

from collections.abc import Collection
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors import ReasonNeeded
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.editions import loaded, saved, trace


async def complete_edition(
    edition_id: UUID, passed: Collection[UUID], *, work: EnrolmentWork, clock: Clock
) -> Edition:
    """Results are confirmed: those who passed have completed the edition.

    `passed` are registrations. Called when results say so; a second time it does nothing. Raises
    EditionNotFound, EditionMoveNotAllowed.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        if edition.state not in (
            EditionState.RESULTS_CONFIRMED,
            EditionState.ISSUING,
            EditionState.COMPLETED,
            EditionState.ARCHIVED,
        ):
            before = trace(edition)
            found = await work.registrations.many(passed)
            placed = [r for r in found if r.edition == edition.id and r.state is State.PLACED]
            edition.confirm_results(len(placed))
            await Allocation(edition, work, "system", clock.now()).complete(placed)
            await saved(edition, before, None, work)
    return edition


async def begin_issuing(edition_id: UUID, *, work: EnrolmentWork) -> Edition:
    """The first credentials of the edition are being sealed. A second time it does nothing.

    Raises EditionNotFound.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        if edition.state is EditionState.RESULTS_CONFIRMED:
            before = trace(edition)
            edition.begin_issuing()
            await saved(edition, before, None, work)
    return edition


async def finish_when_sealed(edition_id: UUID, *, work: EnrolmentWork) -> Edition:
    """Every credential of the edition has been sealed. A second time it does nothing.

    Raises EditionNotFound.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        if edition.state is EditionState.ISSUING:
            await _complete(edition, None, work)
    return edition


async def finish_edition(
    edition_id: UUID, version: int, reason: str, *, work: EnrolmentWork, caller: Caller
) -> Edition:
    """Finish an edition although somebody who passed may have no credential, with a reason.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed, ReasonNeeded.
    """
    async with work:
        edition = await loaded("finish_edition", edition_id, version, work, caller)
        if not reason.strip():
            raise ReasonNeeded("finishing an edition by hand")
        await _complete(edition, reason, work)
    return edition


async def archive_edition(
    edition_id: UUID, version: int, *, work: EnrolmentWork, caller: Caller
) -> Edition:
    """Put away an edition in which everything has been given.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed.
    """
    async with work:
        edition = await loaded("archive_edition", edition_id, version, work, caller)
        before = trace(edition)
        edition.archive()
        await saved(edition, before, None, work)
    return edition


async def _complete(edition: Edition, reason: str | None, work: EnrolmentWork) -> None:
    before = trace(edition)
    edition.complete()
    await saved(edition, before, reason, work)
