"""Deliveries of forms at once, and cut off in the middle: exactly once, and why."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.enrolment_deliveries import PostgresDeliveries
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.enrolment.edition import Mode
from app.domain.enrolment.forms.live import DeliveredVerdict
from app.domain.enrolment.use_cases.lists import replay_decisions
from app.ports import Work
from tests.deliveries import Flow, raw, told
from tests.enrolment_builders import PARTNERS, officer, opened
from tests.enrolment_imports import FORM, Importer, at
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock

ROOT = Path(__file__).parents[3]


class Meeting(PostgresDeliveries):
    """Lets nobody go on, having looked, before somebody else has looked too, or half a second."""

    looked: asyncio.Barrier

    async def known(
        self, edition: UUID, form: str, keys: Collection[tuple[int, str]]
    ) -> Mapping[tuple[int, str], tuple[UUID, DeliveredVerdict]]:
        found = await super().known(edition, form, keys)
        try:
            async with asyncio.timeout(0.5):
                await self.looked.wait()
        except (TimeoutError, asyncio.BrokenBarrierError):
            await self.looked.reset()
        return found


class House:
    """Opens units of work on one database, in which two who deliver meet."""

    def __init__(self, engine: AsyncEngine, *, locks: bool) -> None:
        self.engine = engine
        self.outbox = PostgresOutbox(reactions.NAMES)
        self.clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))
        self.locks = locks
        self.meets: asyncio.Barrier | None = None

    def __call__(self, caller: Caller = SYSTEM, action: str = "test") -> Work:
        work: Any = PostgresWork(self.engine, self.outbox, self.clock, caller, action)
        if self.meets is not None:
            work.deliveries = Meeting(work)
            work.deliveries.looked = self.meets
            if not self.locks:
                work.editions.get = work.editions.read
        made: Work = work
        return made


async def two_of_the_same(engine: AsyncEngine, *, locks: bool) -> list[Any]:
    """What two deliveries of one response are answered that arrive at the same moment."""
    house = House(engine, locks=locks)
    edition = await opened(house, house.clock)
    flow = Flow(house, house.clock, edition)
    await flow.map()
    await flow.delivers(Row(1, at(house.clock, 1), "Someone", "s@his.se", "HIS"))
    early = Row(2, at(house.clock, -1), "Early", "early@his.se", "HIS")
    house.meets = asyncio.Barrier(2)
    both = (flow.delivers(early), flow.delivers(early))
    return [*await asyncio.gather(*both, return_exceptions=True)]


async def test_two_of_the_same_at_once_are_answered_the_same(engine: AsyncEngine) -> None:
    first, second = await two_of_the_same(engine, locks=True)
    assert told(first) == ["rejected early"]
    assert first == second


async def test_without_the_editions_lock_they_would_be_two(engine: AsyncEngine) -> None:
    first, second = await two_of_the_same(engine, locks=False)
    assert first != second


async def test_deliveries_and_an_import_at_once_lose_and_double_nothing(
    engine: AsyncEngine,
) -> None:
    house = House(engine, locks=True)
    clock = house.clock
    edition = await opened(house, clock, places=12, per_institution=2, mode=Mode.DIRECT)
    importer = Importer(house, clock, edition)
    flow = Flow(house, clock, edition)
    await flow.map()
    rows = [
        Row(n, at(clock, n), f"Person {n}", f"p{n}@example.org", PARTNERS[n % 10])
        for n in range(1, 31)
    ]
    plan = await importer.plan(rows[10:])
    await asyncio.gather(
        *(flow.delivers(row) for row in rows[:20]),
        *(flow.delivers(*rows[n : n + 3]) for n in range(0, 24, 3)),
        importer.commit(plan),
        *(flow.delivers(row) for row in rows[5:15]),
    )
    async with house() as w:
        found = await w.registrations.page(
            edition.id, buckets=None, states=(), after=None, limit=500
        )
        people = await w.persons.of([one.person for one in found])
        assert await w.tallies.reconcile() == []
        placed = {tally.scope: tally.placed for tally in await w.tallies.of(edition.id)}
    assert placed["edition"] == 12
    assert sorted(one.email for one in people.values()) == sorted(row.email for row in rows)
    assert len(found) == len(rows)
    report = await replay_decisions(edition.id, work=house(), caller=officer())
    assert list(report.differences) == []


async def count(engine: AsyncEngine, table: str) -> int:
    async with engine.connect() as connection:
        number = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
    return int(number or 0)


@pytest.mark.slow
async def test_a_delivery_whose_process_is_killed_leaves_nothing_and_is_taken_when_it_comes_again(
    engine: AsyncEngine, database_url: str, data_dir: Path
) -> None:
    house = House(engine, locks=True)
    house.clock = StoryClock(datetime.now(UTC).replace(microsecond=0))
    edition = await opened(house, house.clock, mode=Mode.DIRECT)
    flow = Flow(house, house.clock, edition)
    await flow.map()
    await flow.delivers(Row(1, house.clock.now() - timedelta(minutes=9), "Bo", "b@his.se", "HIS"))
    row = Row(2, house.clock.now() - timedelta(minutes=5), "Ana", "ana@uniovi.es", "UNIOVI")
    given = {
        "edition": str(edition.id), "form": FORM, "secret": str(flow.secret), "number": 2,
        "raw": raw(row),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.adapters.postgres.a_delivering_process", database_url,
        str(data_dir), json.dumps(given), cwd=ROOT, stdout=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"halfway\n"
    again = asyncio.create_task(flow.delivers(row))
    await asyncio.sleep(0.3)
    # The edition is held by the other; half a delivery is never to be seen.
    assert (again.done(), await count(engine, "registration")) == (False, 1)
    process.kill()
    await process.wait()
    first = await again
    assert told(first) == ["create"]
    assert await flow.delivers(row) == first
    for table in ("registration", "person", "form_response", "form_delivery", "response_import"):
        assert await count(engine, table) == 2, table
