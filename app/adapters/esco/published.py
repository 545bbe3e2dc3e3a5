"""What the columns of ESCO's CSV files mean.

A file is recognised by its columns. Relation files repeat labels, and in English whatever the
bundle's language, so only their URIs are read.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.adapters.esco.build import REUSE_LEVELS
from app.adapters.esco.bundles import EscoFileRefused, SourceFile

BASE = "http://data.europa.eu/esco/"
_URI = re.compile(r"http://data\.europa\.eu/esco/[A-Za-z0-9/_.\-]{3,200}\Z")
_KINDS = {"skill/competence": "skill", "knowledge": "knowledge", "": "untyped"}
_FORMULA = ("=", "+", "@", "\t", "\r")
_LABELS = {"conceptUri", "preferredLabel"}
_COLUMNS: Mapping[str, frozenset[str]] = {
    "occupation_skills": frozenset(["occupationUri", "relationType", "skillUri"]),
    "skill_skills": frozenset(["originalSkillUri", "relationType", "relatedSkillUri"]),
    "broader": frozenset(["conceptUri", "broaderUri", "broaderType"]),
    "collection": frozenset(["conceptUri", "preferredLabel", "broaderConceptUri"]),
    "skills": frozenset(["conceptType", "skillType", "reuseLevel", *_LABELS]),
    "occupations": frozenset(["conceptType", "iscoGroup", *_LABELS]),
    "groups": frozenset(["conceptType", "code", *_LABELS]),
    "labels": frozenset(_LABELS),
}
"""The columns that make a file one of a kind; the first kind that fits counts."""
_PASSED_OVER = ("skillshierarchy", "conceptschemes", "iscogroups", "occpillar", "occupationscoll")
"""Beginnings or parts of names of published files that add nothing to what is kept."""
_COLLECTION = re.compile(r"(\w+?)SkillsCollection", re.IGNORECASE)
_EXAMPLES = 3
LONGEST_LABEL = 1_000
LONGEST_TEXT = 20_000


@dataclass
class Oddities:
    """What was odd about a file and taken all the same: how often, with some examples."""

    times: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, what: str, example: str) -> None:
        """Count one."""
        self.times[what] += 1
        if self.times[what] <= _EXAMPLES:
            self.examples.setdefault(what, []).append(example[:200])

    def plain(self) -> dict[str, object]:
        """For keeping."""
        return {
            what: {"times": times, "examples": self.examples.get(what, [])}
            for what, times in sorted(self.times.items())
        }


@dataclass
class Content:
    """What one file says."""

    concepts: list[tuple[str, str, str | None, str | None, str]] = field(default_factory=list)
    """URI, kind, reuse level, code, status."""
    labels: list[tuple[str, str, str, str]] = field(default_factory=list)
    """URI, language, kind, text."""
    descriptions: list[tuple[str, str, str]] = field(default_factory=list)
    """URI, language, text."""
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    """Subject, kind, object."""
    collections: list[tuple[str, str]] = field(default_factory=list)
    """Name, URI."""
    rows: int = 0
    oddities: Oddities = field(default_factory=Oddities)


@dataclass(frozen=True)
class Published:
    """A file of a known kind."""

    file: SourceFile
    kind: str
    language: str
    """Of its labels; of no matter where it has none."""
    labels_only: bool = False
    """Whether its concepts are those of another version, and only their labels are wanted."""

    def content(self) -> Content:
        """All that it says. Raises EscoFileRefused."""
        found = Content()
        uris: set[str] = set()
        for number, row in self._rows():
            found.rows += 1
            _READERS[self.kind](self, found, row, number, uris)
        if not found.rows:
            raise EscoFileRefused(self.file.name, "it has no rows.")
        if 20 * found.oddities.times["no_uri"] > found.rows:
            raise EscoFileRefused(self.file.name, "too many of its rows have no URI of a concept.")
        return found

    def _rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        rows = self.file.rows()
        header = next(rows, None) or []
        for number, cells in enumerate(rows, 2):
            if not cells:
                continue
            if len(cells) != len(header):
                raise EscoFileRefused(
                    self.file.name,
                    f"row {number} has {len(cells)} cells, the first row {len(header)}.",
                )
            yield number, dict(zip(header, cells, strict=True))


_Read = Callable[[Published, Content, dict[str, str], int, set[str]], None]


def recognise(
    file: SourceFile, *, language: str | None = None, labels_only: bool = False
) -> Published | None:
    """What kind of file it is; None for published files that nothing is taken from.

    Raises EscoFileRefused.
    """
    name = file.name.lower().replace("-", "")
    if any(part in name for part in _PASSED_OVER):
        return None
    header = next(file.rows(), None) or []
    columns = frozenset(header)
    if len(columns) != len(header):
        raise EscoFileRefused(file.name, "two columns have the same name.")
    for kind, needed in _COLUMNS.items():
        if needed <= columns:
            spoken = language or file.language
            if spoken is None and kind in ("skills", "groups", "occupations", "labels"):
                raise EscoFileRefused(
                    file.name, "its name does not end with a language; say which with --language."
                )
            return Published(file, kind, spoken or "", labels_only or kind == "labels")
    shown = ", ".join(header[:8]) or "none"
    raise EscoFileRefused(file.name, f"its columns ({shown[:200]}) are not those of any ESCO file.")


def _concept(
    source: Published, found: Content, row: dict[str, str], number: int, uris: set[str]
) -> None:
    if source.labels_only and not _URI.match(row["conceptUri"].strip()):
        # Lists of labels are cut out of other publications by hand, and show it.
        found.oddities.note("no_uri", f"row {number}: {row['conceptUri']}")
        return
    uri = _uri(source, row["conceptUri"], number)
    if uri in uris:
        found.oddities.note("repeated_concept", uri)
        return
    uris.add(uri)
    if not source.labels_only:
        kind, reuse, code = _facts(source, found, row, number)
        found.concepts.append((uri, kind, reuse, code, row.get("status") or "released"))
    preferred = _label(source, found, row["preferredLabel"], number)
    if not preferred:
        found.oddities.note("no_preferred_label", uri)
    known = {preferred} if preferred else set()
    if preferred:
        found.labels.append((uri, source.language, "preferred", preferred))
    for column, label_kind in (("altLabels", "alternative"), ("hiddenLabels", "hidden")):
        for raw in (row.get(column) or "").split("\n"):
            text = _label(source, found, raw, number)
            if not text:
                continue
            if text in known:
                found.oddities.note("label_repeated", f"{uri} {text}")
                continue
            known.add(text)
            found.labels.append((uri, source.language, label_kind, text))
    description = " ".join((row.get("description") or "").split())
    if description:
        if len(description) > LONGEST_TEXT:
            raise EscoFileRefused(
                source.file.name, f"row {number}: the description is too long to be one."
            )
        found.descriptions.append((uri, source.language, description))


def _facts(
    source: Published, found: Content, row: dict[str, str], number: int
) -> tuple[str, str | None, str | None]:
    if source.kind == "groups":
        return "group", None, row["code"].strip() or None
    if source.kind == "occupations":
        return "occupation", None, (row.get("iscoGroup") or "").strip() or None
    kind = _KINDS.get(row["skillType"].strip())
    if kind is None:
        raise EscoFileRefused(
            source.file.name, f"row {number}: unknown skillType {row['skillType'][:40]!r}."
        )
    reuse: str | None = row["reuseLevel"].strip() or None
    if reuse is not None and reuse not in REUSE_LEVELS:
        raise EscoFileRefused(source.file.name, f"row {number}: unknown reuseLevel {reuse[:40]!r}.")
    if kind == "untyped":
        found.oddities.note("no_skill_type", row["conceptUri"])
    return kind, reuse, None


def _label(source: Published, found: Content, raw: str, number: int) -> str:
    text = " ".join(raw.split())
    if text != raw and text:
        found.oddities.note("blanks_in_label", text)
    # A spreadsheet would run it, and no label of ESCO begins like that.
    if text.startswith(_FORMULA) or raw.startswith(_FORMULA):
        raise EscoFileRefused(
            source.file.name, f"row {number}: a label begins like a formula: {text[:40]!r}."
        )
    if len(text) > LONGEST_LABEL:
        raise EscoFileRefused(source.file.name, f"row {number}: a label is too long to be one.")
    return text


def _uri(source: Published, text: str, number: int) -> str:
    uri = text.strip()
    if not _URI.match(uri):
        raise EscoFileRefused(
            source.file.name, f"row {number}: {uri[:80]!r} is no URI of an ESCO concept."
        )
    return uri


def _relation(kind: str, subject: str, target: str) -> _Read:
    def read(
        source: Published, found: Content, row: dict[str, str], number: int, uris: set[str]
    ) -> None:
        stated = kind or row["relationType"].strip()
        if stated not in ("broader", "essential", "optional"):
            raise EscoFileRefused(
                source.file.name, f"row {number}: unknown relationType {stated[:40]!r}."
            )
        one = _uri(source, row[subject], number)
        other = _uri(source, row[target], number)
        key = f"{one} {stated} {other}"
        if key in uris:
            found.oddities.note("repeated_relation", key)
            return
        uris.add(key)
        found.relations.append((one, stated, other))

    return read


def _collection(
    source: Published, found: Content, row: dict[str, str], number: int, uris: set[str]
) -> None:
    named = _COLLECTION.match(source.file.name)
    name = named.group(1).lower() if named else source.file.name.split(".")[0].lower()
    uri = _uri(source, row["conceptUri"], number)
    if uri not in uris:
        uris.add(uri)
        found.collections.append((name, uri))


_READERS: Mapping[str, _Read] = {
    "skills": _concept,
    "groups": _concept,
    "occupations": _concept,
    "labels": _concept,
    "collection": _collection,
    "broader": _relation("broader", "conceptUri", "broaderUri"),
    "occupation_skills": _relation("", "occupationUri", "skillUri"),
    "skill_skills": _relation("", "originalSkillUri", "relatedSkillUri"),
}


def in_order(published: Sequence[Published]) -> list[Published]:
    """Concepts before what only adds labels, and relations last."""
    order = list(_COLUMNS)
    return sorted(
        published, key=lambda one: (one.labels_only, -order.index(one.kind), one.file.name)
    )
