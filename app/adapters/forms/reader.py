"""Reads what Microsoft Forms exports: workbooks and CSV files."""

import csv
import io
from collections.abc import Sequence

from app.adapters.forms import child
from app.adapters.forms.headers import columns_of
from app.adapters.forms.workbook import read_workbook, refused
from app.domain.enrolment.forms.cells import Cell
from app.domain.enrolment.forms.mapping import SystemColumn
from app.domain.enrolment.forms.responses import Export

_ZIP = b"PK"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Old .xls files, and new ones with a password, are compound files of OLE."""
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_GLANCE = 65_536
_DELIMITERS = ",;\t"
_OTHER_TEXTS = ("{", "[", "<", "%PDF")
"""How JSON, HTML, XML and PDF begin, and no header of an export does."""


class MicrosoftForms:
    """See `app.domain.enrolment.ports_forms.FormsReader`."""

    def read(self, content: bytes, filename: str) -> Export:
        """The responses in a workbook or CSV file. Blocks. Raises FileRefused."""
        self.glance(content)
        if content.startswith(_ZIP):
            return _from_workbook(content)
        return _from_text(content)

    def glance(self, content: bytes) -> None:
        """Refuse what its first bytes show to be no workbook or CSV file. Raises FileRefused."""
        if content.startswith(_COMPOUND):
            raise refused("encrypted" if _ENCRYPTED in content else "old_format")
        if content.startswith((_ZIP, *_UTF16)):
            return
        if b"\0" in content[:_GLANCE]:
            raise refused("no_table")
        _expect_table(content[:_GLANCE].decode("latin-1").removeprefix("\xef\xbb\xbf"))


def _expect_table(text: str) -> None:
    """Raise FileRefused for a text whose first line is no header of several columns."""
    first = text.lstrip().partition("\n")[0]
    if not first:
        raise refused("no_header")
    if first.startswith(_OTHER_TEXTS) or not any(sign in first for sign in _DELIMITERS):
        raise refused("no_table")


def _from_workbook(content: bytes) -> Export:
    found = read_workbook(content)
    rows: list[list[Cell]] = found["rows"]
    first_row, first_column = found["first_row"], found["first_column"]
    formulas: dict[tuple[int, int], str] = found["formulas"]
    for (row, column), formula in formulas.items():
        at = row - first_row, column - first_column
        if 0 <= at[0] < len(rows) and 0 <= at[1] < len(rows[at[0]]):
            # As text and nothing else: what it would come to is not what the person wrote.
            rows[at[0]][at[1]] = formula
    return _export(
        rows,
        first_row,
        frozenset((row + 1, column - first_column) for row, column in formulas),
    )


def _from_text(content: bytes) -> Export:
    text = _decoded(content)
    _expect_table(text)
    first_line = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    try:
        rows: list[list[Cell]] = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append(list(row))
            if len(rows) > child.ROWS or len(row) > child.COLUMNS:
                raise refused("too_many_cells")
    except csv.Error:
        raise refused("unreadable") from None
    return _export(rows, 0, frozenset())


def _decoded(content: bytes) -> str:
    encodings = ["utf-8-sig", "cp1252"]
    if content.startswith(_UTF16):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise refused("no_table")


def _export(rows: list[list[Cell]], first_row: int, formulas: frozenset[tuple[int, int]]) -> Export:
    if not rows or not any(str(cell).strip() for cell in rows[0] if cell is not None):
        raise refused("no_header")
    headers, responses = rows[0], rows[1:]
    while responses and not _is_filled(responses[-1]):
        responses.pop()
    while (
        headers
        and not str(headers[-1] or "").strip()
        and not _column_is_filled(responses, len(headers) - 1)
    ):
        headers.pop()
    columns, language = columns_of(headers, responses)
    if not {SystemColumn.ID, SystemColumn.COMPLETION} <= {column.system for column in columns}:
        raise refused("no_columns")
    return Export(
        columns=columns,
        rows=responses,
        # Counted as the spreadsheet counts, the header being above.
        first_row=first_row + 2,
        language=language,
        formulas=formulas,
    )


def _is_filled(row: Sequence[Cell]) -> bool:
    return any(cell is not None and cell != "" for cell in row)


def _column_is_filled(rows: Sequence[Sequence[Cell]], index: int) -> bool:
    return any(index < len(row) and row[index] not in (None, "") for row in rows)
