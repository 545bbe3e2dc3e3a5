"""What raising seals to higher levels needs from outside."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from app.domain.credentials.levels import (
    DocumentRevision,
    Raised,
    SealLevel,
    SealNotExtensible,
    SealStanding,
)
from app.domain.errors import Finding


class SealLevels(Protocol):
    """Adds to sealed documents what lifts them higher. Never changes what is there."""

    @property
    def target(self) -> SealLevel:
        """The level that every credential of this deployment shall have."""
        ...

    @property
    def retired_digests(self) -> Collection[str]:
        """Digest algorithms that archive timestamps shall not rest on any longer."""
        ...

    async def raise_once(self, document: bytes) -> Raised:
        """The document, one level higher.

        Raises TimestampUnavailable, RevocationUnknown (both may pass), SealCertificateRevoked and
        SealNotExtensible (both stay).
        """
        ...

    async def renew(self, document: bytes) -> Raised:
        """A document of level B-LTA with a new archive timestamp over all. Raises the same."""
        ...

    async def findings(self, *, ask: bool = True) -> Sequence[Finding]:
        """What is doubtful about the authorities of timestamps; empty when one is fit for use.

        With `ask`, one is asked unless it answered a moment ago; else what is known is told.
        """
        ...


class BasicLevelOnly:
    """For deployments that stay with B-B: nothing is ever added."""

    target = SealLevel.B_B
    retired_digests: Collection[str] = ()

    async def raise_once(self, document: bytes) -> Raised:
        """Raises SealNotExtensible."""
        raise SealNotExtensible("No authority of timestamps is configured here.")

    async def renew(self, document: bytes) -> Raised:
        """Raises SealNotExtensible."""
        raise SealNotExtensible("No authority of timestamps is configured here.")

    async def findings(self, *, ask: bool = True) -> Sequence[Finding]:
        """Nothing is needed, so that nothing is doubtful."""
        return ()


class Revisions(Protocol):
    """Revisions of sealed documents, and where each credential's seal stands."""

    async def of(self, credential: UUID) -> Sequence[DocumentRevision]:
        """All revisions, the first one first. Raises CredentialNotFound."""
        ...

    async def document(self, credential: UUID, revision: int) -> bytes:
        """The bytes of one revision. Raises CredentialNotFound, RevisionNotFound."""
        ...

    async def add(self, revision: DocumentRevision, document: bytes) -> bool:
        """Keep a further revision; False, and nothing is kept, when there is one of that number."""
        ...

    async def standing(self, credential: UUID) -> SealStanding:
        """Where the seal stands, locked for change. Raises CredentialNotFound."""
        ...

    async def standings(self, credentials: Collection[UUID]) -> Sequence[SealStanding]:
        """Where these seals stand, by credential, without locking."""
        ...

    async def save(self, standing: SealStanding) -> None:
        """Keep where a seal stands."""
        ...

    async def claim_due(
        self,
        now: datetime,
        *,
        target: SealLevel,
        retired_digests: Collection[str],
        lease: timedelta,
        limit: int,
    ) -> Sequence[UUID]:
        """Credentials whose seals are due, put off by `lease` so that no other worker takes them.

        Only those in force or suspended. Due are those whose time has come, those that reached
        less than `target`, and those whose archive timestamp has to be renewed.
        """
        ...
