"""Plans that are carried out as they were kept come to what judging anew comes to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.embedded import EmbeddedPostgres
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.enrolment.carrying_out import tell_received_by_import
from app.domain.enrolment.forms.imports import ImportRow, ResponseImport
from app.domain.enrolment.forms.responses import Export
from app.domain.enrolment.use_cases.commit import take_back_import
from app.ports import Work
from tests.enrolment_builders import LIKENESS, opened, registers
from tests.enrolment_imports import GivenRows, Importer, at, verdicts
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock

EVERYTHING = """
SELECT r.state, r.reason, r.received_at, r.source, r.form, r.response, r.rank, r.stated,
       r.affiliation_kind, r.affiliation_name, r.bucket, r.privacy_notice_at, r.answers_at,
       r.created_at, r.warnings, r.identity_decided, r.decision_seq, r.pending, r.ended_at,
       r.claim_state, r.claim_institution, r.claim_at, r.claim_by, r.claim_reason, r.consents,
       r.data_confirmed_at, r.version, r.registered_by = 'import:' || r.imported_by AS by_it,
       to_jsonb(p) - 'id' AS person, f.form, f.number, f.received_at, f.answers, f.answers_at,
       f.other_time, f.brought_by = r.imported_by AS brought_by_it
  FROM registration r
  JOIN person p ON p.id = r.person
  LEFT JOIN form_response f ON f.registration = r.id
 ORDER BY r.rank, f.number
"""

ROWS_READ = """
SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'import_row'
"""


class Reads(GivenRows):
    """Counts how often a file is read."""

    times = 0

    def read(self, content: bytes, filename: str) -> Export:
        self.times += 1
        return super().read(content, filename)


class Office:
    """An officer on a database of their own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))
        self.outbox = PostgresOutbox(reactions.NAMES)

    def work(self, caller: Caller = SYSTEM, action: str = "test") -> Work:
        return PostgresWork(self.engine, self.outbox, self.clock, caller, action)

    async def importer(self) -> Importer:
        edition = await opened(self.work, self.clock, places=4, per_institution=2)
        importer = Importer(self.work, self.clock, edition)
        importer.given = Reads()
        importer.tools = type(importer.tools)(
            importer.given, importer.tools.names, LIKENESS, asyncio.to_thread
        )
        await importer.map()
        return importer

    async def ask(self, query: str, **given: Any) -> Sequence[Any]:
        async with self.engine.begin() as connection:
            found = await connection.execute(text(query), given)
            return [tuple(row) for row in found] if found.returns_rows else ()


@pytest.fixture
def office(engine: AsyncEngine) -> Office:
    return Office(engine)


@pytest.fixture
async def offices(server: EmbeddedPostgres, template: str) -> AsyncIterator[list[Office]]:
    names = ["kept_plan_once", "kept_plan_anew"]
    engines = []
    for name in names:
        server.create_database(name, template=template)
        engines.append(make_engine(server.url(database=name), pool_size=3))
    yield [Office(engine) for engine in engines]
    for engine in engines:
        await engine.dispose()
    for name in names:
        server.drop_database(name)


def a_motley_file(clock: StoryClock) -> list[Row]:
    """Of everything something; more than twenty rows, so that they are copied."""
    many = [
        Row(100 + n, at(clock, 100 + n), f"Person number {n}", f"p{n}@example.org", "UDA", "Sweden")
        for n in range(25)
    ]
    return [
        Row(1, at(clock, 1), "Ana Gil", "ana@uniovi.es", "UNIOVI", consent="no"),
        Row(2, at(clock, 3), "Ana Gil", "ANA@uniovi.es", "UNIOVI", consent="yes"),
        Row(3, at(clock, 2), "Bo Berg", "bo@example.org", "HKA", "Spain", at(clock, 9), "yes"),
        Row(4, at(clock, 4), "Bo  Berg", "bo2@example.org", "HKA"),
        Row(5, at(clock, 5), "Eva Ek", "family@example.org", "Ateneo Nuovo", "Italia"),
        Row(6, at(clock, 6), "Leo Ek", "family@example.org", "freelance", "nowhere"),
        Row(7, at(clock, 7), "Cleo Ruiz", "cleo@hs-karlsruhe.de", "UNIOVI", ""),
        Row(8, at(clock, 8), "Dan Oviedo", "dan@example.org", "Uni Oviedo"),
        Row(9, at(clock, -9), "Too Early", "early@example.org", "UNIOVI"),
        Row(10, None, "No Time", "time@example.org", "UNIOVI"),
        Row(11, at(clock, 11), "No Address", "nowhere", "UNIOVI"),
        Row(1, at(clock, 12), "Ana Gil", "ana@uniovi.es", "UNIOVI"),
        Row(13, at(clock, 13), "=1+1", "formula@example.org", "UDA"),
        *many,
    ]


