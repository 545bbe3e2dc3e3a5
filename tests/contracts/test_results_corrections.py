"""Taking a confirmed result back: only where it can be entered and confirmed anew."""

import pytest

from app.domain.enrolment.edition import EditionState
from app.domain.enrolment.registration import State
from app.domain.results.errors import NotAParticipant, NotConfirmable, NotGrading, ResultsNotHeard
from app.domain.results.result import Decision, ResultState
from app.domain.results.use_cases.corrections import reopen_result
from app.domain.results.views import ResultView
from tests.contracts.results_house import course as course  # a fixture
from tests.contracts.results_house import planned_course as planned_course  # a fixture
from tests.contracts.test_results_use_cases import (
    accept,
    confirm,
    decide,
    listed,
    look,
    object_to,
    record,
)
from tests.results_course import Course, entry


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


async def be(course: Course, state: EditionState) -> None:
    """The edition is in that state."""
    async with course.work() as work:
        edition = await work.editions.get(course.edition.id)
        edition.state = state
        await work.editions.save(edition)


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
    await be(course, EditionState.ARCHIVED)
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


async def test_what_learners_were_promised_goes_on_when_their_edition_is_archived(course: Course):
    ana, ben = await course.learners(2)
    for registration in (ana, ben):
        await record(course, registration, entry("4", "4", "4"))
    await confirm(course)
    await object_to(course, ana, 2)
    await be(course, EditionState.ARCHIVED)
    # Within the window that they were told, and who objected in time gets a decision.
    await object_to(course, ben, 2)
    assert "decide_objection" in (await look(course, ana, course.rosa)).allowed_actions
    rejected = await decide(course, ben, Decision.REJECTED, 3)
    assert rejected.result.state is ResultState.CONFIRMED
    upheld = await decide(course, ana, Decision.UPHELD, 3)
    assert upheld.result.state is ResultState.CORRECTION
    for registration, is_owed in ((ana, True), (ben, False)):
        actions = (await look(course, registration, course.teo)).allowed_actions
        assert ("record_result" in actions) is is_owed
    # A first entry and a second one, as long as nobody has confirmed it.
    for number, grade in enumerate(("6", "7")):
        await record(course, ana, entry(grade, "4", "8"), version=4 + number)
    seen = await listed(course)
    assert "confirm_results" in seen.allowed_actions
    assert "import_results" not in (await listed(course, course.teo)).allowed_actions
    assert await confirm(course) == 1
    result = (await look(course, ana, course.rosa)).result
    assert (result.state, result.grading.grade) == (ResultState.CONFIRMED, "7")
    assert "record_result" not in (await look(course, ana, course.teo)).allowed_actions


async def test_nobody_is_graded_in_an_archived_edition_who_was_not_graded_before(course: Course):
    [ana] = await course.learners(1)
    await be(course, EditionState.ARCHIVED)
    with pytest.raises(NotGrading):
        await record(course, ana)
    assert (await look(course, ana, course.teo)).allowed_actions == ()


async def test_nothing_is_said_to_results_of_an_edition_that_was_cancelled(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    await object_to(course, ana, 1)
    await be(course, EditionState.CANCELLED)
    with pytest.raises(ResultsNotHeard):
        await decide(course, ana, Decision.UPHELD, 2)
    for act in (accept, object_to):
        with pytest.raises(ResultsNotHeard):
            await act(course, ana, 2)
    for caller in (course.learner(ana), course.rosa, course.teo):
        actions = set((await look(course, ana, caller)).allowed_actions)
        assert actions <= {"confirm_credential_data"}
