"""Registrations that could be of one person although nobody has said so."""

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.joining import people_of
from app.domain.enrolment.person import Person, could_be_one, share_address
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.registration import Registration, State

_AT_ONCE = 500


async def mark_if_doubted(
    registration: Registration, person: Person, edition: Edition, work: EnrolmentWork
) -> bool:
    """Search again after the person has another name or address, and mark the registration for
    officers where it could be somebody else's now; whether it was marked.

    What an officer decided before held for the name and the address of then. A mark stays when
    nothing is found any more: it would be the way to get rid of it.
    """
    others = await work.registrations.alike(edition.id, person.identity)
    for other, their_person in others:
        alike = could_be_one(their_person, other.bucket, person, registration.bucket)
        if alike or share_address(their_person, person):
            registration.identity_decided = False
            registration.doubt_identity()
            return True
    return False


async def number_of_doubted(edition: Edition, work: EnrolmentWork) -> int:
    """How many take part of whom an officer has still to say whether they are in the list twice.

    Those who only share an address with somebody of another name do not count: families and
    offices do.
    """
    number = 0
    after = None
    while page := await work.registrations.undecided(edition.id, after=after, limit=_AT_ONCE):
        after = page[-1].rank
        marked = [r for r in page if r.is_doubted and r.state is not State.NEEDS_DECISION]
        people = await people_of(marked, work)
        for one in marked:
            mine = people[one.person]
            others = await work.registrations.alike(edition.id, mine.identity)
            number += any(could_be_one(p, r.bucket, mine, one.bucket) for r, p in others)
    return number
