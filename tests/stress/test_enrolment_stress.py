"""Thousands of registrations, cancellations, contests, cap changes and imports by several
processes, of which some are killed and some lose their connections: what stands in the end holds.

`MC_STRESS_EVENTS=20000` makes the story as long as one likes; without it, it is short.
"""

import asyncio
import os
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter, defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.mapping import Answer
from app.domain.enrolment.use_cases.imports import map_form
from app.domain.enrolment.use_cases.lists import replay_decisions
from tests.adapters.postgres.test_enrolment_at_once import (
    CLOCK,
    House,
    opened,
    take_the_constraints_away,
    take_the_lock_out_of_the_function,
    wide,
)
from tests.enrolment_builders import officer
from tests.enrolment_imports import FORM
from tests.forms_workbooks import mapping_questions
from tests.stress.an_actor import is_act

__all__ = ["wide"]

ROOT = Path(__file__).parents[2]
EVENTS = int(os.environ.get("MC_STRESS_EVENTS") or 240)
PROCESSES = 3


@dataclass
class Told:
    """What the processes said they had done."""

    lines: Counter[str] = field(default_factory=Counter)
    registered: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        self.more.set()
        self.lines[f"{word} {rest}" if word == "refused" else word] += 1
        if word == "registered":
            self.registered.add(rest)
        if word == "cancelled":
            self.cancelled.add(rest)

    @property
    def events(self) -> int:
        """Things that were done; what was refused or cut off is not among them."""
        return sum(number for line, number in self.lines.items() if is_act(line))


