"""A European Student Identifier is one person's, on every store."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from app.domain.enrolment.registration import State
from app.domain.errors import DomainError
from app.domain.results.credential_data import LegalIdentity, remarks
from app.domain.results.errors import StudentIdentifierTaken
from app.domain.results.use_cases.learner import confirm_credential_data, get_credential_data
from app.domain.retention.rules import DataKind
from tests.contracts.results_house import course as course  # a fixture
from tests.contracts.results_house import planned_course as planned_course  # a fixture
from tests.contracts.test_results_awards import awards, confirm, record
from tests.results_course import Course

ESI = "urn:schac:personalUniqueCode:int:esi:uniovi.es:UO123456"
OTHER = "urn:schac:personalUniqueCode:int:esi:uniovi.es:UO7"
BORN = date(1990, 5, 17)


async def states(
    course: Course, registration: UUID, number: str | None, born: date | None = None
) -> int:
    """The learner confirms what there is of them; the version that this gives."""
    caller = course.learner(registration)
    _, before = await get_credential_data(registration, work=course.work(caller), caller=caller)
    _, data = await confirm_credential_data(
        registration,
        LegalIdentity("Ana Núñez", birth_date=born, student_identifier=number),
        before.version,
        work=course.work(caller),
        caller=caller,
        clock=course.clock,
    )
    return data.version


async def earlier(course: Course) -> UUID:
    """A registration that has ended."""
    return await course.enrol("Earlier", state=State.CANCELLED)


async def be_one(course: Course, registration: UUID, other: UUID) -> None:
    """An earlier registration becomes one of the same person, as a merge makes it."""
    if registration in course.accounts:
        course.accounts[other] = course.accounts[registration]
    async with course.work() as work:
        one = await work.registrations.read(registration)
        gone = await work.registrations.read(other)
        await work.persons.join(gone.person, one.person)


async def contest(course: Course, registration: UUID, number: str) -> None:
    """Data of a time when nobody looked whose an identifier was."""
    await states(course, registration, number)
    async with course.work() as work:
        data = await work.credential_data.get(await work.participants.get(registration))
        data.contested = True
        await work.credential_data.save(data)


async def test_two_people_do_not_state_one_identifier_however_it_is_written(course: Course):
    ana, ben = await course.learners(2)
    assert await states(course, ana, ESI) == 1
    with pytest.raises(StudentIdentifierTaken) as refused:
        await states(course, ben, ESI.replace("UO123456", "uo123456"))
    assert [one.pointer for one in refused.value.findings] == ["/student_identifier"]
    for held in (str(ana), str(course.edition.id), ESI, "Ana"):
        assert held not in refused.value.detail
    # Nothing of what was refused is kept, and there is another way.
    assert await states(course, ben, None, BORN) == 1


async def test_numbers_that_are_unique_nowhere_but_at_home_are_not_compared(course: Course):
    ana, ben = await course.learners(2)
    assert [await states(course, one, "UO1") for one in (ana, ben)] == [1, 1]


async def test_whoever_corrects_theirs_gives_the_other_back(course: Course):
    ana, ben = await course.learners(2)
    await states(course, ana, ESI)
    assert await states(course, ana, OTHER) == 2
    assert await states(course, ben, ESI) == 1
    with pytest.raises(StudentIdentifierTaken):
        await states(course, ana, ESI)


async def test_one_person_states_it_in_each_of_their_registrations(course: Course):
    ana, ben = await course.learners(2)
    again = await earlier(course)
    await be_one(course, ana, again)
    await states(course, ana, ESI)
    assert await states(course, again, ESI) == 1
    # As long as one of them names it, it is theirs.
    await states(course, ana, None, BORN)
    with pytest.raises(StudentIdentifierTaken):
        await states(course, ben, ESI)
    await states(course, again, None, BORN)
    assert await states(course, ben, ESI) == 1


async def test_who_is_merged_keeps_what_either_had_stated(course: Course):
    ana, ben = await course.learners(2)
    other = await earlier(course)
    await states(course, other, ESI)
    await be_one(course, ana, other)
    assert await states(course, ana, ESI) == 1
    with pytest.raises(StudentIdentifierTaken):
        await states(course, ben, ESI)


async def test_of_two_who_state_it_at_once_one_is_refused(course: Course):
    ana, ben = await course.learners(2)
    done = await asyncio.gather(
        states(course, ana, ESI), states(course, ben, ESI), return_exceptions=True
    )
    assert [type(one) for one in done if isinstance(one, DomainError)] == [StudentIdentifierTaken]
    assert [one for one in done if not isinstance(one, BaseException)] == [1]


async def test_one_person_who_confirms_two_registrations_at_once_keeps_what_one_of_them_names(
    course: Course,
):
    ana, ben = await course.learners(2)
    again = await earlier(course)
    await be_one(course, ana, again)
    await states(course, ana, ESI)
    await asyncio.gather(states(course, ana, OTHER), states(course, again, ESI))
    for number in (ESI, OTHER):
        with pytest.raises(StudentIdentifierTaken):
            await states(course, ben, number)


async def test_a_contested_identifier_holds_the_credential_back_until_it_is_stated_anew(
    course: Course,
):
    [ana] = await course.learners(1)
    await contest(course, ana, ESI)
    caller = course.learner(ana)
    _, data = await get_credential_data(ana, work=course.work(caller), caller=caller)
    assert [one.code for one in remarks(data, {})] == [
        "student_identifier_contested",
        "names_not_apart",
    ]
    await record(course, ana)
    await confirm(course)
    course.clock.move(timedelta(days=7))
    _, [waits] = await awards(course)
    assert waits.reasons == ("student_identifier_contested",)
    # The same once more is a confirmation all the same: whose it is has been looked at.
    assert await states(course, ana, ESI) == data.version + 1
    _, data = await get_credential_data(ana, work=course.work(caller), caller=caller)
    assert not data.contested
    ready, _ = await awards(course)
    assert [award.registration for award in ready] == [ana]


async def test_an_identifier_is_forgotten_with_the_data_that_named_it(course: Course):
    ana, again, ben = await course.learners(3)
    await states(course, ana, ESI)
    await states(course, again, OTHER)
    cutoff = course.clock.now() + timedelta(days=1)
    async with course.work() as work:
        due = await work.retention.due(DataKind.CREDENTIAL_DATA, cutoff)
        gone = await work.retention.erase(DataKind.CREDENTIAL_DATA, cutoff, 100)
    assert due == gone == {"credential_data": 2, "student_identifier": 2}
    assert await states(course, ben, ESI) == 1


async def test_who_is_erased_on_request_leaves_it_free(course: Course):
    ana, ben = await course.learners(2)
    await states(course, ana, ESI)
    async with course.work() as work:
        counts = await work.retention.erase_person(await work.retention.person(ana))
    assert (counts["credential_data"], counts["student_identifier"]) == (1, 1)
    assert await states(course, ben, ESI) == 1
