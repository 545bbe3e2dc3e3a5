"""The life of a proposal: which state may follow which."""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.errors import Conflict


class State(StrEnum):
    """Where a proposal stands on its way to publication."""

    DRAFT = "draft"
    CONSENT_PENDING = "consent_pending"
    """Complete and frozen; partners consent to what is certified."""
    SUBMITTED = "submitted"
    """Every partner that has to consents."""
    INSTITUTIONAL_VALIDATION = "institutional_validation"
    """Each awarding partner decides by its own quality officer."""
    ALLIANCE_REVIEW = "alliance_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    PUBLISHED = "published"
    RETIRED = "retired"
    """No new edition opens; what was awarded stays."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.CONSENT_PENDING, State.WITHDRAWN}),
    State.CONSENT_PENDING: frozenset({State.SUBMITTED, State.DRAFT}),
    State.SUBMITTED: frozenset({State.INSTITUTIONAL_VALIDATION, State.WITHDRAWN}),
    State.INSTITUTIONAL_VALIDATION: frozenset(
        {State.ALLIANCE_REVIEW, State.CHANGES_REQUESTED, State.REJECTED}
    ),
    State.ALLIANCE_REVIEW: frozenset({State.APPROVED, State.CHANGES_REQUESTED, State.REJECTED}),
    # Changes are made in a draft; a proposal that is only explained better may go straight back.
    State.CHANGES_REQUESTED: frozenset({State.CONSENT_PENDING, State.DRAFT, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.PUBLISHED}),
    State.PUBLISHED: frozenset({State.RETIRED}),
    State.RETIRED: frozenset(),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
}

EDITABLE = frozenset({State.DRAFT, State.CONSENT_PENDING, State.CHANGES_REQUESTED})
"""An edit in any of these leads to a draft."""

SUBMITTABLE = frozenset({State.DRAFT, State.CHANGES_REQUESTED})

REVIEWED = frozenset({State.ALLIANCE_REVIEW, State.APPROVED, State.PUBLISHED, State.RETIRED})
"""Open to the alliance's reviewers, who are nobody's staff here."""

PUBLIC = frozenset({State.PUBLISHED, State.RETIRED})


class MoveNotAllowed(Conflict):
    """The proposal's state does not allow this step."""

    code = "proposal_state"

    def __init__(self, state: State, to: State) -> None:
        ways = ", ".join(sorted(MOVES[state])) or "nothing else"
        super().__init__(
            f"A proposal that is {state} cannot become {to}. From here it can become: {ways}."
        )
        self.state = state
        self.to = to


class Frozen(Conflict):
    """The proposal cannot be edited in this state."""

    code = "proposal_frozen"

    def __init__(self, state: State) -> None:
        super().__init__(
            f"A proposal that is {state} is frozen. It can be edited while it is a draft, waits "
            "for consents, or has been sent back for changes."
        )
