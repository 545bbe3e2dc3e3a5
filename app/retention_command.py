"""`python -m app retention`: what is due to be erased, as a table; erases it unless told not to."""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.database import database
from app.domain.retention.use_cases import RetentionLine, erase_due, preview_retention
from app.settings import Settings
from app.wiring import connected, embedded_folder


def table_of(lines: Sequence[RetentionLine]) -> Table:
    """What would go, by rule."""
    shown = Table("kind", "days", "from", "older than", "due", "last erased", "what")
    for line in lines:
        shown.add_row(
            line.rule.kind.value,
            "kept" if line.days is None else str(line.days),
            line.rule.runs_from.value.replace("_", " "),
            "" if line.cutoff is None else line.cutoff.date().isoformat(),
            ", ".join(f"{number} {name}" for name, number in sorted(line.due.items())) or "–",
            "" if line.last_erased_at is None else line.last_erased_at.date().isoformat(),
            line.rule.what,
        )
    return shown


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show what is due, and erase it unless it is a dry run."""
    console = Console()

    async def erase(url: str) -> None:
        async with connected(settings, url) as ports:
            lines = await preview_retention(
                policy=settings.retention,
                work=ports.reading(),
                mail=ports.mail_files,
                clock=ports.clock,
            )
            console.print(table_of(lines))
            if arguments.dry_run:
                console.print("Nothing was erased: this was a dry run.")
                return
            gone = await erase_due(
                policy=settings.retention,
                open_work=lambda: ports.system_work("erase_due_data"),
                mail=ports.mail_files,
                actor="operator",
                clock=ports.clock,
            )
            told = ", ".join(f"{number} of {kind}" for kind, number in sorted(gone.items()))
            console.print(f"Erased: {told or 'nothing'}.")

    folder = Path(arguments.folder) if arguments.folder else embedded_folder(settings)
    with database(settings, folder) as url:
        asyncio.run(erase(url))
    return 0
