from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.domain.results.errors import (
    NoObjectionOpen,
    NoOutcomeYet,
    NotConfirmedYet,
    ObjectionOpen,
    OwnGrading,
    ResultIsConfirmed,
    StaleResult,
    WindowClosed,
)
from app.domain.results.grading import Outcome
from app.domain.results.result import Decision, Grade, Grading, Result, ResultState

TEACHER, CONFIRMER = uuid4(), uuid4()
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
PASSED = Grading(
    (Grade("A1", "8", date(2026, 6, 1)), Grade("A2", "7", date(2026, 6, 30))),
    "7.5",
    Outcome.PASSED,
)
FAILED = Grading((Grade("A1", "3", date(2026, 6, 1)),), "3", Outcome.FAILED)
HALF = Grading((Grade("A1", "8", date(2026, 6, 1)),))


def fresh() -> Result:
    return Result(uuid4(), uuid4())


def recorded(grading: Grading = PASSED) -> Result:
    result = fresh()
    result.record(grading, by=TEACHER, at=NOON)
    result.take_events()
    return result


def confirmed() -> Result:
    result = recorded()
    result.confirm(by=CONFIRMER, at=NOON, window=WEEK)
    result.take_events()
    return result


def objected(result: Result, at: datetime = NOON) -> UUID:
    raised = result.object_to("A2 was not counted.", objection=uuid4(), at=at)
    return raised.id


def names(result: Result) -> list[str]:
    return [type(event).__name__ for event in result.take_events()]


def test_grades_come_first_the_outcome_later():
    result = fresh()
    assert result.state is ResultState.NONE
    assert result.record(HALF, by=TEACHER, at=NOON)
    assert (result.state, names(result)) == (ResultState.GRADING, [])
    assert result.record(PASSED, by=TEACHER, at=NOON)
    assert (result.state, result.revision) == (ResultState.PROVISIONAL, 1)
    assert names(result) == ["ResultRecorded"]


def test_entering_the_same_again_changes_nothing():
    result = recorded()
    assert not result.record(PASSED, by=TEACHER, at=NOON + WEEK)
    assert (result.revision, result.recorded_at, names(result)) == (1, NOON, [])


def test_another_grade_takes_the_learners_agreement_back():
    result = recorded()
    result.accept(at=NOON)
    result.record(FAILED, by=TEACHER, at=NOON)
    assert (result.accepted_at, result.revision) == (None, 2)


def test_better_evidence_of_identity_leaves_the_learners_agreement_alone():
    result = recorded()
    result.accept(at=NOON)
    corrected = Grading(
        tuple(Grade(g.assessment, g.grade, date(2026, 6, 2)) for g in PASSED.grades),
        PASSED.grade,
        PASSED.outcome,
    )
    assert result.record(corrected, by=TEACHER, at=NOON)
    assert (result.accepted_at, result.revision) == (NOON, 1)


def test_who_entered_a_grade_does_not_confirm_it():
    result = recorded()
    with pytest.raises(OwnGrading):
        result.confirm(by=TEACHER, at=NOON, window=WEEK)
    assert not result.is_confirmed


def test_what_has_no_outcome_cannot_be_confirmed():
    for result in (fresh(), recorded(HALF)):
        with pytest.raises(NoOutcomeYet):
            result.confirm(by=CONFIRMER, at=NOON, window=WEEK)


def test_a_confirmed_result_stands():
    result = confirmed()
    with pytest.raises(ResultIsConfirmed):
        result.record(FAILED, by=TEACHER, at=NOON)
    assert result.grading == PASSED


def test_confirming_twice_is_confirming_once():
    result = confirmed()
    result.confirm(by=uuid4(), at=NOON + WEEK, window=WEEK)
    assert result.confirmation is not None
    assert (result.confirmation.by, names(result)) == (CONFIRMER, [])


def test_the_window_opens_with_the_outcome_and_closes_a_week_after_the_confirmation():
    result = recorded()
    assert result.window_ends is None
    assert result.may_object(NOON + 10 * WEEK)
    result.confirm(by=CONFIRMER, at=NOON, window=WEEK)
    assert result.window_ends == NOON + WEEK
    assert result.may_object(NOON + WEEK - timedelta(seconds=1))
    assert not result.may_object(NOON + WEEK)
    with pytest.raises(WindowClosed):
        objected(result, at=NOON + WEEK)


def test_accepting_ends_the_window_at_once():
    result = confirmed()
    later = NOON + timedelta(hours=3)
    result.accept(at=later)
    assert result.window_ends == later
    with pytest.raises(WindowClosed):
        objected(result, at=later)


def test_accepting_before_the_confirmation_ends_the_window_with_it():
    result = recorded()
    result.accept(at=NOON - timedelta(days=3))
    result.confirm(by=CONFIRMER, at=NOON, window=WEEK)
    assert result.window_ends == NOON


def test_accepting_twice_is_accepting_once():
    result = confirmed()
    result.accept(at=NOON)
    result.accept(at=NOON + WEEK)
    assert (result.accepted_at, names(result)) == (NOON, ["ResultAccepted"])


def test_there_is_nothing_to_accept_or_object_to_before_there_is_an_outcome():
    for result in (fresh(), recorded(HALF)):
        with pytest.raises(NoOutcomeYet):
            result.accept(at=NOON)
        with pytest.raises(NoOutcomeYet):
            objected(result)


