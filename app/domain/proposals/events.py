"""What happens to proposals."""

from dataclasses import dataclass

from app.domain.events import Event


@dataclass(frozen=True)
class ProposalCreated(Event):
    """A draft was begun. The subject of all these events is the proposal."""

    lead: str


@dataclass(frozen=True)
class ConsentsAsked(Event):
    """The proposal is complete and frozen; these institutions are asked, separated by spaces."""

    institutions: str
    certified_hash: str


@dataclass(frozen=True)
class ProposalReturnedToDraft(Event):
    """An edit, a refusal or a partner that stepped back made it a draft again."""

    cause: str
    """`edit`, `refuse` or `step_back`."""


@dataclass(frozen=True)
class ProposalSubmitted(Event):
    """The last consent that was missing is there."""

    certified_hash: str


@dataclass(frozen=True)
class ValidationBegan(Event):
    """The awarding partners' quality officers are asked."""

    due: str
    """Date, ISO 8601."""


@dataclass(frozen=True)
class ReviewBegan(Event):
    """All awarding partners validated it; reviewers are asked."""

    certified_hash: str


@dataclass(frozen=True)
class ChangesRequested(Event):
    """Validation or the panel sent it back."""

    by: str
    """`validation` or `panel`."""


@dataclass(frozen=True)
class ProposalApproved(Event):
    """The panel approved; what is certified is fixed."""

    certified_hash: str


@dataclass(frozen=True)
class ProposalRejected(Event):
    """Validation or the panel rejected it."""

    by: str


@dataclass(frozen=True)
class ProposalWithdrawn(Event):
    """The lead gave it up."""


@dataclass(frozen=True)
class MicroCredentialPublished(Event):
    """Editions can open."""

    certified_hash: str


@dataclass(frozen=True)
class MicroCredentialRetired(Event):
    """No new edition opens."""
