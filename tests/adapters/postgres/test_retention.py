"""What only a database shows of retention: every kind carried out, by two at once, in portions."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.ids import new_id
from app.domain.retention.ports import NoMailFiles
from app.domain.retention.rules import DataKind, RetentionPolicy
from app.domain.retention.use_cases import erase_due, list_erasures
from app.ports import Work
from tests.contracts.test_retention import office
from tests.enrolment_builders import a_learner, an_edition
from tests.enrolment_imports import Importer, at
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock

AT_ONCE = RetentionPolicy(dict.fromkeys(DataKind, 0))
"""Everything that is older than this moment."""


class House:
    """Opens units of work on one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.outbox = PostgresOutbox(reactions.NAMES)
        self.clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))

    def __call__(self, caller: Caller = SYSTEM, action: str = "test") -> Work:
        return PostgresWork(self.engine, self.outbox, self.clock, caller, action)

    async def erases(self, portion: int = 100, policy: RetentionPolicy = AT_ONCE) -> dict[str, int]:
        return await erase_due(
            policy=policy, open_work=self, mail=NoMailFiles(), actor="system", clock=self.clock,
            portion=portion,
        )  # fmt: skip

    async def execute(self, statement: str, **values: object) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def count(self, table: str) -> int:
        async with self.engine.connect() as connection:
            return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_what_the_platform_keeps_goes_and_accounts_that_somebody_needs_stay(
    engine: AsyncEngine,
) -> None:
    house = House(engine)
    then = house.clock.now()
    for name in ("nobody", "has-role", "registered"):
        await a_learner(house, name)
    await house.execute(
        "INSERT INTO role_grant SELECT gen_random_uuid(), id, 'teacher', 'UNIOVI', :at, :at, 'x' "
        "FROM account WHERE subject = 'has-role'",
        at=then,
    )
    await house.execute(
        "INSERT INTO person SELECT gen_random_uuid(), id, 'R', 'r@x.eu', 'r@x.eu', 'r', true, "
        "NULL, 'en' FROM account WHERE subject = 'registered'"
    )
    await house.execute("INSERT INTO sent_mail VALUES ('m', NULL, :at)", at=then)
    await house.execute(
        "INSERT INTO idempotency_record VALUES ('k', 'f', 200, '{}', 'Ana', :at)", at=then
    )
    async with house() as w:
        job = await w.jobs.start("plan_import", {})
        await w.jobs.start("plan_import", {})
    await house.execute("UPDATE job SET finished_at = :at WHERE id = :id", at=then, id=job.id)
    await house.execute("INSERT INTO job_item VALUES (:id, 'k', 'done', 'x', '{}')", id=job.id)
    house.clock.move(timedelta(seconds=1))
    assert await house.erases() == {"accounts": 1, "jobs": 2, "kept_answers": 1, "mail_log": 1}
    assert [await house.count(t) for t in ("account", "job", "job_item")] == [2, 1, 0]
    assert await house.erases() == {}


async def test_two_workers_at_once_erase_everything_once(engine: AsyncEngine) -> None:
    house = House(engine)
    edition = an_edition(house.clock.now())
    async with house() as w:
        await w.editions.add(edition)
        opening = await w.editions.get(edition.id)
        opening.open(house.clock.now(), None)
        await w.editions.save(opening)
    importer = Importer(house, house.clock, edition)
    await importer.map()
    await importer.take(
        [
            Row(n, at(house.clock, n), f"Person {n}", f"p{n}@example.org", "HIS")
            for n in range(1, 41)
        ]
    )
    house.clock.move(timedelta(days=400))
    both = await asyncio.gather(house.erases(portion=7), house.erases(portion=7))
    assert sum(one.get("not_placed", 0) for one in both) == 80
    # 40 rows, 40 answers and the file.
    assert sum(one.get("imports", 0) for one in both) == 81
    found = await list_erasures(
        kind=None, before=None, limit=999, work=house(), caller=office(house.clock)
    )
    told = {"not_placed": 0, "imports": 0}
    for record in found:
        if record.kind in told:
            told[record.kind] += sum(record.counts.values())
        assert max(record.counts.values()) <= 7
    assert told == {"not_placed": 80, "imports": 81}
    assert await house.erases() == {}


async def test_records_of_erasures_can_neither_be_changed_nor_removed(engine: AsyncEngine) -> None:
    house = House(engine)
    identifier: UUID = new_id()
    await house.execute(
        "INSERT INTO erasure_record VALUES (:id, :at, 'links', '{}', 'system')",
        id=identifier, at=house.clock.now(),
    )  # fmt: skip
    for statement in ("UPDATE erasure_record SET kind = 'x'", "DELETE FROM erasure_record"):
        with pytest.raises(DBAPIError, match="append-only"):
            await house.execute(statement)
