"""The repository of long work."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.outbox import JOB, enqueue
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.platform import JobItemRow, JobRow
from app.domain.jobs import Job, JobError, JobItem, JobNotFound, JobState

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_job = table(JobRow)
_item = table(JobItemRow)


class PostgresJobs:
    """See `app.domain.jobs.Jobs`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def start(self, kind: str, params: Mapping[str, Any], *, total: int | None = None) -> Job:
        """Write a job and put it in the queue."""
        job = Job.queued(kind, params, total, by=self._work.caller, at=self._work.clock.now())
        await self._work.connection.execute(
            insert(_job).values(
                id=job.id,
                kind=job.kind,
                params=job.params,
                state=job.state,
                requested_by=job.requested_by,
                created_at=job.created_at,
                total=job.total,
                done=0,
                cancel_requested=False,
            )
        )
        await self._work.trail.append("job", job.id, after=f"start:{kind}")
        await self.requeue(job)
        return job

    async def get(self, job: UUID) -> Job:
        """Load a job to change it. Raises JobNotFound."""
        return await self._load(job, lock=True)

    async def read(self, job: UUID) -> Job:
        """Load a job without locking it. Raises JobNotFound."""
        return await self._load(job, lock=False)

    async def _load(self, job: UUID, *, lock: bool) -> Job:
        query = select(_job).where(_job.c.id == job)
        if lock:
            query = query.with_for_update(key_share=True)
        row = (await self._work.connection.execute(query)).one_or_none()
        if row is None:
            raise JobNotFound(job)
        values = dict(row._mapping)
        error = values.pop("error")
        state = JobState(values.pop("state"))
        return Job(**values, state=state, error=JobError(**error) if error else None)

    async def save(self, job: Job) -> None:
        """Keep its state."""
        await self._work.connection.execute(
            update(_job)
            .where(_job.c.id == job.id)
            .values(
                state=job.state,
                done=job.done,
                total=job.total,
                result=job.result,
                error=asdict(job.error) if job.error else None,
                cancel_requested=job.cancel_requested,
                started_at=job.started_at,
                finished_at=job.finished_at,
            )
        )

    async def requeue(self, job: Job) -> None:
        """Put a job into the queue."""
        await enqueue(
            self._work.connection,
            JOB,
            [{"job": str(job.id), "trace_id": self._work.caller.trace_id}],
        )

    async def items(self, job: UUID) -> Sequence[JobItem]:
        """What became of each thing so far, by key."""
        rows = await self._work.connection.execute(
            select(_item.c.key, _item.c.status, _item.c.code, _item.c.detail)
            .where(_item.c.job == job)
            .order_by(_item.c.key)
        )
        return [JobItem(**row._mapping) for row in rows]

    async def put_item(self, job: UUID, item: JobItem) -> None:
        """Note what became of one thing."""
        await self.put_items(job, [item])

    async def put_items(self, job: UUID, items: Sequence[JobItem]) -> None:
        """The same for several things."""
        if not items:
            return
        new = insert(_item)
        await self._work.connection.execute(
            new.on_conflict_do_update(
                index_elements=[_item.c.job, _item.c.key],
                set_={name: new.excluded[name] for name in ("status", "code", "detail")},
            ),
            [
                {
                    "job": job,
                    "key": item.key,
                    "status": item.status,
                    "code": item.code,
                    "detail": dict(item.detail),
                }
                for item in items
            ],
        )
