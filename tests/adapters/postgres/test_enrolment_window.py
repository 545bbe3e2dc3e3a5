"""The window in front of an edition: one transaction, and nobody's trouble is another's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.callers import PostgresCallers
from app.adapters.postgres.copying import FEW, add_rows
from app.adapters.postgres.driver import Borrowed
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment import PersonRow
from app.adapters.postgres.unit_of_work import PostgresWork
from app.bench.enrolment import touching
from app.domain.access.ports import Identity, RoleGrant
from app.domain.access.roles import Caller, Role, Subject
from app.domain.enrolment.direct import Claim
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.person import Person
from app.domain.enrolment.ranking import received_over_api
from app.domain.enrolment.use_cases.lists import replay_decisions
from app.domain.enrolment.use_cases.register import register
from app.domain.ids import new_id
from tests.adapters.postgres.test_enrolment_at_once import CLOCK, House, with_counts_for_all
from tests.enrolment_builders import LIKENESS, PARTNERS, a_learner, a_request, officer
from tests.memory_ports import StoryClock


@pytest.fixture
def house(engine: AsyncEngine) -> House:
    """Everybody at the window of this process."""
    return House(engine, PostgresWork)


@pytest.fixture
async def connection(
    database_url: str,
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    address = make_url(database_url)
    made = await asyncpg.connect(
        host=str(address.query.get("host", address.host)),
        port=address.port,
        user=address.username,
        database=address.database,
        ssl=False,
    )
    yield made
    await made.close()


async def registers(house: House, edition: Edition, name: str, caller: Caller) -> str:
    view, is_new = await register(
        edition.id,
        a_request(name, "UNIOVI"),
        work=house(caller, "register"),
        caller=caller,
        clock=CLOCK,
        likeness=LIKENESS,
    )
    return f"{view.registration.state}{'' if is_new else ' already'}"


async def test_those_who_come_at_the_same_moment_are_decided_one_by_one_and_written_together(
    house: House, engine: AsyncEngine
) -> None:
    edition = await with_counts_for_all(house)
    callers = [await a_learner(house, f"learner-{n}") for n in range(40)]
    await asyncio.gather(
        *(registers(house, edition, f"learner-{n}", one) for n, one in enumerate(callers))
    )
    async with engine.connect() as c:
        rows = (
            await c.execute(
                text(
                    "SELECT count(*), count(DISTINCT decision_seq), "
                    "count(DISTINCT xmin::text) < count(*) FROM registration WHERE edition = :e"
                ),
                {"e": edition.id},
            )
        ).one()
    everybody = len(PARTNERS) + 40
    assert tuple(rows) == (everybody, everybody, True)
    report = await replay_decisions(edition.id, work=house(), caller=officer())
    assert list(report.differences) == []


def a_claim(edition: Edition, caller: Caller, name: str, mail: str) -> Claim:
    return Claim(
        edition.id,
        new_id(),
        Person(new_id(), name, mail, caller.account),
        "UNIOVI",
        received_over_api(CLOCK.now()),
        caller.actor,
    )


async def test_of_those_in_one_call_who_may_be_the_same_person_one_is_registered(
    house: House, engine: AsyncEngine
) -> None:
    edition = await with_counts_for_all(house)
    ana, eva, joe = [await a_learner(house, name) for name in ("ana", "eva", "joe")]
    claims = [
        (ana, a_claim(edition, ana, "Ana Ruiz", "ana@example.org")),
        (ana, a_claim(edition, ana, "Ana Ruiz Gil", "ana.ruiz@example.org")),
        (eva, a_claim(edition, eva, "Eva Sanz", "ana@example.org")),
        (joe, a_claim(edition, joe, "Ana Ruiz", "joe@example.org")),
    ]
    # Whoever stands there alone goes in by themselves; the others wait, and come in one call.
    first = await a_learner(house, "first")
    alone = a_claim(edition, first, "First Of All", "first@example.org")
    came = [(first, alone), *claims]
    _, *told = await asyncio.gather(
        *(house(caller, "register").direct.claim(one) for caller, one in came)
    )
    assert [one is not None for one in told] == [True, False, False, False]
    async with engine.connect() as c:
        number = await c.scalar(
            text("SELECT count(*) FROM registration WHERE edition = :e"), {"e": edition.id}
        )
    assert number == len(PARTNERS) + 2


async def test_people_who_change_at_two_windows_in_opposite_order_do_not_block_each_other(
    house: House, engine: AsyncEngine
) -> None:
    editions = [await with_counts_for_all(house) for _ in range(3)]
    callers = [await a_learner(house, f"learner-{n}") for n in range(12)]
    for n, caller in enumerate(callers):
        claim = a_claim(editions[0], caller, f"Learner {n}", f"{n}@example.org")
        await house(caller, "register").direct.claim(claim)
    there = [(editions[1], n, callers[n]) for n in range(12)]
    back = [(editions[2], n, callers[n]) for n in reversed(range(12))]
    told = await asyncio.gather(
        *(
            house(caller, "register").direct.claim(
                a_claim(edition, caller, f"Learner {n} {edition.id}", f"{n}@example.org")
            )
            for edition, n, caller in there + back
        )
    )
    assert [one is not None for one in told] == [True] * 24
    async with engine.connect() as c:
        found = await c.execute(
            text(
                "SELECT count(DISTINCT person), count(*) FROM registration "
                "WHERE edition = any(:e) AND person IN "
                "(SELECT id FROM person WHERE account = any(:a))"
            ),
            {"e": [one.id for one in editions], "a": [one.account for one in callers]},
        )
        assert tuple(found.one()) == (12, 36)


async def test_one_who_cannot_be_registered_spoils_it_for_nobody_at_the_same_window(
    house: House, engine: AsyncEngine
) -> None:
    edition = await with_counts_for_all(house)
    callers = [await a_learner(house, f"learner-{n}") for n in range(8)]
    callers[5] = Caller(account=uuid4())  # whose account has gone meanwhile
    told = await asyncio.gather(
        *(registers(house, edition, f"learner-{n}", one) for n, one in enumerate(callers)),
        return_exceptions=True,
    )
    assert isinstance(told.pop(5), asyncpg.ForeignKeyViolationError)
    assert {str(one).removesuffix(" already") for one in told} <= {"placed", "waiting"}
    async with engine.connect() as c:
        number = await c.scalar(
            text("SELECT count(*) FROM registration WHERE edition = :e"), {"e": edition.id}
        )
    assert number == len(PARTNERS) + 7


async def test_registering_touches_the_same_rows_behind_a_long_list_as_in_an_empty_edition(
    house: House,
    connection: "asyncpg.Connection[asyncpg.Record]",
    database_url: str,
) -> None:
    used, empty, long = [await with_counts_for_all(house) for _ in range(3)]
    await touching.long_list(connection, long.id, 5_000)
    await touching.touched(connection, database_url, used.id)
    nobody = await touching.touched(connection, database_url, empty.id)
    behind = await touching.touched(connection, database_url, long.id)
    assert behind.rows == nobody.rows
    # A larger index may be a level deeper, in each of the few places where one is looked into.
    assert abs(behind.pages - nobody.pages) <= 20


async def test_a_connection_that_the_server_ended_is_not_lent_again(
    engine: AsyncEngine, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    closed = asyncio.Event()
    async with Borrowed(engine) as lent:
        gone = await lent.fetchval("SELECT pg_backend_pid()")
        lent.add_termination_listener(lambda _: closed.set())
    assert await connection.fetchval("SELECT pg_terminate_backend($1, 10000)", gone)
    await closed.wait()
    async with Borrowed(engine) as another:
        assert await another.fetchval("SELECT pg_backend_pid()") != gone


async def test_many_rows_copied_as_the_first_thing_of_a_transaction_go_when_it_is_undone(
    engine: AsyncEngine,
) -> None:
    people = [
        {
            "id": new_id(),
            "full_name": f"Ana {n}",
            "email": f"ana-{n}@example.org",
            "email_folded": f"ana-{n}@example.org",
            "name_key": f"{n} ana",
            "email_verified": False,
            "language": "es",
        }
        for n in range(FEW + 1)
    ]
    async with engine.connect() as c:
        await c.begin()
        await add_rows(c, table(PersonRow), people)
        await c.rollback()
    async with engine.begin() as c:
        assert await c.scalar(text("SELECT count(*) FROM person")) == 0
        await add_rows(c, table(PersonRow), people)
    async with engine.connect() as c:
        assert await c.scalar(text("SELECT count(*) FROM person")) == FEW + 1


async def test_ranks_told_at_the_window_are_those_that_a_count_gives(house: House) -> None:
    edition = await with_counts_for_all(house)
    callers = [await a_learner(house, f"learner-{n}") for n in range(12)]
    earlier = StoryClock(CLOCK.now() - timedelta(minutes=5))
    for number, caller in enumerate(callers):
        # Every third is served after some who came later.
        clock = earlier if number % 3 == 2 else CLOCK
        claim = Claim(
            edition.id,
            new_id(),
            Person(new_id(), f"Learner {number}", f"{number}@example.org", caller.account),
            ("UNIOVI", "HKA")[number % 2],
            received_over_api(clock.now()),
            caller.actor,
        )
        claimed = await house(caller, "register").direct.claim(claim)
        assert claimed is not None
        async with house(caller) as work:
            assert claimed.ranks == await work.registrations.position(claimed.registration)


async def test_callers_who_come_together_are_found_each_with_their_own_roles(
    house: House, engine: AsyncEngine
) -> None:
    people = [Identity(Subject("https://id.example", f"person-{n}")) for n in range(9)]
    now = CLOCK.now()
    async with house() as work:
        accounts = [
            (await work.accounts.caller(one, at=now, trace_id="")).account for one in people[:-1]
        ]
        for until in (None, now - timedelta(seconds=1)):
            account = accounts[3 if until is None else 4]
            assert account is not None
            await work.grants.add(
                RoleGrant(
                    id=new_id(),
                    account=account,
                    subject=Subject("https://id.example", "unused"),
                    role=Role.TEACHER,
                    institution="HKA",
                    valid_from=now - timedelta(days=1),
                    valid_to=until,
                    granted_by="operator",
                )
            )
    callers = PostgresCallers(engine)
    unwritable = Identity(Subject("https://id.example", "person\0"))
    *found, refused = await asyncio.gather(
        *(callers.known(one, at=now, trace_id="t") for one in [*people, unwritable]),
        return_exceptions=True,
    )
    known = [one for one in found if not isinstance(one, BaseException)]
    assert [one and one.account for one in known] == [*accounts, None]
    assert [len(one.grants) if one else 0 for one in known] == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert isinstance(refused, asyncpg.CharacterNotInRepertoireError)
