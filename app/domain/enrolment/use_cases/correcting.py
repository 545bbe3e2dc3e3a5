"""For which institution a spelling, and a registration, counts by an officer's word; also where it
was decided before, as long as the list is provisional."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.enrolment.affiliation import (
    NEW_ORGANISATION,
    Affiliation,
    Kind,
    domain_differs,
    under_rule,
)
from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import InstitutionFixed, NotAdmitted, NothingToDecide
from app.domain.enrolment.forms.codes import RowWarning
from app.domain.enrolment.forms.entries import Entry
from app.domain.enrolment.forms.settling import settle_states
from app.domain.enrolment.joining import people_of
from app.domain.enrolment.planning import related
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.registration import LIVE, Registration, State
from app.domain.enrolment.use_cases.register import spellings_of
from app.domain.vocabulary.institutions import INDEPENDENT
from app.domain.vocabulary.text import folded

_ON_THE_LIST = (State.WAITING, State.NEEDS_DECISION)


@dataclass(frozen=True)
class SettledAlong:
    """Another registration that a decision settles because its person had written the same."""

    registration: Registration
    before: str
    """What `recorded` said of it before the decision."""

    @classmethod
    def of(cls, registration: Registration) -> "SettledAlong":
        """One that the decision has not touched yet."""
        return cls(registration, recorded(registration))


def recorded(registration: Registration) -> str:
    """State, reason and institution, for the audit record; what people type stays out of it."""
    where = registration.affiliation
    counts = "unclear" if where is None else where.kind.value
    if where is not None and where.kind is Kind.PARTNER:
        counts = where.bucket
    return f"{registration.state} {registration.reason} {counts}"


async def remember_spelling(spelling: str, decided: Affiliation, work: EnrolmentWork) -> bool:
    """Keep a decision on a folded spelling, in place of an earlier one; whether it changes
    anything.

    The names and codes that a partner is known by from the start mean that partner whatever
    somebody decides on one person.
    """
    if not spelling:
        return False
    aliases = await work.institutions.aliases()
    own = aliases.get(spelling)
    if own is not None and spelling not in await work.institutions.decided_aliases():
        return False
    known = (await work.external_spellings.all()).get(spelling)
    if decided.kind is Kind.PARTNER:
        if known is not None:
            # Who writes the organisation's name would go on being taken for one of its people.
            await work.external_spellings.forget(spelling)
        if own != decided.bucket:
            await work.institutions.remember_alias(spelling, decided.bucket)
        return known is not None or own != decided.bucket
    means = INDEPENDENT if decided.kind is Kind.INDEPENDENT else decided.name
    if own is not None:
        await work.institutions.forget_alias(spelling)
    elif known == means:
        return False
    await work.external_spellings.remember(spelling, means)
    return True


async def correct_institution(
    registration: Registration,
    decided: Affiliation,
    edition: Edition,
    work: EnrolmentWork,
    *,
    is_asked: bool,
) -> list[SettledAlong]:
    """Let a registration that has an institution count for another, at its rank, and with it the
    others that counted for the former by the same words. Returns these.

    Others whom the former institution has confirmed or contested stay where they are: what was
    said there was said of one person, and a decision on a spelling does not outweigh it.

    To name the same once more decides on the spelling; that and nothing else raises
    NothingToDecide where it was decided already and nothing else `is_asked`. Raises
    InstitutionFixed, NotAdmitted.
    """
    admitted = under_rule(decided, edition.no_institution)
    if admitted is None:
        raise NotAdmitted
    former = registration.affiliation
    if edition.is_binding:
        if former != admitted:
            raise InstitutionFixed
        if not is_asked:
            raise NothingToDecide
        return await let_stand(registration, edition, work)
    spelling = folded(registration.stated)
    is_remembered = await remember_spelling(spelling, decided, work)
    if former == admitted and not is_remembered and not is_asked:
        raise NothingToDecide
    along: list[SettledAlong] = []
    if is_remembered and former is not None:
        along = [
            SettledAlong.of(one)
            for one in await work.registrations.in_states(edition.id, _ON_THE_LIST)
            if one.id != registration.id
            and one.bucket == former.bucket
            and one.claim_state is ClaimState.STATED
            and folded(one.stated) == spelling
        ]
    others = [one.registration for one in along]
    await affiliate(registration, others, admitted, work)
    await work.registrations.save(edition, [registration, *others])
    await _settle(registration, others, edition, work)
    return along


async def let_stand(
    registration: Registration, edition: Edition, work: EnrolmentWork
) -> list[SettledAlong]:
    """Leave its institution as it is, and answer the question about its organisation, if there is
    one, for everybody of the edition who wrote the same. Returns the others."""
    along: list[SettledAlong] = []
    if registration.names_new_organisation and registration.affiliation is not None:
        spelling = folded(registration.stated)
        await remember_spelling(spelling, registration.affiliation, work)
        along = [
            SettledAlong.of(one)
            for one in await work.registrations.in_states(edition.id, LIVE)
            if one.id != registration.id
            and one.names_new_organisation
            and folded(one.stated) == spelling
        ]
        for one in (registration, *(also.registration for also in along)):
            one.warn(NEW_ORGANISATION, holds=False)
    others = [also.registration for also in along]
    await work.registrations.save(edition, [registration, *others])
    return along


async def affiliate(
    registration: Registration,
    others: Sequence[Registration],
    affiliation: Affiliation,
    work: EnrolmentWork,
) -> None:
    """Let a registration, and others by the same words, count for it, with the warnings that
    follow. That another response names another institution was looked at for the one alone."""
    registrations = [registration, *others]
    spellings = await spellings_of(work, with_known=False)
    people = await people_of(registrations, work)
    moved = [one for one in registrations if one.affiliation != affiliation]
    earlier = await work.registrations.of_persons({one.person for one in moved})
    for one in registrations:
        one.affiliation = affiliation
        one.warn(NEW_ORGANISATION, holds=False)
        differs = domain_differs(people[one.person].email, affiliation, spellings)
        one.warn(RowWarning.EMAIL_DOMAIN_DIFFERS.value, holds=differs)
    registration.warn(RowWarning.INSTITUTION_DIFFERS.value, holds=False)
    for one in moved:
        # What was said of the institution that it counted for says nothing of this one.
        one.let_stand()
        one.follow(known for known in earlier if known.person == one.person)


async def _settle(
    registration: Registration, others: Sequence[Registration], edition: Edition,
    work: EnrolmentWork,
) -> None:  # fmt: skip
    """Look anew who may be one person, as an import would that came now."""
    here = [registration, *others]
    people = await people_of(here, work)
    identities = {people[one.person].identity for one in here}
    ours = {one.id: one for one in here}
    entries = [
        Entry(ours.get(known.registration.id, known.registration), known.person, is_new=False)
        for known in await related(edition.id, "", set(), identities, work)
    ]
    settle_states(entries, edition)
    changed = [entry.registration for entry in entries if entry.changed]
    await work.registrations.save(edition, changed)
