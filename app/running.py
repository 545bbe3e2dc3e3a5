"""How one reaction or one piece of long work is run, whatever queue it came from."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import Any
from uuid import UUID

from app import reactions
from app.domain.access.roles import SYSTEM
from app.domain.errors import DomainError, Unavailable
from app.domain.events import Event
from app.domain.jobs import FINISHED, JobError, JobItem, JobState, RefusedForGood
from app.ports import Ports

log = logging.getLogger(__name__)


class WorkerFailed(Exception):
    """Work failed for a reason that is not for the person who asked. Names the kind of error only.

    The queue writes down what it is told; a message might hold personal data.
    """


class OutsideUnavailable(WorkerFailed):
    """What a reaction needs from outside, such as the mail server, does not answer now."""


_EVERY = 0.5
"""Seconds between two reports of one job: quick for who watches, and no cost beside the work."""


class JobProgress:
    """Progress of one job, written in transactions of its own so that others see it soon.

    What is told is written at once when the last writing was half a second ago, and otherwise
    together when it was. What a killed worker had not written yet its next run says again.
    """

    def __init__(self, job: UUID, ports: Ports) -> None:
        self._job = job
        self._ports = ports
        self._items: dict[str, JobItem] = {}
        self._done: int | None = None
        self._total: int | None = None
        self._written = -_EVERY
        self._writing = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._cancelled = False
        self._asked = -_EVERY

    async def report(self, done: int, total: int | None = None) -> None:
        """So many of so many things are done."""
        self._done = done
        self._total = self._total if total is None else total
        await self._soon()

    async def item(
        self, key: str, status: str, code: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Note what became of one thing."""
        self._items[key] = JobItem(key, status, code, dict(detail or {}))
        await self._soon()

    async def cancelled(self) -> bool:
        """Whether somebody has asked to stop, as of half a second ago at most."""
        if not self._cancelled and monotonic() - self._asked >= _EVERY:
            self._asked = monotonic()
            async with self._ports.reading() as work:
                self._cancelled = (await work.jobs.read(self._job)).cancel_requested
        return self._cancelled

    async def stopped(self) -> bool:
        """Whether somebody has asked to stop by now."""
        self._asked = -_EVERY
        return await self.cancelled()

    async def close(self) -> None:
        """Write what has not been written yet."""
        self._closing.set()
        if self._later is not None:
            await asyncio.wait({self._later})
        await self._write()

    async def _soon(self) -> None:
        if monotonic() - self._written >= _EVERY:
            await self._write()
        elif self._later is None or self._later.done():
            self._later = asyncio.create_task(self._write_later())

    async def _write_later(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), _EVERY)
        try:
            await self._write()
        except Exception as error:
            # Kept, and written with the next; the last writing is not forgiven.
            log.warning("progress of job %s not written: %s", self._job, type(error).__name__)

    async def _write(self) -> None:
        async with self._writing:
            items, done, total = dict(self._items), self._done, self._total
            if not items and done is None:
                return
            self._written = monotonic()
            async with self._ports.system_work("report_progress") as work:
                await work.jobs.put_items(self._job, list(items.values()))
                if done is not None:
                    job = await work.jobs.get(self._job)
                    total = job.total if total is None else total
                    await work.jobs.save(replace(job, done=done, total=total))
            # Only what was written: more may have been told meanwhile.
            for key, item in items.items():
                if self._items.get(key) is item:
                    del self._items[key]
            if self._done == done:
                self._done = None


async def react(name: str, event: Event, ports: Ports) -> None:
    """Run one reaction to one event.

    Raises WorkerFailed, so that the queue tries again; OutsideUnavailable when that is not ours to
    mend, so that it keeps trying for as long as outages last.
    """
    await _reacted(name, reactions.BY_NAME[name](event, ports))


async def react_to_all(name: str, events: Sequence[Event], ports: Ports) -> None:
    """The same for several events that are told of together."""
    await _reacted(name, reactions.TOGETHER[name](events, ports))


async def _reacted(name: str, reaction: Awaitable[None]) -> None:
    try:
        await reaction
    except Unavailable as outage:
        log.warning("reaction %s waits for an outside system: %s", name, outage.code)
        raise OutsideUnavailable(f"{name}: {type(outage).__name__}") from None
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
        try:
            result = dict(await reactions.RUNNERS[job.kind](job, ports, progress))
        finally:
            await progress.close()
    except DomainError as refusal:
        final = isinstance(refusal, RefusedForGood)
        error = JobError(refusal.code, refusal.detail, final=final)
        await _finish(job_id, ports, JobState.FAILED, error=error)
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
    stopped = await progress.stopped()
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