def test_an_open_objection_keeps_the_learner_from_accepting_and_from_objecting_twice():
    result = confirmed()
    objected(result)
    assert result.state is ResultState.OBJECTED
    with pytest.raises(ObjectionOpen):
        result.accept(at=NOON)
    with pytest.raises(ObjectionOpen):
        objected(result)


def test_who_entered_a_grade_does_not_decide_about_it():
    result = confirmed()
    objected(result)
    with pytest.raises(OwnGrading):
        result.decide_objection(Decision.REJECTED, "No.", by=TEACHER, at=NOON)


def test_a_rejected_objection_ends_the_window():
    result = confirmed()
    objected(result)
    later = NOON + timedelta(days=1)
    result.decide_objection(Decision.REJECTED, "It was counted.", by=CONFIRMER, at=later)
    assert (result.state, result.window_ends) == (ResultState.CONFIRMED, later)
    with pytest.raises(WindowClosed):
        objected(result, at=later)
    result.accept(at=later)


def test_an_objection_that_was_rejected_before_the_confirmation_is_not_heard_again():
    result = recorded()
    objected(result)
    result.decide_objection(Decision.REJECTED, "It was counted.", by=CONFIRMER, at=NOON)
    with pytest.raises(WindowClosed):
        objected(result)


def test_an_upheld_objection_opens_the_result_for_the_teachers_and_a_new_confirmation():
    result = confirmed()
    objected(result)
    result.decide_objection(Decision.UPHELD, "You are right.", by=CONFIRMER, at=NOON)
    assert (result.state, result.is_confirmed) == (ResultState.CORRECTION, False)
    with pytest.raises(NoOutcomeYet):
        result.confirm(by=CONFIRMER, at=NOON, window=WEEK)
    with pytest.raises(NoOutcomeYet):
        result.accept(at=NOON)
    result.record(FAILED, by=TEACHER, at=NOON)
    assert (result.state, result.revision) == (ResultState.PROVISIONAL, 2)
    result.confirm(by=CONFIRMER, at=NOON + WEEK, window=WEEK)
    assert result.may_object(NOON + WEEK)
    assert result.window_ends == NOON + 2 * WEEK


def told(result: Result) -> tuple[int, datetime | None]:
    return result.revision, result.corrected_at


def test_a_corrected_result_says_so_and_one_that_was_only_entered_twice_does_not():
    result = recorded()
    result.record(FAILED, by=TEACHER, at=NOON)
    assert told(result) == (2, None)
    result.confirm(by=CONFIRMER, at=NOON, window=WEEK)
    objected(result)
    result.decide_objection(Decision.UPHELD, "You are right.", by=CONFIRMER, at=NOON)
    assert told(result)[1] is None
    result.record(PASSED, by=TEACHER, at=NOON + WEEK)
    assert told(result) == (3, NOON + WEEK)
    # Taken back once more, it waits for its correction again.
    result.confirm(by=CONFIRMER, at=NOON + WEEK, window=WEEK)
    result.reopen("Mistyped.", correction=uuid4(), by=CONFIRMER, at=NOON + WEEK)
    assert told(result)[1] is None


def test_a_result_whose_objection_was_rejected_is_not_corrected():
    result = recorded()
    objected(result)
    result.decide_objection(Decision.REJECTED, "No.", by=CONFIRMER, at=NOON)
    result.record(FAILED, by=TEACHER, at=NOON + WEEK)
    assert (result.revision, result.corrected_at) == (2, None)


def test_teachers_who_look_again_and_find_the_same_can_say_so():
    result = confirmed()
    objected(result)
    result.decide_objection(Decision.UPHELD, "Look again.", by=CONFIRMER, at=NOON)
    assert result.record(PASSED, by=TEACHER, at=NOON)
    assert (result.state, result.revision) == (ResultState.PROVISIONAL, 2)


def test_there_is_no_deciding_without_an_objection():
    with pytest.raises(NoObjectionOpen):
        confirmed().decide_objection(Decision.UPHELD, "Yes.", by=CONFIRMER, at=NOON)


def test_an_act_on_an_older_version_is_refused_with_the_current_one():
    result = recorded()
    result.version = 4
    with pytest.raises(StaleResult) as refused:
        result.expect(3)
    assert refused.value.current == 4


def test_an_error_that_somebody_finds_opens_a_confirmed_result_without_an_objection():
    result = confirmed()
    result.accept(at=NOON)
    with pytest.raises(OwnGrading):
        result.reopen("Mistyped.", correction=uuid4(), by=TEACHER, at=NOON)
    result.reopen("Mistyped.", correction=uuid4(), by=CONFIRMER, at=NOON)
    assert (result.state, result.is_confirmed, result.accepted_at) == (
        ResultState.CORRECTION, False, None,
    )  # fmt: skip
    with pytest.raises(NotConfirmedYet):
        result.reopen("Mistyped.", correction=uuid4(), by=CONFIRMER, at=NOON)
    with pytest.raises(NoOutcomeYet):
        result.confirm(by=CONFIRMER, at=NOON, window=WEEK)
    result.record(FAILED, by=TEACHER, at=NOON)
    result.confirm(by=CONFIRMER, at=NOON + WEEK, window=WEEK)
    assert (result.state, result.revision) == (ResultState.CONFIRMED, 2)
    # The learner may object to the corrected one, whatever they said of the one before.
    assert result.may_object(NOON + WEEK)


def test_while_an_objection_is_open_it_is_decided_and_nothing_is_taken_back():
    result = confirmed()
    objected(result)
    with pytest.raises(ObjectionOpen):
        result.reopen("Mistyped.", correction=uuid4(), by=CONFIRMER, at=NOON)
