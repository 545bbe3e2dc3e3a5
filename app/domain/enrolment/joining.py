"""Two people who are one, by an officer's decision."""

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.person import Person
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.registration import Registration


async def join_persons(
    edition: Edition, stays: Registration, goes: Registration, work: EnrolmentWork
) -> None:
    """Let both registrations of a merge, and what else their people registered for, be one
    person's: of the one with an account, so that whoever signs in finds all of it, and registering
    again gives what there is.

    Two who both have an account stay two: nobody signs in as another. The edition's lock must be
    held.
    """
    people = await work.persons.of({stays.person, goes.person})
    if len(people) < 2:
        return
    first, second = people[stays.person], people[goes.person]
    if first.account is not None and second.account is not None:
        return
    # Nobody may just then be registering as the one who is no more.
    await work.persons.without_account([first.identity, second.identity], hold=True)
    into, gone = (second, first) if _counts_more(second, first) else (first, second)
    moved = [one for one in (stays, goes) if one.person == gone.id]
    for one in moved:
        one.person = into.id
    await work.registrations.save(edition, moved)
    await work.persons.join(gone.id, into.id)
    into.country = into.country or gone.country
    await work.persons.save([into])


def _counts_more(one: Person, other: Person) -> bool:
    """Whether the one is kept rather than the other: an account, else one who stands for
    themselves."""
    if (one.account is None) != (other.account is None):
        return one.account is not None
    return other.apart and not one.apart
