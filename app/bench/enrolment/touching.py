"""What one registration touches in the database: with nobody waiting, and behind a long list.

Not measured by the clock: PostgreSQL itself counts rows (its statistics of the open transaction)
and pages (EXPLAIN with BUFFERS), so that the figures are the same on a busy machine.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from app import reactions
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.enrolment_direct import PostgresDirectRegistrations
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.bench.load import Order
from app.bench.processes import BenchFailed, Process, expect, load
from app.bench.registrations import learners, sign_in
from app.bench.seed import HOMES
from app.bench.site import People
from app.domain.access.roles import Caller
from app.domain.clock import SystemClock
from app.domain.enrolment.direct import Claim
from app.domain.enrolment.person import Person
from app.domain.enrolment.ranking import received_over_api
from app.domain.ids import new_id

WAITING = 100_000

_REGISTER = """
EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
SELECT * FROM register_directly_together(ARRAY[$1::registration_claim])
"""
_ROWS = """
SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del)::bigint
FROM pg_stat_xact_user_tables
"""
_LONG_LIST = """
WITH example AS (
    SELECT * FROM registration WHERE edition = $1 ORDER BY decision_seq LIMIT 1
), many AS (
    SELECT n, gen_random_uuid() AS person, gen_random_uuid() AS registration,
        ($3::text[])[1 + n % cardinality($3::text[])] AS home
    FROM generate_series(1, $2::integer) AS n
), people AS (
    INSERT INTO person (id, full_name, email, email_folded, name_key, email_verified, language)
    SELECT person, 'Waiting ' || n, 'waiting-' || n || '@example.org',
        'waiting-' || n || '@example.org', n || ' waiting', true, 'en' FROM many
)
INSERT INTO registration (id, edition, person, state, reason, received_at, source, rank, stated,
    affiliation_kind, affiliation_name, bucket, registered_by, privacy_notice_at, answers_at,
    created_at, warnings, identity_decided, decision_seq, version)
SELECT many.registration, example.edition, many.person, 'waiting', 'full', example.received_at,
    'api', example.rank || '/' || n, home, 'partner', home, home, example.registered_by,
    example.privacy_notice_at, example.answers_at, example.created_at, '[]', false,
    $4::integer + n, 1
FROM many, example
"""
_DECISIONS = """
INSERT INTO allocation_decision (edition, seq, kind, at, actor, registration, rank, bucket, state,
    reason)
SELECT edition, decision_seq, 'registered', received_at, registered_by, id, rank, bucket, state,
    reason
FROM registration WHERE edition = $1 AND decision_seq > $2
"""
_COUNTS = """
UPDATE place_tally AS t SET waiting = t.waiting + w.number
FROM (
    SELECT 'institution:' || bucket AS scope, count(*) AS number FROM registration
        WHERE edition = $1 AND state = 'waiting' AND decision_seq > $2 GROUP BY bucket
    UNION ALL SELECT scope, $3 FROM unnest(ARRAY['edition', 'group:partners']) AS scope
) AS w
WHERE t.edition = $1 AND t.scope = w.scope
"""


@dataclass(frozen=True)
class Touched:
    """What one registration read and wrote."""

    rows: int
    """Rows read, and rows written, of all tables."""
    pages: int
    """Pages of 8 kB looked at, whether they lay in memory or not."""
    state: str
    """What came of it."""


async def one_of_each(api: Process, people: People, edition: str) -> None:
    """Let one person of each institution register: the short way is open from then on."""
    who = learners(people, len(HOMES))
    await sign_in(api, who)
    requests = [one.registers(edition) for one in who]
    expect(await load(Order(api.port, requests, 1, 60)), 201)


async def long_list(
    connection: "asyncpg.Connection[asyncpg.Record]", edition: UUID, many: int = WAITING
) -> None:
    """Let so many wait in the edition, as if each had registered."""
    async with connection.transaction():
        first: int = await connection.fetchval(
            "SELECT last_decision FROM edition WHERE id = $1 FOR UPDATE", edition
        )
        # Numbers go on from the last one that exists.
        await connection.execute(_LONG_LIST, edition, many, list(HOMES), first)
        await connection.execute(_DECISIONS, edition, first)
        await connection.execute(_COUNTS, edition, first, many)
        await connection.execute(
            "UPDATE edition SET last_decision = (SELECT max(decision_seq) FROM registration "
            "WHERE edition = $1) WHERE id = $1",
            edition,
        )
    await connection.execute("VACUUM ANALYZE")


async def touched(
    connection: "asyncpg.Connection[asyncpg.Record]", url: str, edition: UUID
) -> Touched:
    """Register one more person there, whom nobody has seen before, and count."""
    arguments = await _arguments(connection, url, edition)
    async with connection.transaction():
        before = int(await connection.fetchval(_ROWS) or 0)
        explained = json.loads(await connection.fetchval(_REGISTER, arguments))
        after = int(await connection.fetchval(_ROWS) or 0)
    plan: Mapping[str, Any] = explained[0]["Plan"]
    if plan["Actual Rows"] != 1:
        raise BenchFailed("the short way to register is not open")
    state = await connection.fetchval("SELECT state FROM registration WHERE id = $1", arguments[1])
    pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return Touched(after - before, pages, state)


async def _arguments(
    connection: "asyncpg.Connection[asyncpg.Record]", url: str, edition: UUID
) -> tuple[object, ...]:
    account = new_id()
    await connection.execute(
        "INSERT INTO account (id, issuer, subject, created_at) VALUES ($1, 'bench', $2, now())",
        account,
        str(account),
    )
    caller = Caller(account)
    person = Person(
        new_id(), f"Newcomer {account}", f"{account}@example.org", account, email_verified=True
    )
    receipt = received_over_api(datetime.now(UTC))
    claim = Claim(edition, new_id(), person, "UNIOVI", receipt, caller.actor)
    engine = make_engine(url, pool_size=1)
    outbox = PostgresOutbox(reactions.NAMES)
    work = PostgresWork(engine, outbox, SystemClock(), caller, "register")
    return PostgresDirectRegistrations(work).arguments(claim)
