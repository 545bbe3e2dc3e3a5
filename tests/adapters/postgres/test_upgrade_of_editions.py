"""Editions of the first release, brought to the schema of today."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.embedded import EmbeddedPostgres
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.migrate import upgrade
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.seed import seed_institutions
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.clock import SystemClock
from app.domain.enrolment.timetable import UnusedPolicy
from app.domain.ids import new_id

RELEASE = "0006"
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
INSERT = """
INSERT INTO edition (id, code, number, proposal, proposal_version, title, organiser, awarding,
    partners, starts_on, ends_on, opens, closes, time_zone, grace_minutes, quota, no_institution,
    mode, contact_email, overrides_allowed, state, published_at, last_decision, imports, version,
    created_at)
VALUES (:id, :code, 1, :id, 1, '{"en": "A course"}', 'UNIOVI', '["UNIOVI"]', '["UNIOVI"]',
    '2027-05-03', '2027-06-25', :opens, :closes, 'Europe/Madrid', 0, CAST(:quota AS jsonb),
    'own_bucket_per_organisation', :mode, 'info@example.org', false, :state, NULL, 0, 0, 1, :opens)
"""
PLAIN = '{"places": 5, "rules": [], "giving": true}'
HELD = (
    '{"places": 5, "giving": true, "rules": [{"scope": "institution:HKA", "max": 2, "min": 1, '
    '"release_at": "2027-03-02T09:00:00+00:00", "released": false, "lifted": false}]}'
)


async def bring_to(engine: AsyncEngine, revision: str) -> None:
    """The schema as that revision left it."""

    def move(connection: Connection) -> None:
        config = Config(Path(__file__).parents[3] / "alembic.ini")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with engine.connect() as connection:
        await connection.run_sync(move)
        await connection.commit()


@pytest.fixture
async def released(server: EmbeddedPostgres) -> AsyncIterator[AsyncEngine]:
    """A database as the first release left it."""
    server.create_database("of_the_first_release")
    engine = make_engine(server.url(database="of_the_first_release"), pool_size=2)

    await bring_to(engine, RELEASE)
    await seed_institutions(engine)
    yield engine
    await engine.dispose()
    server.drop_database("of_the_first_release")


@pytest.mark.parametrize(
    ("state", "mode", "quota"),
    [
        ("planned", "direct", PLAIN),
        ("open", "provisional", PLAIN),
        ("open", "direct", HELD),
        ("closed", "direct", PLAIN),
        ("closed", "provisional", PLAIN),
        ("running", "direct", PLAIN),
        ("grading", "direct", HELD),
    ],
)
async def test_what_is_due_is_known_for_editions_that_exist(
    released: AsyncEngine, state: str, mode: str, quota: str
) -> None:
    edition: UUID = new_id()
    given = {
        "id": edition, "code": f"IMC-{state}", "state": state, "mode": mode, "quota": quota,
        "opens": NOW, "closes": NOW + timedelta(days=10),
    }  # fmt: skip
    async with released.begin() as connection:
        await connection.execute(text(INSERT), given)
    await upgrade(released)
    async with PostgresWork(
        released, PostgresOutbox(reactions.NAMES), SystemClock(), SYSTEM, "test"
    ) as work:
        kept = await work.editions.read(edition)
        stored = await work.connection.scalar(
            text("SELECT due_at FROM edition WHERE id = :id"), {"id": edition}
        )
    assert (stored, kept.unused.policy) == (kept.due_at, UnusedPolicy.NONE)
    assert (stored is None) == (state == "grading" or (state, mode) == ("closed", "provisional"))
