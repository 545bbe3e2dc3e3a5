"""The list of an edition: who stands where, publishing it, its numbers, and its proof."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.access import allow
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.decisions import Decision, Difference, Replay, compare, replay_async
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors import DecisionsOpen, EditionNotFound
from app.domain.enrolment.looking import OnlyLooking
from app.domain.enrolment.ports import EditionTally, EnrolmentWork, Tally
from app.domain.enrolment.quota import (
    EDITION,
    Availability,
    Counts,
    Outcome,
    Placed,
    Waiting,
    decide,
    institution_scope,
)
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.enrolment.standing import Standing, standing
from app.domain.vocabulary.institutions import InstitutionCode

_LINES = 1000


@dataclass(frozen=True)
class PublishedList:
    """What publishing a list did, or would do."""

    edition: Edition
    standings: Sequence[Standing]
    undecided: int
    """Registrations that were left out because they need a decision."""

    @property
    def placed(self) -> int:
        """How many have a place."""
        return sum(s.is_placed for s in self.standings)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self.standings) - self.placed


async def publish_list(
    edition_id: UUID,
    version: int,
    *,
    leave_undecided: bool = False,
    reason: str | None = None,
    dry_run: bool = False,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> PublishedList:
    """Make the provisional standing binding: decisions 1 to n, in order of rank.

    While people may still register, with a `reason` only. Raises EditionNotFound, EditionStale,
    NotAllowed, AlreadyPublished, EditionMoveNotAllowed, ReasonNeeded, and DecisionsOpen while
    registrations need a decision, unless `leave_undecided`.
    """
    published: PublishedList | None = None
    try:
        async with work:
            edition = await work.editions.get(edition_id)
            allow("publish_list", edition, caller)
            edition.expect(version)
            now = clock.now()
            edition.publish(now, "trying" if dry_run else reason)
            undecided = await work.registrations.number_in(edition.id, State.NEEDS_DECISION)
            if undecided and not leave_undecided:
                raise DecisionsOpen(undecided)
            waiting = await work.registrations.in_states(edition.id, (State.WAITING,))
            standings = await Allocation(edition, work, caller.actor, now).publish(waiting)
            published = PublishedList(edition, standings, undecided)
            edition.tell(events.ListPublished(edition.id, published.placed, published.waiting))
            before = f"v{edition.version} provisional"
            await work.editions.save(edition)
            await work.trail.append(
                "edition",
                edition.id,
                before=before,
                after=f"v{edition.version} published",
                note=reason,
            )
            if dry_run:
                raise OnlyLooking
    except OnlyLooking:
        pass
    if published is None:
        raise EditionNotFound(edition_id)
    return published


@dataclass(frozen=True)
class StandingList:
    """Where everybody stands in an edition whose list is provisional."""

    edition: Edition
    standings: Sequence[Standing]
    undecided: int


async def get_standing(edition_id: UUID, *, work: EnrolmentWork, caller: Caller) -> StandingList:
    """Where everybody would stand if the list were published now, or stands since it was.

    Raises EditionNotFound, NotAllowed.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        allow("get_standing", edition, caller)
        undecided = await work.registrations.number_in(edition.id, State.NEEDS_DECISION)
        return StandingList(edition, await _standings(edition, work), undecided)


async def _standings(edition: Edition, work: EnrolmentWork) -> Sequence[Standing]:
    entrants = await work.registrations.entrants(edition.id)
    if not edition.is_binding:
        overrides = await work.registrations.overridden(edition.id)
        return standing(entrants, edition.quota, overrides)
    placed = await work.registrations.seated(edition.id)
    counts = Counts.of_buckets(Counter(entrant.bucket for entrant in placed))
    seated = {entrant.registration for entrant in placed}
    within: Counter[InstitutionCode] = Counter()
    result = []
    for position, entrant in enumerate(sorted((*entrants, *placed), key=lambda e: e.rank), 1):
        within[entrant.bucket] += 1
        outcome = (
            Placed()
            if entrant.registration in seated
            else decide(counts, edition.quota, entrant.bucket)
        )
        result.append(Standing(entrant, position, within[entrant.bucket], outcome))
    return result


