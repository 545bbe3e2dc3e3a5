"""The whole journey, on a fresh database, over HTTP, as the people of the alliance would do it."""

import asyncio
import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.table import Table

from app import __version__
from app.adapters.embedded import EmbeddedPostgresUnavailable
from app.demo import play_credentials, play_enrolment, play_proposals, play_results
from app.demo.runs import Runs
from app.demo.stage import ROOT, DemoFailed, Narrator, Stage, stage
from app.settings import Settings

OUTPUT = ROOT / "demo-output"


def runs(settings: Settings) -> Runs:
    """Where the runs of this deployment are."""
    return Runs(settings.data_dir / "demo")


async def play(on: Stage, output: Path) -> dict[str, Any]:
    """All acts; what summary.json says."""
    began = time.perf_counter()
    framework, fictitious = await play_proposals.play(on)
    enrolled = await play_enrolment.play(on, framework, fictitious, output)
    passed = await play_results.play(on, enrolled.edition)
    files = await play_credentials.play(on, enrolled.edition, passed, output)
    return {
        "version": __version__,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "proposals": 2,
        "registrations": enrolled.registrations,
        "import": enrolled.verdicts,
        "places": enrolled.places,
        "concurrent": enrolled.concurrent,
        "passed": passed,
        "credentials": len(files),
        "seconds": round(time.perf_counter() - began, 1),
        "timings": on.narrator.timings,
    }


def _show(narrator: Narrator, summary: dict[str, Any], output: Path) -> None:
    table = Table("institution", "cap", "placed", "free", "waiting", title="Places")
    for row in summary["places"]:
        table.add_row(*(str(row[column.header]) for column in table.columns))
    narrator.console.print()
    narrator.console.print(table)
    narrator.console.print(
        f"\n[bold green]Done[/] in {summary['seconds']} s: {summary['credentials']} sealed "
        f"credentials in {output.name}/credentials, this run in {output.name}/summary.json.\n"
        "Next: [bold]make run[/] serves this data on http://127.0.0.1:8000/docs"
    )


def demo(settings: Settings) -> int:
    """Play it; 0 only if every step really happened."""
    narrator = Narrator()
    narrator.console.print(
        "[bold]INGENIUM micro-credentials[/]: the whole way, from a proposal to a credential\n"
        "[yellow]Development stand-ins are on: local identity, development seal, mail to files.[/]"
    )
    fresh = OUTPUT.with_name(f"{OUTPUT.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        with runs(settings).new() as folder:
            narrator.say("starting a database and the API …")

            async def run() -> dict[str, Any]:
                async with stage(folder, folder / "postgres", narrator, {}) as on:
                    return await play(on, fresh)

            summary = asyncio.run(run())
            (fresh / "summary.json").write_text(
                json.dumps(summary, indent=1, ensure_ascii=False) + "\n"
            )
            shutil.rmtree(OUTPUT, ignore_errors=True)
            fresh.rename(OUTPUT)
    except (DemoFailed, EmbeddedPostgresUnavailable) as failure:
        narrator.console.print(f"\n[bold red]The demonstration stopped:[/] {failure}")
        return 1
    except httpx.HTTPError as failure:
        narrator.console.print(
            f"\n[bold red]The demonstration stopped:[/] the API did not answer "
            f"({type(failure).__name__}). Run it again; MC_LOG_LEVEL=INFO shows what the API does."
        )
        return 1
    except KeyboardInterrupt:
        narrator.console.print("\nStopped. Nothing is left running; make demo begins anew.")
        return 130
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    _show(narrator, summary, OUTPUT)
    return 0


def last_run(settings: Settings) -> Path | None:
    """The folder of the last complete run."""
    return runs(settings).last


def play_first(settings: Settings) -> Path | None:
    """Play it because there is no run yet, and say so; None when it failed."""
    print("There is no demo data yet: playing the demonstration first.", flush=True)
    return last_run(settings) if demo(settings) == 0 else None
