"""Characters that PostgreSQL keeps in no text are a refusal, not a defect."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.clock import SystemClock
from app.domain.errors import UnwritableText


@pytest.mark.parametrize("reading", [True, False])
@pytest.mark.parametrize("code", ["HKA\0", "\ud800"])
async def test_a_text_that_cannot_be_written_is_refused(
    engine: AsyncEngine, code: str, reading: bool
) -> None:
    work = PostgresWork(
        engine, PostgresOutbox(reactions.NAMES), SystemClock(), SYSTEM, "test", reading=reading
    )
    with pytest.raises(UnwritableText) as refused:
        async with work:
            await work.institutions.get(code)
    assert refused.value.code == "unwritable_text"
    assert refused.value.__suppress_context__
    async with work:
        assert (await work.institutions.get("HKA")).code == "HKA"
