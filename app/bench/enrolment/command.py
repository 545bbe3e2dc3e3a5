"""`python -m app bench-enrolment`: everything in order, and what came of it."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
from rich.console import Console

from app.adapters.embedded import EmbeddedPostgres
from app.bench.command import PgBenchRate
from app.bench.enrolment import importing, quotas, touching
from app.bench.load import prepared
from app.bench.pgbench import PgBench
from app.bench.processes import BenchFailed, output_of, python, server
from app.bench.registrations import PLACES, QUOTA, Registrations
from app.bench.report import Figure, table
from app.bench.rounds import Measure, Ratio, Reading, Sample, interleaved, spreads, with_ratios
from app.bench.seed import direct_edition, open_edition, publish
from app.bench.site import Site, answering, scratch
from app.demo.stage import DemoFailed, Stage
from app.settings import Settings

DATABASE = "registrations"
_IMPORT_WITHIN = 600.0


@dataclass(frozen=True)
class Extent:
    """How long to measure."""

    rounds: int
    seconds: float
    rows: int
    """Responses in the workbook that is imported in each round."""


DEFAULT = Extent(rounds=5, seconds=2.0, rows=10_000)
QUICK = Extent(rounds=2, seconds=1.0, rows=2_000)

RATIOS = (
    Ratio("claim_vs_pgbench", "registrations_per_s", "pgbench_tps"),
    Ratio("claim_vs_hello", "registrations_per_s", "hello_per_s"),
    Ratio("claim_cpu_vs_hello", "registrations_cpu_us", "hello_cpu_us"),
    Ratio("import_vs_read", "import_rows_per_s", "read_rows_per_s"),
    Ratio("commit_vs_read", "commit_rows_per_s", "read_rows_per_s"),
)
FIGURES = (
    Figure("hello_per_s", "hello: the bare framework", "1/s", digits=0),
    Figure("hello_cpu_us", "  its CPU", "µs", digits=0),
    Figure("pgbench_tps", "pgbench -N, 50 clients", "1/s", digits=0),
    Figure("registrations_per_s", "registrations, 1 hot edition", "1/s", digits=0),
    Figure("claim_vs_pgbench", "  relative to pgbench", "×", at_least=0.20, digits=3),
    Figure("claim_vs_hello", "  relative to hello", "×", at_least=0.16, digits=3),
    Figure("claim_cpu_vs_hello", "  CPU relative to hello", "×", at_most=9, digits=1),
    Figure("registrations_cpu_us", "  CPU", "µs", digits=0),
    Figure("registrations_p50_ms", "  half of them within", "ms", digits=0),
    Figure("registrations_p99_ms", "  all but 1 % within", "ms", digits=0),
    Figure("claim_rows_touched_empty", "rows touched, nobody waiting", digits=0),
    Figure("claim_rows_touched_long", "  with 100,000 waiting", digits=0),
    Figure("claim_pages_touched_empty", "pages touched, nobody waiting", digits=0),
    Figure("claim_pages_touched_long", "  with 100,000 waiting", digits=0),
    Figure("quota_query_ms", "quotas in 1,000 editions", "ms", at_most=5, digits=2),
    Figure("read_rows_per_s", "reading a workbook, rows", "1/s", digits=0),
    Figure("import_rows_per_s", "importing it, dry run and commit", "1/s", digits=0),
    Figure("import_vs_read", "  relative to reading", "×", at_least=0.5, digits=3),
    Figure("commit_vs_read", "  the commit alone", "×", digits=3),
    Figure("import_cpu_vs_read", "  CPU relative to reading", "×", digits=1),
    Figure("import_mb", "  memory on top", "MB", digits=0),
)
KEYS = (
    "claim_vs_pgbench",
    "claim_vs_hello",
    "claim_cpu_vs_hello",
    "claim_rows_touched_empty",
    "claim_rows_touched_long",
    "quota_query_ms",
    "import_vs_read",
)
"""What the last line says, and nothing else."""


@dataclass
class Imports:
    """The same workbook into a new edition each round, by a process of its own."""

    stage: Stage
    proposal: str
    url: str
    file: Path
    name: str = "importing"
    _editions: list[str] = field(default_factory=list)

    async def once(self, seconds: float) -> Sample:
        """See Measure. A workbook takes as long as it takes."""
        edition = await open_edition(self.stage, self.proposal, PLACES, QUOTA, mode="provisional")
        self._editions.append(edition)
        arguments = (self.url, edition.rpartition("/")[2], str(self.file))
        printed = await output_of(
            python("app.bench.enrolment.importing", *arguments), patience=_IMPORT_WITHIN
        )
        found = json.loads(printed.splitlines()[-1])
        rows = found["rows"]
        return {
            "read_rows_per_s": rows / found["read_s"],
            "import_rows_per_s": rows / (found["plan_s"] + found["commit_s"]),
            "commit_rows_per_s": rows / found["commit_s"],
            "import_cpu_vs_read": found["import_cpu_s"] / max(found["read_cpu_s"], 0.01),
            "import_mb": found["mb"] - found["mb_before"],
        }


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure and report; 1 when something answered wrongly. Never judges by the clock."""
    console = Console(highlight=False)
    extent = QUICK if arguments.quick else DEFAULT
    try:
        found = asyncio.run(_run(extent, settings, console, everything=arguments.only is None))
    except (BenchFailed, DemoFailed) as failure:
        print(f"The benchmark stops: {failure}", file=sys.stderr)
        return 1
    print(json.dumps({key: round(found[key], 4) if key in found else None for key in KEYS}))
    return 0


