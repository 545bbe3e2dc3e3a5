"""What has happened to credentials. `subject` is the credential, or the batch."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.events import Event


@dataclass(frozen=True)
class CredentialSealed(Event):
    """A credential was sealed and kept; its holder does not know yet."""

    registration: UUID
    edition: UUID
    supersedes: UUID | None = None
    """The credential that it replaces."""


@dataclass(frozen=True)
class CredentialSuspended(Event):
    """A credential is not to be relied on for now."""

    registration: UUID
    version: int = 0
    """Of the credential after the change: it may happen more than once."""


@dataclass(frozen=True)
class CredentialRevoked(Event):
    """A credential was taken back."""

    registration: UUID
    version: int = 0


@dataclass(frozen=True)
class CredentialReinstated(Event):
    """A suspended or revoked credential is in force again."""

    registration: UUID
    version: int = 0


@dataclass(frozen=True)
class CredentialSuperseded(Event):
    """A credential was replaced by a newer one of the same award."""

    registration: UUID
    successor: UUID


@dataclass(frozen=True)
class DeliveryRequested(Event):
    """Somebody asked that a delivery be tried again."""

    registration: UUID
    channel: str
    attempt: int


@dataclass(frozen=True)
class BatchApproved(Event):
    """A second person has approved an issuing batch."""

    edition: UUID


@dataclass(frozen=True)
class BatchFinished(Event):
    """Every learner of an issuing batch has an outcome."""

    edition: UUID
    sealed: int
    skipped: int
    failed: int


@dataclass(frozen=True)
class SealLevelDue(Event):
    """A credential's seal is to be raised, or its archive timestamp to be renewed."""
