"""What PostgreSQL itself refuses, should the code ever be wrong."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import State
from tests.builders_proposals import StoryClock, a_draft, a_proposal


async def keep(engine: AsyncEngine, proposal: Proposal) -> None:
    outbox = PostgresOutbox(reactions.NAMES)
    async with PostgresWork(engine, outbox, StoryClock(), SYSTEM, "test") as work:
        await work.proposals.add(proposal)


async def execute(engine: AsyncEngine, statement: str, **values: Any) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement), values)


async def test_a_code_is_never_given_twice(engine: AsyncEngine) -> None:
    await keep(engine, a_draft())
    with pytest.raises(IntegrityError, match="uq_proposal_code"):
        await keep(engine, a_draft())


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'finished'", "ck_proposal_state"),
        ("model = 'other'", "ck_proposal_model"),
        ("version = 0", "ck_proposal_counts"),
        ("lead = 'MUS'", "ck_proposal_lead_takes_part"),
        ("answering = '{MUS}'", "ck_proposal_answering_take_part"),
        ("state = 'approved'", "ck_proposal_approved_by_decision"),
    ],
)
async def test_a_row_that_contradicts_the_rules_is_refused(
    engine: AsyncEngine, change: str, constraint: str
) -> None:
    await keep(engine, a_draft())
    with pytest.raises(IntegrityError, match=constraint):
        await execute(engine, f"UPDATE proposal SET {change}")


async def test_what_was_approved_cannot_be_changed_but_it_can_go_on(engine: AsyncEngine) -> None:
    await keep(engine, a_proposal(State.APPROVED))
    with pytest.raises(IntegrityError, match="was approved and cannot change"):
        await execute(engine, "UPDATE proposal SET certified_hash = 'sha256:other'")
    with pytest.raises(IntegrityError, match="was approved and cannot change"):
        await execute(
            engine, "UPDATE proposal SET content = jsonb_set(content, '{general,places}', '99')"
        )
    await execute(engine, "UPDATE proposal SET state = 'published'")


@pytest.mark.parametrize(
    "change", ["UPDATE proposal_history SET note = 'x'", "DELETE FROM proposal_history"]
)
async def test_history_is_only_added_to(engine: AsyncEngine, change: str) -> None:
    await keep(engine, a_draft())
    with pytest.raises(IntegrityError, match="append-only"):
        await execute(engine, change)
