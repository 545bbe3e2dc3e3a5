"""Puts files of ESCO into the database: each file in one transaction, or not at all.

Everything is read and checked before anything is written. A file that is here already, by its
SHA-256, is passed over, so that an import which was killed goes on with the first file that it
had not finished when it is started again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, any_, cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.esco.published import Content, Published
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.esco import (
    EscoCollectionRow,
    EscoConceptRow,
    EscoDescriptionRow,
    EscoImportRow,
    EscoLabelRow,
    EscoRelationRow,
    EscoVersionRow,
)
from app.domain.clock import Clock
from app.domain.errors import Invalid
from app.domain.skills.ports import EscoVersionNotFound

_version = table(EscoVersionRow)
_import = table(EscoImportRow)
_concept = table(EscoConceptRow)
_label = table(EscoLabelRow)
_kept = (
    EscoConceptRow,
    EscoLabelRow,
    EscoDescriptionRow,
    EscoRelationRow,
    EscoCollectionRow,
)
_ONE_AT_A_TIME = 0x45_53_43_4F
"""Key of the advisory lock that imports hold."""


class EscoVersionIncomplete(Invalid):
    """A version without skills cannot answer anything."""

    code = "esco_version_incomplete"

    def __init__(self, version: str) -> None:
        super().__init__(
            f"ESCO {version} has no skills here yet. Import skills_en.csv of that version first."
        )


@dataclass(frozen=True)
class FileReport:
    """What became of one file."""

    name: str
    kind: str
    rows: int
    new: bool
    """False when the same file was imported before."""
    oddities: dict[str, Any]


Telling = Callable[[str, int, int], None]
"""Told the name of the file that is next, its number and how many there are."""


async def import_files(
    engine: AsyncEngine,
    version: str,
    files: Sequence[Published],
    clock: Clock,
    tell: Telling = lambda name, number, of: None,
) -> list[FileReport]:
    """Import files of one version, in order. Raises EscoFileRefused, EscoVersionIncomplete.

    Nothing is written when any of the files is refused.
    """
    fingerprints = [published.file.fingerprint() for published in files]
    for number, published in enumerate(files):
        tell(f"check {published.file.name}", number, len(files))
        published.content()
    async with engine.connect() as guard:
        await guard.execute(select(func.pg_advisory_lock(_ONE_AT_A_TIME)))
        try:
            await _note_version(engine, version, files, clock)
            reports = []
            for number, (published, seen) in enumerate(zip(files, fingerprints, strict=True)):
                tell(published.file.name, number, len(files))
                reports.append(await _import_file(engine, version, published, seen, clock))
            return reports
        finally:
            await guard.execute(select(func.pg_advisory_unlock(_ONE_AT_A_TIME)))


async def _note_version(
    engine: AsyncEngine, version: str, files: Sequence[Published], clock: Clock
) -> None:
    async with engine.begin() as connection:
        known = await connection.scalar(
            select(func.count()).select_from(_concept).where(_concept.c.version == version)
        )
        if not known and all(one.labels_only for one in files):
            raise EscoVersionIncomplete(version)
        await connection.execute(
            insert(_version)
            .values(version=version, changed_at=clock.now())
            .on_conflict_do_nothing()
        )


async def _import_file(
    engine: AsyncEngine, version: str, published: Published, fingerprint: str, clock: Clock
) -> FileReport:
    name = f"{published.file.name}{' (labels)' if published.labels_only else ''}"
    async with engine.begin() as connection:
        done = (
            await connection.execute(
                select(_import).where(_import.c.version == version, _import.c.name == name)
            )
        ).one_or_none()
        if done is not None and done.finished and done.fingerprint == fingerprint:
            return FileReport(name, done.kind, done.position, False, done.oddities)
        content = published.content()
        await take_in(connection, version, name, content, labels_only=published.labels_only)
        values = {
            "kind": published.kind,
            "language": published.language or None,
            "fingerprint": fingerprint,
            "position": content.rows,
            "finished": True,
            "oddities": content.oddities.plain(),
            "at": clock.now(),
        }
        await note_import(connection, version, name, values)
    return FileReport(name, published.kind, content.rows, True, content.oddities.plain())


async def note_import(
    connection: AsyncConnection, version: str, name: str, values: dict[str, Any]
) -> None:
    """Keep where an import stands; the version counts one more change."""
    await connection.execute(
        insert(_import)
        .values(version=version, name=name, **values)
        .on_conflict_do_update(index_elements=[_import.c.version, _import.c.name], set_=values)
    )
    await connection.execute(
        update(_version)
        .where(_version.c.version == version)
        .values(revision=_version.c.revision + 1, changed_at=values["at"])
    )


async def take_in(
    connection: AsyncConnection,
    version: str,
    source: str,
    content: Content,
    *,
    labels_only: bool = False,
    replacing: bool = True,
) -> None:
    """Write what a source says. Official labels replace those of lists; lists only fill gaps.

    Without `replacing`, what is there stays, whoever said it.
    """
    if replacing:
        for row in _kept:
            kept = table(row)
            await connection.execute(
                delete(kept).where(kept.c.version == version, kept.c.source == source)
            )
    await _copied(
        connection,
        EscoConceptRow,
        ("version", "uri", "kind", "reuse_level", "code", "status", "source"),
        ((version, *concept, source) for concept in content.concepts),
    )
    uris = {uri for uri, *_ in content.labels}
    if labels_only:
        known = set(
            await connection.scalars(select(_concept.c.uri).where(_concept.c.version == version))
        )
        for uri in sorted(uris - known):
            content.oddities.note("concept_not_in_this_version", uri)
        of_skills = set(
            await connection.scalars(
                select(_concept.c.uri).where(
                    _concept.c.version == version, _concept.c.kind != "occupation"
                )
            )
        )
        # A list of occupations says nothing about which skills lack a label.
        languages = {language for uri, language, *_ in content.labels if uri in of_skills}
        for language in sorted(languages):
            bare = await connection.scalars(
                select(_concept.c.uri).where(
                    _concept.c.version == version,
                    _concept.c.kind.in_(["skill", "knowledge", "untyped"]),
                    _concept.c.uri.not_in(
                        select(_label.c.uri).where(
                            _label.c.version == version,
                            _label.c.language == language,
                            _label.c.kind == "preferred",
                        )
                    ),
                )
            )
            for uri in bare:
                if uri not in uris:
                    content.oddities.note(f"skill_without_label_{language}", uri)
    else:
        known = uris
        if replacing:
            await _make_way(connection, version, source, content)
    await _copied(
        connection,
        EscoLabelRow,
        ("version", "uri", "language", "kind", "text", "source"),
        ((version, *label, source) for label in content.labels if label[0] in known),
    )
    await _copied(
        connection,
        EscoDescriptionRow,
        ("version", "uri", "language", "text", "source"),
        ((version, *one, source) for one in content.descriptions if one[0] in known),
    )
    await _copied(
        connection,
        EscoRelationRow,
        ("version", "subject", "kind", "object", "source"),
        ((version, *relation, source) for relation in content.relations),
    )
    await _copied(
        connection,
        EscoCollectionRow,
        ("version", "name", "uri", "source"),
        ((version, *member, source) for member in content.collections),
    )


async def _make_way(
    connection: AsyncConnection, version: str, source: str, content: Content
) -> None:
    """Remove what lists of labels said where ESCO's own file speaks now."""
    for language in sorted({language for _, language, *_ in content.labels}):
        mine = [uri for uri, spoken, *_ in content.labels if spoken == language]
        for kept in (_label, table(EscoDescriptionRow)):
            await connection.execute(
                delete(kept).where(
                    kept.c.version == version,
                    kept.c.language == language,
                    kept.c.source != source,
                    kept.c.uri == any_(cast(sorted(set(mine)), ARRAY(Text))),
                )
            )


