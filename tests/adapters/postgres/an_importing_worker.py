"""A worker that stops in the middle of an import and says so: `python -m … URL DATA_DIR WHERE`.

WHERE is `inside` (its transaction is open, and has written everything), `after` (it has committed,
and the job is not finished yet) or `nowhere`.
"""

import asyncio
import sys
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from app import reactions
from app.adapters.postgres.enrolment_imports import PostgresResponses
from app.adapters.postgres.enrolment_kept_plans import PostgresKeptPlans
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.imports import ResponseImport
from app.domain.enrolment.forms.responses import StoredResponse
from app.domain.enrolment.use_cases.imports import COMMIT_JOB
from app.domain.jobs import Job, Progress
from app.ports import Ports
from app.settings import Settings
from app.wiring import connected
from app.worker import Worker


async def stop_here() -> None:
    print("halfway", flush=True)
    await asyncio.sleep(3600)


def stop_inside() -> None:
    save = PostgresResponses.save

    async def save_and_stop(
        self: PostgresResponses, edition: UUID, responses: Sequence[StoredResponse]
    ) -> None:
        await save(self, edition, responses)
        await stop_here()

    carry_out = PostgresKeptPlans.carry_out

    async def carry_out_and_stop(
        self: PostgresKeptPlans, found: ResponseImport, edition: Edition, at: datetime
    ) -> int | None:
        await carry_out(self, found, edition, at)
        await stop_here()
        return None

    PostgresResponses.save = save_and_stop  # type: ignore[method-assign]  # to die there
    PostgresKeptPlans.carry_out = carry_out_and_stop  # type: ignore[method-assign]  # or there


def stop_after() -> None:
    run = reactions.RUNNERS[COMMIT_JOB]

    async def run_and_stop(job: Job, ports: Ports, progress: Progress) -> Mapping[str, Any]:
        result = await run(job, ports, progress)
        await stop_here()
        return result

    reactions.RUNNERS[COMMIT_JOB] = run_and_stop


async def main(url: str, data_dir: str, where: str) -> None:
    if where == "inside":
        stop_inside()
    if where == "after":
        stop_after()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        async with connected(Settings(data_dir=Path(data_dir)), url) as ports:
            print("working", flush=True)
            await Worker(ports, url).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3]))
