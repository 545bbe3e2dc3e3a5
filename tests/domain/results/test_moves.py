"""In which states of an edition something can be done about its results."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.domain.enrolment.edition import EditionState
from app.domain.results.moves import OPEN, is_open
from app.domain.results.result import Decision, Objection, Result

AT = datetime(2027, 3, 1, 9, tzinfo=UTC)


def result(decision: Decision | None = None) -> Result:
    """A result that somebody objected to, with the decision."""
    objection = Objection(UUID(int=9), "Not fair.", AT, 1, decision)
    return Result(UUID(int=1), UUID(int=2), revision=1, objections=(objection,), version=3)


def test_the_table_names_states_that_editions_have():
    states = {state.value for state in EditionState}
    assert {state for open_in in OPEN.values() for state in open_in} - states == set()


def test_before_teaching_and_once_cancelled_nothing_is_open():
    for state in ("planned", "open", "closed", "cancelled"):
        assert [action for action in OPEN if is_open(action, state)] == []


def test_while_an_edition_is_graded_everything_is_open_and_signing_needs_its_last_lesson():
    assert {a for a in OPEN if is_open(a, "grading")} == set(OPEN)
    assert set(OPEN) - {a for a in OPEN if is_open(a, "running")} == {
        "confirm_results",
        "reopen_result",
    }


def test_an_archived_edition_is_closed_to_its_institution_and_open_to_its_learners():
    assert [action for action in OPEN if is_open(action, "archived")] == [
        "confirm_results",
        "accept_result",
        "object_to_result",
        "decide_objection",
    ]


@pytest.mark.parametrize(
    ("decision", "owed"), [(None, False), (Decision.UPHELD, True), (Decision.REJECTED, False)]
)
def test_what_was_taken_back_is_entered_anew_in_an_archived_edition_too(decision, owed):
    assert is_open("record_result", "archived", result(decision)) is owed
    assert not is_open("record_result", "archived", Result(UUID(int=1), UUID(int=2)))
