"""Two hundred people at once, on separate connections: both caps hold, and it is the lock that
holds them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.memory.enrolment_registrations import MemoryDirectRegistrations
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.enrolment_direct import PostgresDirectRegistrations
from app.adapters.postgres.enrolment_editions import PostgresEditions
from app.adapters.postgres.enrolment_window import Window
from app.adapters.postgres.migrations import register_directly_together
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.clock import SystemClock
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.editions import open_edition
from app.domain.enrolment.use_cases.lists import replay_decisions
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import cancel_registration
from app.ports import Work
from tests.enrolment_builders import (
    LIKENESS,
    PARTNERS,
    a_learner,
    a_request,
    an_edition,
    officer,
)

PLACES, PER_INSTITUTION = 50, 5
EXTERNALS = ("EXT:Town Hall", "EXT:Chamber of Commerce", "EXT:Design Lab", "EXT:Civic Hub")
FOURTEEN = (*PARTNERS, *EXTERNALS)
CROWD = (*FOURTEEN, "UNIOVI", "UNIOVI", "UNIOVI", "HKA", "HKA", "EXT:Town Hall")
"""Some institutions send more people than others."""
CLOCK = SystemClock()


@pytest.fixture
async def wide(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Thirty connections, so that many really are at it at once."""
    made = make_engine(database_url, pool_size=30)
    yield made
    await made.dispose()


class ManyWindows(PostgresWork):
    """Everybody at a window of their own, as if each came through another process."""

    @property
    def direct(self) -> Any:
        return PostgresDirectRegistrations(self, Window(self.engine))


class House:
    """Opens units of work on one database."""

    def __init__(self, engine: AsyncEngine, kind: type[PostgresWork] = ManyWindows) -> None:
        self.engine = engine
        self.kind = kind
        self.outbox = PostgresOutbox(reactions.NAMES)

    def __call__(self, caller: Caller = SYSTEM, action: str = "test") -> Work:
        return self.kind(self.engine, self.outbox, CLOCK, caller, action)


async def opened(house: House, **changes: Any) -> Edition:
    edition = an_edition(
        CLOCK.now(), places=PLACES, per_institution=PER_INSTITUTION, mode=Mode.DIRECT, **changes
    )
    async with house() as w:
        await w.editions.add(edition)
    return await open_edition(edition.id, 1, work=house(), caller=officer(), clock=CLOCK)


async def all_at_once(house: House, edition: Edition, number: int = 200) -> list[Any]:
    """So many learners, of fourteen institutions; what each got, or why not."""
    callers = await asyncio.gather(*(a_learner(house, f"learner-{n}") for n in range(number)))

    async def one(n: int) -> Any:
        caller = callers[n]
        view, _ = await register(
            edition.id,
            a_request(f"learner-{n}", CROWD[n % len(CROWD)]),
            work=house(caller, "register"),
            caller=caller,
            clock=CLOCK,
            likeness=LIKENESS,
        )
        return view

    return await asyncio.gather(*(one(n) for n in range(number)), return_exceptions=True)


