"""Issuing batches on PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, insert, or_, select, update

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.credentials import IssuingBatchItemRow, IssuingBatchRow
from app.domain.credentials.batch import (
    OPEN,
    BatchItem,
    BatchNotFound,
    BatchState,
    IssuingBatch,
    Outcome,
)
from app.domain.plain import to_plain

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_batch = table(IssuingBatchRow)
_item = table(IssuingBatchItemRow)

_COLUMNS = [f.name for f in fields(IssuingBatch) if f.name not in ("events", "items")]


class PostgresBatches:
    """See `app.domain.credentials.ports.Batches`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def add(self, batch: IssuingBatch) -> None:
        """Keep a new batch."""
        await self._work.connection.execute(insert(_batch).values(**_to_row(batch)))
        await self._work.connection.execute(
            insert(_item),
            [
                {
                    "batch": batch.id,
                    "registration": i.registration,
                    "award_hash": i.award_hash,
                    "supersedes": i.supersedes,
                }
                for i in batch.items
            ],
        )
        await self._work.trail.append(
            "issuing_batch", batch.id, after=f"{batch.version}:{batch.state.value}"
        )
        await self._work.outbox.put(*batch.take_events())

    async def get(self, batch: UUID) -> IssuingBatch:
        """Load a batch to change it. Raises BatchNotFound."""
        return await self._one(batch, lock=True)

    async def read(self, batch: UUID) -> IssuingBatch:
        """Load a batch without locking it. Raises BatchNotFound."""
        return await self._one(batch, lock=False)

    async def save(self, batch: IssuingBatch) -> None:
        """Keep its state; its items never change."""
        batch.version += 1
        await self._work.connection.execute(
            update(_batch).where(_batch.c.id == batch.id).values(**_to_row(batch))
        )
        await self._work.trail.append(
            "issuing_batch",
            batch.id,
            before=str(batch.version - 1),
            after=f"{batch.version}:{batch.state.value}",
        )
        await self._work.outbox.put(*batch.take_events())

    async def due(self, now: datetime, limit: int) -> Sequence[IssuingBatch]:
        """Approved batches without a job whose moment has come, by id."""
        found = await self._work.connection.execute(
            select(_batch)
            .where(
                _batch.c.state == BatchState.APPROVED.value,
                _batch.c.job.is_(None),
                or_(_batch.c.scheduled_for.is_(None), _batch.c.scheduled_for <= now),
            )
            .order_by(_batch.c.id)
            .limit(limit)
        )
        rows = found.all()
        items = await self._items([row.id for row in rows])
        return [_to_batch(row, items[row.id]) for row in rows]

    async def held_elsewhere(self, batch: IssuingBatch) -> Mapping[UUID, UUID]:
        """Which of the batch's learners an earlier one holds that has not come to its end."""
        own = _item.alias()
        rows = await self._work.connection.execute(
            select(_item.c.registration, _batch.c.id)
            .join(_batch, _batch.c.id == _item.c.batch)
            .join(own, own.c.registration == _item.c.registration)
            .where(
                own.c.batch == batch.id,
                _batch.c.edition == batch.edition,
                _batch.c.id < batch.id,
                _batch.c.state.in_([state.value for state in OPEN]),
            )
            .order_by(_batch.c.id.desc())
        )
        return {row.registration: row.id for row in rows}

    async def page(
        self,
        *,
        issuers: Collection[str] | None,
        edition: UUID | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[IssuingBatch]:
        """Batches by id after a given one."""
        query = select(_batch).order_by(_batch.c.id).limit(limit)
        if issuers is not None:
            query = query.where(_batch.c.issuer.in_(issuers))
        if edition is not None:
            query = query.where(_batch.c.edition == edition)
        if after is not None:
            query = query.where(_batch.c.id > after)
        rows = (await self._work.connection.execute(query)).all()
        items = await self._items([row.id for row in rows])
        return [_to_batch(row, items[row.id]) for row in rows]

    async def _one(self, batch: UUID, *, lock: bool) -> IssuingBatch:
        query = select(_batch).where(_batch.c.id == batch)
        if lock:
            query = query.with_for_update(key_share=True)
        row = (await self._work.connection.execute(query)).one_or_none()
        if row is None:
            raise BatchNotFound(batch)
        return _to_batch(row, (await self._items([batch]))[batch])

    async def _items(self, batches: Collection[UUID]) -> dict[UUID, tuple[BatchItem, ...]]:
        rows = await self._work.connection.execute(
            select(_item)
            .where(_item.c.batch.in_(batches))
            .order_by(_item.c.batch, _item.c.registration)
        )
        return {
            batch: tuple(
                BatchItem(row.registration, row.award_hash, row.supersedes) for row in group
            )
            for batch, group in groupby(rows, key=lambda row: row.batch)
        }


def _to_row(batch: IssuingBatch) -> dict[str, Any]:
    return {
        **{name: getattr(batch, name) for name in _COLUMNS},
        "state": batch.state.value,
        "outcome": to_plain(batch.outcome),
    }


def _to_batch(row: Row[Any], items: tuple[BatchItem, ...]) -> IssuingBatch:
    return IssuingBatch(
        **{
            **row._mapping,
            "state": BatchState(row.state),
            "outcome": None if row.outcome is None else Outcome(**row.outcome),
        },
        items=items,
    )