def shown(rows: Sequence[ImportRow]) -> list[Any]:
    """Everything of the rows but identifiers."""
    return [
        (row.row, row.response, row.verdict, row.reason, row.full_name, row.email, row.stated,
         row.received_at, row.institution, row.registration is None, row.same_as_row, row.standing,
         row.suggestions, row.warnings, row.planned)
        for row in rows
    ]  # fmt: skip


async def forget_the_mark(office: Office, planned: ResponseImport) -> None:
    await office.ask("UPDATE response_import SET mark = NULL WHERE id = :id", id=planned.id)


async def test_what_was_kept_comes_to_what_judging_anew_comes_to(offices: list[Office]) -> None:
    came_to = []
    for office, reads in zip(offices, (1, 2), strict=True):
        # Somebody known from another edition, who reads another language now.
        before = await office.importer()
        await before.take(
            [Row(1, at(office.clock, 1), "Bo Berg", "bo@example.org", "UDA", "Italy")]
        )
        importer = await office.importer()
        importer.asks_consent = True
        await importer.map()
        planned = await importer.plan(a_motley_file(office.clock))
        if reads == 2:
            await forget_the_mark(office, planned)
        assert planned.mark is not None
        dry = await importer.rows(planned)
        assert isinstance(importer.given, Reads)
        done = await importer.commit(planned)
        assert importer.given.times == reads
        async with office.work() as w:
            assert await w.tallies.reconcile() == []
            tallies = await w.tallies.of(importer.edition.id)
        rows = await importer.rows(done)
        assert {row.registration for row in dry} == {None}
        came_to.append(
            (
                dict(done.counts),
                done.differing,
                shown(dry),
                shown(rows),
                await importer.standing(),
                tallies,
                await office.ask(EVERYTHING),
                await office.ask(
                    "SELECT to_jsonb(p) - 'id' FROM person p ORDER BY email, name_key"
                ),
            )
        )
    for kept, anew in zip(*came_to, strict=True):
        assert kept == anew


async def test_a_second_file_of_a_growing_form_is_carried_out_as_kept(
    office: Office,
) -> None:
    clock = office.clock
    importer = await office.importer()
    first = Row(1, at(clock, 1), "Ana Gil", "ana@uniovi.es", "UNIOVI")
    second = Row(2, at(clock, 2), "Bo Berg", "bo@example.org", "HKA")
    await importer.take([first])
    rows = await importer.take([first, second])
    assert verdicts(rows) == ["unchanged", "create"]
    assert [name for name, *_ in await importer.standing()] == ["Ana Gil", "Bo Berg"]
    assert isinstance(importer.given, Reads)
    assert importer.given.times == 2


async def test_a_later_import_costs_by_its_rows_while_statistics_know_only_earlier_ones(
    office: Office,
) -> None:
    clock, many = office.clock, 300
    importer = await office.importer()

    def rows(of: int) -> list[Row]:
        return [
            Row(n, at(clock, n), f"{uuid5(NAMESPACE_OID, str(n))}", f"p{n}@example.org", "UDA")
            for n in range(of * many + 1, of * many + many + 1)
        ]

    await importer.take(rows(0))
    await office.ask("ANALYZE import_row")
    planned = await importer.plan(rows(1))
    async with office.work() as work:
        assert isinstance(work, PostgresWork)
        edition = await work.editions.get(importer.edition.id)
        found = await work.imports.get(planned.id)
        before = await work.connection.scalar(text(ROWS_READ))
        assert await work.kept_plans.carry_out(found, edition, clock.now()) == many
        read = await work.connection.scalar(text(ROWS_READ)) - before
    # Each row some times, and not once for every other: that would be 90,000.
    assert many <= read < 20 * many


