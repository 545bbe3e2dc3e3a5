"""How long the database takes to say where one institution stands in a thousand editions."""

import json
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.bench.processes import BenchFailed
from app.domain.access.roles import SYSTEM
from app.domain.clock import SystemClock
from app.domain.enrolment.quota import institution_scope

EDITIONS = 1000
INSTITUTION = "UNIOVI"
_TIMES = 9

_COPIES = """
INSERT INTO edition SELECT (jsonb_populate_record(e, jsonb_build_object(
    'id', gen_random_uuid(), 'code', e.code || '-' || n, 'number', 1000000 + n))).*
FROM edition AS e, generate_series(1, $2::integer) AS n WHERE e.id = $1
"""
_THEIR_COUNTS = """
INSERT INTO place_tally (edition, scope, cap, placed, waiting, excess)
SELECT e.id, t.scope, t.cap, t.placed, t.waiting, t.excess FROM place_tally AS t, edition AS e
WHERE t.edition = $1 AND NOT EXISTS (SELECT FROM place_tally AS o WHERE o.edition = e.id)
"""


async def a_thousand_editions(connection: "asyncpg.Connection[asyncpg.Record]", like: UUID) -> None:
    """Let there be a thousand editions with the counts of one."""
    missing = EDITIONS - await connection.fetchval("SELECT count(*) FROM edition")
    await connection.execute(_COPIES, like, missing)
    await connection.execute(_THEIR_COUNTS, like)
    await connection.execute("VACUUM ANALYZE")


async def query_ms(connection: "asyncpg.Connection[asyncpg.Record]", url: str) -> float:
    """Milliseconds in which the database plans and answers, the median of several times.

    The statement is the one that the repository sends. Raises BenchFailed when editions are
    missing from its answer.
    """
    engine = make_engine(url, pool_size=1)
    try:
        statement, parameters = await _as_sent(engine)
    finally:
        await engine.dispose()
    times: list[float] = []
    for _ in range(_TIMES):
        explained: list[dict[str, Any]] = json.loads(
            await connection.fetchval(
                f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", *parameters
            )
        )
        times.append(explained[0]["Planning Time"] + explained[0]["Execution Time"])
    return median(times)


async def _as_sent(engine: AsyncEngine) -> tuple[str, tuple[object, ...]]:
    sent: list[tuple[str, tuple[object, ...]]] = []

    def note(*given: Any) -> None:
        sent.append((given[2], given[3]))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    clock = SystemClock()
    work = PostgresWork(
        engine, PostgresOutbox(reactions.NAMES), clock, SYSTEM, "read", reading=True
    )
    async with work:
        found = await work.tallies.across(
            institution_scope(INSTITUTION), after=None, limit=EDITIONS + 1
        )
    if len(found) < EDITIONS:
        raise BenchFailed(f"the quota query names {len(found)} editions instead of {EDITIONS}")
    return sent[-1]
