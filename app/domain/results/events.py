"""What has happened to results."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.events import Event


@dataclass(frozen=True)
class ResultRecorded(Event):
    """A learner has an outcome, or a different one than before. `subject` is the registration."""

    edition: UUID
    revision: int
    """Counts the outcomes of this registration, from 1."""


@dataclass(frozen=True)
class ResultConfirmed(Event):
    """One learner's result has been confirmed. `subject` is the registration."""

    edition: UUID
    revision: int


@dataclass(frozen=True)
class ResultsConfirmed(Event):
    """The results list of an edition has been confirmed. `subject` is the edition."""

    confirmed: int
    """How many results this confirmation covers."""


@dataclass(frozen=True)
class ResultAccepted(Event):
    """A learner has accepted their result. `subject` is the registration."""

    edition: UUID
    revision: int


@dataclass(frozen=True)
class ObjectionRaised(Event):
    """A learner objects to their result. `subject` is the registration."""

    edition: UUID
    objection: UUID


@dataclass(frozen=True)
class ObjectionDecided(Event):
    """An objection has been decided. `subject` is the registration."""

    edition: UUID
    objection: UUID
    decision: str
    """`upheld` or `rejected`."""


@dataclass(frozen=True)
class ResultReopened(Event):
    """A confirmed result has been taken back to be corrected. `subject` is the registration."""

    edition: UUID
    correction: UUID


@dataclass(frozen=True)
class CredentialDataConfirmed(Event):
    """A learner has confirmed their credential data. `subject` is the registration."""

    edition: UUID
    version: int


@dataclass(frozen=True)
class LinkRequested(Event):
    """Somebody who stated the right address wants a link anew. `subject` is the registration."""

    edition: UUID
    request: UUID


@dataclass(frozen=True)
class AddressConfirmed(Event):
    """A learner has opened a link that was sent to their address. `subject` is the registration."""

    edition: UUID
