"""Revisions of sealed documents, and where seals stand, on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.credential_levels import (
    CredentialRevisionRow,
    CredentialSealLevelRow,
)
from app.adapters.postgres.tables.credentials import CredentialDocumentRow, CredentialRow
from app.domain.credentials.credential import CredentialNotFound
from app.domain.credentials.levels import (
    FIRST,
    DocumentRevision,
    LevelFailure,
    LevelState,
    RevisionNotFound,
    SealLevel,
    SealStanding,
)
from app.domain.credentials.status import LIVE

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_credential = table(CredentialRow)
_document = table(CredentialDocumentRow)
_revision = table(CredentialRevisionRow)
_level = table(CredentialSealLevelRow)

_FACTS = [c for c in _revision.columns if c.name != "document"]


def newest_document(credential: UUID) -> Select[Any]:
    """The query for a credential's document in its newest revision; no row for an unknown one."""
    further = select(_revision.c.revision, _revision.c.document).where(
        _revision.c.credential == credential
    )
    first = select(literal(FIRST).label("revision"), _document.c.document).where(
        _document.c.credential == credential
    )
    found = further.union_all(first).subquery()
    return select(found.c.document).order_by(found.c.revision.desc()).limit(1)


class PostgresRevisions:
    """See `app.domain.credentials.ports_levels.Revisions`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def of(self, credential: UUID) -> Sequence[DocumentRevision]:
        """All revisions, the first one first. Raises CredentialNotFound."""
        execute = self._work.connection.execute
        sealed = (
            await execute(
                select(_credential.c.sha256, _credential.c.sealed_at)
                .join(_document, _document.c.credential == _credential.c.id)
                .where(_credential.c.id == credential)
            )
        ).one_or_none()
        if sealed is None:
            raise CredentialNotFound(credential)
        first = DocumentRevision(credential, FIRST, SealLevel.B_B, sealed.sha256, sealed.sealed_at)
        rows = await execute(
            select(*_FACTS)
            .where(_revision.c.credential == credential)
            .order_by(_revision.c.revision)
        )
        return [
            first,
            *(
                DocumentRevision(
                    row.credential, row.revision, SealLevel(row.level), row.sha256, row.made_at
                )
                for row in rows
            ),
        ]

    async def document(self, credential: UUID, revision: int) -> bytes:
        """The bytes of one revision. Raises CredentialNotFound, RevisionNotFound."""
        query = (
            select(_document.c.document).where(_document.c.credential == credential)
            if revision == FIRST
            else select(_revision.c.document).where(
                _revision.c.credential == credential, _revision.c.revision == revision
            )
        )
        found = await self._work.connection.execute(query)
        document: bytes | None = found.scalar_one_or_none()
        if document is None:
            await self.of(credential)
            raise RevisionNotFound(credential, revision)
        return document

    async def add(self, revision: DocumentRevision, document: bytes) -> bool:
        """Keep a further revision; False when there is one of that number."""
        kept = await self._work.connection.execute(
            insert(_revision)
            .values(
                credential=revision.credential,
                revision=revision.revision,
                level=revision.level.value,
                sha256=revision.sha256,
                made_at=revision.made_at,
                document=document,
            )
            .on_conflict_do_nothing()
            .returning(_revision.c.revision)
        )
        if kept.one_or_none() is None:
            return False
        await self._work.trail.append(
            "credential_revision",
            revision.credential,
            before=str(revision.revision - 1),
            after=f"{revision.revision}:{revision.sha256}",
            note=revision.level.value,
        )
        return True

    async def standing(self, credential: UUID) -> SealStanding:
        """Where the seal stands, locked for change. Raises CredentialNotFound."""
        found = await self._work.connection.execute(
            select(_level).where(_level.c.credential == credential).with_for_update()
        )
        row = found.one_or_none()
        if row is None:
            raise CredentialNotFound(credential)
        return _standing(row)

    async def standings(self, credentials: Collection[UUID]) -> Sequence[SealStanding]:
        """Where these seals stand, by credential, without locking."""
        rows = await self._work.connection.execute(
            select(_level).where(_level.c.credential.in_(credentials)).order_by(_level.c.credential)
        )
        return [_standing(row) for row in rows]

    async def save(self, standing: SealStanding) -> None:
        """Keep where a seal stands."""
        values = standing_row(standing)
        await self._work.connection.execute(
            update(_level).where(_level.c.credential == standing.credential).values(**values)
        )

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
        resting = and_(
            _level.c.state == LevelState.REACHED.value,
            or_(
                _level.c.level.in_([level.value for level in target.below]),
                _level.c.digest.in_(list(retired_digests)),
                _level.c.renew_at <= now,
            ),
            or_(_level.c.due_at.is_(None), _level.c.due_at > now + lease),
        )
        due = (
            select(_level.c.credential)
            .join(_credential, _credential.c.id == _level.c.credential)
            .where(
                _credential.c.state.in_([state.value for state in LIVE]),
                or_(_level.c.due_at <= now, resting),
            )
            .order_by(_level.c.due_at, _level.c.credential)
            .limit(limit)
            .with_for_update(of=_level, skip_locked=True)
        )
        claimed = await self._work.connection.execute(
            update(_level)
            .where(_level.c.credential.in_(due))
            .values(due_at=now + lease)
            .returning(_level.c.credential)
        )
        return sorted(claimed.scalars())


def standing_row(standing: SealStanding) -> dict[str, Any]:
    """Where a seal stands, as a row."""
    failure = standing.failure
    return {
        "credential": standing.credential,
        "level": standing.level.value,
        "state": standing.state.value,
        "attempts": standing.attempts,
        "failure_code": failure and failure.code,
        "failure_detail": failure and failure.detail,
        "failed_at": failure and failure.at,
        "due_at": standing.due_at,
        "renew_at": standing.renew_at,
        "digest": standing.digest,
    }


def _standing(row: Row[Any]) -> SealStanding:
    failure = (
        None
        if row.failure_code is None
        else LevelFailure(row.failure_code, row.failure_detail, row.failed_at)
    )
    return SealStanding(
        row.credential,
        SealLevel(row.level),
        LevelState(row.state),
        row.attempts,
        failure,
        row.due_at,
        row.renew_at,
        row.digest,
    )
