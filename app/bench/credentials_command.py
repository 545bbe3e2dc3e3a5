"""`python -m app bench-credentials`: issuing and verifying, and what memory does meanwhile."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console

from app.adapters.embedded import EmbeddedPostgres
from app.bench.command import SignatureRate, graduates
from app.bench.credentials import Credentials, Verifications
from app.bench.processes import BenchFailed
from app.bench.report import Figure, table
from app.bench.rounds import Measure, Ratio, Sample, interleaved, spreads, with_ratios
from app.bench.site import Site, scratch
from app.demo.stage import DemoFailed
from app.settings import Settings


@dataclass(frozen=True)
class Extent:
    """How much to issue."""

    rounds: int
    seconds: float
    batch: int
    """Credentials in a round."""


DEFAULT = Extent(rounds=5, seconds=2.0, batch=100)
QUICK = Extent(rounds=2, seconds=1.0, batch=60)

RATIOS = (Ratio("issue_vs_rsa3072", "credentials_per_s", "signatures_per_s"),)
FIGURES = (
    Figure("signatures_per_s", "RSA-3072 signatures, 1 thread", "1/s", digits=0),
    Figure("credentials_per_s", "credentials, result to stored", "1/s", at_least=40, digits=1),
    Figure("issue_vs_rsa3072", "  relative to signatures", "×", at_least=0.03, digits=4),
    Figure("credential_cpu_ms", "  CPU, database not counted", "ms", digits=1),
    Figure("verify_cpu_ms", "verifying a credential, CPU", "ms", at_most=15, digits=1),
    Figure("verify_per_s", "  verifications", "1/s", digits=0),
    Figure("resident_mb", "memory of the API with its worker", "MB", digits=0),
    Figure("helpers_mb", "  of the processes that make credentials", "MB", digits=0),
)


@dataclass
class Memory:
    """What the process that issues, and those that help it, hold in RAM, round by round."""

    credentials: Credentials
    name: str = "memory"
    seen: list[float] = field(default_factory=list)

    async def once(self, seconds: float) -> Sample:
        """See Measure."""
        resident = self.credentials.api.resident_megabytes()
        if resident is None:
            return {}
        helpers = self.credentials.api.helpers_megabytes()
        self.seen.append(resident + helpers)
        return {"resident_mb": resident, "helpers_mb": helpers}

    @property
    def growth(self) -> float | None:
        """By how much the last rounds lie above the first one that was warm."""
        if len(self.seen) < 2:
            return None
        # The round before the measured ones loads what is loaded once: typesetter, fonts, keys.
        return median(self.seen[-2:]) - self.seen[0]


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure and report; 1 when something answered wrongly. Never judges by the clock."""
    console = Console(highlight=False)
    given = QUICK if arguments.quick else DEFAULT
    extent = Extent(given.rounds, given.seconds, arguments.batch or given.batch)
    try:
        found = asyncio.run(_run(extent, settings, console))
    except (BenchFailed, DemoFailed) as failure:
        print(f"The benchmark stops: {failure}", file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


async def _run(
    extent: Extent, settings: Settings, console: Console
) -> Mapping[str, float | int | None]:
    load_before = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} processors, load of others {load_before:.1f}. {extent.rounds} rounds of "
        f"{extent.batch} credentials with pictures in two languages, validated before and after."
    )
    with (
        scratch(settings) as folder,
        EmbeddedPostgres(folder / "postgres") as postgres,
        console.status("") as status,
    ):
        told = status.update if console.is_terminal else console.print
        site = Site(folder, postgres)
        async with AsyncExitStack() as stack:
            told("a course is proposed, approved, taught and graded")
            many = extent.batch * (extent.rounds + 1)
            credentials = await graduates(site, site.people(), stack, extent.batch, many)
            memory = Memory(credentials)
            measures: list[Measure] = [
                SignatureRate(),
                credentials,
                Verifications(credentials.api, credentials.stage, credentials),
                memory,
            ]
            rounds = await interleaved(measures, extent.rounds, extent.seconds, told)
    found = spreads(with_ratios(rounds, RATIOS))
    console.print(table(found, FIGURES))
    if load_before > 1:
        console.print("The machine was busy: limits are meant for a quiet one.")

    def of(key: str) -> float | None:
        return round(found[key].median, 4) if key in found else None

    growth = memory.growth
    return {
        "issue_per_s": of("credentials_per_s"),
        "issue_vs_rsa3072": of("issue_vs_rsa3072"),
        "verify_cpu_ms": of("verify_cpu_ms"),
        "rss_growth_mb": None if growth is None else round(growth, 1),
    }
