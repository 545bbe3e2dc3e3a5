"""Two people who are one, by an officer's decision."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import ChangedMeanwhile
from app.domain.enrolment.person import Person
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.registration import Registration


async def join_persons(
    edition: Edition, stays: Registration, goes: Registration, work: EnrolmentWork
) -> None:
    """Let both registrations of a merge be one person's: of the one with an account, so that
    whoever signs in finds them, and registering again gives what there is.

    What else the other registered for becomes theirs too where that gives nobody what may be
    somebody else's; an officer of one edition does not decide on the results of another. Two who
    both have an account stay two: nobody signs in as another. The edition's lock must be held, and
    `Persons.hold` asked for before the registrations were read.
    """
    people = await work.persons.of({stays.person, goes.person})
    if len(people) < 2:
        return
    first, second = people[stays.person], people[goes.person]
    if first.account is not None and second.account is not None:
        return
    into, gone = (second, first) if _counts_more(second, first) else (first, second)
    everywhere = await _may_have_all(edition.id, into, gone, work)
    await work.persons.join(gone.id, into.id, within=None if everywhere else edition.id)
    for one in (stays, goes):
        if one.person == gone.id:
            # As it is stored now.
            one.person = into.id
            one.version += 1


async def people_of(
    registrations: Sequence[Registration], work: EnrolmentWork
) -> Mapping[UUID, Person]:
    """Whose these registrations are, by the identifier of the person.

    People are joined without holding all their editions: a registration that has become somebody
    else's since it was read says so from here on. Raises ChangedMeanwhile where one was erased.
    """
    if not registrations:
        return {}
    people = dict(await work.persons.of({one.person for one in registrations}))
    while moved := [one for one in registrations if one.person not in people]:
        stored = {one.id: one for one in await work.registrations.many([r.id for r in moved])}
        for one in moved:
            now = stored.get(one.id)
            if now is None or now.person == one.person:
                raise ChangedMeanwhile
            one.person, one.version = now.person, now.version
        people |= await work.persons.of({one.person for one in moved})
    return people


async def person_of(registration: Registration, work: EnrolmentWork) -> Person:
    """Whose the registration is, as `people_of` says. Raises ChangedMeanwhile."""
    people = await people_of([registration], work)
    return people[registration.person]


async def person_to_change(registration: Registration, work: EnrolmentWork) -> Person:
    """Whose the registration is, held until this unit of work ends: what is saved is the whole
    person, whom others may be changing in another edition. Whoever may change the name or the
    address asks for `Persons.hold` before. Raises ChangedMeanwhile.
    """
    person = await person_of(registration, work)
    held = await work.persons.get(person.id, hold=True)
    if (await work.registrations.read(registration.id)).person != held.id:
        raise ChangedMeanwhile
    return held


def _counts_more(one: Person, other: Person) -> bool:
    """Whether the one is kept rather than the other: an account, else one who stands for
    themselves."""
    if (one.account is None) != (other.account is None):
        return one.account is not None
    return other.apart and not one.apart


async def _may_have_all(edition: UUID, into: Person, gone: Person, work: EnrolmentWork) -> bool:
    """Whether the person who is kept may have what the other has in other editions: the address is
    shown to be theirs, or nothing shows that it is anybody else's and there is nothing to gain."""
    if into.email_verified and into.identity.email == gone.identity.email:
        return True
    if gone.email_verified:
        return False
    theirs = await work.registrations.of_persons([gone.id])
    return not any(one.has_seat for one in theirs if one.edition != edition)
