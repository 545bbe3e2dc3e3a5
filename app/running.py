"""How one reaction or one piece of long work is run, whatever queue it came from."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from app import reactions
from app.domain.access.roles import SYSTEM
from app.domain.errors import DomainError
from app.domain.events import Event
from app.domain.jobs import FINISHED, JobError, JobItem, JobState
from app.ports import Ports

log = logging.getLogger(__name__)


class WorkerFailed(Exception):
    """Work failed for a reason that is not for the person who asked. Names the kind of error only.

    The queue writes down what it is told; a message might hold personal data.
    """


class JobProgress:
    """Progress of one job, written in transactions of its own so that others see it at once."""

    def __init__(self, job: UUID, ports: Ports) -> None:
        self._job = job
        self._ports = ports

    async def report(self, done: int, total: int | None = None) -> None:
        """So many of so many things are done."""
        async with self._ports.system_work("report_progress") as work:
            job = await work.jobs.get(self._job)
            await work.jobs.save(
                replace(job, done=done, total=total if total is not None else job.total)
            )

    async def item(
        self, key: str, status: str, code: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Note what became of one thing."""
        async with self._ports.system_work("report_progress") as work:
            await work.jobs.put_item(self._job, JobItem(key, status, code, dict(detail or {})))

    async def cancelled(self) -> bool:
        """Whether somebody has asked to stop."""
        async with self._ports.reading() as work:
            return (await work.jobs.read(self._job)).cancel_requested


async def react(name: str, event: Event, ports: Ports) -> None:
    """Run one reaction to one event. Raises WorkerFailed, so that the queue tries again."""
    try:
        await reactions.BY_NAME[name](event, ports)
    except Exception as error:
        log.exception("reaction %s failed", name)
        raise WorkerFailed(f"{name}: {type(error).__name__}") from None


async def run_job(job_id: UUID, ports: Ports, *, last_attempt: bool = True) -> None:
    """Run one job to its end.

    A refusal by the domain ends the job as failed, with words for the person who asked. Any other
    error is tried again by the queue (WorkerFailed), and ends the job on the last attempt.
    """
    async with ports.system_work("run_job") as work:
        job = await work.jobs.get(job_id)
        if job.state in FINISHED:
            return
        job = replace(job.moved(JobState.RUNNING), started_at=job.started_at or ports.clock.now())
        await work.jobs.save(job)
    progress = JobProgress(job_id, ports)
    try:
        result = dict(await reactions.RUNNERS[job.kind](job, ports, progress))
    except DomainError as refusal:
        await _finish(job_id, ports, JobState.FAILED, error=JobError(refusal.code, refusal.detail))
        return
    except Exception as error:
        log.exception("job %s of kind %s failed", job_id, job.kind)
        if last_attempt:
            await _finish(
                job_id,
                ports,
                JobState.FAILED,
                error=JobError(
                    "internal_error",
                    "The job failed for a reason of ours, which has been logged. Resume it later.",
                ),
            )
            return
        raise WorkerFailed(f"{job.kind}: {type(error).__name__}") from None
    stopped = await progress.cancelled()
    await _finish(
        job_id, ports, JobState.CANCELLED if stopped else JobState.SUCCEEDED, result=result
    )


async def _finish(
    job_id: UUID,
    ports: Ports,
    state: JobState,
    *,
    result: dict[str, Any] | None = None,
    error: JobError | None = None,
) -> None:
    async with ports.work(SYSTEM, "finish_job") as work:
        job = await work.jobs.get(job_id)
        await work.jobs.save(
            replace(job.moved(state), result=result, error=error, finished_at=ports.clock.now())
        )
