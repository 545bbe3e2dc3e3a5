"""The queue: in the same transaction, at least once, whatever dies."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.outbox import PostgresOutbox, event_from_payload, event_payload
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.clock import SystemClock
from app.domain.events import Event
from app.domain.ids import new_id
from app.domain.jobs import Job, JobState

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class SomethingHappened(Event):
    other: UUID | None
    number: int


def work(engine: AsyncEngine) -> PostgresWork:
    outbox = PostgresOutbox({SomethingHappened: ("one.reaction", "another.reaction")})
    return PostgresWork(engine, outbox, SystemClock(), SYSTEM, "test")


async def queued(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(text("SELECT count(*) FROM pgqueuer"))).scalar_one()


def test_an_event_comes_back_from_json_as_it_was() -> None:
    event = SomethingHappened(new_id(), None, 3)
    assert event_from_payload(SomethingHappened, event_payload(event)) == event
    other = SomethingHappened(new_id(), new_id(), 3)
    assert event_from_payload(SomethingHappened, event_payload(other)) == other


async def test_each_reaction_to_an_event_becomes_one_job(engine: AsyncEngine) -> None:
    async with work(engine) as w:
        await w.outbox.put(SomethingHappened(new_id(), None, 1))
    assert await queued(engine) == 2


async def test_what_is_rolled_back_has_not_happened_even_as_the_first_statement(
    engine: AsyncEngine,
) -> None:
    async def fail() -> None:
        async with work(engine) as w:
            await w.outbox.put(SomethingHappened(new_id(), None, 1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await queued(engine) == 0


async def test_the_audit_record_cannot_be_changed_or_removed(engine: AsyncEngine) -> None:
    async with work(engine) as w:
        await w.trail.append("thing", "one")
    for statement in (
        "UPDATE audit_record SET actor = 'x'",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
    ):
        with pytest.raises(Exception, match="append-only"):
            await run(engine, statement)


async def run(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def start_worker(url: str, data_dir: Path, pause: float) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.adapters.postgres.a_worker",
        url,
        str(data_dir),
        str(pause),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"working\n"
    return process


async def wait_for(engine: AsyncEngine, job: UUID, done: int) -> Job:
    while True:
        async with work(engine) as w:
            found = await w.jobs.read(job)
        if found.done >= done and (done < 12 or found.state is not JobState.RUNNING):
            return found
        await asyncio.sleep(0.05)


async def test_a_worker_killed_midway_is_followed_by_one_that_does_the_rest_exactly_once(
    engine: AsyncEngine, database_url: str, data_dir: Path
) -> None:
    async with work(engine) as w:
        job = await w.jobs.start("count", {"n": 12})
    first = await start_worker(database_url, data_dir, 0.15)
    await wait_for(engine, job.id, 4)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    second = await start_worker(database_url, data_dir, 0)
    finished = await wait_for(engine, job.id, 12)
    second.send_signal(signal.SIGKILL)
    await second.wait()
    async with work(engine) as w:
        records = await w.audit.page(kind="thing", subject=None, actor=None, after=None, limit=99)
    assert finished.state is JobState.SUCCEEDED
    assert sorted(int(record.subject) for record in records) == list(range(12))
