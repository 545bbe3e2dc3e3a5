"""Two people who are one, by an officer's decision."""

from uuid import UUID

from app.domain.enrolment.edition import Edition
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
