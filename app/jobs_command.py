"""`python -m app jobs`: work of the queue that has failed for good, and having it tried again."""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from asyncpg.exceptions import UndefinedTableError
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from rich.console import Console
from rich.table import Table

from app.adapters.postgres.outbox import JOB
from app.database import database
from app.settings import Settings
from app.wiring import embedded_folder
from app.worker import queue_connection

_MOST = 100_000


def what_of(job: Job) -> str:
    """The reaction that rests, or that it is a job of the API."""
    if job.entrypoint == JOB:
        return JOB
    return str(json.loads(job.payload or b"{}").get("reaction", job.entrypoint))


def table_of(resting: Sequence[Job]) -> Table:
    """How many of each kind rest, and since when."""
    since: dict[str, datetime] = {}
    for job in resting:
        kind = what_of(job)
        since[kind] = min(since.get(kind, job.created), job.created)
    shown = Table("what", "resting", "the oldest from")
    for kind, number in sorted(Counter(map(what_of, resting)).items()):
        shown.add_row(kind, str(number), since[kind].isoformat(timespec="minutes"))
    return shown


async def resting_of(queries: Queries) -> list[Job]:
    """What has failed for good, the oldest first."""
    return await queries.list_failed_jobs(limit=_MOST, order="ASC")


async def resume(queries: Queries, resting: Sequence[Job]) -> None:
    """Let it be tried again, as if for the first time."""
    await queries.requeue_jobs([job.id for job in resting])


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show what rests; with --resume, queue it again."""
    console = Console()

    async def look(url: str) -> int:
        connection = await queue_connection(url)
        try:
            queries = Queries(AsyncpgDriver(connection))
            resting = await resting_of(queries)
            if not resting:
                console.print("Nothing rests.")
                return 0
            console.print(table_of(resting))
            if arguments.resume:
                await resume(queries, resting)
                console.print(f"{len(resting)} queued again; a worker takes them up.")
            else:
                console.print(
                    "Mend the cause (the log names it), then: python -m app jobs --resume"
                )
        except UndefinedTableError:
            sys.stderr.write("The database has no tables yet. Make them: python -m app migrate\n")
            return 1
        finally:
            await connection.close(timeout=5)
        return 0

    folder = Path(arguments.folder) if arguments.folder else embedded_folder(settings)
    with database(settings, folder) as url:
        return asyncio.run(look(url))
