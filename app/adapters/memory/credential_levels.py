"""Revisions of sealed documents, and where seals stand, in memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.credentials.credential import Credential, CredentialNotFound
from app.domain.credentials.levels import (
    FIRST,
    DocumentRevision,
    LevelState,
    RevisionNotFound,
    SealLevel,
    SealStanding,
)
from app.domain.credentials.status import LIVE

if TYPE_CHECKING:
    from app.adapters.memory.credentials import KeptDocument
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


@dataclass(frozen=True)
class KeptRevision:
    """A further revision."""

    facts: DocumentRevision
    document: bytes = field(repr=False)


class MemoryRevisions:
    """See `app.domain.credentials.ports_levels.Revisions`."""

    def __init__(
        self,
        work: "MemoryWork",
        credentials: "MemoryTable[UUID, Credential]",
        documents: "MemoryTable[UUID, KeptDocument]",
        further: "MemoryTable[tuple[UUID, int], KeptRevision]",
        standings: "MemoryTable[UUID, SealStanding]",
    ) -> None:
        self._work = work
        self._credentials = credentials
        self._documents = documents
        self._further = further
        self._standings = standings

    async def of(self, credential: UUID) -> Sequence[DocumentRevision]:
        """All revisions, the first one first. Raises CredentialNotFound."""
        kept, document = self._credentials.get(credential), self._documents.get(credential)
        if kept is None or document is None or kept.sealed_at is None:
            raise CredentialNotFound(credential)
        first = DocumentRevision(
            credential, FIRST, SealLevel.B_B, document.issued.sha256, kept.sealed_at
        )
        return [first, *(revision.facts for revision in self._of(credential))]

    async def document(self, credential: UUID, revision: int) -> bytes:
        """The bytes of one revision. Raises CredentialNotFound, RevisionNotFound."""
        first = self._documents.get(credential)
        if first is None:
            raise CredentialNotFound(credential)
        if revision == FIRST:
            return first.issued.document
        found = self._further.get((credential, revision))
        if found is None:
            raise RevisionNotFound(credential, revision)
        return found.document

    async def newest(self, credential: UUID) -> bytes:
        """The bytes of the newest revision. Raises CredentialNotFound."""
        number = max((kept.facts.revision for kept in self._of(credential)), default=FIRST)
        return await self.document(credential, number)

    async def add(self, revision: DocumentRevision, document: bytes) -> bool:
        """Keep a further revision; False when there is one of that number."""
        key = (revision.credential, revision.revision)
        await self._further.lock(key)
        if self._further.get(key) is not None:
            return False
        self._further.put(key, KeptRevision(revision, document))
        await self._work.trail.append(
            "credential_revision",
            revision.credential,
            before=str(revision.revision - 1),
            after=f"{revision.revision}:{revision.sha256}",
            note=revision.level.value,
        )
        return True

    def erase(self, credential: UUID) -> Sequence[str]:
        """Forget all further revisions, and where the seal stands; the hashes of the former."""
        kept = list(self._of(credential))
        for revision in kept:
            self._further.delete((credential, revision.facts.revision))
        self._standings.delete(credential)
        return [revision.facts.sha256 for revision in kept]

    async def standing(self, credential: UUID) -> SealStanding:
        """Where the seal stands, locked for change. Raises CredentialNotFound."""
        await self._standings.lock(credential)
        found = self._standings.get(credential)
        if found is None:
            raise CredentialNotFound(credential)
        return found

    async def standings(self, credentials: Collection[UUID]) -> Sequence[SealStanding]:
        """Where these seals stand, by credential, without locking."""
        found = (self._standings.get(credential) for credential in sorted(credentials))
        return [standing for standing in found if standing is not None]

    async def save(self, standing: SealStanding) -> None:
        """Keep where a seal stands."""
        self._standings.put(standing.credential, standing)

    async def claim_due(
        self,
        now: datetime,
        *,
        target: SealLevel,
        retired_digests: Collection[str],
        lease: timedelta,
        limit: int,
    ) -> Sequence[UUID]:
        """Credentials whose seals are due, put off by `lease`."""
        due = [
            standing
            for standing in self._standings.values()
            if self._is_live(standing.credential)
            and (
                (standing.due_at is not None and standing.due_at <= now)
                or (
                    standing.state is LevelState.REACHED
                    and (
                        standing.level in target.below
                        or standing.digest in retired_digests
                        or (standing.renew_at is not None and standing.renew_at <= now)
                    )
                    and (standing.due_at is None or standing.due_at > now + lease)
                )
            )
        ]
        due.sort(key=lambda s: (s.due_at is None, s.due_at or now, s.credential))
        for standing in due[:limit]:
            await self._standings.lock(standing.credential)
            standing.due_at = now + lease
            self._standings.put(standing.credential, standing)
        return sorted(standing.credential for standing in due[:limit])

    def _is_live(self, credential: UUID) -> bool:
        found = self._credentials.get(credential)
        return found is not None and found.state in LIVE

    def _of(self, credential: UUID) -> Iterator[KeptRevision]:
        found = self._further.where(lambda kept: kept.facts.credential == credential)
        yield from sorted(found, key=lambda kept: kept.facts.revision)