async def _copied(
    connection: AsyncConnection,
    row: type[Any],
    columns: Sequence[str],
    records: Iterable[tuple[Any, ...]],
) -> None:
    """COPY into a table; what is there already stays."""
    rows = list(records)
    if not rows:
        return
    name = row.__tablename__
    listed = ", ".join(f'"{column}"' for column in columns)
    await connection.execute(text(f"CREATE TEMPORARY TABLE incoming (LIKE {name}) ON COMMIT DROP"))
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.copy_records_to_table("incoming", records=rows, columns=columns)
    await connection.execute(
        text(
            f"INSERT INTO {name} ({listed}) SELECT {listed} FROM incoming "  # noqa: S608  # our own names
            "ON CONFLICT DO NOTHING"
        )
    )
    await connection.execute(text("DROP TABLE incoming"))


async def activate(engine: AsyncEngine, version: str, clock: Clock) -> None:
    """Let that version answer from now on. Raises EscoVersionNotFound, EscoVersionIncomplete."""
    async with engine.begin() as connection:
        found = await connection.scalar(
            select(_version.c.version).where(_version.c.version == version).with_for_update()
        )
        if found is None:
            raise EscoVersionNotFound(version)
        skills = await connection.scalar(
            select(func.count())
            .select_from(_concept)
            .where(_concept.c.version == version, _concept.c.kind != "occupation")
        )
        if not skills:
            raise EscoVersionIncomplete(version)
        await connection.execute(update(_version).where(_version.c.active).values(active=False))
        await connection.execute(
            update(_version)
            .where(_version.c.version == version)
            .values(active=True, changed_at=clock.now())
        )
