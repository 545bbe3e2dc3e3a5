"""Which column of an export is which: by its header in ten languages, else by place and content."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from app.domain.enrolment.forms.cells import Cell, local_time
from app.domain.enrolment.forms.mapping import Answer, ExportColumn, SystemColumn
from app.domain.vocabulary.text import folded

_LOOK_AT = 50
"""Rows that are looked at to tell what a column holds."""


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("app.data").joinpath("forms.json").read_text())
    return loaded


@cache
def _known() -> dict[str, dict[str, SystemColumn]]:
    """Folded header to column, by language."""
    return {
        language: {
            folded(header): SystemColumn(column)
            for column, headers in columns.items()
            for header in headers
        }
        for language, columns in _data()["headers"].items()
    }


@cache
def _questions() -> list[tuple[Answer, re.Pattern[str]]]:
    return [
        (
            Answer(answer),
            re.compile(r"\b(" + "|".join(re.escape(folded(w)) for w in words) + r")\b"),
        )
        for answer, words in _data()["questions"]
    ]


def one_line(header: Cell) -> str:
    """A header without line breaks, non-breaking and doubled spaces."""
    return " ".join(str(header if header is not None else "").split())


def columns_of(
    headers: Sequence[Cell], rows: Sequence[Sequence[Cell]]
) -> tuple[tuple[ExportColumn, ...], str | None]:
    """The columns of an export, and the language of its headers where that is known."""
    names = _told_apart([one_line(header) for header in headers])
    language, system = _by_header(names)
    if not {SystemColumn.ID, SystemColumn.COMPLETION} <= set(system.values()):
        language, system = None, _by_content(rows, len(names))
    quiz = _quiz_columns(names, system)
    return tuple(
        ExportColumn(
            index,
            name,
            system.get(index) or quiz.get(index),
            None if index in system or index in quiz else suggestion(name),
        )
        for index, name in enumerate(names)
    ), language


def _told_apart(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[folded(name)] += 1
        number = seen[folded(name)]
        result.append(name if number == 1 else f"{name} ({number})")
    return result


def _by_header(names: Sequence[str]) -> tuple[str | None, dict[int, SystemColumn]]:
    """The language in which most headers are known, and what they are.

    System columns come first in every export: a question that has the title of one, such as
    "Name", stands behind them. Some of a quiz stay English in a file of another language.
    """
    keys = [folded(name) for name in names]
    hits = {
        language: sum(key in known for key in keys[:10]) for language, known in _known().items()
    }
    language = max(hits, key=lambda code: (hits[code], code == "en"))
    known = {**_known()["en"], **_known()[language]}
    system: dict[int, SystemColumn] = {}
    for index, key in enumerate(keys):
        column = known.get(key)
        if column is None or column in system.values():
            break
        system[index] = column
    return (language if hits[language] else None), system


def _by_content(rows: Sequence[Sequence[Cell]], width: int) -> dict[int, SystemColumn]:
    """By place and type: a number, two times, then an address and a name."""
    kinds = [_kind_of([row[i] for row in rows[:_LOOK_AT] if i < len(row)]) for i in range(width)]
    wanted = [
        (SystemColumn.ID, "number"),
        (SystemColumn.START, "time"),
        (SystemColumn.COMPLETION, "time"),
        (SystemColumn.EMAIL, "address"),
        (SystemColumn.NAME, "text"),
    ]
    system = {}
    for index, (column, kind) in enumerate(wanted):
        if index >= width or (kinds[index] != kind and kinds[index] != "empty"):
            break
        system[index] = column
    return system if SystemColumn.COMPLETION in system.values() else {}


def _kind_of(cells: Sequence[Cell]) -> str:
    filled = [cell for cell in cells if cell is not None and cell != ""]
    if not filled:
        return "empty"
    if all(_is_whole(cell) for cell in filled):
        return "number"
    if all(local_time(cell, day_first=True) is not None for cell in filled):
        return "time"
    texts = [str(cell) for cell in filled]
    if all("@" in text or folded(text).startswith("anon") for text in texts):
        return "address"
    return "text"


def _is_whole(cell: Cell) -> bool:
    if isinstance(cell, str):
        return cell.strip().isdigit()
    return isinstance(cell, int | float) and not isinstance(cell, bool) and float(cell).is_integer()


def _quiz_columns(names: Sequence[str], system: dict[int, SystemColumn]) -> dict[int, SystemColumn]:
    """Points and feedback, which stand behind each question of a quiz."""
    titles = {folded(name) for index, name in enumerate(names) if index not in system}
    found = {}
    for index, name in enumerate(names):
        prefix, dash, title = name.partition(" - ")
        if not dash or index in system or folded(title) not in titles:
            continue
        for column, prefixes in _data()["quiz_prefixes"].items():
            if prefix in prefixes:
                found[index] = SystemColumn(column)
    return found


def suggestion(header: str) -> Answer | None:
    """What a question seems to ask."""
    key = folded(header)
    return next((answer for answer, words in _questions() if words.search(key)), None)
