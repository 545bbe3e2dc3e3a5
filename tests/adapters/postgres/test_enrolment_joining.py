"""Officers merge while others sign in, register and merge, on separate connections."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import ChangedMeanwhile
from app.domain.enrolment.use_cases.deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import get_registration, list_registrations
from app.domain.enrolment.views import RegistrationView
from app.domain.errors import Unavailable
from app.domain.ids import new_id
from app.ports import Work
from tests.enrolment_builders import LIKENESS, a_learner, a_request, officer, opened
from tests.memory_ports import StoryClock

OpenWork = Callable[..., Work]


@pytest.fixture
def clock() -> StoryClock:
    return StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))


@pytest.fixture
def work(engine: AsyncEngine, clock: StoryClock) -> OpenWork:
    outbox = PostgresOutbox(reactions.NAMES)

    def opens(caller: Caller = SYSTEM, action: str = "test") -> Work:
        return PostgresWork(engine, outbox, clock, caller, action)

    return opens


async def by_officer(
    work: OpenWork, clock: StoryClock, edition: Edition, full_name: str
) -> RegistrationView:
    """Somebody without account, at one address with the others."""
    manager = officer("UNIOVI", (await a_learner(work, "manager")).account)
    clock.move(timedelta(seconds=1))
    asked = replace(a_request("eva", for_another=True), full_name=full_name)
    view, _ = await register(
        edition.id, asked, work=work(manager), caller=manager, clock=clock, likeness=LIKENESS
    )
    return view


async def registers(
    work: OpenWork, clock: StoryClock, edition: Edition, who: Caller
) -> tuple[RegistrationView, bool]:
    """Eva, signed in; her address is shown to be hers."""
    return await register(
        edition.id, a_request("eva"), work=work(who), caller=who, clock=clock, likeness=LIKENESS
    )


def merge(
    work: OpenWork, clock: StoryClock, view: RegistrationView, other: RegistrationView
) -> "asyncio.Task[Any]":
    same = OfficerDecision(Ruling.MERGE, same_as=other.registration.id, reason="the same person")
    return asyncio.create_task(
        decide_registration(
            view.registration.id,
            view.registration.version,
            same,
            work=work(),
            caller=officer(),
            clock=clock,
        )
    )


async def until_waiting(engine: AsyncEngine, number: int) -> None:
    """Until so many connections to the database wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(20):
        while True:
            async with engine.connect() as connection:
                if await connection.scalar(waiting) == number:
                    return
            await asyncio.sleep(0.01)


