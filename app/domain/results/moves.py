"""In which states of an edition each act on results is open: one table for all of them.

What a learner may say to a result goes by the result's own window, also once the edition is
archived; so does what follows from an objection. Nothing else moves there.
"""

from collections.abc import Mapping

from app.domain.results.errors import NotConfirmable, NotGrading, ResultsNotHeard
from app.domain.results.result import Decision, Result

ARCHIVED = "archived"

GRADABLE = frozenset({"running", "grading", "results_confirmed", "issuing", "completed"})
"""States of an edition in which results are entered; confirmed ones stand all the same."""

CONFIRMABLE = frozenset({"grading", "results_confirmed", "issuing", "completed"})
"""States of an edition in which its results list is signed; after the first time, corrections."""

OPEN: Mapping[str, frozenset[str]] = {
    "record_result": GRADABLE | {ARCHIVED},
    "import_results": GRADABLE,
    "confirm_results": CONFIRMABLE | {ARCHIVED},
    "reopen_result": CONFIRMABLE,
    "accept_result": GRADABLE | {ARCHIVED},
    "object_to_result": GRADABLE | {ARCHIVED},
    "decide_objection": GRADABLE | {ARCHIVED},
}
"""By act, as enrolment names the states."""

_REFUSALS = {
    "record_result": NotGrading,
    "import_results": NotGrading,
    "confirm_results": NotConfirmable,
    "reopen_result": NotConfirmable,
}


def is_open(action: str, state: str, result: Result | None = None) -> bool:
    """Whether an act is open in an edition of that state, to a result where it is about one."""
    if state not in OPEN[action]:
        return False
    if state == ARCHIVED and action == "record_result":
        return result is not None and is_owed(result)
    return True


def expect_open(action: str, state: str, result: Result | None = None) -> None:
    """Let an act pass, or raise NotGrading, NotConfirmable or ResultsNotHeard."""
    if not is_open(action, state, result):
        raise _REFUSALS.get(action, ResultsNotHeard)(state)


def is_owed(result: Result) -> bool:
    """Whether a result was taken back and is not confirmed anew."""
    upheld = any(one.decision is Decision.UPHELD for one in result.objections)
    return upheld and not result.is_confirmed