async def placed_by_institution(engine: AsyncEngine, edition: UUID) -> Counter[str]:
    """Counted from the rows, not from the counts."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT bucket FROM registration WHERE edition = :e AND state = 'placed'"),
            {"e": edition},
        )
        return Counter(row.bucket for row in rows)


@pytest.mark.parametrize("kind", [ManyWindows, PostgresWork])
async def test_two_hundred_at_once_take_fifty_places_and_five_per_institution(
    wide: AsyncEngine, kind: type[PostgresWork]
) -> None:
    house = House(wide, kind)
    edition = await opened(house)
    answers = await all_at_once(house, edition)
    told = Counter(str(getattr(a, "registration", a) and a.registration.state) for a in answers)
    assert told == {"placed": 50, "waiting": 150}
    placed = await placed_by_institution(wide, edition.id)
    assert placed.total() == PLACES
    assert max(placed.values()) == PER_INSTITUTION
    report = await replay_decisions(edition.id, work=house(), caller=officer())
    assert list(report.differences) == []
    assert report.replay.decisions == 201


async def test_people_who_leave_while_others_come_free_no_seat_twice(wide: AsyncEngine) -> None:
    house = House(wide)
    edition = await opened(house)
    first = await all_at_once(house, edition, 100)
    leaving = [a.registration for a in first if a.registration.state is State.PLACED][::2]

    async def leave(registration: Any) -> None:
        await cancel_registration(
            registration.id, registration.version, work=house(), caller=officer(), clock=CLOCK
        )

    async def come(n: int) -> None:
        caller = await a_learner(house, f"newcomer-{n}")
        await register(
            edition.id,
            a_request(f"newcomer-{n}", CROWD[n % len(CROWD)]),
            work=house(caller, "register"),
            caller=caller,
            clock=CLOCK,
            likeness=LIKENESS,
        )

    await asyncio.gather(
        *(leave(registration) for registration in leaving), *(come(n) for n in range(60))
    )
    placed = await placed_by_institution(wide, edition.id)
    assert placed.total() == PLACES
    assert max(placed.values()) == PER_INSTITUTION
    report = await replay_decisions(edition.id, work=house(), caller=officer())
    assert list(report.differences) == []


async def test_the_same_person_twice_at_once_is_registered_once(wide: AsyncEngine) -> None:
    house = House(wide)
    edition = await opened(house)
    caller = await a_learner(house, "ana")

    async def once() -> UUID:
        view, _ = await register(
            edition.id,
            a_request("ana"),
            work=house(caller, "register"),
            caller=caller,
            clock=CLOCK,
            likeness=LIKENESS,
        )
        return view.registration.id

    found = await asyncio.gather(*(once() for _ in range(12)))
    assert len(set(found)) == 1
    assert (await placed_by_institution(wide, edition.id)).total() == 1


async def test_a_new_person_in_several_editions_at_once_is_one_person(wide: AsyncEngine) -> None:
    house = House(wide)
    editions = [await opened(house) for _ in range(8)]
    caller = await a_learner(house, "ana")

    async def once(edition: Edition) -> UUID:
        view, _ = await register(
            edition.id,
            a_request("ana"),
            work=house(caller, "register"),
            caller=caller,
            clock=CLOCK,
            likeness=LIKENESS,
        )
        return view.person.id

    found = await asyncio.gather(*(once(edition) for edition in editions))
    assert len(set(found)) == 1


class _General(PostgresWork):
    """Registers the general way alone."""

    @property
    def direct(self) -> Any:
        return MemoryDirectRegistrations()


class _UnlockedEditions(PostgresEditions):
    """Loads editions to change them without holding them."""

    async def get(self, edition: UUID) -> Edition:
        found = await self.read(edition)
        # What follows would take its turn otherwise, as it happens on a busy server.
        await asyncio.sleep(0.002)
        return found


class _GeneralUnlocked(_General):
    """The general way, and editions are not held."""

    @property
    def editions(self) -> PostgresEditions:
        return _UnlockedEditions(self)


async def take_the_lock_out_of_the_function(engine: AsyncEngine) -> None:
    function = register_directly_together
    unlocked = function.CREATE.replace(function.EDITION_HELD, ";")
    assert unlocked != function.CREATE
    async with engine.begin() as connection:
        await connection.execute(text(function.DROP))
        await connection.exec_driver_sql(unlocked)


async def take_the_constraints_away(engine: AsyncEngine) -> None:
    """What would notice that the lock is missing."""
    async with engine.begin() as connection:
        await connection.execute(
            text("ALTER TABLE place_tally DROP CONSTRAINT ck_place_tally_placed_within_cap")
        )
        await connection.execute(
            text("ALTER TABLE allocation_decision DROP CONSTRAINT pk_allocation_decision")
        )


async def with_counts_for_all(house: House) -> Edition:
    """An edition in which somebody of each partner is registered: the short way is open."""
    edition = await opened(house)
    for number, institution in enumerate(PARTNERS):
        caller = await a_learner(house, f"early-{number}")
        await register(
            edition.id,
            a_request(f"early-{number}", institution),
            work=house(caller, "register"),
            caller=caller,
            clock=CLOCK,
            likeness=LIKENESS,
        )
    return edition


async def test_the_general_way_alone_holds_both_caps(wide: AsyncEngine) -> None:
    house = House(wide, _General)
    edition = await opened(house)
    await all_at_once(house, edition, 100)
    placed = await placed_by_institution(wide, edition.id)
    assert placed.total() == PLACES
    assert max(placed.values()) == PER_INSTITUTION


@pytest.mark.parametrize("way", ["general", "short"])
async def test_without_the_lock_both_caps_break(wide: AsyncEngine, way: str) -> None:
    """This test exists to show that those above would notice."""
    edition = await with_counts_for_all(House(wide))
    await take_the_constraints_away(wide)
    await take_the_lock_out_of_the_function(wide)
    await all_at_once(House(wide, _GeneralUnlocked if way == "general" else ManyWindows), edition)
    placed = await placed_by_institution(wide, edition.id)
    assert placed.total() > PLACES
    assert max(placed.values()) > PER_INSTITUTION


@pytest.mark.parametrize("way", ["general", "short"])
async def test_without_the_lock_the_constraints_still_let_nobody_in_above_a_cap(
    wide: AsyncEngine, way: str
) -> None:
    edition = await with_counts_for_all(House(wide))
    await take_the_lock_out_of_the_function(wide)
    answers = await all_at_once(
        House(wide, _GeneralUnlocked if way == "general" else ManyWindows), edition
    )
    placed = await placed_by_institution(wide, edition.id)
    assert placed.total() <= PLACES
    assert max(placed.values()) <= PER_INSTITUTION
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    # With the lock nobody would come to them: the number of a decision is taken, or a cap full.
    assert {_sqlstate(one) for one in refused} & {UNIQUE_VIOLATION, CHECK_VIOLATION}
    # The others are the database's own troubles: two who lock in different orders wait for each
    # other, or no connection becomes free in time on a busy machine.
    assert [one for one in refused if not isinstance(one, TROUBLES)] == []
    # And nobody who was told something has anything else, whoever was refused beside them.
    told = {a.registration.id: a.registration.state for a in answers if a not in refused}
    assert told == await _stored(wide, told)


UNIQUE_VIOLATION, CHECK_VIOLATION = "23505", "23514"
TROUBLES = (SQLAlchemyError, asyncpg.PostgresError, TimeoutError)


def _sqlstate(error: BaseException) -> str | None:
    return getattr(getattr(error, "orig", error), "sqlstate", None)


async def _stored(engine: AsyncEngine, registrations: Collection[UUID]) -> dict[UUID, str]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT id, state FROM registration WHERE id = ANY(:these)"),
            {"these": list(registrations)},
        )
        return {row.id: row.state for row in rows}