@dataclass(frozen=True)
class InstitutionPlaces:
    """The numbers of one institution, or of the whole edition."""

    bucket: InstitutionCode | None
    """None for the edition as a whole."""
    cap: int | None
    placed: int
    waiting: int
    waiting_reasons: Mapping[Reason, int]
    """Why they wait, now."""
    over: int
    """Places above the cap that an officer gave."""
    needs_decision: int = 0
    """Only for the edition as a whole: for which institution they count may be unclear."""
    left: int | None = None
    """Places left in the whole edition, for one institution's numbers."""

    @property
    def free(self) -> int | None:
        """Places that could still be had: below the cap, and while the edition has any left."""
        limits = [] if self.cap is None else [max(0, self.cap - self.placed)]
        if self.left is not None:
            limits.append(self.left)
        return min(limits, default=None)


@dataclass(frozen=True)
class PlacesReport:
    """Places of an edition, by institution."""

    edition: Edition
    whole: InstitutionPlaces
    institutions: Sequence[InstitutionPlaces]
    is_provisional: bool
    """Whether the numbers are those of the standing, which nobody has been told."""
    own: frozenset[InstitutionCode] = field(default_factory=frozenset)
    """Institutions whose names the caller may see in the list of registrations."""


async def get_places(
    edition_id: UUID,
    institution: InstitutionCode | None = None,
    *,
    work: EnrolmentWork,
    caller: Caller,
) -> PlacesReport:
    """Places, taken, free, and waiting with reasons: of one institution, or of all.

    Raises EditionNotFound, NotAllowed.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        allow("get_places", edition, caller)
        undecided = await work.registrations.number_in(edition.id, State.NEEDS_DECISION)
        partners = [p.code for p in await work.institutions.all()]
        wanted = [institution] if institution is not None else partners
        if edition.is_binding:
            numbers = _numbers_of(await work.tallies.of(edition.id), edition)
        else:
            numbers = _numbers_of_standing(await _standings(edition, work), edition)
        listed = [b for b in numbers if b is not None and institution in (None, b)]
        rows = [
            numbers.get(bucket) or _nobody(bucket, edition)
            for bucket in dict.fromkeys((*wanted, *sorted(listed)))
        ]
        whole = numbers.get(None) or _nobody(None, edition)
        rows = [replace(row, left=whole.free) for row in rows]
    return PlacesReport(
        edition=edition,
        whole=replace(whole, needs_decision=undecided),
        institutions=rows,
        is_provisional=not edition.is_binding,
        own=frozenset(caller.institutions(Role.ENROLMENT_OFFICER)),
    )


def _nobody(bucket: InstitutionCode | None, edition: Edition) -> InstitutionPlaces:
    scope = EDITION if bucket is None else institution_scope(bucket)
    return InstitutionPlaces(bucket, edition.quota.cap_of(scope), 0, 0, {}, 0)


_Numbers = dict[InstitutionCode | None, InstitutionPlaces]


def _numbers_of(tallies: Sequence[Tally], edition: Edition) -> _Numbers:
    counts = Counts({t.scope: t.placed for t in tallies})
    numbers: _Numbers = {}
    all_reasons: Counter[Reason] = Counter()
    for tally in tallies:
        kind, _, bucket = tally.scope.partition(":")
        if kind != "institution":
            continue
        reasons = {}
        if tally.waiting:
            # All who wait for one institution wait for the same reason at any one moment.
            outcome = decide(counts, edition.quota, bucket)
            reason = outcome.reason if isinstance(outcome, Waiting) else Reason.IN_ORDER
            reasons[reason] = tally.waiting
            all_reasons[reason] += tally.waiting
        numbers[bucket] = InstitutionPlaces(
            bucket, edition.quota.cap_of(tally.scope), tally.placed, tally.waiting, reasons,
            tally.excess,
        )  # fmt: skip
    for tally in tallies:
        if tally.scope == EDITION:
            numbers[None] = InstitutionPlaces(
                None, edition.quota.places, tally.placed, tally.waiting, dict(all_reasons),
                tally.excess,
            )  # fmt: skip
    return numbers


def _numbers_of_standing(standings: Sequence[Standing], edition: Edition) -> _Numbers:
    placed: Counter[InstitutionCode | None] = Counter()
    waiting: dict[InstitutionCode | None, Counter[Reason]] = {None: Counter()}
    for one in standings:
        bucket = one.entrant.bucket
        for key in (bucket, None):
            reasons = waiting.setdefault(key, Counter())
            if isinstance(one.outcome, Waiting):
                reasons[one.outcome.reason] += 1
            else:
                placed[key] += 1
    return {
        bucket: InstitutionPlaces(
            bucket,
            cap := edition.quota.cap_of(EDITION if bucket is None else institution_scope(bucket)),
            placed[bucket],
            reasons.total(),
            dict(reasons),
            max(0, placed[bucket] - cap) if cap is not None else 0,
        )
        for bucket, reasons in waiting.items()
    }


async def list_places(
    institution: InstitutionCode,
    *,
    after: UUID | None,
    limit: int,
    work: EnrolmentWork,
    caller: Caller,
) -> Sequence[EditionTally]:
    """The numbers of one institution across editions whose lists bind. Raises NotAllowed."""
    require(PERMISSIONS, caller, "list_places")
    async with work:
        return await work.tallies.across(institution_scope(institution), after=after, limit=limit)


async def get_availability(
    edition_id: UUID, *, work: EnrolmentWork
) -> tuple[Edition, Sequence[tuple[InstitutionCode, Availability]]]:
    """What somebody who registers now may expect, by partner, and for people from outside.

    A queue at one institution closes no seat to the others. Raises EditionNotFound.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        partners = [p.code for p in await work.institutions.all()]
        buckets = [*partners, NEW_EXTERNAL]
        if edition.state is not EditionState.OPEN:
            return edition, [(bucket, Availability.CLOSED) for bucket in buckets]
        if not edition.is_binding:
            return edition, [(bucket, Availability.OPEN) for bucket in buckets]
        tallies = await work.tallies.of(edition.id)
    counts = Counts({t.scope: t.placed for t in tallies})
    waiting = {
        bucket: tally.waiting
        for tally in tallies
        if (bucket := tally.scope.removeprefix("institution:")) != tally.scope
    }
    competing = sum(
        number
        for bucket, number in waiting.items()
        if not _is_quota(decide(counts, edition.quota, bucket))
    )
    outcomes = {bucket: decide(counts, edition.quota, bucket) for bucket in buckets}
    return edition, [
        (bucket, _availability(outcome, waiting.get(bucket), competing))
        for bucket, outcome in outcomes.items()
    ]


