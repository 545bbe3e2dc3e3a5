"""Registrations as they are shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.domain.access.roles import Caller
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.person import Person, folded_email
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.quota import Counts, Scope, Waiting, decide, scopes_of
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import SEATED, Registration, State


@dataclass(frozen=True)
class RegistrationView:
    """A registration as it is shown: why it stands where it does, and who it is."""

    registration: Registration
    edition: Edition
    person: Person
    reason: Reason
    """Why it is in its state now; the caps may bind differently than when it was decided."""
    own: bool
    """Whether it is the caller's own."""
    position: int | None = None
    """True rank among all who are placed or wait; None for those who are neither."""
    position_within: int | None = None
    """True rank within its institution."""


def is_own(registration: Registration, person: Person, caller: Caller) -> bool:
    """Whether the registration is the caller's.

    By their account; by an address that their provider has verified, where the person has no
    account: links with the same power go to that address; or by the link of this registration.
    """
    if caller.registration is not None:
        return caller.registration == registration.id
    if caller.account is None:
        return False
    if person.account is not None:
        return person.account == caller.account
    return caller.email is not None and folded_email(caller.email) == folded_email(person.email)


async def view_of(
    registration: Registration,
    edition: Edition,
    person: Person,
    work: EnrolmentWork,
    *,
    own: bool,
    with_position: bool = False,
) -> RegistrationView:
    """The registration with the reason that holds now, and its true ranks if asked for."""
    (view,) = await views_of([(registration, person)], edition, work, own={registration.id: own})
    if not with_position or registration.state not in (State.WAITING, *SEATED):
        return view
    position, within = await work.registrations.position(registration)
    return RegistrationView(registration, edition, person, view.reason, own, position, within)


async def views_of(
    found: Sequence[tuple[Registration, Person]],
    edition: Edition,
    work: EnrolmentWork,
    *,
    own: dict[object, bool] | None = None,
) -> list[RegistrationView]:
    """Several registrations of one edition, each with the reason that holds now."""
    counts = await _counts_for(found, edition, work)
    mine = own or {}
    return [
        RegistrationView(
            registration,
            edition,
            person,
            _reason_now(registration, edition, counts),
            mine.get(registration.id, False),
        )
        for registration, person in found
    ]


async def _counts_for(
    found: Collection[tuple[Registration, Person]], edition: Edition, work: EnrolmentWork
) -> Counts:
    scopes: set[Scope] = set()
    for registration, _ in found:
        if edition.is_binding and registration.state is State.WAITING:
            scopes.update(scopes_of(registration.counted_for), edition.quota.scopes)
    return await work.tallies.counts(edition.id, scopes) if scopes else Counts()


def _reason_now(registration: Registration, edition: Edition, counts: Counts) -> Reason:
    """Why it waits as things stand: its institution may have filled up since it was decided."""
    if not edition.is_binding or registration.state is not State.WAITING:
        return registration.reason
    outcome = decide(counts, edition.quota, registration.counted_for)
    return outcome.reason if isinstance(outcome, Waiting) else registration.reason
