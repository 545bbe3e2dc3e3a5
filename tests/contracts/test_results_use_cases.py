"""Results from the first grade to the award, as the people concerned do it."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller, Role
from app.domain.enrolment.edition import EditionState
from app.domain.enrolment.registration import State
from app.domain.errors import NotAuthenticated
from app.domain.results.entry import ResultEntry
from app.domain.results.errors import (
    EditionNotFound,
    InvalidResult,
    NotAParticipant,
    NotConfirmable,
    NotGrading,
    OwnGrading,
    RegistrationNotFound,
    ResultIsConfirmed,
    ResultsChanged,
    ResultsIncomplete,
    StaleResult,
)
from app.domain.results.grading import Outcome
from app.domain.results.result import Decision, ResultState
from app.domain.results.use_cases.entering import (
    confirm_results,
    get_result,
    list_results,
    record_result,
)
from app.domain.results.use_cases.learner import (
    accept_result,
    decide_objection,
    object_to_result,
)
from app.domain.results.views import ResultsList, ResultView
from tests.contracts.results_house import course as course  # a fixture
from tests.contracts.results_house import planned_course as planned_course  # a fixture
from tests.results_course import POLICY, Course, entry

ABSENT = ResultEntry(outcome=Outcome.NOT_PARTICIPATED)


async def record(
    course: Course,
    registration,
    grades: ResultEntry | None = None,
    *,
    by: Caller | None = None,
    version: int = 0,
) -> ResultView:
    caller = by or course.teo
    return await record_result(
        registration,
        grades or entry(),
        version,
        work=course.work(caller, "record_result"),
        caller=caller,
        clock=course.clock,
    )


async def listed(course: Course, by: Caller | None = None) -> ResultsList:
    caller = by or course.rosa
    return await list_results(
        course.edition.id, work=course.work(), caller=caller, clock=course.clock
    )


async def confirm(course: Course, by: Caller | None = None, seen: str | None = None) -> int:
    caller = by or course.rosa
    return await confirm_results(
        course.edition.id,
        seen or (await listed(course)).results_hash,
        work=course.work(caller, "confirm_results"),
        caller=caller,
        clock=course.clock,
        policy=POLICY,
    )


async def look(course: Course, registration, by: Caller) -> ResultView:
    return await get_result(registration, work=course.work(), caller=by, clock=course.clock)


async def test_a_teacher_enters_a_result_and_the_learner_sees_it(course: Course):
    [ana] = await course.learners(1)
    entered = await record(course, ana)
    assert (entered.result.state, entered.result.version) == (ResultState.PROVISIONAL, 1)
    seen = await look(course, ana, course.learner(ana))
    assert (seen.result.grading.grade, seen.result.outcome) == ("8", Outcome.PASSED)
    assert set(seen.allowed_actions) == {
        "accept_result",
        "object_to_result",
        "confirm_credential_data",
    }


async def test_a_learner_without_account_sees_it_through_the_session_of_a_link(course: Course):
    ana = await course.enrol("Ana", account=False)
    ben = await course.enrol("Ben", account=False)
    await record(course, ana)
    assert (await look(course, ana, course.learner(ana))).result.outcome is Outcome.PASSED
    with pytest.raises(RegistrationNotFound):
        await look(course, ana, course.learner(ben))


async def test_teachers_of_every_awarding_body_grade_and_those_of_others_see_nothing(
    course: Course,
):
    [ana] = await course.learners(1)
    elsewhere = course.person(Role.TEACHER, "UOC")
    with pytest.raises(RegistrationNotFound):
        await record(course, ana, by=elsewhere)
    with pytest.raises(NotAllowed):
        await listed(course, by=elsewhere)
    assert (await record(course, ana, by=course.tilda)).result.recorded_by == {course.tilda.account}


async def test_learners_see_their_own_result_and_nobody_elses(course: Course):
    ana, ben = await course.learners(2)
    await record(course, ana)
    for caller in (course.learner(ben), Caller(uuid4())):
        with pytest.raises(RegistrationNotFound):
            await look(course, ana, caller)
    for registration in (ana, uuid4()):
        with pytest.raises(NotAuthenticated):
            await look(course, registration, Caller(None))


async def test_a_learner_does_not_grade_themselves(course: Course):
    [ana] = await course.learners(1)
    with pytest.raises(NotAllowed):
        await record(course, ana, by=course.learner(ana))


async def test_who_acts_on_an_older_version_is_refused(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    with pytest.raises(StaleResult) as refused:
        await record(course, ana, entry("4", "4", "4"))
    assert refused.value.current == 1


async def test_two_teachers_who_enter_at_once_do_not_overwrite_each_other(course: Course):
    [ana] = await course.learners(1)
    outcomes = await asyncio.gather(
        record(course, ana, entry("8"), by=course.teo),
        record(course, ana, entry("4", "4", "4"), by=course.tilda),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ResultView", "StaleResult"]


async def test_grades_that_the_scheme_does_not_have_are_pointed_at(course: Course):
    [ana] = await course.learners(1)
    with pytest.raises(InvalidResult) as refused:
        await record(course, ana, entry("11", "8", "good"))
    assert [(f.pointer, f.code) for f in refused.value.findings] == [
        ("/grades/1/grade", "grade_scale"),
        ("/grade", "grade_scale"),
    ]


async def test_nobody_passes_before_every_assessment_is_graded(course: Course):
    [ana] = await course.learners(1)
    complete = entry()
    with pytest.raises(InvalidResult) as refused:
        await record(course, ana, ResultEntry(complete.grades[:1], "8"))
    assert [f.params for f in refused.value.findings] == [{"assessment": "A2"}]
    failed = await record(course, ana, ResultEntry(complete.grades[:1], "3"))
    assert failed.result.outcome is Outcome.FAILED


async def test_an_assessment_of_tomorrow_or_of_another_course_is_refused(course: Course):
    [ana] = await course.learners(1)
    tomorrow = course.clock.now().date() + timedelta(days=1)
    graded = entry(day=tomorrow)
    with pytest.raises(InvalidResult) as refused:
        await record(course, ana, graded)
    assert {f.code for f in refused.value.findings} == {"date_in_future"}


async def test_only_who_takes_part_is_graded(course: Course):
    waits = await course.enrol("Waits", state=State.WAITING)
    with pytest.raises(NotAParticipant):
        await record(course, waits)


async def test_nothing_is_graded_before_the_edition_runs(planned_course: Course):
    planned_course.edition.state = EditionState.OPEN
    course = await planned_course.take_place()
    [ana] = await course.learners(1)
    with pytest.raises(NotGrading):
        await record(course, ana)
    with pytest.raises(NotConfirmable):
        await confirm(course)


async def test_what_does_not_exist_is_not_found(course: Course):
    with pytest.raises(RegistrationNotFound):
        await record(course, uuid4())
    with pytest.raises(EditionNotFound):
        await list_results(uuid4(), work=course.work(), caller=course.rosa, clock=course.clock)


async def test_the_list_names_everybody_who_takes_part_graded_or_not(course: Course):
    ana, ben = await course.learners(2)
    await course.enrol("Waits", state=State.WAITING)
    await record(course, ana)
    lines = (await listed(course)).lines
    assert [(line.participant.registration, line.result.state) for line in lines] == [
        (ana, ResultState.PROVISIONAL),
        (ben, ResultState.NONE),
    ]


async def test_a_second_person_confirms_what_they_saw(course: Course):
    ana, ben, eva = await course.learners(3)
    await record(course, ana)
    await record(course, ben, entry("4", "4", "4"))
    await record(course, eva, ABSENT)
    assert "confirm_results" in (await listed(course)).allowed_actions
    assert await confirm(course) == 3
    lines = (await listed(course)).lines
    assert {line.result.state for line in lines} == {ResultState.CONFIRMED}
    assert {line.window_ends for line in lines} == {course.clock.now() + timedelta(days=7)}
    with pytest.raises(ResultIsConfirmed):
        await record(course, ana, entry("9"), version=2)


async def test_confirming_again_confirms_nothing_more(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    assert [await confirm(course), await confirm(course)] == [1, 0]


async def test_who_teaches_the_edition_does_not_confirm_it_whatever_else_they_are(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    with pytest.raises(NotAllowed):
        await confirm(course, by=course.teo)
    both = course.person(Role.RESULTS_CONFIRMER, "UNIOVI")
    teaches_too = Caller(both.account, (*both.grants, *course.tilda.grants))
    assert "confirm_results" not in (await listed(course, by=teaches_too)).allowed_actions
    with pytest.raises(OwnGrading):
        await confirm(course, by=teaches_too)


async def test_who_once_entered_a_grade_does_not_confirm_although_they_teach_no_more(
    course: Course,
):
    ana, ben = await course.learners(2)
    once = course.person(Role.TEACHER, "UNIOVI")
    await record(course, ana, entry("4", "4", "4"), by=once)
    await record(course, ana, version=1)
    await record(course, ben)
    now_confirmer = Caller(once.account, course.rosa.grants)
    with pytest.raises(OwnGrading):
        await confirm(course, by=now_confirmer)
    assert await confirm(course) == 2


async def test_a_confirmer_of_another_institution_is_refused(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    seen = (await listed(course)).results_hash
    with pytest.raises(NotAllowed):
        await confirm(course, by=course.person(Role.RESULTS_CONFIRMER, "UOC"), seen=seen)


async def test_a_list_that_has_changed_since_it_was_read_is_not_confirmed(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    seen = (await listed(course)).results_hash
    await record(course, ana, entry("9"), version=1)
    with pytest.raises(ResultsChanged):
        await confirm(course, seen=seen)


async def test_a_list_with_gaps_is_not_confirmed_and_the_gaps_are_named(course: Course):
    ana, ben = await course.learners(2)
    await record(course, ana)
    with pytest.raises(ResultsIncomplete) as refused:
        await confirm(course)
    assert [(f.pointer, f.code) for f in refused.value.findings] == [
        (f"/results/{ben}", "outcome_missing")
    ]
    assert (await look(course, ana, course.rosa)).result.state is ResultState.PROVISIONAL


async def test_no_grade_slips_in_under_the_signature(course: Course):
    ana, ben = await course.learners(2)
    for registration in (ana, ben):
        await record(course, registration)
    seen = (await listed(course)).results_hash
    outcomes = await asyncio.gather(
        confirm(course, seen=seen),
        record(course, ben, entry("9", "9", "9"), version=1),
        return_exceptions=True,
    )
    kinds = [type(outcome).__name__ for outcome in outcomes]
    grade = (await look(course, ben, course.rosa)).result.grading.grade
    assert (kinds, grade) in [
        (["int", "ResultIsConfirmed"], "8"),
        (["int", "StaleResult"], "8"),
        (["ResultsChanged", "ResultView"], "9"),
    ]


async def accept(course: Course, registration, version: int, by: Caller | None = None):
    caller = by or course.learner(registration)
    return await accept_result(
        registration,
        version,
        work=course.work(caller, "accept_result"),
        caller=caller,
        clock=course.clock,
    )


async def object_to(course: Course, registration, version: int, by: Caller | None = None):
    caller = by or course.learner(registration)
    return await object_to_result(
        registration,
        "The second assignment is missing.",
        version,
        work=course.work(caller, "object_to_result"),
        caller=caller,
        clock=course.clock,
    )


async def decide(
    course: Course, registration, decision: Decision, version: int, by: Caller | None = None
) -> ResultView:
    caller = by or course.rosa
    return await decide_objection(
        registration,
        decision,
        "We looked again.",
        version,
        work=course.work(caller, "decide_objection"),
        caller=caller,
        clock=course.clock,
    )


async def test_only_the_learner_accepts_or_objects(course: Course):
    ana, ben = await course.learners(2)
    await record(course, ana)
    for act in (accept, object_to):
        with pytest.raises(NotAllowed):
            await act(course, ana, 1, by=course.teo)
        with pytest.raises(RegistrationNotFound):
            await act(course, ana, 1, by=course.learner(ben))
    assert (await accept(course, ana, 1)).result.accepted_at == course.clock.now()


async def test_an_objection_is_decided_by_somebody_who_did_not_grade(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana, entry("4", "4", "4"))
    await confirm(course)
    objected = await object_to(course, ana, 2)
    assert objected.result.state is ResultState.OBJECTED
    with pytest.raises(NotAllowed):
        await decide(course, ana, Decision.REJECTED, 3, by=course.teo)
    both = Caller(course.rosa.account, (*course.rosa.grants, *course.teo.grants))
    with pytest.raises(OwnGrading):
        await decide(course, ana, Decision.REJECTED, 3, by=both)
    decided = await decide(course, ana, Decision.REJECTED, 3)
    assert (decided.result.state, decided.window_ends) == (
        ResultState.CONFIRMED,
        course.clock.now(),
    )


async def test_an_upheld_objection_leads_to_a_new_grade_and_a_new_confirmation(course: Course):
    ana, ben = await course.learners(2)
    for registration in (ana, ben):
        await record(course, registration, entry("4", "4", "4"))
    await confirm(course)
    await object_to(course, ana, 2)
    upheld = await decide(course, ana, Decision.UPHELD, 3)
    assert upheld.result.state is ResultState.CORRECTION
    with pytest.raises(ResultsIncomplete) as refused:
        await confirm(course)
    assert [f.code for f in refused.value.findings] == ["correction_awaited"]
    await record(course, ana, entry("6", "4", "8"), version=4)
    assert await confirm(course) == 1
    result = (await look(course, ana, course.learner(ana))).result
    assert (result.state, result.outcome, result.revision) == (
        ResultState.CONFIRMED,
        Outcome.PASSED,
        2,
    )


async def test_every_change_leaves_a_line_in_the_audit_record_without_a_grade(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    await confirm(course)
    await accept(course, ana, 2)
    async with course.work() as work:
        records = await work.audit.page(
            kind="result", subject=str(ana), actor=None, after=None, limit=10
        )
        confirmations = await work.audit.page(
            kind="results", subject=None, actor=None, after=None, limit=10
        )
    assert [(r.actor, r.action, r.before, r.after) for r in records] == [
        (course.teo.actor, "record_result", "0", "1"),
        (course.learner(ana).actor, "accept_result", "2", "3"),
    ]
    assert [r.actor for r in confirmations] == [course.rosa.actor]