def _is_quota(outcome: Outcome) -> bool:
    return isinstance(outcome, Waiting) and outcome.reason is Reason.QUOTA


NEW_EXTERNAL: InstitutionCode = "EXT:"
"""Stands for an organisation from outside that nobody is registered for yet."""


def _availability(outcome: Outcome, own_queue: int | None, competing: int) -> Availability:
    """A newcomer queues only behind those who compete for the same seat: where their own
    institution is full, its people; otherwise everybody whose institution has room."""
    if isinstance(outcome, Placed):
        return Availability.OPEN
    queue = own_queue if _is_quota(outcome) else competing
    return Availability.FULL_WITH_QUEUE if queue else Availability.FULL


async def list_decisions(
    edition_id: UUID, *, after: int, limit: int, work: EnrolmentWork, caller: Caller
) -> Sequence[Decision]:
    """The log of an edition, by number. Raises EditionNotFound, NotAllowed."""
    async with work:
        edition = await work.editions.read(edition_id)
        allow("list_decisions", edition, caller)
        return await work.decisions.page(edition_id, after=after, limit=limit)


@dataclass(frozen=True)
class ReplayReport:
    """Whether the log follows from the rule, and what is stored from the log."""

    replay: Replay
    differences: Collection[Difference]

    @property
    def is_proven(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


async def replay_decisions(
    edition_id: UUID, *, work: EnrolmentWork, caller: Caller
) -> ReplayReport:
    """Apply the rule to the log anew, and compare the outcome with what is stored.

    Holds the edition, so that log and registrations are of one moment. Raises EditionNotFound,
    NotAllowed.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        allow("replay_decisions", edition, caller)
        replayed = await replay_async(_log(edition_id, work))
        stored = await work.registrations.states(edition_id)
        drift = await work.tallies.reconcile(edition_id)
    differences = [*replayed.differences, *compare(replayed, stored)]
    differences += [Difference(None, None, words) for words in drift]
    return ReplayReport(replayed, differences)


async def _log(edition_id: UUID, work: EnrolmentWork) -> AsyncIterator[Decision]:
    after = 0
    while lines := await work.decisions.page(edition_id, after=after, limit=_LINES):
        for line in lines:
            yield line
        after = lines[-1].seq
