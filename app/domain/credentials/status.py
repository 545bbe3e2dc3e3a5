"""States of a credential, and which may follow which. Delivery is told apart from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.errors import Conflict


class CredentialState(StrEnum):
    """Where a credential stands. What is said of it in public begins at `sealed`."""

    DRAFT = "draft"
    """Made from an award, by nobody's word yet."""
    APPROVED = "approved"
    """A second person has approved that it is sealed."""
    SEALED = "sealed"
    """Sealed and in force."""
    SUSPENDED = "suspended"
    """Not to be relied on until somebody has looked into it."""
    REVOKED = "revoked"
    """Taken back for good, unless reinstated by two people."""
    SUPERSEDED = "superseded"
    """Replaced by a newer credential of the same award."""


LIVE = frozenset(
    {
        CredentialState.DRAFT,
        CredentialState.APPROVED,
        CredentialState.SEALED,
        CredentialState.SUSPENDED,
    }
)
"""States in which a credential stands for its award: there is never more than one per award."""

PUBLIC = frozenset(
    {
        CredentialState.SEALED,
        CredentialState.SUSPENDED,
        CredentialState.REVOKED,
        CredentialState.SUPERSEDED,
    }
)
"""States that anybody who has the credential's identifier may learn."""

MOVES: Mapping[CredentialState, frozenset[CredentialState]] = {
    CredentialState.DRAFT: frozenset({CredentialState.APPROVED}),
    CredentialState.APPROVED: frozenset({CredentialState.SEALED}),
    CredentialState.SEALED: frozenset(
        {CredentialState.SUSPENDED, CredentialState.REVOKED, CredentialState.SUPERSEDED}
    ),
    CredentialState.SUSPENDED: frozenset(
        {CredentialState.SEALED, CredentialState.REVOKED, CredentialState.SUPERSEDED}
    ),
    CredentialState.REVOKED: frozenset({CredentialState.SEALED}),
    CredentialState.SUPERSEDED: frozenset(),
}


class CredentialMoveNotAllowed(Conflict):
    """The credential is in a state that does not lead there."""

    code = "credential_state"

    def __init__(self, state: CredentialState, to: CredentialState) -> None:
        super().__init__(f"A credential that is {state} cannot become {to}.")


@dataclass(frozen=True)
class PublicStatus:
    """What anybody may know of a credential by its identifier: never a person."""

    credential: UUID
    state: CredentialState
    since: datetime
    """When it came into that state."""


class Channel(StrEnum):
    """How a credential reaches its holder."""

    EMAIL = "email"
    """A message with a link; the credential itself is never in the message."""
    DOWNLOAD = "download"
    """The holder fetched the sealed document."""


class DeliveryState(StrEnum):
    """How far one way of delivery has come."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Delivery:
    """One way in which one credential is delivered."""

    credential: UUID
    channel: Channel
    state: DeliveryState
    at: datetime
    """When it came into that state."""
