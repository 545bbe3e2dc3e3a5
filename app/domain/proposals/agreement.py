"""Who has said what about a proposal: consents, validations, reviews, the decision."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domain.canonical import content_hash
from app.domain.vocabulary.institutions import InstitutionCode


class ConsentDecision(StrEnum):
    """What a signatory answers for their institution."""

    CONSENT = "consent"
    REFUSE = "refuse"
    """Returns the proposal to its authors, with a reason."""
    STEP_BACK = "step_back"
    """The institution takes part as recognising from now on, with a reason."""


@dataclass(frozen=True)
class Consent:
    """One answer of one institution, bound to what it was given for."""

    institution: InstitutionCode
    decision: ConsentDecision
    certified_hash: str
    own_hash: str
    """Hash over the institution's own staff and budget lines (`own_lines_hash`)."""
    account: UUID
    at: datetime
    reason: str | None = None


def own_lines_hash(institution: InstitutionCode) -> str:
    """Hash over the staff and budget lines that one institution answers for.

    A proposal has no staff and no budget yet, so that every institution's lines are the empty
    ones; consents are kept with this hash all the same, to be comparable when it has.
    """
    return content_hash({"institution": institution, "staff": [], "budget": []})


class ValidationDecision(StrEnum):
    """What an awarding partner's quality officer decides."""

    POSITIVE = "positive"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Validation:
    """The decision of one awarding partner."""

    institution: InstitutionCode
    decision: ValidationDecision
    certified_hash: str
    account: UUID
    at: datetime
    round: int
    """Submissions count from 1; a decision counts for its own."""
    comment: str | None = None


class Recommendation(StrEnum):
    """What a reviewer recommends to the panel."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"


@dataclass(frozen=True)
class Review:
    """The review of one person from outside, who declared to have no conflict of interest."""

    id: UUID
    student: bool
    recommendation: Recommendation
    comment: str
    certified_hash: str
    account: UUID
    at: datetime
    round: int


class PanelDecision(StrEnum):
    """What the panel concludes."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"


@dataclass(frozen=True)
class DecisionRecord:
    """The panel's conclusion, as it is kept."""

    decision: PanelDecision
    reason: str
    certified_hash: str
    account: UUID
    at: datetime
    round: int
    reviews: int
    """On how many reviews it rests."""
    votes_in_favour: int | None = None
    """Partners that voted for it, where the reviewers disagreed."""
    valid_until: date | None = None
    """Until when an approval can be used to open editions."""
