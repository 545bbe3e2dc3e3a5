"""Credentials and issuing batches in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.adapters.memory.credential_levels import MemoryRevisions
from app.domain.credentials.batch import OPEN, BatchNotFound, IssuingBatch
from app.domain.credentials.credential import Credential, CredentialNotFound, Source
from app.domain.credentials.errors import AnotherIsLive, ImageNotFound
from app.domain.credentials.levels import SealStanding
from app.domain.credentials.seal import IssuedCredential
from app.domain.credentials.status import LIVE, Channel, CredentialState, Delivery, DeliveryState

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


@dataclass(frozen=True)
class KeptDocument:
    """What belongs to a credential and never changes."""

    issued: IssuedCredential = field(repr=False)
    source: Source = field(repr=False)


class MemoryCredentials:
    """See `app.domain.credentials.ports.Credentials`."""

    def __init__(
        self,
        work: "MemoryWork",
        credentials: "MemoryTable[UUID, Credential]",
        documents: "MemoryTable[UUID, KeptDocument]",
        deliveries: "MemoryTable[tuple[UUID, Channel], Delivery]",
        live: "MemoryTable[UUID, UUID]",
        standings: "MemoryTable[UUID, SealStanding]",
        revisions: MemoryRevisions,
    ) -> None:
        self._work = work
        self._credentials = credentials
        self._documents = documents
        self._deliveries = deliveries
        self._live = live
        """The live credential of each registration: locking its row is the unique index."""
        self._standings = standings
        self._revisions = revisions

    async def keep(self, credential: Credential, issued: IssuedCredential, source: Source) -> bool:
        """Keep a freshly sealed credential; False when its award has a live one already."""
        await self._live.lock(credential.registration)
        if self._live.get(credential.registration) is not None:
            return False
        events = credential.take_events()
        self._live.put(credential.registration, credential.id)
        self._credentials.put(credential.id, credential)
        self._documents.put(credential.id, KeptDocument(issued, source))
        self._standings.put(
            credential.id, SealStanding.sealed(credential.id, issued.issued_at, rises=issued.rises)
        )
        await self._work.trail.append(
            "credential", credential.id, after=credential.sha256, note=credential.state.value
        )
        await self._work.outbox.put(*events)
        return True

    async def keep_all(
        self, sealed: Sequence[tuple[Credential, IssuedCredential, Source]]
    ) -> Collection[UUID]:
        """The same for several at once; the ids of those that are kept."""
        return {one[0].id for one in sealed if await self.keep(*one)}

    async def get(self, credential: UUID) -> Credential:
        """Load a credential to change it. Raises CredentialNotFound."""
        await self._credentials.lock(credential)
        return await self.read(credential)

    async def read(self, credential: UUID) -> Credential:
        """Load a credential without locking it. Raises CredentialNotFound."""
        found = self._credentials.get(credential)
        if found is None:
            raise CredentialNotFound(credential)
        return found

    async def save(self, credential: Credential) -> None:
        """Keep its state, never its document. Raises AnotherIsLive."""
        await self._live.lock(credential.registration)
        live = self._live.get(credential.registration)
        if credential.state in LIVE:
            if live not in (None, credential.id):
                raise AnotherIsLive(credential.registration)
            self._live.put(credential.registration, credential.id)
        elif live == credential.id:
            self._live.delete(credential.registration)
        credential.version += 1
        events = credential.take_events()
        self._credentials.put(credential.id, credential)
        await self._work.trail.append(
            "credential",
            credential.id,
            before=str(credential.version - 1),
            after=f"{credential.version}:{credential.state.value}",
            note=credential.reason,
        )
        await self._work.outbox.put(*events)

    async def of_registrations(self, registrations: Collection[UUID]) -> Sequence[Credential]:
        """All credentials of those registrations, whatever their state, by id."""
        wanted = set(registrations)
        return [c for c in self._by_id() if c.registration in wanted]

    async def page(
        self,
        *,
        issuers: Collection[str] | None,
        edition: UUID | None,
        state: CredentialState | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Credential]:
        """Credentials by id after a given one."""
        return [
            c
            for c in self._by_id()
            if (issuers is None or c.issuer in issuers)
            and (edition is None or c.edition == edition)
            and (state is None or c.state is state)
            and (after is None or c.id > after)
        ][:limit]

    async def document(self, credential: UUID) -> bytes:
        """The sealed bytes of the newest revision. Raises CredentialNotFound."""
        return await self._revisions.newest(credential)

    async def image(self, credential: UUID, language: str) -> bytes:
        """The display image in one language. Raises CredentialNotFound, ImageNotFound."""
        images = self._document(credential).issued.images
        if language not in images:
            raise ImageNotFound(credential, language)
        return images[language]

    async def source(self, credential: UUID) -> Source:
        """What it was sealed from. Raises CredentialNotFound."""
        return self._document(credential).source

    async def deliveries(self, credential: UUID) -> Sequence[Delivery]:
        """How it is delivered, by channel."""
        found = (d for d in self._deliveries.values() if d.credential == credential)
        return sorted(found, key=lambda delivery: delivery.channel)

    async def note_delivery(self, delivery: Delivery, *, anew: bool = False) -> None:
        """Note how far one way of delivery has come. What was delivered stays delivered."""
        key = (delivery.credential, delivery.channel)
        await self._deliveries.lock(key)
        known = self._deliveries.get(key)
        if known is None or anew or known.state is not DeliveryState.DELIVERED:
            ended = delivery.state is not DeliveryState.PENDING
            before = known.attempts if known is not None else 0
            self._deliveries.put(key, replace(delivery, attempts=before + ended))

    async def note_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """The same for several, each with another credential or channel."""
        for delivery in deliveries:
            await self.note_delivery(delivery)

    async def erase(self, credential: UUID) -> Sequence[str]:
        """Forget document, further revisions, images, source, transcript and deliveries."""
        self._documents.delete(credential)
        self._work.transcripts.forget(credential)
        for channel in Channel:
            self._deliveries.delete((credential, channel))
        return self._revisions.erase(credential)

    def _document(self, credential: UUID) -> KeptDocument:
        found = self._documents.get(credential)
        if found is None:
            raise CredentialNotFound(credential)
        return found

    def _by_id(self) -> Sequence[Credential]:
        return sorted(self._credentials.values(), key=lambda credential: credential.id)


class MemoryBatches:
    """See `app.domain.credentials.ports.Batches`."""

    def __init__(self, work: "MemoryWork", batches: "MemoryTable[UUID, IssuingBatch]") -> None:
        self._work = work
        self._batches = batches

    async def add(self, batch: IssuingBatch) -> None:
        """Keep a new batch."""
        await self._put(batch, before=None)

    async def get(self, batch: UUID) -> IssuingBatch:
        """Load a batch to change it. Raises BatchNotFound."""
        await self._batches.lock(batch)
        return await self.read(batch)

    async def read(self, batch: UUID) -> IssuingBatch:
        """Load a batch without locking it. Raises BatchNotFound."""
        found = self._batches.get(batch)
        if found is None:
            raise BatchNotFound(batch)
        return found

    async def save(self, batch: IssuingBatch) -> None:
        """Keep its state; its items never change."""
        batch.version += 1
        await self._put(batch, before=str(batch.version - 1))

    async def due(self, now: datetime, limit: int) -> Sequence[IssuingBatch]:
        """Approved batches without a job whose moment has come, by id."""
        due = self._batches.where(lambda batch: batch.is_due(now))
        return sorted(due, key=lambda batch: batch.id)[:limit]

    async def held_elsewhere(self, batch: IssuingBatch) -> Mapping[UUID, UUID]:
        """Which of the batch's learners an earlier one holds that has not come to its end."""
        learners = {item.registration for item in batch.items}
        earlier = self._batches.where(
            lambda one: one.edition == batch.edition and one.id < batch.id and one.state in OPEN
        )
        return {
            item.registration: one.id
            for one in sorted(earlier, key=lambda one: one.id, reverse=True)
            for item in one.items
            if item.registration in learners
        }

    async def page(
        self,
        *,
        issuers: Collection[str] | None,
        edition: UUID | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[IssuingBatch]:
        """Batches by id after a given one."""
        return [
            batch
            for batch in sorted(self._batches.values(), key=lambda batch: batch.id)
            if (issuers is None or batch.issuer in issuers)
            and (edition is None or batch.edition == edition)
            and (after is None or batch.id > after)
        ][:limit]

    async def _put(self, batch: IssuingBatch, *, before: str | None) -> None:
        events = batch.take_events()
        self._batches.put(batch.id, batch)
        await self._work.trail.append(
            "issuing_batch", batch.id, before=before, after=f"{batch.version}:{batch.state.value}"
        )
        await self._work.outbox.put(*events)
