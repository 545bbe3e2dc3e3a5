"""Caps that change while an edition lives: what would follow, and the decisions themselves."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.enrolment.access import allow
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.changing import EditionUnchangeable, refusal
from app.domain.enrolment.edition import RUNNING_OR_BEFORE, Edition
from app.domain.enrolment.errors import (
    EditionInvalid,
    EditionNotFound,
    NothingToRelease,
    ReasonNeeded,
    UnusedPolicyForbids,
)
from app.domain.enrolment.looking import OnlyLooking
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.ports_places import Tally
from app.domain.enrolment.quota import Counts, Placed, Quota, QuotaRule, Scope, check, decide
from app.domain.enrolment.ranking import Rank
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.standing import Entrant, standing
from app.domain.enrolment.timetable import UnusedPolicy
from app.domain.enrolment.use_cases.editions import loaded, partner_codes, saved, trace
from app.domain.vocabulary.institutions import InstitutionCode


@dataclass(frozen=True)
class TooLow:
    """A cap that would lie below those who have a place."""

    scope: Scope
    cap: int
    placed: int


@dataclass(frozen=True)
class CapsPreview:
    """What other caps would lead to, had they been set just now."""

    edition: Edition
    quota: Quota
    too_low: Sequence[TooLow]
    """Caps that could not be set; then nothing else would happen."""
    gain: Sequence[Entrant]
    """Who waits now and would have a place, in order of rank."""
    lose: Sequence[Entrant]
    """Only while the list is provisional: who would have a place now and would wait."""
    placed: Mapping[InstitutionCode, int]
    waiting: Mapping[InstitutionCode, int]
    """Numbers by institution, as they would be."""
    refused: str | None = None
    """Why no caps can be set now, whichever they are."""

    @property
    def is_possible(self) -> bool:
        """Whether the caps could be set."""
        return self.refused is None and not self.too_low


async def preview_caps(
    edition_id: UUID,
    places: int | None,
    rules: tuple[QuotaRule, ...] | None,
    *,
    work: EnrolmentWork,
    caller: Caller,
) -> CapsPreview:
    """Who would be placed and who would wait with other caps; changes nothing and locks nothing.

    None leaves what is. Raises EditionNotFound, NotAllowed, EditionInvalid.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        allow("preview_caps", edition, caller)
        now = edition.quota
        quota = Quota(
            now.places if places is None else places, now.rules if rules is None else rules
        ).keeping(now)
        found = check(quota, await partner_codes(work))
        if found:
            raise EditionInvalid(found)
        waiting = await work.registrations.entrants(edition.id)
        seated = await work.registrations.seated(edition.id)
        if not edition.is_binding:
            overrides = await work.registrations.overridden(edition.id)
            return _of_standing(edition, quota, waiting, overrides)
        too_low = _too_low(quota, await work.tallies.of(edition.id))
    refused = refusal(edition, {"quota"})
    return _of_decisions(edition, quota, waiting, seated, too_low, refused)


def _too_low(quota: Quota, tallies: Sequence[Tally]) -> list[TooLow]:
    return [
        TooLow(tally.scope, cap, tally.placed)
        for tally in tallies
        if (cap := quota.cap_of(tally.scope)) is not None and tally.placed - tally.excess > cap
    ]


def _of_standing(
    edition: Edition, quota: Quota, waiting: Sequence[Entrant], overrides: Collection[UUID]
) -> CapsPreview:
    now = standing(waiting, edition.quota.at_publication, overrides)
    then = standing(waiting, quota.at_publication, overrides)
    return CapsPreview(
        edition,
        quota,
        (),
        gain=[b.entrant for a, b in zip(now, then, strict=True) if b.is_placed > a.is_placed],
        lose=[b.entrant for a, b in zip(now, then, strict=True) if b.is_placed < a.is_placed],
        placed=Counter(one.entrant.bucket for one in then if one.is_placed),
        waiting=Counter(one.entrant.bucket for one in then if not one.is_placed),
    )


def _of_decisions(
    edition: Edition,
    quota: Quota,
    waiting: Sequence[Entrant],
    seated: Sequence[Entrant],
    too_low: Sequence[TooLow],
    refused: EditionUnchangeable | None,
) -> CapsPreview:
    placed = Counter(entrant.bucket for entrant in seated)
    left = Counter(entrant.bucket for entrant in waiting)
    gain = [] if too_low or refused else _promoted(quota, waiting, placed)
    placed.update(entrant.bucket for entrant in gain)
    left.subtract(entrant.bucket for entrant in gain)
    why = None if refused is None else refused.detail
    return CapsPreview(edition, quota, too_low, gain, (), placed, +left, why)