async def test_who_signs_in_while_an_officer_merges_is_the_one_who_is_kept(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    first = await by_officer(work, clock, edition, "Learner Eva")
    second = await by_officer(work, clock, edition, "Learner Eva Maria")
    eva = await a_learner(work, "eva")
    async with work() as w:
        await w.persons.hold()
        merging = merge(work, clock, second, first)
        await until_waiting(engine, 1)
        person = await w.persons.get(second.person.id)
        person.account, person.email_verified = eva.account, True
        await w.persons.save([person])
    await merging
    async with work() as w:
        known = await w.persons.of([first.person.id, second.person.id])
        kept = await w.registrations.read(first.registration.id)
    assert {one.id: one.account for one in known.values()} == {second.person.id: eva.account}
    assert kept.person == second.person.id


async def test_two_who_both_sign_in_while_an_officer_merges_stay_two(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    first = await by_officer(work, clock, edition, "Learner Eva")
    second = await by_officer(work, clock, edition, "Learner Eva Maria")
    accounts = [(await a_learner(work, name)).account for name in ("eva", "eva-maria")]
    async with work() as w:
        await w.persons.hold()
        merging = merge(work, clock, second, first)
        await until_waiting(engine, 1)
        people = [await w.persons.get(view.person.id) for view in (first, second)]
        for person, account in zip(people, accounts, strict=True):
            person.account = account
        await w.persons.save(people)
    await merging
    async with work() as w:
        known = await w.persons.of([first.person.id, second.person.id])
        kept = await w.registrations.read(first.registration.id)
    assert [known[p.id].account for p in people] == accounts
    assert kept.person == first.person.id


async def test_two_officers_who_merge_the_same_two_in_two_editions_both_succeed(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine
) -> None:
    editions = [await opened(work, clock) for _ in range(2)]
    pairs = [
        [await by_officer(work, clock, one, name) for name in ("Learner Eva", "Learner Eva Maria")]
        for one in editions
    ]
    async with work() as w:
        await w.persons.hold()
        merging = [merge(work, clock, second, first) for first, second in pairs]
        await until_waiting(engine, 2)
    await asyncio.gather(*merging)
    first, second = pairs[0]
    async with work() as w:
        known = await w.persons.of([first.person.id, second.person.id])
        theirs = await w.registrations.of_persons([first.person.id])
    assert set(known) == {first.person.id}
    assert len(theirs) == 4


async def test_a_merge_waits_for_who_is_just_registering_elsewhere_as_the_one_who_is_kept(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine
) -> None:
    edition, elsewhere = [await opened(work, clock) for _ in range(2)]
    first = await by_officer(work, clock, edition, "Learner Eva")
    second = await by_officer(work, clock, edition, "Learner Eva Maria")
    there = await by_officer(work, clock, elsewhere, "Learner Eva Maria")
    async with work() as w:
        held = await w.editions.get(elsewhere.id)
        await w.persons.save([await w.persons.get(first.person.id)])
        found = await w.registrations.get(there.registration.id)
        identifier = new_id()
        beside = replace(
            found, id=identifier, person=first.person.id, stored_state=None, stored_bucket=None,
            rank=found.receipt.rank(identifier),
        )  # fmt: skip
        await w.registrations.add(held, [beside])
        merging = merge(work, clock, second, first)
        await until_waiting(engine, 1)
    await merging
    async with work() as w:
        theirs = await w.registrations.of_persons([first.person.id])
        kept = await w.registrations.read(there.registration.id)
    assert {one.id for one in theirs} == {
        first.registration.id, second.registration.id, identifier,
    }  # fmt: skip
    assert kept.person == second.person.id


@pytest.mark.parametrize("mode", list(Mode))
async def test_who_registers_while_an_officer_elsewhere_merges_gets_what_has_become_theirs(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine, mode: Mode
) -> None:
    edition = await opened(work, clock)
    elsewhere = await opened(work, clock, mode=mode)
    eva = await a_learner(work, "eva")
    first, _ = await registers(work, clock, edition, eva)
    second = await by_officer(work, clock, edition, "Learner Eva Maria")
    there = await by_officer(work, clock, elsewhere, "Learner Eva Maria")
    async with work() as w:
        await w.editions.get(edition.id)
        await w.persons.hold()
        await w.persons.join(second.person.id, first.person.id)
        registering = asyncio.create_task(registers(work, clock, elsewhere, eva))
        await until_waiting(engine, 1)
    view, is_new = await registering
    assert (is_new, view.registration.id, view.person.id) == (
        False, there.registration.id, first.person.id,
    )  # fmt: skip


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_merge_waits_for_who_is_just_registering_elsewhere_whichever_way(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine, mode: Mode
) -> None:
    """Both are under way at once, and neither fails: whoever comes second sees the other."""
    edition = await opened(work, clock)
    elsewhere = [await opened(work, clock, mode=mode) for _ in range(12)]
    eva = await a_learner(work, "eva")
    first, _ = await registers(work, clock, edition, eva)
    second = await by_officer(work, clock, edition, "Learner Eva Maria")
    for one in elsewhere:
        await by_officer(work, clock, one, "Learner Eva Maria")
    registering = [asyncio.create_task(registers(work, clock, one, eva)) for one in elsewhere]
    merging = merge(work, clock, second, first)
    await asyncio.gather(*registering, merging)
    async with work() as w:
        theirs = await w.registrations.of_persons([first.person.id])
        known = await w.persons.of([second.person.id])
        left = await w.registrations.of_persons([second.person.id])
    live = [one.edition for one in theirs if one.is_live]
    assert sorted(live) == sorted([edition.id, *(one.id for one in elsewhere)])
    # Where both are registered the other stays known, for an officer of that edition to decide.
    assert bool(known) == bool(left)


async def test_who_reads_a_registration_while_it_becomes_another_persons_reads_whose_it_is_now(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine
) -> None:
    edition, elsewhere = [await opened(work, clock) for _ in range(2)]
    first = await by_officer(work, clock, edition, "Learner Eva")
    there = await by_officer(work, clock, elsewhere, "Learner Eva Maria")
    wanted = there.registration.id
    async with work() as w:
        await w.persons.hold()
        await w.persons.join(there.person.id, first.person.id)
        # So that whoever has read the registration waits before they read the person.
        assert isinstance(w, PostgresWork)
        await w.connection.execute(text("LOCK TABLE person IN ACCESS EXCLUSIVE MODE"))
        reading = asyncio.create_task(get_registration(wanted, work=work(), caller=officer()))
        listing = asyncio.create_task(
            list_registrations(
                elsewhere.id,
                institution=None,
                states=(),
                after=None,
                limit=5,
                work=work(),
                caller=officer(),
            )
        )
        await until_waiting(engine, 2)
    seen, (listed,) = await reading, await listing
    version = there.registration.version + 1
    assert [(one.person.id, one.registration.version) for one in (seen, listed)] == [
        (first.person.id, version), (first.person.id, version),
    ]  # fmt: skip


async def test_who_is_no_more_is_answered_so_that_it_can_be_asked_again(work: OpenWork) -> None:
    async with work() as w:
        with pytest.raises(ChangedMeanwhile) as refused:
            await w.persons.get(new_id(), hold=True)
    assert (refused.value.code, isinstance(refused.value, Unavailable)) == (
        "changed_meanwhile", True,
    )  # fmt: skip
