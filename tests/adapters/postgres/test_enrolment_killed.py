"""A worker that is killed in the middle of an import leaves nothing, or everything, and once."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.clock import SystemClock
from app.domain.enrolment.edition import Mode
from app.domain.enrolment.forms.imports import ImportState, ResponseImport
from app.domain.enrolment.forms.mapping import Answer
from app.domain.enrolment.use_cases.editions import open_edition
from app.domain.enrolment.use_cases.imports import (
    map_form,
    plan_received,
    receive_import,
    request_commit,
)
from app.domain.enrolment.use_cases.lists import replay_decisions
from app.domain.jobs import JobState
from app.ports import Work
from tests.enrolment_builders import PARTNERS, an_edition, officer
from tests.enrolment_imports import FORM, TOOLS
from tests.forms_workbooks import Row, mapping_questions, workbook

ROOT = Path(__file__).parents[3]
CLOCK = SystemClock()
ROWS = 60


class House:
    """Opens units of work on one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.outbox = PostgresOutbox(reactions.NAMES)

    def __call__(self, caller: Caller = SYSTEM, action: str = "test") -> Work:
        return PostgresWork(self.engine, self.outbox, CLOCK, caller, action)


async def planned(house: House, mode: Mode) -> ResponseImport:
    """A dry run of sixty responses."""
    edition = an_edition(CLOCK.now(), places=50, mode=mode)
    as_officer = officer()
    async with house() as w:
        await w.editions.add(edition)
    await open_edition(edition.id, 1, work=house(), caller=as_officer, clock=CLOCK)
    await map_form(
        edition.id, FORM, "Europe/Madrid",
        {question: Answer(answer) for question, answer in mapping_questions().items()},
        work=house(), caller=as_officer, clock=CLOCK,
    )  # fmt: skip
    began = CLOCK.now().replace(microsecond=0) - timedelta(hours=5)
    content = workbook(
        Row(n, began + timedelta(minutes=n), f"Person {n}", f"p{n}@example.org", PARTNERS[n % 10])
        for n in range(1, ROWS + 1)
    )
    new, _ = await receive_import(
        edition.id, FORM, "r.xlsx", content, work=house(), caller=as_officer, clock=CLOCK
    )
    async with house.engine.begin() as connection:
        # The dry run is done here; a worker would do it once more.
        await connection.execute(text("DELETE FROM pgqueuer"))
    return await plan_received(new.id, open_work=house, tools=TOOLS, clock=CLOCK)


async def start(url: str, data_dir: Path, where: str) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.adapters.postgres.an_importing_worker", url, str(data_dir),
        where, cwd=ROOT, stdout=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"working\n"
    return process


async def finished(house: House, job: UUID) -> JobState:
    while True:
        async with house() as w:
            found = await w.jobs.read(job)
        if found.state in (JobState.SUCCEEDED, JobState.FAILED):
            return found.state
        await asyncio.sleep(0.1)


async def count(engine: AsyncEngine, table: str) -> int:
    async with engine.connect() as connection:
        number = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
    return int(number or 0)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [Mode.DIRECT, Mode.PROVISIONAL])
@pytest.mark.parametrize("where", ["inside", "after"])
async def test_an_import_whose_worker_is_killed_is_carried_out_exactly_once(
    engine: AsyncEngine, database_url: str, data_dir: Path, where: str, mode: Mode
) -> None:
    house = House(engine)
    plan = await planned(house, mode)
    # Decisions of a direct edition are taken anew; the others are carried out as they were kept.
    assert (plan.mark is None) == (mode is Mode.DIRECT)
    _, job = await request_commit(
        plan.edition, plan.plan_token or "", work=house(), caller=officer()
    )
    first = await start(database_url, data_dir, where)
    assert first.stdout is not None
    assert await first.stdout.readline() == b"halfway\n"
    # Half an import is never to be seen.
    assert await count(engine, "registration") == (0 if where == "inside" else ROWS)
    first.kill()
    await first.wait()
    second = await start(database_url, data_dir, "nowhere")
    assert await finished(house, job.id) is JobState.SUCCEEDED
    second.kill()
    await second.wait()
    assert await count(engine, "registration") == ROWS
    assert await count(engine, "person") == ROWS
    assert await count(engine, "form_response") == ROWS
    async with house() as w:
        assert (await w.imports.read(plan.id)).state is ImportState.COMMITTED
        assert await w.tallies.reconcile() == []
        placed = {t.scope: t.placed for t in await w.tallies.of(plan.edition)}
    assert placed["edition"] == (50 if mode is Mode.DIRECT else 0)
    report = await replay_decisions(plan.edition, work=house(), caller=officer())
    assert list(report.differences) == []
    assert report.replay.decisions == (ROWS + 1 if mode is Mode.DIRECT else 0)
