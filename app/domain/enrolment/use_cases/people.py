"""People complete and confirm what we know of them; officers mend what cannot be right."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.enrolment.access import allow_on, is_open, sees_doubts
from app.domain.enrolment.affiliation import domain_differs
from app.domain.enrolment.claims import RegistrationEnded
from app.domain.enrolment.doubles import mark_if_doubted
from app.domain.enrolment.errors import AddressFixed, PersonKnown
from app.domain.enrolment.events import AddressAsked, AddressMended, PersonRenamed
from app.domain.enrolment.forms.codes import RowWarning
from app.domain.enrolment.forms.consent import BY_FORM, ConsentSaid, consents_after
from app.domain.enrolment.joining import person_of, person_to_change
from app.domain.enrolment.person import Person
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.requests import RegistrationRequest
from app.domain.enrolment.use_cases.register import spellings_of
from app.domain.enrolment.views import RegistrationView, is_own, view_of
from app.domain.vocabulary.text import folded_email

_ADDRESS_DIFFERS = RowWarning.EMAIL_DOMAIN_DIFFERS.value


@dataclass(frozen=True)
class PersonChanges:
    """What is to change; None stays as it is. Nothing at all confirms what is known."""

    full_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    """The person's own new address holds once a link that is sent there has been opened; the old
    one is told. An officer mends an address at once, but only one that nobody has confirmed, of
    somebody without an account who has completed nothing."""
    country: str | None = field(default=None, repr=False)
    language: str | None = None
    consents: Mapping[str, bool] = field(default_factory=dict)
    """By code: given or taken back."""

    @property
    def names(self) -> str:
        """What is changed, for the audit record: never how."""
        given = ("full_name", "email", "country", "language")
        changed = [name for name in given if getattr(self, name) is not None]
        return ", ".join([*changed, *sorted(self.consents)]) or "confirmed"


async def edit_registration(
    registration_id: UUID,
    version: int,
    changes: PersonChanges,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> RegistrationView:
    """Correct, complete and so confirm the data of one registration's person.

    Rank, institution and place stay. Another name or address is looked for among the registrations
    of the edition as when somebody registers. Raises RegistrationNotFound, RegistrationStale,
    NotAllowed, RegistrationInvalid, RegistrationEnded, AddressFixed; PersonKnown to those who may
    know of doubles.
    """
    changed = changes.names
    async with work:
        seen = await work.registrations.read(registration_id)
        edition = await work.editions.get(seen.edition)
        if changes.full_name is not None or changes.email is not None:
            await work.persons.hold()
        registration = await work.registrations.get(registration_id)
        person = await person_to_change(registration, work)
        own = is_own(registration, person, caller)
        allow_on("edit_registration", registration, edition, caller, own=own)
        registration.expect(version)
        if not is_open(registration):
            raise RegistrationEnded
        before = person.identity
        if own:
            _ask_for_address(registration, person, changes)
            changes = replace(changes, email=None)
        elif changes.email is not None:
            if not await _may_be_mended(person, work):
                raise AddressFixed
            if folded_email(changes.email) != before.email:
                registration.tell(AddressMended(registration.id, edition.id, registration.version))
        await _change(person, changes, work, tells_known=sees_doubts(edition, caller))
        if person.identity != before:
            await mark_if_doubted(registration, person, edition, work)
            registration.tell(PersonRenamed(registration.id, edition.id))
        _consent(registration, changes, clock.now())
        await _warn(registration, person, work)
        registration.data_confirmed_at = clock.now()
        await work.persons.save([person])
        await work.registrations.save(edition, [registration])
        await work.trail.append("registration", registration.id, after=changed)
        return await view_of(registration, edition, person, work, caller, own=own)


async def _may_be_mended(person: Person, work: EnrolmentWork) -> bool:
    """Whether an officer may change the address, which is the key to all that the person has.

    Never one that is proven to be theirs, and never that of somebody who has a credential to get:
    whoever chose the new address could act as them.
    """
    if person.account is not None or person.email_verified:
        return False
    theirs = await work.registrations.of_persons([person.id])
    return all(one.state is not State.COMPLETED for one in theirs)


def _ask_for_address(registration: Registration, person: Person, changes: PersonChanges) -> None:
    """Note the address that the person wants; the one of now takes the wish back."""
    if changes.email is None:
        return
    _asked(person, changes).check()
    if folded_email(changes.email) == person.identity.email:
        person.wanted_email = None
        return
    person.wanted_email = changes.email.strip()
    registration.tell(AddressAsked(registration.id, registration.edition, registration.version))


async def take_wanted_address(
    registration_id: UUID, addresses: Collection[str], *, work: EnrolmentWork
) -> None:
    """The person has opened links that were sent to these addresses: where one of them is the
    address that they want, it is theirs from now on, confirmed, and looked for among the others.

    Raises RegistrationNotFound.
    """
    confirmed = {folded_email(address) for address in addresses}
    async with work:
        seen = await work.registrations.read(registration_id)
        edition = await work.editions.get(seen.edition)
        await work.persons.hold()
        registration = await work.registrations.get(registration_id)
        person = await person_to_change(registration, work)
        if person.wanted_email is None or folded_email(person.wanted_email) not in confirmed:
            return
        person.email, person.wanted_email = person.wanted_email, None
        person.email_verified = True
        if person.account is None:
            known = await work.persons.without_account([person.identity], hold=True)
            person.apart = any(other.id != person.id for other in known.values())
        await mark_if_doubted(registration, person, edition, work)
        await _warn(registration, person, work)
        registration.tell(PersonRenamed(registration.id, edition.id))
        await work.persons.save([person])
        await work.registrations.save(edition, [registration])
        await work.trail.append("person", person.id, after="address changed and confirmed")


async def look_for_doubles_elsewhere(
    registration_id: UUID, *, renamed: bool, open_work: Callable[[], EnrolmentWork]
) -> int:
    """Search again in all other editions that the person of a registration is registered in, since
    a person has one name and one address everywhere; how many registrations were marked.

    Where an officer has decided that somebody is no double, that stands unless `renamed`. One unit
    of work for each edition: whoever holds two at a time could wait for somebody who does as well.
    Raises RegistrationNotFound.
    """
    async with open_work() as work:
        seen = await work.registrations.read(registration_id)
        theirs = await work.registrations.of_persons([seen.person])
    marked = 0
    for one in theirs:
        if one.id == registration_id or not is_open(one):
            continue
        async with open_work() as work:
            edition = await work.editions.get(one.edition)
            registration = await work.registrations.get(one.id)
            if not is_open(registration) or (registration.identity_decided and not renamed):
                continue
            before = registration.is_doubted
            person = await person_of(registration, work)
            if await mark_if_doubted(registration, person, edition, work) and not before:
                await work.registrations.save(edition, [registration])
                await work.trail.append("registration", registration.id, after="possible double")
                marked += 1
    return marked


async def _change(
    person: Person, changes: PersonChanges, work: EnrolmentWork, *, tells_known: bool
) -> None:
    asked = _asked(person, changes)
    asked.check()
    before = person.identity
    if changes.email is not None and folded_email(asked.email) != before.email:
        person.email_verified = False
    person.full_name, person.email = " ".join(asked.full_name.split()), asked.email.strip()
    person.country, person.language = asked.country, asked.language
    if person.identity != before and person.account is None:
        known = await work.persons.without_account([person.identity], hold=True)
        if any(other.id != person.id for other in known.values()):
            if tells_known:
                raise PersonKnown
            person.apart = True


def _asked(person: Person, changes: PersonChanges) -> RegistrationRequest:
    return RegistrationRequest(
        full_name=person.full_name if changes.full_name is None else changes.full_name,
        email=person.email if changes.email is None else changes.email,
        country=person.country if changes.country is None else changes.country,
        language=person.language if changes.language is None else changes.language,
        privacy_notice=True,
        consents=frozenset(changes.consents),
    )


def _consent(registration: Registration, changes: PersonChanges, at: datetime) -> None:
    consents = dict(registration.consents)
    for code, is_given in changes.consents.items():
        if is_given:
            consents.setdefault(code, at)
        else:
            consents.pop(code, None)
    registration.consents = consents
    if BY_FORM in changes.consents:
        registration.consent_said = ConsentSaid(changes.consents[BY_FORM], at)
        registration.consents = consents_after(consents, registration.consent_said)


async def _warn(registration: Registration, person: Person, work: EnrolmentWork) -> None:
    spellings = await spellings_of(work, with_known=False)
    warnings = set(registration.warnings) - {_ADDRESS_DIFFERS}
    if domain_differs(person.email, registration.affiliation, spellings):
        warnings.add(_ADDRESS_DIFFERS)
    registration.warnings = tuple(sorted(warnings))
