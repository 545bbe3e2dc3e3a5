"""`python -m app esco`: import, sync, activate and show ESCO data."""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.esco.bundles import EscoFileRefused, files_of, version_in
from app.adapters.esco.published import Published, in_order, recognise
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.esco_import import FileReport, activate, import_files
from app.adapters.postgres.esco_index import Loaded, write_index
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.esco import EscoImportRow, EscoLabelRow, EscoVersionRow
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.clock import SystemClock
from app.domain.errors import DomainError
from app.domain.skills.use_cases import concept_changes, link_changes
from app.domain.vocabulary.skills import ATTRIBUTION
from app.settings import Settings

_console = Console()


def index_folder(settings: Settings) -> Path:
    """Where the index files of a machine lie."""
    return settings.data_dir / "esco"


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run one subcommand; 1 when it is refused."""
    from app.database import database, prepare
    from app.wiring import embedded_folder

    folder = Path(arguments.folder) if arguments.folder else embedded_folder(settings)
    try:
        with database(settings, folder) as url:
            prepare(url, settings)
            _ACTIONS[arguments.action](arguments, settings, url)
    except DomainError as refusal:
        sys.stderr.write(f"{refusal.detail}\n")
        return 1
    return 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the subcommands take."""
    actions = parser.add_subparsers(dest="action", required=True)
    taking = actions.add_parser("import", help="import official zips or CSV files")
    taking.add_argument("paths", nargs="*", type=Path, help=".zip, .csv, .csv.gz or folders")
    taking.add_argument("--url", action="append", default=[], help="download a zip from here")
    taking.add_argument("--version", help="ESCO version, where no file name says it")
    taking.add_argument("--language", help="of labels, where the file name does not say it")
    taking.add_argument(
        "--labels-only",
        action="store_true",
        help="take only labels for concepts that are here: files of another version",
    )
    taking.add_argument("--activate", action="store_true", help="let it answer from now on")
    syncing = actions.add_parser("sync", help="harvest the live API; goes on where it was stopped")
    syncing.add_argument("--version", required=True)
    syncing.add_argument("--details", action="store_true", help="also alternative labels, texts …")
    syncing.add_argument("--activate", action="store_true", help="let it answer from now on")
    activating = actions.add_parser("activate", help="let a version answer, and report on links")
    activating.add_argument("version")
    changes = actions.add_parser("changes", help="what another version would do to links")
    changes.add_argument("version")
    changes.add_argument(
        "--since", metavar="VERSION", help="compare all concepts with those of that version"
    )
    for one in (taking, syncing, activating, changes, actions.add_parser("status", help="show")):
        one.add_argument("--folder", help="data folder of the embedded database")


def _import(arguments: argparse.Namespace, settings: Settings, url: str) -> None:
    from app.adapters.esco.download import downloaded

    paths = [*arguments.paths, *(downloaded(one, index_folder(settings)) for one in arguments.url)]
    version = arguments.version or next(filter(None, map(version_in, paths)), None)
    if version is None or not paths:
        raise EscoFileRefused("esco import", "name at least one file, and --version 1.1.1.")
    files: list[Published] = []
    for path in paths:
        for file in files_of(path):
            known = recognise(file, language=arguments.language, labels_only=arguments.labels_only)
            if known is None:
                _console.print(f"  {file.name}: not needed")
            else:
                files.append(known)
    with Progress(console=_console, transient=True) as progress:
        task = progress.add_task("ESCO", total=2 * len(files))

        def tell(name: str, number: int, of: int) -> None:
            done = number if name.startswith("check ") else of + number
            progress.update(task, completed=done, description=name)

        reports = asyncio.run(
            _with_engine(
                url, lambda e: import_files(e, version, in_order(files), SystemClock(), tell)
            )
        )
    _show(reports)
    if arguments.activate:
        _make_active(version, settings, url)
    _console.print(ATTRIBUTION)


def _show(reports: Sequence[FileReport]) -> None:
    shown = Table("file", "kind", "rows", "", "odd")
    for one in reports:
        odd = ", ".join(f"{what} {seen['times']}" for what, seen in one.oddities.items())
        shown.add_row(one.name, one.kind, str(one.rows), "imported" if one.new else "was here", odd)
    _console.print(shown)


def _sync(arguments: argparse.Namespace, settings: Settings, url: str) -> None:
    from app.adapters.postgres.esco_sync import sync

    def tell(step: str, done: int, of: int) -> None:
        _console.print(f"  {step}: {done} of {of}")

    asyncio.run(
        _with_engine(
            url,
            lambda engine: sync(
                engine,
                settings.esco_api_url,
                arguments.version,
                SystemClock(),
                details=arguments.details,
                tell=tell,
            ),
        )
    )
    if arguments.activate:
        _make_active(arguments.version, settings, url)
    _console.print(ATTRIBUTION)


