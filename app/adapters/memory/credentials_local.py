"""What is to be signed elsewhere, in memory."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.credentials.ports_local import PreparedSealNotFound, Waiting
from app.domain.credentials.seal import PreparedSeal

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


class MemoryPreparedSeals:
    """See `app.domain.credentials.ports_local.PreparedSeals`."""

    def __init__(self, prepared: "MemoryTable[tuple[UUID, UUID], PreparedSeal]") -> None:
        self._prepared = prepared
        """By batch and registration."""

    async def put(self, batch: UUID, prepared: PreparedSeal) -> None:
        """Keep it, in place of an earlier one for the same learner."""
        key = (batch, prepared.registration)
        await self._prepared.lock(key)
        self._prepared.put(key, prepared)

    async def read(self, batch: UUID, credential: UUID) -> PreparedSeal:
        """One of them. Raises PreparedSealNotFound."""
        for one in self._of(batch):
            if one.credential == credential:
                return one
        raise PreparedSealNotFound(credential)

    async def waiting(self, batch: UUID) -> Sequence[Waiting]:
        """All of a batch, by credential, without what they hold."""
        return [
            Waiting(one.credential, one.registration, one.prepared_at, one.digest)
            for one in self._of(batch)
        ]

    async def page(self, batch: UUID, *, after: UUID | None, limit: int) -> Sequence[PreparedSeal]:
        """Those of a batch by credential after a given one."""
        return [one for one in self._of(batch) if after is None or one.credential > after][:limit]

    async def remove(self, batch: UUID, credential: UUID) -> None:
        """Forget one that was sealed."""
        for one in self._of(batch):
            if one.credential == credential:
                self._prepared.delete((batch, one.registration))

    async def clear(self, batch: UUID) -> None:
        """Forget all of a batch."""
        for one in self._of(batch):
            self._prepared.delete((batch, one.registration))

    def _of(self, batch: UUID) -> Sequence[PreparedSeal]:
        found = [one for (of, _), one in self._prepared.items() if of == batch]
        return sorted(found, key=lambda one: one.credential)


class MemoryTranscripts:
    """See `app.domain.credentials.ports_local.Transcripts`."""

    def __init__(
        self, work: "MemoryWork", transcripts: "MemoryTable[UUID, tuple[bytes, datetime]]"
    ) -> None:
        self._work = work
        self._transcripts = transcripts

    async def read(self, credential: UUID) -> bytes | None:
        """The one that was kept, if there is one."""
        found = self._transcripts.get(credential)
        return None if found is None else found[0]

    def forget(self, credential: UUID) -> None:
        """Erasure of its credential takes it along."""
        self._transcripts.delete(credential)

    async def keep(self, credential: UUID, document: bytes, at: datetime) -> bytes:
        """Keep one, unless there is one; answers with the one that stands."""
        await self._transcripts.lock(credential)
        found = self._transcripts.get(credential)
        if found is not None:
            return found[0]
        self._transcripts.put(credential, (document, at))
        await self._work.trail.append(
            "credential", credential, after=sha256(document).hexdigest(), note="transcript"
        )
        return document
