"""An officer decides on what is unclear: the institution, a possible double, a changed time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.enrolment.access import allow_on, is_open, needs_officer
from app.domain.enrolment.affiliation import (
    Affiliation,
    external,
    independent,
    partner,
    under_rule,
)
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.decisions import Kind as DecisionKind
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import (
    DecisionInvalid,
    NotAdmitted,
    NothingToDecide,
    OverridesOff,
)
from app.domain.enrolment.forms.entries import ABOUT_INSTITUTION
from app.domain.enrolment.joining import join_persons, person_of
from app.domain.enrolment.person import could_be_one
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.ranking import received_over_api
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.use_cases.correcting import (
    SettledAlong,
    affiliate,
    correct_institution,
    let_stand,
    recorded,
    remember_spelling,
)
from app.domain.enrolment.views import RegistrationView, is_own, view_of
from app.domain.errors import Finding
from app.domain.vocabulary.institutions import InstitutionCode, InstitutionNotFound
from app.domain.vocabulary.text import folded


class Ruling(StrEnum):
    """What an officer can decide."""

    ADMIT = "admit"
    """It takes part: with the institution given, as somebody else than the possible double."""
    REJECT = "reject"
    """It does not take part."""
    MERGE = "merge"
    """It is the same person as another registration; the better one of the two counts."""
    PLACE = "place"
    """Somebody who waits gets a place whatever the caps say, where the edition allows that."""


@dataclass(frozen=True)
class OfficerDecision:
    """An officer's decision on one registration.

    For an unclear institution, or to correct one while the list is provisional, exactly one of
    `institution`, `organisation` and `independent`; it is remembered for everybody who writes the
    same. `take_new_time` for a changed time.
    """

    ruling: Ruling = Ruling.ADMIT
    institution: InstitutionCode | None = None
    organisation: str | None = None
    independent: bool = False
    same_as: UUID | None = None
    """For a merge: the other registration."""
    take_new_time: bool = False
    reason: str | None = None
    """Recorded; needed to reject and to place. No personal data."""

    @property
    def names_an_institution(self) -> bool:
        """Whether it says for which institution the registration counts."""
        return self.institution is not None or self.organisation is not None or self.independent


@dataclass(frozen=True)
class Decided:
    """What an officer's decision led to."""

    view: RegistrationView
    also: Sequence[UUID]
    """Others who had written the same, and are settled by it; not those who stay."""
    promoted: Sequence[Registration]
    """Who got the place that a merge freed."""


