"""Registering: for oneself, or as an officer for somebody else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app.domain.access.permissions import NotAllowed, permits, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.access import may_register_others
from app.domain.enrolment.affiliation import (
    NEW_ORGANISATION,
    Affiliation,
    Likeness,
    Matcher,
    Spellings,
    Unclear,
    domain_differs,
    independent,
    partner,
    under_rule,
)
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.decisions import Kind
from app.domain.enrolment.direct import Claim
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import (
    AccountNeeded,
    NotAdmitted,
    RegistrationInvalid,
)
from app.domain.enrolment.forms.codes import RowWarning
from app.domain.enrolment.joining import person_of
from app.domain.enrolment.notices import PrivacyNotices
from app.domain.enrolment.person import Person, could_be_one, share_address
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.ranking import Receipt, received_over_api
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.requests import RegistrationRequest
from app.domain.enrolment.views import (
    RegistrationView,
    reason_by_counts,
    reason_by_itself,
    view_of,
)
from app.domain.errors import Finding
from app.domain.ids import new_id
from app.domain.vocabulary.institutions import InstitutionNotFound
from app.domain.vocabulary.text import folded_email

_FIRST_NOTICE = PrivacyNotices()


async def register(
    edition_id: UUID,
    request: RegistrationRequest,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
    likeness: Likeness,
    notices: PrivacyNotices = _FIRST_NOTICE,
) -> tuple[RegistrationView, bool]:
    """Register the caller, or as an officer somebody else; True when it is new.

    Registering twice gives the registration that exists. Whoever is new leaves with a place, a
    turn on the waiting list, a turn that counts when the list is published, or the news that an
    officer has to look first. Raises EditionNotFound, RegistrationInvalid, AccountNeeded,
    NotAllowed, RegistrationClosed, NotAdmitted.
    """
    received = clock.now()  # before any wait for a lock: the order is that of arrival
    require(PERMISSIONS, caller, "register")
    request.check(notices.at(received))
    if caller.account is None:
        raise AccountNeeded
    claimed = await _at_once(edition_id, request, received_over_api(received), work, caller)
    if claimed is not None:
        return claimed, True
    async with work:
        await _known_institution(request, work)
        stated = await _stated(request, work, likeness)
        edition = await work.editions.get(edition_id)
        if request.for_another and not may_register_others(edition, request.institution, caller):
            raise NotAllowed("register", "for somebody else")
        person, is_new_person = await _person(request, work, caller)
        if not is_new_person:
            # Whoever joins them with somebody at this moment comes first: what that one has
            # registered for is theirs then.
            person = await work.persons.get(person.id, hold=True)
            existing = await work.registrations.live_of(edition.id, person.id)
            if existing is not None:
                own = not request.for_another
                place = edition.place_of(existing.bucket, own=own)
                if not permits(PERMISSIONS["get_registration"], caller, place):
                    # Whoever asks from elsewhere must not learn of it: the two stand side by side.
                    person, is_new_person = replace(_given(request), apart=True), True
                    existing = await _beside(person, request, edition, work)
                if existing is not None:
                    person = await person_of(existing, work)
                    return await view_of(existing, edition, person, work, caller, own=own), False
        edition.expect_open()
        affiliation = _admitted(stated.read, edition)
        identifier = new_id()
        receipt = received_over_api(received)
        registration = Registration(
            id=identifier,
            edition=edition.id,
            person=person.id,
            state=State.WAITING,
            reason=Reason.PROVISIONAL,
            receipt=receipt,
            rank=receipt.rank(identifier),
            stated=request.institution or request.organisation or "",
            affiliation=affiliation,
            registered_by=caller.actor,
            privacy_notice_at=received,
            answers_at=received,
            created_at=received,
            warnings=_warnings(request.email, affiliation, stated),
            consents=dict.fromkeys(sorted(request.consents), received),
        )
        if is_new_person:
            await work.persons.add([person])
        else:
            registration.follow(await work.registrations.of_persons([person.id]))
            if not request.for_another:
                _renew(person, request, caller)
            await work.persons.save([person])
        others = await work.registrations.alike(edition.id, person.identity)
        doubt = _doubt(stated.read, registration, person, others)
        if doubt is not Reason.POSSIBLE_DOUBLE and any(share_address(p, person) for _, p in others):
            registration.doubt_identity()
        if doubt is Reason.POSSIBLE_DOUBLE:
            # Held back they would learn that somebody of that name or address is registered; an
            # officer looks at the pair all the same, and merging gives the surplus place on.
            registration.doubt_identity()
            doubt = None
        registration.tell(events.RegistrationReceived(registration.id, edition.id))
        if doubt is not None:
            registration.state, registration.reason = State.NEEDS_DECISION, doubt
            await work.registrations.add(edition, [registration])
        else:
            allocation = Allocation(edition, work, caller.actor, received)
            await allocation.enter([registration], Kind.REGISTERED)
            await work.editions.advance(edition)
        await work.trail.append("registration", registration.id, after=registration.state)
        own = not request.for_another
        view = await view_of(registration, edition, person, work, caller, own=own)
    return view, True


async def _at_once(
    edition_id: UUID,
    request: RegistrationRequest,
    receipt: Receipt,
    work: EnrolmentWork,
    caller: Caller,
) -> RegistrationView | None:
    """The short way, for somebody of a partner who registers for themselves; None where that
    does not lead to the end."""
    if request.institution is None or request.for_another or request.consents:
        return None
    person = _given(request)
    person.account, person.email_verified = caller.account, _is_verified(person, caller)
    claim = Claim(edition_id, new_id(), person, request.institution, receipt, caller.actor)
    claimed = await work.direct.claim(claim)
    if claimed is None:
        return None
    registration, edition, ranks = claimed.registration, claimed.edition, claimed.ranks
    told = reason_by_itself(registration, edition)
    if told is None:
        async with work:  # it is decided and committed; nobody waits for this
            told = await reason_by_counts(registration, edition, work)
    reason, scope = told
    return RegistrationView(
        registration,
        edition,
        claimed.person,
        reason,
        own=True,
        scope=scope,
        position=ranks.overall,
        position_within=ranks.within,
        waiting_position=ranks.waiting,
    )


@dataclass(frozen=True)
class _Stated:
    read: Affiliation | Unclear
    spellings: Spellings
    is_new: bool = False
    """Whether nobody has decided on an organisation of that name."""


async def _known_institution(request: RegistrationRequest, work: EnrolmentWork) -> None:
    if request.institution is None:
        return
    try:
        await work.institutions.get(request.institution)
    except InstitutionNotFound as unknown:
        raise RegistrationInvalid(
            [Finding("/institution", unknown.code, unknown.detail)]
        ) from unknown


async def _stated(request: RegistrationRequest, work: EnrolmentWork, likeness: Likeness) -> _Stated:
    spellings = await spellings_of(work, with_known=request.organisation is not None)
    if request.institution is not None:
        return _Stated(partner(request.institution), spellings)
    if request.organisation is None:
        return _Stated(independent(), spellings)
    matcher = Matcher(spellings, likeness)
    read = matcher.read(request.organisation)
    is_new = isinstance(read, Affiliation) and matcher.is_new(read)
    return _Stated(read, spellings, is_new)


async def spellings_of(work: EnrolmentWork, *, with_known: bool = True) -> Spellings:
    """What is known about how people write institutions."""
    partners = {p.code: p for p in await work.institutions.all()}
    if not with_known:
        return Spellings(partners, {})
    return Spellings(
        partners, await work.institutions.aliases(), await work.external_spellings.all()
    )


def _admitted(read: Affiliation | Unclear, edition: Edition) -> Affiliation | None:
    """How the claim counts in the edition; None while it is unclear. Raises NotAdmitted."""
    if isinstance(read, Unclear):
        return None
    affiliation = under_rule(read, edition.no_institution)
    if affiliation is None:
        raise NotAdmitted
    return affiliation


def _warnings(email: str, affiliation: Affiliation | None, stated: _Stated) -> tuple[str, ...]:
    differs = domain_differs(email, affiliation, stated.spellings)
    holding = {RowWarning.EMAIL_DOMAIN_DIFFERS.value: differs, NEW_ORGANISATION: stated.is_new}
    return tuple(code for code, holds in holding.items() if holds)


def _given(request: RegistrationRequest) -> Person:
    return Person(
        new_id(),
        " ".join(request.full_name.split()),
        request.email.strip(),
        country=request.country,
        language=request.language,
    )


def _is_verified(person: Person, caller: Caller) -> bool:
    return caller.email is not None and folded_email(caller.email) == folded_email(person.email)


async def _person(
    request: RegistrationRequest, work: EnrolmentWork, caller: Caller
) -> tuple[Person, bool]:
    """The person who is registered; True when new to us. Those whom we know are as they were."""
    fresh = _given(request)
    if request.for_another:
        known = await _without_account(fresh, work, to_add=True)
        return (known, False) if known is not None else (fresh, True)
    if caller.account is None:
        raise AccountNeeded
    verified = _is_verified(fresh, caller)
    known = await work.persons.by_account(caller.account)
    if known is None:
        # The same person may be registering in another edition at this very moment.
        known = await work.persons.by_account(caller.account, hold=True)
    if known is None and verified:
        # The address is proven: whoever came by a form with it and this name is the caller.
        known = await _without_account(fresh, work, to_add=False)
        if known is not None and known.account not in (None, caller.account):
            known = None
    if known is None:
        fresh.account, fresh.email_verified = caller.account, verified
        return fresh, True
    return known, False


async def _beside(
    person: Person, request: RegistrationRequest, edition: Edition, work: EnrolmentWork
) -> Registration | None:
    """The live registration of such a person from the same institution that stands apart."""
    for registration, other in await work.registrations.alike(edition.id, person.identity):
        is_same = other.apart and other.identity == person.identity
        if is_same and registration.bucket == request.institution:
            return registration
    return None


def _renew(known: Person, request: RegistrationRequest, caller: Caller) -> None:
    """Take over what somebody whom we know gives of themselves now."""
    fresh = _given(request)
    verified = _is_verified(fresh, caller)
    if known.identity.email != fresh.identity.email:
        known.email_verified = verified
    known.account = caller.account
    known.email_verified = known.email_verified or verified
    known.full_name, known.email = fresh.full_name, fresh.email
    known.country = fresh.country or known.country
    known.language = fresh.language


async def _without_account(fresh: Person, work: EnrolmentWork, *, to_add: bool) -> Person | None:
    """The person of that address and name who has no account yet.

    Only whoever may add such a person, or has found one to take over, makes others wait: most
    people who register are neither, and must not queue up behind one another across editions.
    """
    wanted = [fresh.identity]
    if not to_add and not await work.persons.without_account(wanted):
        return None
    return (await work.persons.without_account(wanted, hold=True)).get(fresh.identity)


def _doubt(
    read: Affiliation | Unclear,
    registration: Registration,
    person: Person,
    others: Sequence[tuple[Registration, Person]],
) -> Reason | None:
    """What an officer has to look at before the registration counts; None when nothing."""
    if isinstance(read, Unclear):
        return read.reason
    if any(could_be_one(p, r.bucket, person, registration.bucket) for r, p in others):
        return Reason.POSSIBLE_DOUBLE
    return None
