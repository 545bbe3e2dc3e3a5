"""Taking a confirmed result back: only where it can be entered and confirmed anew."""

import pytest

from app.domain.enrolment.edition import EditionState
from app.domain.enrolment.registration import State
from app.domain.results.errors import NotAParticipant, NotConfirmable
from app.domain.results.result import ResultState
from app.domain.results.use_cases_corrections import reopen_result
from app.domain.results.views import ResultView
from tests.contracts.results_house import course as course  # a fixture
from tests.contracts.results_house import planned_course as planned_course  # a fixture
from tests.contracts.test_results_use_cases import confirm, look, record
from tests.results_course import Course


async def confirmed(course: Course) -> ResultView:
    [ana] = await course.learners(1)
    await record(course, ana)
    await confirm(course)
    return await look(course, ana, course.rosa)


async def taken_back(course: Course, seen: ResultView) -> ResultView:
    return await reopen_result(
        seen.participant.registration,
        "A2 was the grade of somebody else.",
        seen.result.version,
        work=course.work(course.rosa, "reopen_result"),
        caller=course.rosa,
        clock=course.clock,
    )


async def again(course: Course, seen: ResultView) -> ResultView:
    return await look(course, seen.participant.registration, course.rosa)


async def test_a_result_that_is_taken_back_is_entered_and_confirmed_anew(course: Course):
    seen = await confirmed(course)
    assert "reopen_result" in seen.allowed_actions
    reopened = await taken_back(course, seen)
    assert reopened.result.state is ResultState.CORRECTION
    ana, version = seen.participant.registration, reopened.result.version
    await record(course, ana, version=version)
    await confirm(course)
    assert (await again(course, seen)).result.is_confirmed


async def test_in_an_archived_edition_a_confirmed_result_stands(course: Course):
    seen = await confirmed(course)
    async with course.work() as work:
        edition = await work.editions.get(course.edition.id)
        edition.state = EditionState.ARCHIVED
        await work.editions.save(edition)
    with pytest.raises(NotConfirmable):
        await taken_back(course, seen)
    after = await again(course, seen)
    assert (after.result.is_confirmed, after.result.version) == (True, seen.result.version)
    assert "reopen_result" not in after.allowed_actions


async def test_the_result_of_who_takes_part_no_more_stands(course: Course):
    seen = await confirmed(course)
    async with course.work() as work:
        registration = await work.registrations.get(seen.participant.registration)
        registration.state = State.WITHDRAWN
        await work.registrations.save(course.edition, [registration])
    with pytest.raises(NotAParticipant):
        await taken_back(course, seen)
    after = await again(course, seen)
    assert (after.result.is_confirmed, after.result.version) == (True, seen.result.version)
    assert "reopen_result" not in after.allowed_actions