def _promoted(
    quota: Quota, waiting: Sequence[Entrant], placed: Mapping[InstitutionCode, int]
) -> list[Entrant]:
    """Who would be promoted: again and again the first who fits, as decisions are taken."""
    counts = Counts.of_buckets(placed)
    queues: dict[InstitutionCode, list[Entrant]] = {}
    for entrant in sorted(waiting, key=lambda entrant: entrant.rank, reverse=True):
        queues.setdefault(entrant.bucket, []).append(entrant)
    promoted: list[Entrant] = []

    def first(bucket: InstitutionCode) -> Rank:
        return queues[bucket][-1].rank

    while True:
        fitting = [b for b in queues if isinstance(decide(counts, quota, b), Placed)]
        if not fitting:
            return promoted
        bucket = min(fitting, key=first)
        promoted.append(queues[bucket].pop())
        counts.take(bucket)
        if not queues[bucket]:
            del queues[bucket]


@dataclass(frozen=True)
class CapsStep:
    """A step that gives places to others than they were kept for."""

    action: str
    reason: str
    scope: Scope | None = None
    """Whose reserve, or whose cap; None: the caps of all institutions."""
    dry_run: bool = field(default=False, kw_only=True)


async def release_reserve(
    edition_id: UUID,
    version: int,
    step: CapsStep,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[Edition, list[Registration]]:
    """Give a reserve to everybody before its date. Returns who got a place by it.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionUnchangeable, ReasonNeeded,
    NothingToRelease.
    """

    def released(edition: Edition) -> tuple[Quota, Reason]:
        if step.scope is None or step.scope not in dict(edition.quota.reserves):
            raise NothingToRelease(step.scope)
        return edition.quota.with_released(step.scope), Reason.RESERVE_RELEASED

    return await _step(edition_id, version, step, released, work, caller, clock)


async def lift_caps(
    edition_id: UUID,
    version: int,
    step: CapsStep,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[Edition, list[Registration]]:
    """Let everybody have what institutions leave unused, where the edition's policy allows that.

    Returns who got a place by it. Raises EditionNotFound, EditionStale, NotAllowed,
    EditionUnchangeable, ReasonNeeded, UnusedPolicyForbids, NothingToRelease.
    """

    def lifted(edition: Edition) -> tuple[Quota, Reason]:
        if edition.unused.policy is UnusedPolicy.NONE:
            raise UnusedPolicyForbids
        if step.scope is None and edition.quota.liftable:
            return edition.quota.with_all_lifted(), Reason.CAPS_LIFTED
        if step.scope is None or step.scope not in edition.quota.liftable:
            raise NothingToRelease(step.scope)
        return edition.quota.with_lifted(step.scope), Reason.CAPS_LIFTED

    return await _step(edition_id, version, step, lifted, work, caller, clock)


async def stop_promotion(
    edition_id: UUID,
    version: int,
    step: CapsStep,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[Edition, list[Registration]]:
    """Give no more places from here on.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionUnchangeable, ReasonNeeded,
    NothingToRelease.
    """

    def stopped(edition: Edition) -> tuple[Quota, Reason]:
        if not edition.quota.giving:
            raise NothingToRelease(None)
        # So that an announced later end is a change again, which lets places be given anew.
        edition.promotion_until = max(clock.now(), edition.window.opens)
        return edition.quota.with_cut_off(), Reason.PROMOTION_ENDED

    return await _step(edition_id, version, step, stopped, work, caller, clock)


async def _step(
    edition_id: UUID,
    version: int,
    step: CapsStep,
    change: Callable[[Edition], tuple[Quota, Reason]],
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[Edition, list[Registration]]:
    result: tuple[Edition, list[Registration]] | None = None
    try:
        async with work:
            edition = await loaded(step.action, edition_id, version, work, caller)
            if edition.state not in RUNNING_OR_BEFORE:
                raise EditionUnchangeable(edition.state, "Its places have all been given.")
            if not step.reason.strip() and not step.dry_run:
                raise ReasonNeeded("who may have places")
            before = trace(edition)
            quota, why = change(edition)
            allocation = Allocation(edition, work, caller.actor, clock.now())
            promoted = await allocation.change_caps(quota, why, step.reason)
            await saved(edition, before, step.reason, work)
            result = edition, promoted
            if step.dry_run:
                raise OnlyLooking
    except OnlyLooking:
        if result is not None:
            # Nothing was kept: a later change has to show the version that was looked at.
            result[0].version = version
    if result is None:
        raise EditionNotFound(edition_id)
    return result
