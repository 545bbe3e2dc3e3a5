"""What happens to an edition by itself, and when.

Rules test the edition's state and its caps, never the calendar: a job makes each move when its time
has come, and an officer may make one early, with a reason.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.enrolment.quota import Scope

if TYPE_CHECKING:
    from app.domain.enrolment.edition import Edition


class UnusedPolicy(StrEnum):
    """What becomes of the places that an institution leaves unused."""

    NONE = "none"
    """Nothing: the cap is a cap."""
    AT_DATE = "at_date"
    """At an instant, the caps of institutions no longer bind."""
    MANUAL = "manual"
    """An officer may lift caps, with a reason."""


@dataclass(frozen=True)
class UnusedSeats:
    """The policy of an edition for unused places."""

    policy: UnusedPolicy = UnusedPolicy.NONE
    at: datetime | None = None
    """With AT_DATE: when."""


class Move(StrEnum):
    """A move that a job makes. Of those due at one instant, the earlier here goes first."""

    OPEN = "open"
    RELEASE = "release"
    LIFT = "lift"
    CUT_OFF = "cut_off"
    CLOSE = "close"
    START = "start"
    GRADE = "grade"


_ORDER = {move: number for number, move in enumerate(Move)}


@dataclass(frozen=True)
class TimedMove:
    """One move, and when it is due."""

    at: datetime
    move: Move
    scope: Scope | None = None
    """For RELEASE: whose reserve."""


def timed_moves(edition: "Edition") -> list[TimedMove]:
    """What is still to happen to the edition by itself, the next first.

    Teaching does not begin by itself while the list is provisional: somebody has to publish it.
    """
    window, quota = edition.window, edition.quota
    moves = []
    match edition.state.value:
        case "planned":
            moves.append(TimedMove(window.opens, Move.OPEN))
        case "open":
            moves.append(TimedMove(window.closes, Move.CLOSE))
        case "closed" if edition.is_binding:
            moves.append(TimedMove(edition.starts_at, Move.START))
        case "running":
            moves.append(TimedMove(edition.ends_at, Move.GRADE))
    if edition.state.value in ("open", "closed", "running"):
        moves += [
            TimedMove(rule.release_at, Move.RELEASE, rule.scope)
            for rule in quota.rules
            if rule.release_at is not None and rule.min > 0 and not rule.released
        ]
        if edition.unused.at is not None and quota.liftable:
            moves.append(TimedMove(edition.unused.at, Move.LIFT))
        if edition.promotion_until is not None and quota.giving:
            moves.append(TimedMove(edition.promotion_until, Move.CUT_OFF))
    return sorted(moves, key=lambda move: (move.at, _ORDER[move.move], move.scope or ""))
