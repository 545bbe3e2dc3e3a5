"""Registrations: look at them, give them up, decide what is unclear."""

from collections.abc import Collection, Sequence
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.enrolment.access import (
    CANCELLABLE,
    TAUGHT,
    allow,
    allow_on,
    sees_doubts,
    sees_whole,
)
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors import NotInThisState, RegistrationNotFound
from app.domain.enrolment.joining import people_of, person_of, person_to_change
from app.domain.enrolment.person import Person
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.ranking import Rank
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.views import (
    RegistrationView,
    is_own,
    ranked,
    view_of,
    views_of,
)
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.text import folded_email


async def get_registration(
    registration_id: UUID, *, work: EnrolmentWork, caller: Caller
) -> RegistrationView:
    """One registration with its true ranks. Raises RegistrationNotFound."""
    async with work:
        registration = await work.registrations.read(registration_id)
        edition = await work.editions.read(registration.edition)
        person = await person_of(registration, work)
        own = is_own(registration, person, caller)
        allow_on("get_registration", registration, edition, caller, own=own)
        return await view_of(registration, edition, person, work, caller, own=own)


async def list_registrations(
    edition_id: UUID,
    *,
    institution: InstitutionCode | None,
    states: Collection[State],
    claims: Collection[ClaimState] = (),
    after: Rank | None,
    limit: int,
    work: EnrolmentWork,
    caller: Caller,
) -> Sequence[RegistrationView]:
    """Registrations in order of rank: all of them for those who run the edition, those of their
    own institution for its enrolment officers elsewhere. Raises EditionNotFound, NotAllowed."""
    async with work:
        edition = await work.editions.read(edition_id)
        allow("list_registrations", edition, caller)
        buckets = None if institution is None else [institution]
        if not sees_whole(edition, caller):
            own = set(caller.institutions(Role.ENROLMENT_OFFICER))
            buckets = sorted(own if buckets is None else own & set(buckets))
        # By the states that the caller may know: one that is held as a double looks like one that
        # waits to everybody but those who decide on it.
        asked = set(states)
        looked_for = set(asked)
        if State.WAITING in asked and not sees_doubts(edition, caller):
            looked_for.add(State.NEEDS_DECISION)
        shown: list[RegistrationView] = []
        while len(shown) < limit:
            wanted = limit - len(shown)
            found = await work.registrations.page(
                edition_id,
                buckets=buckets,
                states=looked_for,
                claims=claims,
                after=after,
                limit=wanted,
            )
            people = await people_of(found, work)
            pairs = [(r, people[r.person]) for r in found]
            views = await views_of(
                pairs, edition, work, caller, own={r.id: is_own(r, p, caller) for r, p in pairs}
            )
            shown += [view for view in views if not asked or view.state in asked]
            if len(found) < wanted:
                break
            after = found[-1].rank
        return await ranked(shown, edition, work)


async def my_registrations(*, work: EnrolmentWork, caller: Caller) -> Sequence[RegistrationView]:
    """The caller's own registrations, the newest first. Raises NotAllowed."""
    require(PERMISSIONS, caller, "list_my_registrations")
    async with work:
        if caller.registration is not None:
            registrations = [await work.registrations.read(caller.registration)]
        else:
            mine = await _persons_of(caller, work)
            registrations = list(await work.registrations.of_persons([p.id for p in mine]))
        people = await people_of(registrations, work)
        views = []
        for registration in registrations:
            edition = await work.editions.read(registration.edition)
            person = people[registration.person]
            views.append(await view_of(registration, edition, person, work, caller, own=True))
        return views


async def _persons_of(caller: Caller, work: EnrolmentWork) -> list[Person]:
    found = []
    if caller.account is not None:
        known = await work.persons.by_account(caller.account)
        found = [known] if known else []
    if caller.email is not None:
        found += await work.persons.by_email(folded_email(caller.email))
    return found