def _activate(arguments: argparse.Namespace, settings: Settings, url: str) -> None:
    _make_active(arguments.version, settings, url)


def _make_active(version: str, settings: Settings, url: str) -> None:
    _report_changes(version, url)
    asyncio.run(_with_engine(url, lambda engine: activate(engine, version, SystemClock())))
    loaded = asyncio.run(_with_engine(url, lambda engine: _state(engine, version)))
    _console.print(f"ESCO {version} answers from now on; building its index …")
    write_index(url, loaded, index_folder(settings))


async def _state(engine: AsyncEngine, version: str) -> Loaded:
    versions = table(EscoVersionRow)
    async with engine.connect() as connection:
        revision = await connection.scalar(
            select(versions.c.revision).where(versions.c.version == version)
        )
    return Loaded(version, int(revision or 0))


def _changes(arguments: argparse.Namespace, settings: Settings, url: str) -> None:
    if arguments.since is not None:
        _report_concepts(arguments.since, arguments.version, url)
    _report_changes(arguments.version, url)


def _report_concepts(since: str, version: str, url: str) -> None:
    found = asyncio.run(
        _with_engine(url, lambda engine: concept_changes(since, version, work=_looking(engine)))
    )
    shown = Table("concept", "kind", "change", "now", "instead")
    for one in found:
        if one.before.kind != "group":
            shown.add_row(
                f"{one.before.label} <{one.before.uri}>",
                one.before.kind,
                ", ".join(change.value for change in one.changes),
                f"{one.now.label} ({one.now.kind})" if one.now else "",
                "; ".join(f"{other.label} <{other.uri}>" for other in one.successors),
            )
    _console.print(shown)
    counted = Counter(
        ("groups" if one.before.kind == "group" else "skills", change.value, bool(one.successors))
        for one in found
        for change in one.changes
    )
    summary = Table("what", "change", "how many")
    for (what, change, followed), times in sorted(counted.items()):
        summary.add_row(what, f"{change}, with successors" if followed else change, str(times))
    _console.print(summary)


def _looking(engine: AsyncEngine) -> PostgresWork:
    outbox = PostgresOutbox(reactions.NAMES)
    return PostgresWork(engine, outbox, SystemClock(), SYSTEM, "list_link_changes", reading=True)


def _report_changes(version: str, url: str) -> None:
    found = asyncio.run(
        _with_engine(url, lambda engine: link_changes(version, work=_looking(engine)))
    )
    if not found:
        _console.print(f"No link in any proposal changes with ESCO {version}.")
        return
    shown = Table("proposal", "outcome", "linked", "change", "now", "instead")
    for link_change in found:
        shown.add_row(
            link_change.link.proposal,
            link_change.link.outcome,
            f"{link_change.link.label} ({link_change.link.version})",
            ", ".join(change.value for change in link_change.changes),
            link_change.label or "",
            "; ".join(f"{other.label} <{other.uri}>" for other in link_change.successors),
        )
    _console.print(shown)


def _status(arguments: argparse.Namespace, settings: Settings, url: str) -> None:
    versions, imports, labels = table(EscoVersionRow), table(EscoImportRow), table(EscoLabelRow)

    async def read(engine: AsyncEngine) -> tuple[Any, Any, Any]:
        async with engine.connect() as connection:
            return (
                (await connection.execute(select(versions).order_by(versions.c.version))).all(),
                (await connection.execute(select(imports).order_by(imports.c.at))).all(),
                (
                    await connection.execute(
                        select(labels.c.version, labels.c.language, func.count())
                        .where(labels.c.kind == "preferred")
                        .group_by(labels.c.version, labels.c.language)
                        .order_by(labels.c.version, labels.c.language)
                    )
                ).all(),
            )

    known, done, spoken = asyncio.run(_with_engine(url, read))
    if not known:
        _console.print("Nothing is imported: the built-in set answers.")
    for version in known:
        labelled = ", ".join(f"{tag} {n}" for v, tag, n in spoken if v == version.version)
        mark = "active" if version.active else "not active"
        _console.print(f"ESCO {version.version}, {mark}; concepts with a label: {labelled}")
    shown = Table("version", "import", "rows", "finished", "at")
    for one in done:
        shown.add_row(
            one.version, one.name, str(one.position), str(one.finished), f"{one.at:%Y-%m-%d %H:%M}"
        )
    _console.print(shown)


async def _with_engine(url: str, act: Any) -> Any:
    engine = make_engine(url, pool_size=4)
    try:
        return await act(engine)
    finally:
        await engine.dispose()


_ACTIONS = {
    "import": _import,
    "sync": _sync,
    "activate": _activate,
    "changes": _changes,
    "status": _status,
}
