"""A stated institution is a claim: what the institution says to it, and who decides in a contest.

Silence blocks nothing. A contest takes nothing away until the edition's officer has decided.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import Conflict
from app.domain.vocabulary.institutions import InstitutionCode


class ClaimState(StrEnum):
    """How a claim to belong to an institution stands."""

    STATED = "stated"
    """Nobody has said anything to it."""
    CONFIRMED = "confirmed"
    """The institution knows the person."""
    CONTESTED = "contested"
    """The institution does not know the person; the edition's officer has to decide."""
    UPHELD = "upheld"
    """The edition's officer agreed with the institution: the registration is cancelled."""
    DISMISSED = "dismissed"
    """The edition's officer did not agree: the claim stands."""


OPEN_TO_CONFIRM = frozenset({ClaimState.STATED, ClaimState.CONTESTED})
"""To confirm what one contested is to withdraw the contest."""
OPEN_TO_CONTEST = frozenset({ClaimState.STATED, ClaimState.CONFIRMED})


AFTER_CONTEST = "registered_after_contest"
"""Warns of somebody who registers again for an institution that has contested an earlier one of
theirs in the edition, and was right."""


@dataclass(frozen=True)
class AffiliationClaim:
    """What was said last to a claim, and for which institution it was said."""

    state: ClaimState = ClaimState.STATED
    institution: InstitutionCode | None = None
    """The registration may have been given to another institution since; then it means nothing."""
    at: datetime | None = None
    by: str | None = None
    """`Caller.actor`."""
    reason: str | None = None
    """In an officer's words; no personal data."""


class ClaimDecided(Conflict):
    """The claim is in a state in which this cannot be said to it."""

    code = "affiliation_state"

    def __init__(self, state: ClaimState, wish: str) -> None:
        super().__init__(
            f"The claim to belong to the institution is {state} and cannot be {wish} now. What the "
            "edition's officer has decided on a contest stands."
        )


class NoInstitutionToAsk(Conflict):
    """The registration counts for no partner, so that nobody could confirm or contest it."""

    code = "no_institution_to_ask"

    def __init__(self) -> None:
        super().__init__(
            "This registration counts for no partner institution; only partners confirm or "
            "contest the people of their list."
        )


class RegistrationEnded(Conflict):
    """The registration has ended, so that nothing is left to confirm or contest."""

    code = "registration_ended"

    def __init__(self) -> None:
        super().__init__("This registration has ended; there is nothing left to confirm or change.")
