"""What has happened to credentials. `subject` is the credential, or the batch."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.events import Event


@dataclass(frozen=True)
class CredentialSealed(Event):
    """A credential was sealed and kept; its holder does not know yet."""

    registration: UUID
    edition: UUID


@dataclass(frozen=True)
class CredentialSuspended(Event):
    """A credential is not to be relied on for now."""

    registration: UUID


@dataclass(frozen=True)
class CredentialRevoked(Event):
    """A credential was taken back."""

    registration: UUID


@dataclass(frozen=True)
class CredentialReinstated(Event):
    """A suspended or revoked credential is in force again."""

    registration: UUID


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
