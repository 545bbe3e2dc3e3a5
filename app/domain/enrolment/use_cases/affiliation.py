"""Institutions look at the people of their list: they confirm or contest, and a contest is decided.

Nothing waits for them. A contest takes no place away; one that is upheld ends the registration, and
its place goes to the list in the same step.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.enrolment.access import CONTESTABLE, DECIDABLE, allow_on, confirms_for
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors import NotInThisState, ReasonNeeded
from app.domain.enrolment.joining import person_of
from app.domain.enrolment.person import Person
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import LIVE, Registration, State
from app.domain.enrolment.views import RegistrationView, is_own, view_of
from app.domain.vocabulary.institutions import InstitutionCode

_AT_ONCE = 500


@dataclass(frozen=True)
class Saying:
    """Who says something to one claim, and what they have seen of it."""

    registration: UUID
    version: int
    reason: str = ""
    """Needed to contest and to decide. No personal data: the person can read it."""


async def confirm_affiliation(
    saying: Saying, *, work: EnrolmentWork, caller: Caller, clock: Clock
) -> RegistrationView:
    """The institution knows the person; a contest of its own is withdrawn by it.

    Raises RegistrationNotFound, RegistrationStale, NotAllowed, NotInThisState, ClaimDecided,
    NoInstitutionToAsk, RegistrationEnded.
    """

    def say(registration: Registration) -> None:
        registration.confirm_affiliation(clock.now(), caller.actor)

    return await _said("confirm_affiliation", saying, say, CONTESTABLE, work, caller)


async def contest_affiliation(
    saying: Saying, *, work: EnrolmentWork, caller: Caller, clock: Clock
) -> RegistrationView:
    """The institution does not know the person. The place or turn stays until it is decided.

    Raises RegistrationNotFound, RegistrationStale, NotAllowed, NotInThisState, ReasonNeeded,
    ClaimDecided, NoInstitutionToAsk, RegistrationEnded.
    """
    reason = _reason(saying, "contesting somebody's institution")

    def say(registration: Registration) -> None:
        registration.contest_affiliation(clock.now(), caller.actor, reason)

    return await _said("contest_affiliation", saying, say, CONTESTABLE, work, caller)


async def decide_contest(
    saying: Saying, *, upheld: bool, work: EnrolmentWork, caller: Caller, clock: Clock
) -> tuple[RegistrationView, Sequence[Registration]]:
    """The edition's officer decides on a contest. Returns who got the place that became free.

    Raises RegistrationNotFound, RegistrationStale, NotAllowed, NotInThisState, ReasonNeeded,
    ClaimDecided, NoInstitutionToAsk, RegistrationEnded.
    """
    reason = _reason(saying, "a decision on a contest")
    async with work:
        registration, edition, person = await _held("decide_contest", saying, work, caller)
        _expect(edition, DECIDABLE)
        before = f"{registration.state} {registration.claim_state}"
        now = clock.now()
        registration.decide_contest(upheld=upheld, at=now, by=caller.actor, reason=reason)
        promoted: Sequence[Registration] = []
        if upheld:
            promoted = await Allocation(edition, work, caller.actor, now).end(
                registration, State.CANCELLED, Reason.AFFILIATION, reason
            )
            await work.editions.advance(edition)
        else:
            await work.registrations.save(edition, [registration])
        after = f"{registration.state} {registration.claim_state}"
        await work.trail.append(
            "registration", registration.id, before=before, after=after, note=reason
        )
        own = is_own(registration, person, caller)
        view = await view_of(registration, edition, person, work, caller, own=own)
    return view, promoted


@dataclass(frozen=True)
class ConfirmedList:
    """What confirming a whole list came to."""

    confirmed: Sequence[UUID]
    left: Mapping[UUID, ClaimState | None]
    """Those that were not confirmed by it, and what had been said to them before; None for those
    who are not, or no longer, on the institution's list."""


async def confirm_affiliations(
    edition_id: UUID,
    institution: InstitutionCode,
    registrations: Collection[UUID] | None,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> ConfirmedList:
    """The institution knows everybody of its list, or those named, to whom nothing was said yet.

    What is contested stays so. Raises EditionNotFound, NotAllowed, NotInThisState.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        confirms_for(institution, edition, caller)
        _expect(edition, CONTESTABLE)
        confirmed: list[Registration] = []
        left: dict[UUID, ClaimState | None] = dict.fromkeys(sorted(registrations or ()))
        for one in await _of_list(edition, institution, work):
            if registrations is None or one.id in left:
                if one.claim_state is ClaimState.STATED:
                    one.confirm_affiliation(clock.now(), caller.actor)
                    confirmed.append(one)
                    left.pop(one.id, None)
                else:
                    left[one.id] = one.claim_state
        await work.registrations.save(edition, confirmed)
        for one in confirmed:
            await work.trail.append(
                "registration",
                one.id,
                before=f"{one.state} {ClaimState.STATED}",
                after=f"{one.state} {ClaimState.CONFIRMED}",
            )
    return ConfirmedList([one.id for one in confirmed], left)


async def _of_list(
    edition: Edition, institution: InstitutionCode, work: EnrolmentWork
) -> list[Registration]:
    found: list[Registration] = []
    after = None
    while page := await work.registrations.page(
        edition.id, buckets=[institution], states=LIVE, after=after, limit=_AT_ONCE
    ):
        found += page
        after = page[-1].rank
    return found


def _reason(saying: Saying, what: str) -> str:
    reason = saying.reason.strip()
    if not reason:
        raise ReasonNeeded(what)
    return reason


def _expect(edition: Edition, states: Collection[EditionState]) -> None:
    if edition.state not in states:
        raise NotInThisState(edition.state, "institutions look through their lists", states)


async def _held(
    action: str, saying: Saying, work: EnrolmentWork, caller: Caller
) -> tuple[Registration, Edition, Person]:
    seen = await work.registrations.read(saying.registration)
    edition = await work.editions.get(seen.edition)
    registration = await work.registrations.get(saying.registration)
    person = await person_of(registration, work)
    own = is_own(registration, person, caller)
    allow_on(action, registration, edition, caller, own=own)
    registration.expect(saying.version)
    return registration, edition, person


async def _said(
    action: str,
    saying: Saying,
    say: Callable[[Registration], None],
    states: Collection[EditionState],
    work: EnrolmentWork,
    caller: Caller,
) -> RegistrationView:
    async with work:
        registration, edition, person = await _held(action, saying, work, caller)
        _expect(edition, states)
        before = f"{registration.state} {registration.claim_state}"
        say(registration)
        await work.registrations.save(edition, [registration])
        await work.trail.append(
            "registration",
            registration.id,
            before=before,
            after=f"{registration.state} {registration.claim_state}",
            note=saying.reason.strip() or None,
        )
        own = is_own(registration, person, caller)
        return await view_of(registration, edition, person, work, caller, own=own)