async def _run(
    extent: Extent, settings: Settings, console: Console, *, everything: bool
) -> Mapping[str, float]:
    load_before = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} processors, load of others {load_before:.1f}. "
        f"{extent.rounds} rounds, {extent.seconds:g} s for each measure in each; a workbook of "
        f"{extent.rows:,} rows. The load comes from one process with 50 kept connections."
    )
    rounds, once = await _measured(extent, settings, console, everything=everything)
    for one in rounds:
        one.update(once)
    found = spreads(with_ratios(rounds, RATIOS))
    console.print(table(found, FIGURES))
    console.print(f"Load at the end: {os.getloadavg()[0]:.1f}.")
    if load_before > 1:
        console.print("The machine was busy: limits are meant for a quiet one.")
    return {key: spread.median for key, spread in found.items()}


async def _measured(
    extent: Extent, settings: Settings, console: Console, *, everything: bool
) -> tuple[list[dict[str, float]], dict[str, float]]:
    with (
        scratch(settings) as folder,
        EmbeddedPostgres(folder / "postgres") as postgres,
        console.status("") as status,
    ):
        told = status.update if console.is_terminal else console.print
        site = Site(folder, postgres)
        async with AsyncExitStack() as stack:
            told("a course is proposed and approved; pgbench makes its tables")
            hello = stack.enter_context(server(["app.bench.hello", "{fd}"], {}))
            people = site.people()
            pgbench = PgBench(postgres)
            postgres.create_database(DATABASE)
            api = await stack.enter_async_context(site.api(DATABASE))
            stage = await stack.enter_async_context(site.stage(api))
            proposal = await publish(stage)
            edition = await direct_edition(stage, proposal, PLACES, QUOTA)
            await asyncio.gather(pgbench.prepare(), answering(hello, "/hello"))
            registrations = Registrations(api, people, edition)
            url = postgres.url(database=DATABASE)
            measures: list[Measure] = [
                Reading("hello", "hello", hello, [prepared("GET", "/hello")]),
                PgBenchRate(pgbench),
                registrations,
            ]
            if everything:
                file = folder / "responses.xlsx"
                file.write_bytes(importing.workbook(extent.rows))
                measures.append(Imports(stage, proposal, url, file))
            rounds = await interleaved(measures, extent.rounds, extent.seconds, told)
            await registrations.check(stage)
            if not everything:
                return rounds, {}
            told("what one registration touches; quotas in a thousand editions")
            others = [await direct_edition(stage, proposal, places, 15) for places in (400, 10)]
            for other in others:
                await touching.one_of_each(api, people, other)
            once = await _counted(postgres, url, edition, *others)
    return rounds, once


async def _counted(
    postgres: EmbeddedPostgres, url: str, hot: str, free: str, full: str
) -> dict[str, float]:
    """What PostgreSQL counts itself, for editions given by their paths."""
    used, empty, long = (UUID(path.rpartition("/")[2]) for path in (hot, free, full))
    connection = await asyncpg.connect(**postgres.connect_arguments(DATABASE))
    try:
        await touching.long_list(connection, long)
        # Plans are made at the first call on a connection, which reads more than a call does.
        await touching.touched(connection, url, used)
        nobody = await touching.touched(connection, url, empty)
        behind = await touching.touched(connection, url, long)
        if (nobody.state, behind.state) != ("placed", "waiting"):
            raise BenchFailed(f"{nobody.state} in the empty edition, {behind.state} in the full")
        await quotas.a_thousand_editions(connection, empty)
        return {
            "claim_rows_touched_empty": nobody.rows,
            "claim_rows_touched_long": behind.rows,
            "claim_pages_touched_empty": nobody.pages,
            "claim_pages_touched_long": behind.pages,
            "quota_query_ms": await quotas.query_ms(connection, url),
        }
    finally:
        await connection.close()
