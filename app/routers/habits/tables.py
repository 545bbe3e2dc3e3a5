"""Lists as CSV and as workbooks, for people who work in spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Request, Response
from openpyxl import Workbook

from app.domain.errors import Invalid

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON = "application/json"
_RUNS = ("=", "+", "-", "@", "\t", "\r")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

TABLE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            CSV: {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}
"""For operations that answer with a table as well."""

T = TypeVar("T")
Cell = str | int | float | bool | datetime | None


class TableTooLong(Invalid):
    """More rows than one file may have; nothing is cut off in silence."""

    code = "table_too_long"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"This table would have more than {most} rows, which is as many as one file may have. "
            "Narrow it down by the parameters of the operation, or read it page by page as JSON."
        )


def all_of(found: Sequence[T], most: int) -> Sequence[T]:
    """What goes into a file, asked for with a limit of one more than `most`. Raises
    TableTooLong."""
    if len(found) > most:
        raise TableTooLong(most)
    return found


def wanted(request: Request) -> str:
    """The media type that the caller prefers among JSON, CSV and workbooks; JSON for `*/*`."""
    accepted: list[tuple[float, str]] = []
    for part in request.headers.get("accept", "*/*").split(","):
        media_type, *parameters = (word.strip() for word in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            accepted.append((float(weight), media_type.lower()))
        except ValueError:
            accepted.append((0.0, media_type.lower()))
    for quality, media_type in sorted(accepted, key=lambda one: -one[0]):
        if quality > 0 and media_type in (CSV, XLSX, JSON):
            return media_type
        if quality > 0 and media_type in ("*/*", "application/*"):
            return JSON
        if quality > 0 and media_type == "text/*":
            return CSV
    return JSON


def defused(cell: Cell) -> str | int | float | bool | datetime:
    """The cell without anything that a spreadsheet would run, or could not be written into one: a
    text that begins like a formula gets an apostrophe in front, and for what XML 1.0 knows no
    character for (section 2.2) stands U+FFFD."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        if not cell.isprintable():
            cell = _NOT_IN_XML.sub("\ufffd", cell)
        return f"'{cell}" if cell.startswith(_RUNS) else cell
    return cell


def table_response(
    media_type: str,
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    language: str | None = None,
) -> Response:
    """The rows as a file of that media type; the name has no ending yet. `language` is that of
    sentences in them, where `Accept-Language` chose it."""
    ending = "xlsx" if media_type == XLSX else "csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    if language is not None:
        headers |= {"Content-Language": language, "Vary": "Accept-Language"}
    if media_type == CSV:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(header)
        for row in rows:
            cells = [defused(cell) for cell in row]
            writer.writerow([c.isoformat() if isinstance(c, datetime) else c for c in cells])
        # With a mark, or spreadsheets read UTF-8 as something else.
        return Response(
            "\ufeff" + text.getvalue(), media_type=f"{CSV}; charset=utf-8", headers=headers
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name.partition(".")[0][:31])
    sheet.append(list(header))
    for row in rows:
        cells = [defused(cell) for cell in row]
        sheet.append([c.replace(tzinfo=None) if isinstance(c, datetime) else c for c in cells])
    content = io.BytesIO()
    book.save(content)
    return Response(content.getvalue(), media_type=XLSX, headers=headers)