async def cancel_registration(
    registration_id: UUID,
    version: int,
    reason: str | None = None,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[RegistrationView, Sequence[Registration]]:
    """Give a registration up. Its seat goes at once to the first who waits and fits.

    After teaching has begun it is a withdrawal, and no seat goes on. Giving up twice gives the
    registration as it is. Returns it and who was promoted. Raises RegistrationNotFound,
    RegistrationStale, NotAllowed, NotInThisState.
    """
    async with work:
        seen = await work.registrations.read(registration_id)
        edition = await work.editions.get(seen.edition)
        registration = await work.registrations.get(registration_id)
        person = await person_of(registration, work)
        own = is_own(registration, person, caller)
        allow_on("cancel_registration", registration, edition, caller, own=own)
        registration.expect(version)
        promoted: Sequence[Registration] = []
        if registration.is_live:
            if edition.state not in CANCELLABLE:
                raise NotInThisState(edition.state, "people leave it", CANCELLABLE)
            before = registration.state
            allocation = Allocation(edition, work, caller.actor, clock.now())
            promoted = await allocation.end(
                registration,
                _end_of(registration, edition),
                Reason.BY_PERSON if own else Reason.BY_OFFICER,
                reason,
            )
            await work.editions.advance(edition)
            await work.trail.append(
                "registration",
                registration.id,
                before=before,
                after=registration.state,
                note=None if own else reason,
            )
        view = await view_of(registration, edition, person, work, caller, own=own)
    return view, promoted


async def record_no_show(
    registration_id: UUID,
    version: int,
    reason: str | None = None,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[RegistrationView, Sequence[Registration]]:
    """Say that somebody with a place did not come. It goes to the first who waits and fits, as long
    as the edition gives places. Returns who got one.

    Raises RegistrationNotFound, RegistrationStale, NotAllowed, NotInThisState,
    RegistrationMoveNotAllowed.
    """
    async with work:
        seen = await work.registrations.read(registration_id)
        edition = await work.editions.get(seen.edition)
        registration = await work.registrations.get(registration_id)
        person = await person_of(registration, work)
        own = is_own(registration, person, caller)
        allow_on("record_no_show", registration, edition, caller, own=own)
        registration.expect(version)
        if edition.state not in TAUGHT:
            raise NotInThisState(edition.state, "people are noted as absent", TAUGHT)
        before = registration.state
        allocation = Allocation(edition, work, caller.actor, clock.now())
        promoted = await allocation.end(registration, State.NO_SHOW, Reason.DID_NOT_COME, reason)
        await work.editions.advance(edition)
        await work.trail.append(
            "registration", registration.id, before=before, after=registration.state, note=reason
        )
        view = await view_of(registration, edition, person, work, caller, own=own)
    return view, promoted


def _end_of(registration: Registration, edition: Edition) -> State:
    """Leaving a place once teaching has begun is a withdrawal."""
    if edition.state is EditionState.RUNNING and registration.state is State.PLACED:
        return State.WITHDRAWN
    return State.CANCELLED


async def confirm_address(
    registration_id: UUID, addresses: Collection[str], *, work: EnrolmentWork
) -> None:
    """The person has opened links that were sent to these addresses, which confirms them.

    No other: they may have stated a new one since, which somebody else may read. Raises
    RegistrationNotFound.
    """
    async with work:
        seen = await work.registrations.read(registration_id)
        # Whoever joins the person with another at this moment comes first or after.
        await work.editions.get(seen.edition)
        await work.persons.hold()
        registration = await work.registrations.get(registration_id)
        if not registration.is_live:
            raise RegistrationNotFound(registration_id)
        person = await person_to_change(registration, work)
        confirmed = {folded_email(address) for address in addresses}
        if not person.email_verified and folded_email(person.email) in confirmed:
            person.email_verified = True
            await work.persons.save([person])
            await work.trail.append("person", person.id, after="address confirmed")
