"""The short way of registering decides as the general way does, and leaves the same behind."""

import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.embedded import EmbeddedPostgres
from app.adapters.memory.enrolment_registrations import MemoryDirectRegistrations
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.enrolment_direct import PostgresDirectRegistrations
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.enrolment.changing import EditionChanges
from app.domain.enrolment.direct import Claim, Claimed
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import EditionNotFound, RegistrationInvalid
from app.domain.enrolment.quota import PER_INSTITUTION, Quota, QuotaRule, institution_scope
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.editions import edit_edition, open_edition
from app.domain.enrolment.use_cases.lists import replay_decisions
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import cancel_registration
from app.domain.errors import DomainError
from app.ports import Work
from tests.enrolment_builders import LIKENESS, PARTNERS, a_learner, a_request, an_edition, officer
from tests.memory_ports import StoryClock


@pytest.fixture
async def second_engine(server: EmbeddedPostgres, template: str) -> AsyncIterator[AsyncEngine]:
    """Another fresh database."""
    name = "second_of_enrolment"
    server.create_database(name, template=template)
    made = make_engine(server.url(database=name), pool_size=5)
    yield made
    await made.dispose()
    server.drop_database(name)


SHORT: list[bool] = []
"""Whether each registration since the last look went the short way to its end."""


class _Watched(PostgresDirectRegistrations):
    async def claim(self, claim: Claim) -> Claimed | None:
        found = await super().claim(claim)
        SHORT.append(found is not None)
        return found


class _ShortWork(PostgresWork):
    @property
    def direct(self) -> PostgresDirectRegistrations:
        return _Watched(self)


class _GeneralWork(PostgresWork):
    @property
    def direct(self) -> Any:
        return MemoryDirectRegistrations()


class House:
    """Units of work on one database, which register in one of the two ways."""

    def __init__(self, engine: AsyncEngine, kind: type[PostgresWork]) -> None:
        self.engine = engine
        self.kind = kind
        self.clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))
        self.outbox = PostgresOutbox(reactions.NAMES)

    def __call__(self, caller: Caller = SYSTEM, action: str = "test") -> Work:
        return self.kind(self.engine, self.outbox, self.clock, caller, action)

    async def opens(self, **changes: Any) -> Edition:
        edition = an_edition(self.clock.now(), **{"mode": Mode.DIRECT, **changes})
        async with self() as w:
            await w.editions.add(edition)
        return await open_edition(edition.id, 1, work=self(), caller=officer(), clock=self.clock)

    async def registers(self, edition: UUID, name: str, **given: Any) -> str:
        """State and reason, or what was refused."""
        self.clock.move(timedelta(seconds=1))
        caller = await a_learner(self, given.pop("account", name))
        request = a_request(name, given.pop("institution", "UNIOVI"), **given)
        try:
            view, is_new = await register(
                edition,
                request,
                work=self(caller, "register"),
                caller=caller,
                clock=self.clock,
                likeness=LIKENESS,
            )
        except DomainError as refused:
            return refused.code
        again = "" if is_new else " again"
        person = view.person
        return (
            f"{view.registration.state} {view.reason} {view.registration.decision_seq} "
            f"{view.registration.warnings} {person.email_verified} {person.country}{again}"
        )

    async def leaves(self, edition: UUID, nth: int) -> None:
        self.clock.move(timedelta(seconds=1))
        async with self() as w:
            found = await w.registrations.page(
                edition, buckets=None, states=(State.PLACED,), after=None, limit=99
            )
        if found:
            one = found[nth % len(found)]
            await cancel_registration(
                one.id, one.version, work=self(), caller=officer(), clock=self.clock
            )


SILENT = ("id", "person", "edition", "registration", "registered_by", "actor", "subject", "rank",
          "account", "trace_id")  # fmt: skip


