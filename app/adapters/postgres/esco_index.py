"""From the tables of ESCO to an index file that all processes of a machine map into memory."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.esco.build import build
from app.adapters.esco.concepts import EscoConcept, EscoOccupation
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.esco import (
    EscoCollectionRow,
    EscoConceptRow,
    EscoDescriptionRow,
    EscoLabelRow,
    EscoRelationRow,
    EscoVersionRow,
)
from app.domain.vocabulary.skills import SkillType

_version = table(EscoVersionRow)
_TYPES = {
    "skill": SkillType.SKILL,
    "knowledge": SkillType.KNOWLEDGE,
    "group": SkillType.GROUP,
    "untyped": None,
}
_EDITION = 1
"""Of the index's layout and weights; another one makes another file."""


class Loaded(NamedTuple):
    """Which state of which version."""

    version: str
    revision: int

    def path(self, folder: Path) -> Path:
        """Where its index lies."""
        return folder / f"{self.version}-r{self.revision}-e{_EDITION}.index"


async def active_version(connection: AsyncConnection) -> Loaded | None:
    """The version that answers, and its state; None when nothing is imported."""
    found = (
        await connection.execute(
            select(_version.c.version, _version.c.revision).where(_version.c.active)
        )
    ).one_or_none()
    return Loaded(found.version, found.revision) if found is not None else None


async def concepts_of(
    connection: AsyncConnection, version: str
) -> tuple[list[EscoConcept], list[EscoOccupation]]:
    """Everything that is imported of one version."""
    label, alt, hidden, described = _labels(), _lists(), _lists(), _labels()
    for row in await _rows(connection, table(EscoLabelRow), version, "uri", "language", "text"):
        if row.kind == "preferred":
            label[row.uri][row.language] = row.text
        else:
            kept = alt if row.kind == "alternative" else hidden
            kept[row.uri].setdefault(row.language, []).append(row.text)
    for row in await _rows(connection, table(EscoDescriptionRow), version, "uri"):
        described[row.uri][row.language] = row.text
    related: dict[str, dict[str, list[str]]] = {
        kind: defaultdict(list) for kind in ("broader", "essential", "optional")
    }
    for row in await _rows(connection, table(EscoRelationRow), version, "subject", "object"):
        related[row.kind][row.subject].append(row.object)
    member: dict[str, list[str]] = defaultdict(list)
    for row in await _rows(connection, table(EscoCollectionRow), version, "uri", "name"):
        member[row.uri].append(row.name)
    concepts: list[EscoConcept] = []
    occupations: list[EscoOccupation] = []
    for row in await _rows(connection, table(EscoConceptRow), version, "uri"):
        uri = row.uri
        if row.kind == "occupation":
            occupations.append(
                EscoOccupation(
                    uri,
                    label[uri],
                    alt[uri],
                    row.code,
                    related["essential"].get(uri, ()),
                    related["optional"].get(uri, ()),
                )
            )
        else:
            concepts.append(
                EscoConcept(
                    uri,
                    label[uri],
                    alt[uri],
                    _TYPES[row.kind],
                    row.reuse_level,
                    row.code,
                    related["broader"].get(uri, ()),
                    member.get(uri, ()),
                    described[uri],
                    hidden[uri],
                )
            )
    return concepts, occupations


def _labels() -> dict[str, dict[str, str]]:
    return defaultdict(dict)


def _lists() -> dict[str, dict[str, list[str]]]:
    return defaultdict(dict)


async def _rows(
    connection: AsyncConnection, source: Table, version: str, *order: str
) -> Iterator[Row[Any]]:
    found = await connection.execute(
        select(source).where(source.c.version == version).order_by(*(source.c[o] for o in order))
    )
    return iter(found)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time build."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_index(url: str, loaded: Loaded, folder: Path) -> Path:
    """Build the index of a version unless it lies there already; older ones of it go.

    For a process of its own, or a command: it takes seconds of processor time, and memory.
    """

    async def read() -> tuple[list[EscoConcept], list[EscoOccupation]]:
        engine = make_engine(url, pool_size=1)
        try:
            async with engine.connect() as connection:
                return await concepts_of(connection, loaded.version)
        finally:
            await engine.dispose()

    path = loaded.path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / "lock"):
        if not path.exists():
            build(loaded.version, *asyncio.run(read())).save(path)
            # Processes that still read an older one keep it: its pages outlive its name.
            for old in folder.glob(f"{loaded.version}-*.index"):
                if old != path:
                    old.unlink(missing_ok=True)
    return path
