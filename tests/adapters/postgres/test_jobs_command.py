"""`python -m app jobs` and what waits for a person, on databases as they may be."""

import argparse
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.embedded import EmbeddedPostgres
from app.domain.enrolment.use_cases.imports import HELD_JOB
from app.jobs_command import run
from app.settings import Settings
from app.wiring import resting_jobs


def test_a_database_without_tables_is_told_of_in_a_sentence(
    server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    server.create_database("without_tables")
    try:
        settings = Settings(database_url=server.url(database="without_tables"))
        assert run(argparse.Namespace(folder=None, resume=False), settings) == 1
    finally:
        server.drop_database("without_tables")
    said = capsys.readouterr()
    assert (said.out, said.err) == (
        "",
        "The database has no tables yet. Make them: python -m app migrate\n",
    )


async def test_held_responses_that_could_not_be_imported_wait_for_a_person(
    engine: AsyncEngine,
) -> None:
    async def job(number: int, state: str, kind: str = HELD_JOB, form: str = "f1") -> None:
        values: dict[str, Any] = {
            "id": f"00000000-0000-7000-8000-{number:012}",
            "kind": kind,
            "state": state,
            "params": f'{{"edition": "e", "form": "{form}"}}',
        }
        async with engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO job (id, kind, params, state, requested_by, done, "
                    "cancel_requested, created_at) VALUES (CAST(:id AS uuid), :kind, "
                    "CAST(:params AS jsonb), :state, 'x', 0, false, now())"
                ),
                values,
            )

    assert await resting_jobs(engine) == 0
    await job(1, "failed", kind="plan_import")
    assert await resting_jobs(engine) == 0
    await job(2, "failed")
    await job(3, "failed", form="f2")
    assert await resting_jobs(engine) == 2
    # The form was mapped anew, and what waited has come in.
    await job(4, "succeeded", form="f2")
    assert await resting_jobs(engine) == 1