async def left_behind(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Every row of every table that a registration touches, but for identifiers."""
    found: dict[str, list[Any]] = {}
    async with engine.connect() as connection:
        for table, order in (
            ("registration", "received_at"),
            ("person", "email, full_name, email_verified, country"),
            ("place_tally", "scope"),
            ("allocation_decision", "seq"),
            ("audit_record", "id"),
            ("edition", "code"),
        ):
            rows = await connection.execute(
                text(f"SELECT to_jsonb(t) AS row FROM {table} t ORDER BY {order}")
            )
            found[table] = [
                {k: v for k, v in row.row.items() if k not in (*SILENT, "code", "proposal")}
                for row in rows
            ]
        jobs = await connection.execute(
            text(
                "SELECT q.priority, q.entrypoint, q.payload, q.status::text, q.headers, q.attempts,"
                " q.execute_after <= now() AS due, l.status::text AS logged, l.entrypoint AS by"
                " FROM pgqueuer q JOIN pgqueuer_log l ON l.job_id = q.id ORDER BY q.id"
            )
        )
        found["jobs"] = [
            {**row._mapping, "payload": _without_ids(bytes(row.payload))} for row in jobs
        ]
    return found


def _without_ids(payload: bytes) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(payload)
    read["fields"] = {k: v for k, v in read["fields"].items() if k not in ("subject", "edition")}
    return read


def story(seed: int) -> Sequence[tuple[str, Any]]:
    """Mostly people of few partners, some of them twice, and some who leave."""
    chance = random.Random(seed)
    steps: list[tuple[str, Any]] = []
    for number in range(60):
        if number and chance.random() < 0.15:
            steps.append(("leave", chance.randrange(50)))
            continue
        name = f"n{chance.randrange(45)}"
        given: dict[str, Any] = {"institution": chance.choice(PARTNERS[:4])}
        if chance.random() < 0.1:
            given["institution"] = "EXT:Town Hall"
        if chance.random() < 0.2:
            given["country"] = chance.choice(["ES", "SE"])
        if chance.random() < 0.1:
            given["account"] = f"n{chance.randrange(45)}"
        steps.append(("register", (name, given)))
    return steps


async def lives(house: House, seed: int) -> tuple[list[str], dict[str, list[Any]]]:
    edition = await house.opens(places=9, per_institution=4)
    told = []
    for what, how in story(seed):
        if what == "leave":
            await house.leaves(edition.id, how)
        else:
            name, given = how
            told.append(await house.registers(edition.id, name, **given))
    report = await replay_decisions(edition.id, work=house(), caller=officer())
    assert list(report.differences) == []
    return told, await left_behind(house.engine)


@pytest.mark.parametrize("seed", range(3))
async def test_both_ways_tell_and_leave_the_same(
    engine: AsyncEngine, second_engine: AsyncEngine, seed: int
) -> None:
    SHORT.clear()
    short = await lives(House(engine, _ShortWork), seed)
    general = await lives(House(second_engine, _GeneralWork), seed)
    assert short[0] == general[0]
    for table, rows in general[1].items():
        assert short[1][table] == rows, table
    # The comparison would be empty if everybody went the general way.
    assert SHORT.count(True) > 15


async def test_what_needs_a_second_look_goes_the_general_way(engine: AsyncEngine) -> None:
    house = House(engine, _ShortWork)
    edition = await house.opens(places=5, per_institution=2)
    assert (await house.registers(edition.id, "first")).startswith("placed")
    SHORT.clear()
    assert (await house.registers(edition.id, "second")).startswith("placed")
    assert SHORT == [True]
    # Registered already.
    assert (await house.registers(edition.id, "second")).endswith("again")
    # No counts of this institution yet.
    assert (await house.registers(edition.id, "third", institution="HKA")).startswith("placed")
    # Perhaps somebody who is registered: the name of the first, another address that is not proven.
    doubtful = await house.registers(edition.id, "first", account="somebody", institution="UNIOVI")
    # Decided like any other, so that nobody learns from the answer who is registered.
    assert doubtful.startswith("waiting quota")
    assert await house.registers(edition.id, "x", institution="NOWHERE") == RegistrationInvalid.code
    assert await house.registers(UUID(int=0), "y") == EditionNotFound.code
    assert SHORT == [True, False, False, False, False, False]


async def test_reserves_a_cut_off_and_provisional_lists_go_the_general_way(
    engine: AsyncEngine,
) -> None:
    house = House(engine, _ShortWork)
    held = await house.opens(
        quota=Quota(
            3, (QuotaRule(PER_INSTITUTION, max=3), QuotaRule(institution_scope("HIS"), min=1))
        )
    )
    told = [await house.registers(held.id, f"a{n}") for n in range(3)]
    assert [t.split()[1] for t in told] == ["in_order", "in_order", "reserved"]
    cut = await house.opens(places=9)
    await house.registers(cut.id, "b0")
    await edit_edition(
        cut.id, 2, EditionChanges({"quota": Quota(9, giving=False)}, "full enough"),
        work=house(), caller=officer(), clock=house.clock,
    )  # fmt: skip
    assert (await house.registers(cut.id, "b1")).startswith("waiting cut_off")
    provisional = await house.opens(mode=Mode.PROVISIONAL)
    for name in ("c0", "c1"):
        assert (await house.registers(provisional.id, name)).startswith("waiting provisional")


async def test_a_change_of_the_edition_shows_in_the_next_answer(engine: AsyncEngine) -> None:
    house = House(engine, _ShortWork)
    edition = await house.opens(places=2, per_institution=2)
    for name in ("a", "b"):
        await house.registers(edition.id, name)
    assert (await house.registers(edition.id, "c")).startswith("waiting quota")
    await edit_edition(
        edition.id, 2, EditionChanges({"quota": Quota(4)}, "a larger room"), work=house(),
        caller=officer(), clock=house.clock,
    )  # fmt: skip
    SHORT.clear()
    caller = await a_learner(house, "d")
    view, _ = await register(
        edition.id, a_request("d"), work=house(caller), caller=caller, clock=house.clock,
        likeness=LIKENESS,
    )  # fmt: skip
    assert (SHORT, view.registration.state, view.edition.version) == ([True], "placed", 3)
    assert view.edition.quota == Quota(4)


async def test_one_registration_touches_as_many_rows_behind_a_long_queue_as_behind_none(
    engine: AsyncEngine,
) -> None:
    house = House(engine, _ShortWork)
    edition = await house.opens(places=1, per_institution=1)
    await house.registers(edition.id, "first")
    await house.registers(edition.id, "second")

    async def touched(name: str) -> dict[str, int]:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_stat_force_next_flush()"))
        before = await _written(engine)
        SHORT.clear()
        assert (await house.registers(edition.id, name)).startswith("waiting")
        assert SHORT == [True]
        after = await _written(engine)
        return {
            table: after[table] - before[table] for table in after if after[table] != before[table]
        }

    empty = await touched("third")
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO person (id, full_name, email, email_folded, name_key, email_verified,"
                " language) SELECT gen_random_uuid(), 'W ' || n, n || '@w.example',"
                " n || '@w.example', n || ' w', true, 'en' FROM generate_series(1, 3000) n"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO registration (id, edition, person, state, reason, received_at, source,"
                " rank, stated, affiliation_kind, affiliation_name, bucket, registered_by,"
                " privacy_notice_at, answers_at, created_at, warnings, identity_decided, version)"
                " SELECT gen_random_uuid(), :e, id, 'waiting', 'quota', now(), 'api', email,"
                " 'UNIOVI', 'partner', 'UNIOVI', 'UNIOVI', 'x', now(), now(), now(), '[]', false, 1"
                " FROM person WHERE email LIKE '%@w.example'"
            ),
            {"e": edition.id},
        )
        await connection.execute(
            text("UPDATE place_tally SET waiting = waiting + 3000 WHERE edition = :e"),
            {"e": edition.id},
        )
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))
    assert await touched("fourth") == empty


async def _written(engine: AsyncEngine) -> dict[str, int]:
    """Rows read and written so far, by table."""
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_stat_force_next_flush()"))
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS rows FROM pg_stat_user_tables"
            )
        )
        return {row.relname: row.rows for row in rows}
