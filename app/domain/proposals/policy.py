"""What the alliance settles about proposals: lead times, deadlines, how many must agree."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProposalPolicy:
    """Settings of the alliance. The defaults are the proposals of its working documents."""

    lead_time_days: int = 90
    """Days between submission and planned start, at least."""
    validation_working_days: int = 20
    """Deadline of institutional validation, in working days (Monday to Friday)."""
    reviewers_needed: int = 2
    student_reviewers_needed: int = 1
    votes_needed: int = 7
    """Partners that must vote in favour where the reviewers do not all recommend approval."""
    change_rounds: int = 2
    """How often changes can be requested before a proposal is decided."""
    approval_valid_years: int = 3
    esco_groups_allowed: bool = False
    """Whether an outcome may be linked to a group of ESCO skills instead of a skill."""