class Crowd:
    """Keeps so many actors and one worker running, until all events have happened."""

    def __init__(self, url: str, edition: UUID, data_dir: Path, *, locked: bool = True) -> None:
        self.url = url
        self.edition = edition
        self.data_dir = data_dir
        self.locked = locked
        self.told = Told()
        self.seed = 0
        self.kills: Counter[str] = Counter()
        self.running: list[Process] = []
        self.tasks: list[asyncio.Task[None]] = []
        data_dir.mkdir(parents=True, exist_ok=True)
        self.errors = (data_dir / "errors").open("ab")

    async def act(self, events: int) -> None:
        await asyncio.gather(*(self._one(events // PROCESSES) for _ in range(PROCESSES)))

    async def _one(self, events: int) -> None:
        """One actor; when it is killed, another does the rest."""
        left = events
        while left > 0:
            self.seed += 1
            process = await self._started(
                "tests.stress.an_actor", self.url, str(self.edition), str(self.seed), str(left),
                "locked" if self.locked else "unlocked",
            )  # fmt: skip
            assert process.stdout is not None
            async for line in process.stdout:
                told = line.decode().strip()
                self.told.take(told)
                left -= is_act(told)
            code = await process.wait()
            self.running.remove(process)
            assert code in (0, -9), (self.data_dir / "errors").read_text()[-3000:]

    async def __aenter__(self) -> "Crowd":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave nothing behind."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for process in self.running:
            process.kill()
            await process.wait()
        self.errors.close()

    def meanwhile(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Something that goes on until the end."""
        task = asyncio.create_task(doing)
        self.tasks.append(task)
        return task

    async def show(self) -> None:
        """Say how far it is, for those who wait for twenty thousand events."""
        while True:
            await asyncio.sleep(5)
            print(f"{self.told.events} {dict(self.told.lines)} killed {dict(self.kills)}")

    async def work(self) -> None:
        """One worker; when it is killed, another takes over."""
        while True:
            process = await self._started("app", "worker", worker=True)
            try:
                await process.wait()
            except asyncio.CancelledError:
                process.kill()
                await process.wait()
                raise
            finally:
                self.running.remove(process)

    async def kill(self, engine: AsyncEngine) -> None:
        """Now and then end a process or a connection, whichever it hits."""
        chance = random.Random(7)  # a story, not a secret
        while True:
            # By events and not by the clock, so that slow machines get something done as well.
            following = self.told.events + chance.uniform(0.3, 1) * max(25, EVENTS / 150)
            while self.told.events < following:
                self.told.more.clear()
                await self.told.more.wait()
            if chance.random() < 0.6:
                async with engine.connect() as connection:
                    await connection.execute(
                        text(
                            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM "
                            "pg_stat_activity WHERE datname = current_database() "
                            "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) AS one"
                        )
                    )
                self.kills["connection"] += 1
            elif self.running:
                chance.choice(self.running).kill()
                self.kills["process"] += 1

    async def _started(self, module: str, *arguments: str, worker: bool = False) -> Process:
        more = {"DATABASE_URL": self.url, "MC_DATA_DIR": str(self.data_dir)} if worker else {}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-m", module, *arguments,
            cwd=ROOT, stdout=PIPE, stderr=self.errors, env={**os.environ, **more},
        )  # fmt: skip
        self.running.append(process)
        return process


@dataclass
class Seats:
    """What the rows say, told by nothing but SQL and plain counting."""

    places: int
    per_institution: int
    placed: Counter[str]
    waiting: list[str]
    """Buckets of those who wait, in order of rank."""
    doubles: int
    known: dict[str, str]

    @property
    def broken(self) -> list[str]:
        found = []
        if self.placed.total() > self.places:
            found.append(f"{self.placed.total()} places of {self.places}")
        found += [
            f"{bucket} has {n} of {self.per_institution}"
            for bucket, n in self.placed.items()
            if n > self.per_institution
        ]
        if self.doubles:
            found.append(f"{self.doubles} people twice")
        if self.placed.total() < self.places:
            beside = {b for b in self.waiting if self.placed[b] < self.per_institution}
            found += [f"{bucket} waits beside a free place" for bucket in sorted(beside)]
        return found


async def seats(engine: AsyncEngine, edition: Edition) -> Seats:
    async with engine.connect() as connection:
        rows = (
            await connection.execute(
                text(
                    "SELECT id, person, state, bucket FROM registration WHERE edition = :e "
                    "ORDER BY received_at"
                ),
                {"e": edition.id},
            )
        ).all()
    live: dict[UUID, int] = defaultdict(int)
    for row in rows:
        live[row.person] += row.state in ("placed", "waiting", "needs_decision")
    [rule] = edition.quota.rules
    return Seats(
        places=edition.quota.places,
        per_institution=rule.max or 0,
        placed=Counter(row.bucket for row in rows if row.state == "placed"),
        waiting=[row.bucket for row in rows if row.state == "waiting"],
        doubles=sum(count > 1 for count in live.values()),
        known={str(row.id): row.state for row in rows},
    )


@pytest.fixture
async def edition(wide: AsyncEngine) -> Edition:
    house = House(wide)
    made = await opened(house)
    await map_form(
        made.id, FORM, "Europe/Madrid",
        {question: Answer(answer) for question, answer in mapping_questions().items()},
        work=house(), caller=officer(), clock=CLOCK,
    )  # fmt: skip
    return made


async def drained(engine: AsyncEngine) -> None:
    """Wait until every import has been carried out or refused."""
    while True:
        async with engine.connect() as connection:
            open_jobs = await connection.scalar(
                text("SELECT count(*) FROM job WHERE state IN ('queued', 'running')")
            )
        if not open_jobs:
            return
        await asyncio.sleep(0.2)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_whatever_is_killed_no_cap_breaks_and_nobody_is_lost(
    wide: AsyncEngine,
    database_url: str,
    data_dir: Path,
    edition: Edition,
) -> None:
    async with Crowd(database_url, edition.id, data_dir) as crowd:
        crowd.meanwhile(crowd.work())
        crowd.meanwhile(crowd.show())
        killer = crowd.meanwhile(crowd.kill(wide))
        await crowd.act(EVENTS)
        killer.cancel()
        await drained(wide)
    print(f"\n{crowd.told.events} events {dict(crowd.told.lines)}, killed {dict(crowd.kills)}")

    house = House(wide)
    async with house() as w:
        now = await w.editions.read(edition.id)
        assert await w.tallies.reconcile(edition.id) == []
    found = await seats(wide, now)
    assert found.broken == []
    # What somebody was told stands: no registration is gone, no cancellation undone.
    assert crowd.told.registered <= set(found.known)
    assert {found.known[one] for one in crowd.told.cancelled} <= {"cancelled"}
    report = await replay_decisions(edition.id, work=house(), caller=officer())
    assert list(report.differences) == []
    assert report.replay.decisions == now.last_decision
    assert crowd.told.events >= EVENTS // PROCESSES * PROCESSES
    assert crowd.kills.total() > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_without_the_lock_the_same_crowd_breaks_what_it_held(
    wide: AsyncEngine, database_url: str, data_dir: Path, edition: Edition
) -> None:
    """This test exists to show that the one above would notice. Without the constraints as well:
    they hold the caps when the lock fails, which is what they are for."""
    await take_the_constraints_away(wide)
    await take_the_lock_out_of_the_function(wide)
    async with Crowd(database_url, edition.id, data_dir, locked=False) as crowd:
        await crowd.act(240)
    house = House(wide)
    async with house() as w:
        now = await w.editions.read(edition.id)
    found = await seats(wide, now)
    assert found.broken != []
