"""Results as a table in a file: CSV, as spreadsheets write and read it.

Columns, in any order: `registration`; one per assessment, named by its code, with the grade;
`grade` (overall); `outcome`, where the scheme does not tell, or `not_participated`; `assessed_on`
(ISO 8601), `identity` and `supervised`, for all assessments, or for one as `A1_assessed_on` and so
on; `version`, which is compared when it is there. Everything else is reported and left alone. A day
or evidence that the file does not state stays as it was.

A spreadsheet runs a cell that begins like a formula. So what we write never does, and what we read
is refused when it does.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.domain.errors import Finding
from app.domain.results.entry import GradeEntry, ResultEntry
from app.domain.results.errors import SheetInvalid
from app.domain.results.grading import Outcome
from app.domain.results.identity import NO_EVIDENCE, IdentityCheck, IdentityEvidence
from app.domain.results.result import Grading

MOST_BYTES = 2_000_000
MOST_ROWS = 5_000
MOST_COLUMNS = 100
LONGEST_CELL = 200

_FORMULA = ("=", "+", "@", "\t", "\r", "-")
_YES = frozenset({"yes", "true", "1", "y", "x", "sí", "si", "ja", "oui"})
_NO = frozenset({"", "no", "false", "0", "n", "nein", "non"})


@dataclass(frozen=True)
class SheetGrade:
    """What one line says about one assessment."""

    assessment: str
    grade: str
    assessed_on: date | None = None
    identity: IdentityEvidence | None = None


@dataclass(frozen=True)
class SheetRow:
    """What one line of the file says about one registration."""

    line: int
    """In the file, the header being 1."""
    registration: UUID
    version: int | None
    """Of the result that the file was made from, where it says so."""
    grades: tuple[SheetGrade, ...]
    grade: str | None
    outcome: Outcome | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered in it."""
        return not self.grades and self.grade is None and self.outcome is None

    def entry(self, stored: Grading, last_day: date) -> ResultEntry:
        """What it comes to, with the days and the evidence that it does not state.

        These are those of the stored grade, or `last_day` and no evidence.
        """
        before = {grade.assessment: grade for grade in stored.grades}
        return ResultEntry(
            tuple(
                GradeEntry(
                    new.assessment,
                    new.grade,
                    new.assessed_on or (old.assessed_on if old else last_day),
                    new.identity or (old.identity if old else NO_EVIDENCE),
                )
                for new in self.grades
                for old in [before.get(new.assessment)]
            ),
            self.grade,
            self.outcome,
        )


@dataclass(frozen=True)
class Sheet:
    """A file of results that could be read."""

    rows: tuple[SheetRow, ...]
    findings: tuple[Finding, ...]
    """Lines that could not be read; pointers are `/rows/{line}/{column}`."""
    ignored: tuple[str, ...]
    """Columns that mean nothing here."""


def read_sheet(content: bytes, assessments: Sequence[str]) -> Sheet:
    """Read a file of results. Raises SheetInvalid for a file that is no such table at all."""
    header, lines = _table(_text(content))
    columns = [name.strip().lstrip("\ufeff") for name in header]
    known = _known_columns(assessments)
    wanted = [name for name in columns if name in known]
    if "registration" not in wanted:
        raise SheetInvalid("The file has no column `registration`.")
    if len(set(wanted)) != len(wanted):
        raise SheetInvalid("The file has a column twice.")
    rows: list[SheetRow] = []
    found: list[Finding] = []
    seen: set[UUID] = set()
    for line, cells in lines:
        values = dict(zip(columns, cells, strict=False))
        reader = _Row(line, {name: values.get(name, "") for name in wanted})
        row = reader.read(assessments)
        found += reader.findings
        if row is not None and row.registration in seen:
            found.append(
                Finding(f"/rows/{line}/registration", "registration_twice", "It is there twice.")
            )
        elif row is not None:
            seen.add(row.registration)
            rows.append(row)
    ignored = tuple(name for name in columns if name and name not in known)
    return Sheet(tuple(rows), tuple(found), ignored)


