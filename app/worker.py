"""Claims jobs from the queue and runs them until told to stop.

In the API process by default, or as processes of its own (`python -m app worker`), as many as the
work needs. At least once is the promise: a worker that dies is noticed by its missing heartbeat,
and another one runs the job again.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from pgqueuer.core.executors import (
    DatabaseRetryEntrypointExecutor,
    EntrypointExecutorParameters,
)
from pgqueuer.core.qm import QueueManager
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job as QueuedJob
from pgqueuer.queries import Queries
from sqlalchemy.engine import make_url

from app import reactions
from app.adapters.postgres.outbox import JOB, REACTION, events_of
from app.domain.events import Event
from app.ports import Ports
from app.running import OutsideUnavailable, WorkerFailed, react, react_to_all, run_job
from app.timers import run_timers

log = logging.getLogger(__name__)

ATTEMPTS = 8
"""After so many a job rests, and shows in /ready, until somebody says `python -m app jobs`."""
LONGEST_PAUSE = timedelta(minutes=5)
OUTAGE = timedelta(days=7)
"""For so long a reaction waits for an outside system that does not answer, before it rests."""
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""A worker that has not been heard of for so long is dead; its jobs are run again."""


def _executor(parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(
        parameters=parameters,
        max_attempts=ATTEMPTS,
        initial_delay=timedelta(seconds=1),
        max_delay=LONGEST_PAUSE,
    )


def pause_after(attempts: int) -> timedelta:
    """How long to wait before a reaction is tried again: doubling, five minutes at most."""
    return min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_PAUSE)


async def queue_connection(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection to the queue's database, outside any pool."""
    parts = make_url(url)
    query = {key: value for key, value in parts.query.items() if isinstance(value, str)}
    return await asyncpg.connect(
        host=query.get("host") or parts.host,
        port=int(query.get("port") or parts.port or 5432),
        user=parts.username,
        password=parts.password,
        database=parts.database,
        server_settings={"timezone": "UTC", "application_name": "microcredentials-worker"},
    )


class Worker:
    """One worker on one database connection of its own, which it also listens on."""

    def __init__(
        self, ports: Ports, url: str, *, concurrency: int = 4, attempts: int = ATTEMPTS
    ) -> None:
        """`attempts` is how often a reaction may fail before it rests."""
        self._ports = ports
        self._url = url
        self._concurrency = concurrency
        self._stopping = asyncio.Event()
        self._queue: QueueManager | None = None
        self._attempts = attempts
        self._together = asyncio.Lock()
        self._failures: Counter[int] = Counter()
        """How often each reaction has failed here. The queue counts the tries of outages as well,
        and who begins anew had better try too often than give up too soon. An entry stays where
        another worker has finished the job."""

    def stop(self) -> None:
        """Finish what is running, claim nothing more."""
        self._stopping.set()
        if self._queue is not None:
            self._queue.shutdown.set()

    async def run(self) -> None:
        """Work until stopped; a lost connection is opened again. Timers run beside it."""
        timers = asyncio.create_task(run_timers(self._ports, self._stopping), name="timers")
        try:
            await self._work_on()
        finally:
            self._stopping.set()
            await asyncio.wait({timers}, timeout=30)
            timers.cancel()

    async def _react(self, name: str, events: Sequence[Event]) -> None:
        if len(events) == 1:
            await react(name, events[0], self._ports)
            return
        # What is told of several is told of them at the same time already. So no more of it is
        # told again after a death than where each has a job.
        async with self._together:
            await react_to_all(name, events, self._ports)

    async def _work_on(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._work()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if self._stopping.is_set():
                    return
                log.warning("the queue's connection failed (%s); again", type(error).__name__)
                await asyncio.sleep(1)

    async def _work(self) -> None:
        connection = await queue_connection(self._url)
        try:
            queue = QueueManager(Queries(AsyncpgDriver(connection)))
            self._queue = queue
            if self._stopping.is_set():
                return

            @queue.entrypoint(REACTION, on_failure="hold")
            async def run_reaction(job: QueuedJob) -> None:
                payload = json.loads(job.payload or b"{}")
                events = events_of(payload, reactions.EVENTS)
                try:
                    await self._react(payload["reaction"], events)
                except OutsideUnavailable as outage:
                    # An outage uses up no attempts: what was to be told is told when it is over.
                    if datetime.now(UTC) - job.created >= OUTAGE:
                        self._failures.pop(job.id, None)
                        raise
                    raise RetryRequested(pause_after(job.attempts), str(outage)) from None
                except WorkerFailed as failed:
                    self._failures[job.id] += 1
                    if self._failures[job.id] < self._attempts:
                        pause = pause_after(self._failures[job.id])
                        raise RetryRequested(pause, str(failed)) from None
                    del self._failures[job.id]
                    raise
                self._failures.pop(job.id, None)

            @queue.entrypoint(JOB, on_failure="hold", executor_factory=_executor)
            async def run_long_work(job: QueuedJob) -> None:
                payload = json.loads(job.payload or b"{}")
                await run_job(
                    UUID(payload["job"]), self._ports, last_attempt=job.attempts >= ATTEMPTS
                )

            await queue.run(
                dequeue_timeout=timedelta(seconds=5),
                batch_size=self._concurrency,
                max_concurrent_tasks=2 * self._concurrency,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                shutdown_on_listener_failure=True,
            )
        finally:
            self._queue = None
            await connection.close(timeout=5)