CHANGES = {
    "somebody of the edition": "UPDATE registration SET version = version + 1",
    "a person of the edition": "UPDATE person SET country = 'PT' WHERE full_name = 'Known Already'",
    "a response": "UPDATE form_response SET other_time = now()",
    "somebody of the file, elsewhere":
        "INSERT INTO person"
        " (id, full_name, email, email_folded, name_key, email_verified, language) VALUES"
        " (gen_random_uuid(), 'Ana Gil', 'ana@uniovi.es', 'ana@uniovi.es', 'ana gil', false, 'en')",
    "a partner": "UPDATE institution SET mail_domains = '[]' WHERE code = 'UNIOVI'",
    "somebody erased from the file": "DELETE FROM import_row WHERE email = 'bo@example.org'",
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_whatever_a_plan_was_made_from_has_it_made_anew(office: Office, change: str) -> None:
    clock = office.clock
    importer = await office.importer()
    await importer.take([Row(9, at(clock, 9), "Known Already", "known@example.org", "UDA")])
    planned = await importer.plan(
        [
            Row(1, at(clock, 1), "Ana Gil", "ana@uniovi.es", "UNIOVI"),
            Row(2, at(clock, 2), "Bo Berg", "bo@example.org", "HKA"),
        ]
    )
    await office.ask(change)
    done = await importer.commit(planned)
    assert isinstance(importer.given, Reads)
    assert importer.given.times == 3
    assert done.counts == {"create": 2}
    assert len(await importer.standing()) == 3


async def test_who_registers_meanwhile_is_seen(office: Office) -> None:
    clock = office.clock
    importer = await office.importer()
    row = Row(1, at(clock, 1), "Ana Gil", "ana@uniovi.es", "UNIOVI")
    planned = await importer.plan([row])
    await registers(office.work, clock, importer.edition, "bo")
    await importer.commit(planned)
    (reported,) = await importer.rows(planned)
    assert reported.standing is not None
    assert reported.standing.position == 1
    assert len(await importer.standing()) == 2


async def test_everybody_is_told_of_once_the_import_is_there_and_nobody_of_one_taken_back(
    office: Office,
) -> None:
    importer = await office.importer()
    done = await importer.commit(await importer.plan(a_motley_file(office.clock)))
    jobs = "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'event' FROM pgqueuer ORDER BY 1"
    told = [event for (event,) in await office.ask(jobs)]
    assert told.count("ResponsesImported") == 1
    assert told.count("RegistrationReceived") == 0
    await tell_received_by_import(done.id, importer.edition.id, work=office.work())
    told = [event for (event,) in await office.ask(jobs)]
    live = await office.ask("SELECT count(*) FROM registration")
    assert told.count("RegistrationReceived") == live[0][0] > 25
    await take_back_import(
        importer.edition.id, done.id, likeness=LIKENESS, work=office.work(importer.officer),
        caller=importer.officer, clock=office.clock,
    )  # fmt: skip
    await office.ask("DELETE FROM pgqueuer")
    await tell_received_by_import(done.id, importer.edition.id, work=office.work())
    assert await office.ask(jobs) == []


async def test_a_file_in_which_somebody_states_two_institutions_is_judged_anew(
    office: Office,
) -> None:
    importer = await office.importer()
    planned = await importer.plan(
        [
            Row(1, at(office.clock, 1), "Ana Gil", "ana@uniovi.es", "UNIOVI"),
            Row(2, at(office.clock, 2), "Ana Gil", "ana@uniovi.es", "HKA"),
        ]
    )
    assert planned.mark is None
    await importer.commit(planned)
    assert [(name, at_) for name, at_, _ in await importer.standing()] == [("Ana Gil", "UNIOVI")]