def write_sheet(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as CSV that spreadsheets open well: UTF-8 with its mark, and no formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + out.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _known_columns(assessments: Sequence[str]) -> set[str]:
    shared = {"assessed_on", "identity", "supervised"}
    own = {f"{code}_{name}" for code in assessments for name in shared}
    return {"registration", "version", "grade", "outcome"} | shared | own | set(assessments)


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise SheetInvalid(f"The file has more than {MOST_BYTES} bytes.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        # Spreadsheets on Windows still write its old code page; names are all that it can spoil,
        # and names are not read.
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetInvalid("The file is no text. Save it as CSV (UTF-8).")


def _table(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        header = next(reader, None)
        if not header or not any(cell.strip() for cell in header):
            raise SheetInvalid("The file is empty.")
        if len(header) > MOST_COLUMNS:
            raise SheetInvalid(f"The file has more than {MOST_COLUMNS} columns.")
        for cells in reader:
            if len(lines) >= MOST_ROWS:
                raise SheetInvalid(f"The file has more than {MOST_ROWS} lines.")
            if any(cell.strip() for cell in cells):
                lines.append((reader.line_num, cells))
    except csv.Error as error:
        raise SheetInvalid(f"Line {reader.line_num} is no CSV: check its quotes.") from error
    return header, lines


class _Row:
    """Reads one line, and gathers what is wrong with it."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self._line = line
        self._cells = cells
        self.findings: list[Finding] = []

    def read(self, assessments: Sequence[str]) -> SheetRow | None:
        """The line as a row; None when something is wrong with it."""
        registration = self._registration()
        version = self._version()
        grades = tuple(
            SheetGrade(code, grade, self._day(code), self._identity(code))
            for code in assessments
            if (grade := self._cell(code))
        )
        overall, outcome = self._cell("grade") or None, self._outcome()
        if self.findings or registration is None:
            return None
        return SheetRow(self._line, registration, version, grades, overall, outcome)

    def _cell(self, name: str) -> str:
        cell = self._cells.get(name, "")
        text = cell.strip().removeprefix("'").strip()
        if len(text) > LONGEST_CELL:
            self._wrong(name, "cell_too_long", f"A cell has at most {LONGEST_CELL} characters.")
            return ""
        if text.startswith(_FORMULA):
            self._wrong(name, "formula", "A cell that begins like a formula is not taken.")
            return ""
        return text

    def _own(self, code: str, name: str) -> tuple[str, str]:
        """The cell for one assessment, or else the one for all, and its column."""
        own = f"{code}_{name}"
        text = self._cell(own)
        return (own, text) if text else (name, self._cell(name))

    def _registration(self) -> UUID | None:
        try:
            return UUID(self._cell("registration"))
        except ValueError:
            self._wrong("registration", "registration_unreadable", "Give the registration's id.")
            return None

    def _version(self) -> int | None:
        text = self._cell("version")
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            self._wrong("version", "version_unreadable", "Leave the version as it was.")
            return None
        return int(text)

    def _day(self, code: str) -> date | None:
        name, text = self._own(code, "assessed_on")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._wrong(name, "date_unreadable", "Write the day as 2026-06-30.")
            return None

    def _identity(self, code: str) -> IdentityEvidence | None:
        name, text = self._own(code, "identity")
        flag, watched = self._own(code, "supervised")
        if not text and not watched:
            return None
        try:
            check = IdentityCheck(text.casefold()) if text else IdentityCheck.NONE
        except ValueError:
            self._wrong(name, "identity_unknown", f"It is one of {', '.join(IdentityCheck)}.")
            check = IdentityCheck.NONE
        if watched.casefold() not in _YES | _NO:
            self._wrong(flag, "yes_or_no", "Say yes or no.")
        return IdentityEvidence(check, watched.casefold() in _YES)

    def _outcome(self) -> Outcome | None:
        text = self._cell("outcome").casefold().replace(" ", "_")
        try:
            return Outcome(text) if text else None
        except ValueError:
            self._wrong("outcome", "outcome_unknown", f"It is one of {', '.join(Outcome)}.")
            return None

    def _wrong(self, column: str, code: str, detail: str) -> None:
        finding = Finding(f"/rows/{self._line}/{column}", code, detail)
        if finding not in self.findings:
            self.findings.append(finding)