async def decide_registration(
    registration_id: UUID,
    version: int,
    decision: OfficerDecision,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> Decided:
    """Decide on a registration that needs it, or correct for which institution it counts.

    A decision on a spelling also settles the others in the edition who wrote the same, each with
    an audit record of its own; see `correct_institution` for those who stay. Raises
    RegistrationNotFound, RegistrationStale, NotAllowed, NothingToDecide, DecisionInvalid,
    InstitutionFixed, NotAdmitted, OverridesOff.
    """
    async with work:
        seen = await work.registrations.read(registration_id)
        edition = await work.editions.get(seen.edition)
        if decision.ruling is Ruling.MERGE:
            await work.persons.hold()
        registration = await work.registrations.get(registration_id)
        person = await person_of(registration, work)
        own = is_own(registration, person, caller)
        allow_on("decide_registration", registration, edition, caller, own=own)
        registration.expect(version)
        may_place = decision.ruling is Ruling.PLACE and registration.state is State.WAITING
        is_asked = needs_officer(registration)
        corrects = decision.ruling is Ruling.ADMIT and decision.names_an_institution
        may_correct = corrects and is_open(registration)
        if not may_place and not is_asked and not may_correct:
            raise NothingToDecide
        before = recorded(registration)
        deciding = _Deciding(edition, decision, work, caller.actor, clock.now(), is_asked)
        also = await deciding.decide(registration)
        await work.editions.advance(edition)
        await work.trail.append(
            "registration",
            registration.id,
            before=before,
            after=recorded(registration),
            note=decision.reason,
        )
        for one in also:
            # The officer's words are of the one person; they stand where this points to.
            await work.trail.append(
                "registration",
                one.registration.id,
                before=one.before,
                after=recorded(one.registration),
                note=f"settled_with {registration.id}",
            )
        person = await person_of(registration, work)
        view = await view_of(registration, edition, person, work, caller, own=own)
    return Decided(view, [one.registration.id for one in also], deciding.promoted)


class _Deciding:
    """One decision, with what follows from it."""

    def __init__(
        self,
        edition: Edition,
        decision: OfficerDecision,
        work: EnrolmentWork,
        actor: str,
        at: datetime,
        is_asked: bool,
    ) -> None:
        self.is_asked = is_asked
        self.edition = edition
        self.decision = decision
        self.work = work
        self.allocation = Allocation(edition, work, actor, at)
        self.promoted: Sequence[Registration] = ()

    async def decide(self, registration: Registration) -> list[SettledAlong]:
        match self.decision.ruling:
            case Ruling.REJECT:
                await self._reject(registration)
                return []
            case Ruling.MERGE:
                await self._merge(registration)
                return []
            case Ruling.PLACE:
                await self._place(registration)
                return []
            case Ruling.ADMIT:
                return await self._admit(registration)

    def _reason(self) -> str:
        reason = (self.decision.reason or "").strip()
        if not reason:
            raise DecisionInvalid(
                "Give a reason: this decision is recorded with one.",
                findings=[Finding("/reason", "reason_needed", "Why is it decided so?")],
            )
        return reason

    async def _place(self, registration: Registration) -> None:
        if not self.edition.overrides_allowed:
            raise OverridesOff
        reason = self._reason()
        if registration.state is not State.WAITING:
            raise DecisionInvalid("Only somebody who waits can be placed above the caps.")
        await self.allocation.override(registration, reason)

    async def _reject(self, registration: Registration) -> None:
        reason = self._reason()
        if registration.state is not State.NEEDS_DECISION:
            raise DecisionInvalid(
                "Somebody who has a turn is not rejected; decide which time counts, or cancel."
            )
        await self.allocation.end(registration, State.REJECTED, Reason.BY_OFFICER, reason)

    async def _merge(self, registration: Registration) -> None:
        """The placed one of the two stays, else the one with the better rank."""
        if self.decision.same_as in (None, registration.id):
            raise DecisionInvalid(
                "Say with which registration it is the same.",
                findings=[Finding("/same_as", "required", "Give the other registration's id.")],
            )
        found = await self.work.registrations.many([self.decision.same_as])
        other = next((r for r in found if r.edition == self.edition.id and r.is_live), None)
        if other is None:
            raise DecisionInvalid(
                "The other registration is not a live one of this edition.",
                findings=[Finding("/same_as", "not_live", "Choose one that counts.")],
            )
        stays, goes = other, registration
        if registration.has_seat != other.has_seat:
            keeps = registration.has_seat
        else:
            keeps = registration.affiliation is not None and registration.rank < other.rank
        if keeps:
            stays, goes = registration, other
        self.promoted = await self.allocation.end(
            goes, State.CANCELLED, Reason.MERGED, self.decision.reason
        )
        before = stays.warnings
        if goes.person != stays.person:
            # What an institution said of the one under the other address, it said of this person.
            stays.follow(await self.work.registrations.of_persons([goes.person]))
        if stays.state is State.NEEDS_DECISION and stays.affiliation is not None:
            stays.decide_identity()
            await self._enter([stays])
        elif stays.is_doubted or stays.warnings != before:
            if stays.is_doubted:
                stays.decide_identity()
            await self.work.registrations.save(self.edition, [stays])
        await join_persons(self.edition, stays, goes, self.work)

    async def _admit(self, registration: Registration) -> list[SettledAlong]:
        if registration.pending is not None:
            await self._decide_time(registration)
        if registration.is_doubted:
            registration.decide_identity()
        registration.let_stand()
        names = self.decision.names_an_institution
        is_held = registration.state is State.NEEDS_DECISION
        if names and registration.reason is Reason.POSSIBLE_DOUBLE:
            registration.decide_identity()
        if registration.affiliation is None or (names and is_held and self.edition.is_binding):
            return await self._decide_institution(registration)
        if names:
            decided = await self._affiliation()
            return await correct_institution(
                registration, decided, self.edition, self.work, is_asked=self.is_asked
            )
        if not is_held:
            return await let_stand(registration, self.edition, self.work)
        if registration.reason is Reason.POSSIBLE_DOUBLE:
            registration.decide_identity()
        await self._enter([registration])
        return []

    async def _decide_time(self, registration: Registration) -> None:
        """Which of two times of one response counts; from then on the other is known too."""
        pending, registration.pending = registration.pending, None
        if pending is None:
            return
        responses = await self.work.responses.of(registration.id)
        changed = [
            replace(r, received_at=pending.received_at, other_time=r.received_at)
            if self.decision.take_new_time
            else replace(r, other_time=pending.received_at)
            for r in responses
            if (r.form, r.number) == (pending.form, pending.response)
        ]
        await self.work.responses.save(self.edition.id, changed)
        if self.decision.take_new_time and not registration.has_seat:
            untouched = [r.receipt for r in responses if r.number != pending.response]
            receipts = [*untouched, pending]
            if registration.imported_by is None:
                receipts.append(received_over_api(registration.created_at))
            registration.receive_anew(min(receipts, key=lambda r: r.rank(registration.id)))
            if registration.state is State.WAITING:
                # Its turn has moved; the log has to know before anybody is promoted.
                await self.allocation.enter([registration], DecisionKind.DECIDED)

    async def _decide_institution(self, registration: Registration) -> list[SettledAlong]:
        decided = await self._affiliation()
        admitted = under_rule(decided, self.edition.no_institution)
        if admitted is None:
            raise NotAdmitted
        spelling = folded(registration.stated)
        along: list[SettledAlong] = []
        if spelling:
            await remember_spelling(spelling, decided, self.work)
            unclear = await self.work.registrations.in_states(
                self.edition.id, (State.NEEDS_DECISION,)
            )
            along = [
                SettledAlong.of(r)
                for r in unclear
                if r.id != registration.id
                and r.reason in ABOUT_INSTITUTION
                and folded(r.stated) == spelling
            ]
        others = [one.registration for one in along]
        await affiliate(registration, others, admitted, self.work)
        await self._enter([registration, *others])
        return along

    async def _affiliation(self) -> Affiliation:
        d = self.decision
        given = [d.institution is not None, d.organisation is not None, d.independent]
        if sum(given) != 1:
            raise DecisionInvalid(
                "Say from where: a partner, another organisation, or independent.",
                findings=[Finding("/institution", "one_of", "Give exactly one of the three.")],
            )
        if d.institution is not None:
            try:
                await self.work.institutions.get(d.institution)
            except InstitutionNotFound as unknown:
                raise DecisionInvalid(
                    unknown.detail,
                    findings=[Finding("/institution", unknown.code, unknown.detail)],
                ) from unknown
            return partner(d.institution)
        if d.organisation is not None:
            if not folded(d.organisation):
                raise DecisionInvalid(
                    "Name the organisation.",
                    findings=[Finding("/organisation", "required", "Name the organisation.")],
                )
            return external(d.organisation)
        return independent()

    async def _enter(self, registrations: Sequence[Registration]) -> None:
        """Let them take part, unless they turn out to be possible doubles now that their
        institution is known."""
        entering = []
        for registration in registrations:
            if registration.identity_decided or not await self._is_doubted(registration):
                entering.append(registration)
                continue
            registration.reason = Reason.POSSIBLE_DOUBLE
            await self.work.registrations.save(self.edition, [registration])
        await self.allocation.enter(entering, DecisionKind.DECIDED)

    async def _is_doubted(self, registration: Registration) -> bool:
        person = await person_of(registration, self.work)
        others = await self.work.registrations.alike(self.edition.id, person.identity)
        return any(
            other.rank < registration.rank
            and could_be_one(their_person, other.bucket, person, registration.bucket)
            for other, their_person in others
        )
