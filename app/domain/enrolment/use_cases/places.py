"""Places of an edition: how many there are for whom, who waits, and what a newcomer may expect."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.enrolment.access import allow
from app.domain.enrolment.affiliation import ALL_EXTERNALS
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors import NoSuchInstitution
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.ports_places import Between, EditionTally, Tally
from app.domain.enrolment.quota import (
    EDITION,
    Availability,
    Counts,
    Outcome,
    Scope,
    Waiting,
    decide,
    institution_scope,
    is_external,
    room,
)
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.enrolment.standing import Standing
from app.domain.enrolment.use_cases.lists import standings_of
from app.domain.vocabulary.institutions import INDEPENDENT, InstitutionCode
from app.domain.vocabulary.micro_credential import NoInstitutionRule


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
    free: int = 0
    """For one institution: how many of its people could get a place now, if nobody else came; all
    of them compete for what is left, so that these numbers are not to be added up. For the edition:
    what is left of its places."""


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

    Raises EditionNotFound, NotAllowed, NoSuchInstitution.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        allow("get_places", edition, caller)
        undecided = await work.registrations.number_in(edition.id, State.NEEDS_DECISION)
        partners = [p.code for p in await work.institutions.all()]
        wanted = [institution] if institution is not None else partners
        if edition.is_binding:
            tallies = await work.tallies.of(edition.id)
            counts = Counts({t.scope: t.placed for t in tallies})
            numbers = _numbers_of(tallies, counts, edition)
        else:
            numbers = _numbers_of_standing(await standings_of(edition, work), edition)
            counts = Counts.of_buckets({b: n.placed for b, n in numbers.items() if b is not None})
        quota = edition.quota if edition.is_binding else edition.quota.at_publication
        if institution is not None and institution not in {*partners, *numbers}:
            raise NoSuchInstitution(institution)
        listed = [b for b in numbers if b is not None and institution in (None, b)]
        rows = [
            numbers.get(bucket) or _nobody(bucket, edition)
            for bucket in dict.fromkeys((*wanted, *sorted(listed)))
        ]
        rows = [replace(row, free=room(counts, quota, row.bucket or "")) for row in rows]
        whole = numbers.get(None) or _nobody(None, edition)
        left = max(0, edition.quota.places - whole.placed)
    return PlacesReport(
        edition=edition,
        whole=replace(whole, needs_decision=undecided, free=left),
        institutions=rows,
        is_provisional=not edition.is_binding,
        own=frozenset(caller.institutions(Role.ENROLMENT_OFFICER)),
    )


def _nobody(bucket: InstitutionCode | None, edition: Edition) -> InstitutionPlaces:
    scope = EDITION if bucket is None else institution_scope(bucket)
    return InstitutionPlaces(bucket, edition.quota.cap_of(scope), 0, 0, {}, 0)


_Numbers = dict[InstitutionCode | None, InstitutionPlaces]


def _numbers_of(tallies: Sequence[Tally], counts: Counts, edition: Edition) -> _Numbers:
    numbers: _Numbers = {}
    all_reasons: Counter[Reason] = Counter()
    for tally in tallies:
        kind, _, bucket = tally.scope.partition(":")
        if kind != "institution":
            continue
        reasons = {}
        if tally.waiting:
            # All who wait for one institution wait for the same reason at any one moment.
            outcome = edition.quota.told(decide(counts, edition.quota, bucket))
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
    starting: Between = (None, None),
    after: UUID | None,
    limit: int,
    work: EnrolmentWork,
    caller: Caller,
) -> Sequence[EditionTally]:
    """The numbers of one institution across editions that start between two days, both included.

    While an edition's list is provisional everybody waits in it. Raises NotAllowed,
    NoSuchInstitution.
    """
    require(PERMISSIONS, caller, "list_places")
    async with work:
        found = await work.tallies.across(
            institution_scope(institution), starting=starting, after=after, limit=limit
        )
        if not found and not is_external(institution):
            partners = [p.code for p in await work.institutions.all()]
            if institution not in partners:
                raise NoSuchInstitution(institution)
        return found


async def get_availability(
    edition_id: UUID, *, work: EnrolmentWork
) -> tuple[Edition, Sequence[tuple[InstitutionCode, Availability]]]:
    """What somebody who registers now may expect, by partner, and for people from outside.

    A queue at one institution closes no seat to the others. Raises EditionNotFound.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        partners = [p.code for p in await work.institutions.all()]
        tallies = await work.tallies.of(edition.id)
    counted = {code: code for code in partners} | _outside(edition.no_institution)
    if edition.state is not EditionState.OPEN:
        return edition, [(shown, Availability.CLOSED) for shown in counted]
    if not edition.is_binding:
        return edition, [
            (shown, Availability.OPEN if bucket else Availability.CLOSED)
            for shown, bucket in counted.items()
        ]
    counts = Counts({t.scope: t.placed for t in tallies})
    queues: Counter[Scope] = Counter()
    for tally in tallies:
        bucket = tally.scope.removeprefix("institution:")
        if bucket != tally.scope:
            outcome = decide(counts, edition.quota, bucket)
            if isinstance(outcome, Waiting):
                queues[outcome.scope] += tally.waiting
    return edition, [
        (
            shown,
            _availability(decide(counts, edition.quota, bucket), queues)
            if bucket
            else Availability.CLOSED,
        )
        for shown, bucket in counted.items()
    ]


def _outside(rule: NoInstitutionRule) -> dict[InstitutionCode, InstitutionCode | None]:
    """For which bucket people from outside count; None where they are not admitted."""
    match rule:
        case NoInstitutionRule.NOT_ADMITTED:
            return {NEW_EXTERNAL: None, INDEPENDENT: None}
        case NoInstitutionRule.SHARED_BUCKET:
            return {NEW_EXTERNAL: ALL_EXTERNALS, INDEPENDENT: ALL_EXTERNALS}
        case NoInstitutionRule.OWN_BUCKET:
            return {NEW_EXTERNAL: NEW_EXTERNAL, INDEPENDENT: INDEPENDENT}


NEW_EXTERNAL: InstitutionCode = "EXT:"
"""Stands for an organisation from outside that nobody is registered for yet."""


def _availability(outcome: Outcome, queues: Mapping[Scope, int]) -> Availability:
    """A newcomer queues only behind those whom the same cap keeps waiting: where their own
    institution is full, its people; where its group is, those of the group whose institutions have
    room; otherwise everybody whose institution and group have room."""
    if not isinstance(outcome, Waiting):
        return Availability.OPEN
    waits = queues.get(outcome.scope, 0) > 0
    return Availability.FULL_WITH_QUEUE if waits else Availability.FULL
