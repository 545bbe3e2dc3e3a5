"""`python -m app bench`: everything in order, and what came of it."""

import argparse
import asyncio
import os
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rich.console import Console

from app.adapters.embedded import EmbeddedPostgres
from app.bench import signing
from app.bench.credentials import Credentials, Queue, Verifications, taught
from app.bench.load import prepared
from app.bench.pgbench import PgBench
from app.bench.processes import BenchFailed, Process, server
from app.bench.registrations import PLACES, QUOTA, Registrations
from app.bench.report import RATIOS, json_line, table
from app.bench.rounds import Measure, Reading, Sample, interleaved, spreads, with_ratios
from app.bench.seed import direct_edition, publish
from app.bench.site import People, Site, answering, look, scratch
from app.demo.stage import DemoFailed, Stage
from app.settings import Settings

REGISTRATIONS = "registrations"
CREDENTIALS = "credentials"


@dataclass(frozen=True)
class Extent:
    """How long to measure."""

    rounds: int
    seconds: float
    batch: int
    """Credentials in a round."""


DEFAULT = Extent(rounds=5, seconds=2.0, batch=40)
QUICK = Extent(rounds=2, seconds=1.0, batch=8)


@dataclass(frozen=True)
class PgBenchRate:
    """The rate of the database server at its best."""

    pgbench: PgBench
    name: str = "pgbench"

    async def once(self, seconds: float) -> Sample:
        """See Measure."""
        # pgbench takes whole seconds only.
        return {"pgbench_tps": await self.pgbench.transactions_per_second(max(1, round(seconds)))}


@dataclass(frozen=True)
class SignatureRate:
    """The rate of bare signatures."""

    name: str = "bare signatures"

    async def once(self, seconds: float) -> Sample:
        """See Measure."""
        return {"signatures_per_s": await signing.measured(seconds)}


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure and report; 1 when something answered wrongly. Never judges by the clock."""
    console = Console(highlight=False)
    extent = QUICK if arguments.quick else DEFAULT
    try:
        asyncio.run(_run(extent, settings, console))
    except (BenchFailed, DemoFailed) as failure:
        print(f"The benchmark stops: {failure}", file=sys.stderr)
        return 1
    return 0


async def _run(extent: Extent, settings: Settings, console: Console) -> None:
    began = time.monotonic()
    load_before = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} processors, load of others {load_before:.1f}. "
        f"{extent.rounds} rounds, {extent.seconds:g} s for each measure in each."
    )
    rounds = await _measured(extent, settings, console)
    found = spreads(with_ratios(rounds, RATIOS))
    console.print(table(found))
    if load_before > 1:
        console.print("The machine was busy: limits are meant for a quiet one.")
    print(
        json_line(
            found,
            {
                "rounds": extent.rounds,
                "seconds": extent.seconds,
                "processors": os.cpu_count(),
                "load_before": round(load_before, 2),
                "took_s": round(time.monotonic() - began, 1),
            },
        )
    )


async def _measured(extent: Extent, settings: Settings, console: Console) -> list[dict[str, float]]:
    with (
        scratch(settings) as folder,
        EmbeddedPostgres(folder / "postgres") as postgres,
        console.status("") as status,
    ):
        told = status.update if console.is_terminal else console.print
        site = Site(folder, postgres)
        async with AsyncExitStack() as stack:
            told("a course is proposed, approved, taught and graded; pgbench makes its tables")
            hello = stack.enter_context(server(["app.bench.hello", "{fd}"], {}))
            people = site.people()
            pgbench = PgBench(postgres)
            (registrations, stage), credentials, *_ = await asyncio.gather(
                _registrations(site, people, stack),
                graduates(site, people, stack, extent.batch, extent.batch * (extent.rounds + 1)),
                pgbench.prepare(),
                answering(hello, "/hello"),
            )
            measures: list[Measure] = [
                Reading("hello", "hello", hello, [prepared("GET", "/hello")]),
                PgBenchRate(pgbench),
                registrations,
                *_readings(registrations.api, people),
                SignatureRate(),
                credentials,
                Verifications(credentials.api, credentials.stage, credentials),
            ]
            found = await interleaved(measures, extent.rounds, extent.seconds, told)
            await registrations.check(stage)
            return found


async def _registrations(
    site: Site, people: People, stack: AsyncExitStack
) -> tuple[Registrations, Stage]:
    """One hot edition, on a database where no worker runs."""
    site.postgres.create_database(REGISTRATIONS)
    api = await stack.enter_async_context(site.api(REGISTRATIONS))
    stage = await stack.enter_async_context(site.stage(api))
    edition = await direct_edition(stage, await publish(stage), PLACES, QUOTA)
    return Registrations(api, people, edition), stage


async def graduates(
    site: Site, people: People, stack: AsyncExitStack, batch: int, many: int
) -> Credentials:
    """A class that passed, on a database with a worker, where nobody has time to object."""
    site.postgres.create_database(CREDENTIALS)
    api = await stack.enter_async_context(
        site.api(CREDENTIALS, worker=True, more={"MC_OBJECTION_DAYS": "0"})
    )
    stage = await stack.enter_async_context(site.stage(api))
    proposal = await publish(stage)
    a_class = await taught(stage, api, people, proposal, many)
    return Credentials(api, stage, Queue(site.postgres, CREDENTIALS), a_class, batch)


def _readings(api: Process, people: People) -> list[Measure]:
    me = [look("/v1/me", token) for _, token in people.learners(50)]
    return [
        Reading("institution", "reading an institution", api, [look("/v1/institutions/UNIOVI")]),
        Reading("me", "reading oneself", api, me),
    ]
