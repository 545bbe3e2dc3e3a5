"""What the stores of results, credential data, links and the log of mail promise."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app import reactions
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.tables.base import personal_columns
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.ids import new_id
from app.domain.results.credential_data import LegalIdentity
from app.domain.results.errors import LinkNotFound, StaleCredentialData, StaleResult
from app.domain.results.grading import Outcome
from app.domain.results.identity import IdentityCheck, IdentityEvidence
from app.domain.results.links import Link
from app.domain.results.ports import Participant
from app.domain.results.result import Decision, Grade, Grading, Result, ResultState
from tests.contracts.conftest import OpenWork
from tests.memory_ports import StoryClock

TEACHER, CONFIRMER = uuid4(), uuid4()
WEEK = timedelta(days=7)
PASSED = Grading(
    (
        Grade("A1", "8", date(2027, 6, 1), IdentityEvidence(IdentityCheck.DOCUMENT_SEEN, True)),
        Grade("A2", "7", date(2027, 6, 30)),
    ),
    "7.5",
    Outcome.PASSED,
)


def participant(edition=None) -> Participant:
    return Participant(
        uuid4(), edition or uuid4(), "placed", "UNIOVI", None, "Ana Núñez", "ana@example.org"
    )


def seen(result: Result) -> dict[str, object]:
    return {name: value for name, value in vars(result).items() if name != "_events"}


async def test_what_nobody_has_entered_is_a_result_of_version_0(work: OpenWork):
    ana = participant()
    async with work() as w:
        result = await w.results.get(ana)
        assert (result.version, result.state) == (0, ResultState.NONE)
        assert await w.results.of_edition(ana.edition, lock=False) == []


async def test_a_result_comes_back_as_it_was_kept(work: OpenWork, clock: StoryClock):
    ana = participant()
    async with work() as w:
        result = await w.results.get(ana)
        result.record(PASSED, by=TEACHER, at=clock.now())
        result.confirm(by=CONFIRMER, at=clock.now(), window=WEEK)
        result.object_to("Ñ?", objection=uuid4(), at=clock.now())
        result.decide_objection(Decision.REJECTED, "No.", by=CONFIRMER, at=clock.now())
        result.accept(at=clock.now())
        await w.results.save(result)
    async with work() as w:
        kept = await w.results.read(ana)
    assert seen(kept) == seen(result)
    assert kept.version == 1


async def test_a_result_that_was_never_saved_stays_as_it_was(work: OpenWork, clock: StoryClock):
    ana = participant()
    async with work() as w:
        result = await w.results.get(ana)
        result.record(PASSED, by=TEACHER, at=clock.now())
    async with work() as w:
        assert (await w.results.read(ana)).version == 0


async def test_each_saving_is_one_version_more(work: OpenWork, clock: StoryClock):
    ana = participant()
    for expected in (1, 2):
        async with work() as w:
            result = await w.results.get(ana)
            result.record(replace(PASSED, grade=str(expected)), by=TEACHER, at=clock.now())
            await w.results.save(result)
        assert result.version == expected


async def test_two_first_results_at_once_are_one_result_and_one_refusal(
    work: OpenWork, clock: StoryClock
):
    ana = participant()

    async def enter() -> str:
        try:
            async with work() as w:
                result = Result(ana.registration, ana.edition)
                result.record(PASSED, by=TEACHER, at=clock.now())
                await w.results.save(result)
        except StaleResult:
            return "refused"
        return "kept"

    assert sorted(await asyncio.gather(enter(), enter())) == ["kept", "refused"]


async def test_who_loads_a_result_for_change_keeps_others_waiting(
    work: OpenWork, clock: StoryClock
):
    ana = participant()
    async with work() as w:
        result = await w.results.get(ana)
        result.record(PASSED, by=TEACHER, at=clock.now())
        await w.results.save(result)
    order = []

    async def hold(name: str, wait: float) -> None:
        async with work() as w:
            await w.results.get(ana)
            order.append(f"{name} has it")
            await asyncio.sleep(wait)
            order.append(f"{name} lets go")

    await asyncio.gather(hold("first", 0.2), hold("second", 0))
    assert order[0].split()[0] == order[1].split()[0]


async def test_the_results_of_an_edition_come_by_registration(work: OpenWork, clock: StoryClock):
    edition = uuid4()
    people = [participant(edition) for _ in range(5)]
    async with work() as w:
        for person in [*people, participant()]:
            result = await w.results.get(person)
            result.record(PASSED, by=TEACHER, at=clock.now())
            await w.results.save(result)
    async with work() as w:
        for lock in (False, True):
            found = await w.results.of_edition(edition, lock=lock)
            assert [r.registration for r in found] == sorted(p.registration for p in people)


async def test_credential_data_come_back_as_they_were_confirmed(work: OpenWork, clock: StoryClock):
    ana = participant()
    for version, identity in enumerate(
        [
            LegalIdentity("Ana Núñez", "Ana", "Núñez", date(1990, 5, 17)),
            LegalIdentity("Ana Núñez Pérez", student_identifier="UO1"),
        ]
    ):
        async with work() as w:
            data = await w.credential_data.get(ana)
            assert data.version == version
            data.confirm(identity, version, at=clock.now())
            await w.credential_data.save(data)
        async with work() as w:
            kept = await w.credential_data.read(ana)
            assert (kept.identity, kept.confirmed_at, kept.version) == (
                identity,
                clock.now(),
                version + 1,
            )
            assert [d.registration for d in await w.credential_data.of_edition(ana.edition)] == [
                ana.registration
            ]


async def test_data_confirmed_twice_at_once_are_confirmed_once(work: OpenWork, clock: StoryClock):
    ana = participant()
    async with work() as w:
        stale = await w.credential_data.read(ana)
    async with work() as w:
        data = await w.credential_data.get(ana)
        data.confirm(LegalIdentity("Ana", student_identifier="1"), 0, at=clock.now())
        await w.credential_data.save(data)
    stale.confirm(LegalIdentity("Ben", student_identifier="2"), 0, at=clock.now())
    with pytest.raises(StaleCredentialData):
        async with work() as w:
            await w.credential_data.save(stale)


def link(registration, clock: StoryClock, token_hash: str = "a" * 64) -> Link:
    now = clock.now()
    return Link(uuid4(), registration, uuid4(), token_hash, "Ana@example.org", now, now + WEEK)


async def test_a_link_is_found_by_the_hash_of_its_token_alone(work: OpenWork, clock: StoryClock):
    mine = link(uuid4(), clock)
    async with work() as w:
        await w.links.add(mine)
    async with work() as w:
        found = await w.links.read("a" * 64)
        assert (found.id, found.address, found.opened_at) == (mine.id, "Ana@example.org", None)
        with pytest.raises(LinkNotFound):
            await w.links.get("b" * 64)


async def test_of_two_who_open_a_link_at_once_one_is_too_late(work: OpenWork, clock: StoryClock):
    async with work() as w:
        await w.links.add(link(uuid4(), clock))

    async def press() -> str:
        async with work() as w:
            found = await w.links.get("a" * 64)
            if found.opened_at is not None:
                return "too late"
            await asyncio.sleep(0.05)
            found.open(address=found.address, at=clock.now())
            await w.links.save(found)
            return "open"

    assert sorted(await asyncio.gather(press(), press())) == ["open", "too late"]


async def test_only_addresses_of_opened_links_are_confirmed(work: OpenWork, clock: StoryClock):
    ana, ben = uuid4(), uuid4()
    async with work() as w:
        await w.links.add(link(ana, clock))
        await w.links.add(link(ben, clock, "b" * 64))
    async with work() as w:
        opened = await w.links.get("a" * 64)
        opened.open(address=opened.address, at=clock.now())
        await w.links.save(opened)
    async with work() as w:
        assert await w.links.confirmed_addresses([ana, ben]) == {ana: {"ana@example.org"}}
        assert await w.links.confirmed_addresses([]) == {}


async def test_the_last_other_address_is_another_one_as_a_key(work: OpenWork, clock: StoryClock):
    ana = uuid4()
    async with work() as w:
        for number, address in enumerate(("other@example.org", "ana@stra\u00dfe.example")):
            await w.links.add(
                replace(link(ana, clock, f"{number}" * 64), id=new_id(), address=address)
            )
    async with work() as w:
        assert await w.links.last_address_but(ana, "ANA@STRASSE.example") == "other@example.org"
        assert (
            await w.links.last_address_but(ana, "OTHER@example.org ") == "ana@stra\u00dfe.example"
        )


async def test_a_link_is_forgotten_unless_somebody_has_opened_it(work: OpenWork, clock: StoryClock):
    async with work() as w:
        await w.links.add(link(uuid4(), clock))
        await w.links.add(link(uuid4(), clock, "b" * 64))
    async with work() as w:
        opened = await w.links.get("a" * 64)
        opened.open(address=opened.address, at=clock.now())
        await w.links.save(opened)
    async with work() as w:
        for token_hash in ("a" * 64, "b" * 64, "c" * 64):
            await w.links.forget(token_hash)
    async with work() as w:
        assert (await w.links.read("a" * 64)).opened_at == clock.now()
        with pytest.raises(LinkNotFound):
            await w.links.read("b" * 64)


async def test_links_are_counted_from_an_instant_on(work: OpenWork, clock: StoryClock):
    ana = uuid4()
    for token_hash in ("a" * 64, "b" * 64):
        async with work() as w:
            await w.links.add(link(ana, clock, token_hash))
        clock.move(timedelta(minutes=40))
    async with work() as w:
        hour = clock.now() - timedelta(hours=1)
        assert await w.links.sent_since(ana, hour) == 1
        assert await w.links.sent_since(ana, hour - timedelta(hours=1)) == 2
        assert await w.links.sent_since(uuid4(), hour) == 0


async def test_a_message_is_known_once_it_was_noted(work: OpenWork):
    async with work() as w:
        assert not await w.mail_log.knows("m-1")
        await w.mail_log.note("m-1", uuid4())
        await w.mail_log.note("m-1", None)
    async with work() as w:
        assert await w.mail_log.knows("m-1")
        assert not await w.mail_log.knows("m-2")


@pytest.mark.parametrize(
    "sabotage",
    [
        "UPDATE result SET confirmed_by = recorded_by[1]",
        "UPDATE result SET outcome = NULL",
        "UPDATE result SET objections_until = NULL",
        "UPDATE result SET outcome = 'excellent'",
    ],
)
async def test_the_database_itself_refuses_what_no_program_should_do(
    engine, clock: StoryClock, sabotage, work_on_postgres
):
    async with work_on_postgres() as w:
        result = await w.results.get(participant())
        result.record(PASSED, by=TEACHER, at=clock.now())
        result.confirm(by=CONFIRMER, at=clock.now(), window=WEEK)
        await w.results.save(result)
    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(text(sabotage))


def test_every_column_with_personal_data_is_marked_as_such():
    tables = ("result", "credential_data", "student_identifier", "learner_link", "sent_mail")
    assert sorted(str(c) for c in personal_columns() if c.table.name in tables) == [
        "credential_data.birth_date",
        "credential_data.family_name",
        "credential_data.full_name",
        "credential_data.given_name",
        "credential_data.student_identifier",
        "learner_link.address",
        "result.grading",
        "result.objections",
        "result.outcome",
        "student_identifier.identifier",
    ]


@pytest.fixture
def work_on_postgres(engine, clock: StoryClock) -> OpenWork:
    return lambda: PostgresWork(engine, PostgresOutbox(reactions.NAMES), clock, SYSTEM, "test")
