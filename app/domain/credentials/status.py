"""States of a credential, and which may follow which. Delivery is told apart from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.errors import Conflict
from app.domain.vocabulary.institutions import InstitutionCode


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


class Standing(StrEnum):
    """What the state and the calendar come to, for whoever is shown a credential."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    """Nobody took it back; its time is over."""
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class PublicStatus:
    """What anybody may know of a credential by its identifier: never a person.

    This is what the register holds for ever, whatever becomes of the rest.
    """

    credential: UUID
    state: CredentialState
    since: datetime
    """When it came into that state."""
    valid_until: datetime | None = None
    """When it expires; None where it does not."""
    successor: UUID | None = None
    """The credential of the same award that replaces it."""
    predecessor: UUID | None = None
    """The credential that it replaces."""
    issuer: InstitutionCode | None = None
    sealed_at: datetime | None = None
    sha256: str | None = None
    """SHA-256 of the sealed document, in hexadecimal."""
    revision_hashes: tuple[str, ...] = ()
    """Of further revisions of it that are not kept any more."""
    certificate_sha256: str | None = None
    """SHA-256 of the seal certificate, in hexadecimal."""
    kept_hashes: tuple[str, ...] = ()
    """Of the revisions that are kept: looked up only where a file is compared with them."""
    level: str | None = None
    """The level of the newest of those."""

    @property
    def known_hashes(self) -> frozenset[str]:
        """SHA-256 of every file that was ever issued as this credential, as far as looked up."""
        first = () if self.sha256 is None else (self.sha256,)
        return frozenset((*first, *self.revision_hashes, *self.kept_hashes))

    def standing(self, now: datetime) -> Standing:
        """What it comes to at that moment. What was taken back or replaced does not expire."""
        match self.state:
            case CredentialState.REVOKED:
                return Standing.REVOKED
            case CredentialState.SUPERSEDED:
                return Standing.SUPERSEDED
            case _ if self.valid_until is not None and now >= self.valid_until:
                return Standing.EXPIRED
            case CredentialState.SUSPENDED:
                return Standing.SUSPENDED
            case _:
                return Standing.IN_FORCE


class Channel(StrEnum):
    """How a credential reaches its holder."""

    EMAIL = "email"
    """A message with a link; the credential itself is never in the message."""
    DOWNLOAD = "download"
    """The holder fetched the sealed document."""
    EUROPASS = "europass"
    """The credential was put into the holder's Europass wallet."""


class DeliveryState(StrEnum):
    """How far one way of delivery has come."""

    PENDING = "pending"
    """On its way, or waiting to be tried again."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """The last attempt failed."""


@dataclass(frozen=True)
class Delivery:
    """One way in which one credential is delivered."""

    credential: UUID
    channel: Channel
    state: DeliveryState
    at: datetime
    """When it came into that state."""
    code: str | None = None
    """Why the last attempt failed, as a stable code; no address."""
    attempts: int = 0
    """How often it was tried."""
