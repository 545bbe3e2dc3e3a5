"""What is to be signed elsewhere, on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.credentials_local import CredentialTranscriptRow, PreparedSealRow
from app.domain.credentials.ports_local import PreparedSealNotFound, Waiting
from app.domain.credentials.seal import PreparedSeal

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_prepared = table(PreparedSealRow)
_transcript = table(CredentialTranscriptRow)
_COLUMNS = (
    "credential",
    "registration",
    "institution",
    "seal",
    "payload",
    "protected",
    "algorithm",
    "certificate_sha256",
    "prepared_at",
)
_held = [_prepared.c[name] for name in _COLUMNS]


class PostgresPreparedSeals:
    """See `app.domain.credentials.ports_local.PreparedSeals`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def put(self, batch: UUID, prepared: PreparedSeal) -> None:
        """Keep it, in place of an earlier one for the same learner."""
        values = {name: getattr(prepared, name) for name in _COLUMNS} | {"digest": prepared.digest}
        await self._work.connection.execute(
            insert(_prepared)
            .values(batch=batch, **values)
            .on_conflict_do_update(
                index_elements=[_prepared.c.batch, _prepared.c.registration], set_=values
            )
        )

    async def read(self, batch: UUID, credential: UUID) -> PreparedSeal:
        """One of them. Raises PreparedSealNotFound."""
        found = await self._work.connection.execute(
            select(*_held).where(_prepared.c.batch == batch, _prepared.c.credential == credential)
        )
        row = found.one_or_none()
        if row is None:
            raise PreparedSealNotFound(credential)
        return PreparedSeal(**row._mapping)

    async def waiting(self, batch: UUID) -> Sequence[Waiting]:
        """All of a batch, by credential, without what they hold."""
        rows = await self._work.connection.execute(
            select(
                _prepared.c.credential,
                _prepared.c.registration,
                _prepared.c.prepared_at,
                _prepared.c.digest,
            )
            .where(_prepared.c.batch == batch)
            .order_by(_prepared.c.credential)
        )
        return [Waiting(**row._mapping) for row in rows]

    async def page(self, batch: UUID, *, after: UUID | None, limit: int) -> Sequence[PreparedSeal]:
        """Those of a batch by credential after a given one."""
        query = select(*_held).where(_prepared.c.batch == batch)
        if after is not None:
            query = query.where(_prepared.c.credential > after)
        rows = await self._work.connection.execute(
            query.order_by(_prepared.c.credential).limit(limit)
        )
        return [PreparedSeal(**row._mapping) for row in rows]

    async def remove(self, batch: UUID, credential: UUID) -> None:
        """Forget one that was sealed."""
        await self._work.connection.execute(
            delete(_prepared).where(
                _prepared.c.batch == batch, _prepared.c.credential == credential
            )
        )

    async def clear(self, batch: UUID) -> None:
        """Forget all of a batch."""
        await self._work.connection.execute(delete(_prepared).where(_prepared.c.batch == batch))


class PostgresTranscripts:
    """See `app.domain.credentials.ports_local.Transcripts`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def read(self, credential: UUID) -> bytes | None:
        """The one that was kept, if there is one."""
        found = await self._work.connection.execute(
            select(_transcript.c.document).where(_transcript.c.credential == credential)
        )
        document: bytes | None = found.scalar_one_or_none()
        return document

    async def keep(self, credential: UUID, document: bytes, at: datetime) -> bytes:
        """Keep one, unless there is one; answers with the one that stands."""
        made = sha256(document).hexdigest()
        kept = await self._work.connection.execute(
            insert(_transcript)
            .values(credential=credential, document=document, sha256=made, made_at=at)
            .on_conflict_do_nothing()
            .returning(_transcript.c.credential)
        )
        if kept.one_or_none() is None:
            return await self.read(credential) or document
        await self._work.trail.append("credential", credential, after=made, note="transcript")
        return document
