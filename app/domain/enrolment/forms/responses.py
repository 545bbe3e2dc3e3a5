"""Rows of an export as responses in our own words."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Protocol
from uuid import UUID

from app.domain.enrolment.errors import MappingInvalid
from app.domain.enrolment.forms.cells import Cell, days_come_first, local_time, to_instant
from app.domain.enrolment.forms.mapping import Answer, ExportColumn, FormMapping, SystemColumn
from app.domain.enrolment.person import Identity, Person, identity_of, is_address
from app.domain.enrolment.ranking import Receipt, received_by_form
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.window import zone_named
from app.domain.errors import Finding
from app.domain.vocabulary.text import folded

_NO = frozenset({"no", "nein", "non", "nu", "nej", "ei", "не", "οχι", "nil", "false", "0"})
"""Folded: how people say in the alliance's languages that they do not agree."""
_LONGEST = 300


@dataclass(frozen=True)
class Export:
    """What a file holds: its columns, and its rows as they are."""

    columns: tuple[ExportColumn, ...]
    rows: Sequence[Sequence[Cell]]
    first_row: int = 2
    """The number in the sheet of the first row of responses."""
    language: str | None = None
    """BCP 47 tag of the language of the headers, where they are known."""
    formulas: frozenset[tuple[int, int]] = frozenset()
    """Cells (row in the sheet, column index) that held a formula; the formula is their text."""
    tells_edits: bool = True
    """Whether an edited response is known by a time of its last edit."""


class Names(Protocol):
    """Reads names of countries and languages in the languages of Europe."""

    def country(self, text: str) -> str | None:
        """ISO 3166-1 alpha-2."""
        ...

    def language(self, text: str) -> str | None:
        """BCP 47 tag."""
        ...


@dataclass(frozen=True)
class Answers:
    """What we read of a response. Personal data."""

    full_name: str = field(repr=False)
    email: str = field(repr=False)
    stated: str
    """The institution, as chosen or typed."""
    organisation: str = ""
    """The organisation of somebody from outside, as typed."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    language: str = "en"
    """BCP 47 tag."""

    @cached_property
    def identity(self) -> Identity:
        """Address and name as keys."""
        return identity_of(self.email, self.full_name)


@dataclass(frozen=True)
class Response:
    """One response of a form, from one row of an export."""

    row: int
    number: int | None
    """The response's own number, unique in its form."""
    completed_at: datetime | None
    """When it was sent."""
    modified_at: datetime | None
    """When it was last edited."""
    answers: Answers
    problems: tuple[str, ...] = ()
    """Codes of what keeps it from being taken."""
    warnings: tuple[str, ...] = ()
    tells_edits: bool = True
    """Whether it would say so if it had been edited."""

    @property
    def answers_at(self) -> datetime:
        """Of when these answers are."""
        if self.completed_at is None:
            raise ValueError("A response without time has no answers to compare.")
        return max(self.completed_at, self.modified_at or self.completed_at)

    def receipt(self, form: str) -> Receipt:
        """When and through what it was received."""
        if self.completed_at is None or self.number is None:
            raise ValueError("A response without time or number has no receipt.")
        return received_by_form(self.completed_at, form, self.number)


@dataclass(frozen=True)
class StoredResponse:
    """A response as one import brought it. A later import may bring it with newer answers."""

    form: str
    number: int
    received_at: datetime
    answers: Answers
    answers_at: datetime
    registration: UUID
    """The registration that it led to, or of which it is a repetition."""
    brought_by: UUID
    """The import."""
    other_time: datetime | None = None
    """A changed time of completion that an officer has decided against."""

    @property
    def receipt(self) -> Receipt:
        """When and through what it was received."""
        return received_by_form(self.received_at, self.form, self.number)


@dataclass
class KnownEntry:
    """A registration that is there already, with its person and the responses it came by."""

    registration: Registration
    person: Person
    responses: tuple[StoredResponse, ...] = ()


def read_responses(export: Export, mapping: FormMapping, names: Names) -> Iterator[Response]:
    """The responses of an export, in the order of its rows. Empty rows are left out.

    Raises MappingInvalid when the export has no column for the response's number or time.
    """
    reader = _RowReader(export, mapping, names)
    for offset, cells in enumerate(export.rows):
        row = export.first_row + offset
        if any(cell is not None and cell != "" for cell in cells):
            yield reader.read(row, cells)


class _RowReader:
    """Knows which column is which, and reads row after row."""

    def __init__(self, export: Export, mapping: FormMapping, names: Names) -> None:
        zone = zone_named(mapping.time_zone)
        system = {c.system: c.index for c in export.columns if c.system}
        missing = [
            Finding("/file", f"{column}_column_missing", f"The export has no {column} column.")
            for column in (SystemColumn.ID, SystemColumn.COMPLETION)
            if column not in system
        ]
        if missing or zone is None:
            raise MappingInvalid(missing)
        self.zone = zone
        self.system: Mapping[SystemColumn, int] = system
        self.answer = {a: mapping.column_of(export.columns, a) for a in Answer}
        self.names = names
        self.default_language = mapping.language
        self.tells_edits = export.tells_edits
        self.formulas = export.formulas
        time_columns = [
            system[c] for c in (SystemColumn.COMPLETION, SystemColumn.START) if c in system
        ]
        self.day_first = mapping.day_first
        if self.day_first is None:
            self.day_first = days_come_first(
                row[index] for row in export.rows for index in time_columns if index < len(row)
            )

    def read(self, row: int, cells: Sequence[Cell]) -> Response:
        problems: list[str] = []
        warnings: list[str] = []
        number = _whole(self._system(cells, SystemColumn.ID))
        if number is None:
            problems.append("response_number_missing")
        completed = self._instant(cells, SystemColumn.COMPLETION, warnings)
        if completed is None:
            problems.append("time_unreadable")
        name = self._name(cells)
        email = self._email(cells)
        if not name:
            problems.append("name_missing")
        if not email:
            problems.append("email_missing")
        elif not is_address(email):
            problems.append("email_invalid")
        stated = _first_choice(_text(self._answer(cells, Answer.INSTITUTION)))
        organisation = _first_choice(_text(self._answer(cells, Answer.ORGANISATION)))
        if folded(_first_choice(_text(self._answer(cells, Answer.PRIVACY_NOTICE)))) in _NO:
            problems.append("privacy_notice_refused")
        if any(len(text) > _LONGEST for text in (name, email, stated, organisation)):
            problems.append("answer_too_long")
        if any(text[:1] in _FORMULA_SIGNS for text in (name, stated, organisation)) or any(
            (row, index) in self.formulas for index in self.answer.values() if index is not None
        ):
            warnings.append("formula_as_text")
        return Response(
            row=row,
            number=number,
            completed_at=completed,
            modified_at=self._instant(cells, SystemColumn.LAST_MODIFIED, []),
            answers=Answers(
                full_name=name[:_LONGEST],
                email=email[:_LONGEST],
                stated=stated[:_LONGEST],
                organisation=organisation[:_LONGEST],
                country=self._country(cells, warnings),
                language=self._language(cells),
            ),
            problems=tuple(problems),
            warnings=tuple(warnings),
            tells_edits=self.tells_edits,
        )

    def _cell(self, cells: Sequence[Cell], index: int | None) -> Cell:
        return cells[index] if index is not None and index < len(cells) else None

    def _system(self, cells: Sequence[Cell], column: SystemColumn) -> Cell:
        return self._cell(cells, self.system.get(column))

    def _answer(self, cells: Sequence[Cell], answer: Answer) -> Cell:
        return self._cell(cells, self.answer[answer])

    def _name(self, cells: Sequence[Cell]) -> str:
        asked = _text(self._answer(cells, Answer.FULL_NAME))
        if asked:
            return asked
        parts = (
            _text(self._answer(cells, Answer.GIVEN_NAME)),
            _text(self._answer(cells, Answer.FAMILY_NAME)),
        )
        joined = " ".join(part for part in parts if part)
        if joined:
            return joined
        recorded = _text(self._system(cells, SystemColumn.NAME))
        return "" if recorded.casefold() in _ANONYMOUS else recorded

    def _email(self, cells: Sequence[Cell]) -> str:
        asked = _text(self._answer(cells, Answer.EMAIL))
        if asked:
            return asked
        recorded = _text(self._system(cells, SystemColumn.EMAIL))
        return "" if recorded.casefold() in _ANONYMOUS else recorded

    def _country(self, cells: Sequence[Cell], warnings: list[str]) -> str | None:
        text = _first_choice(_text(self._answer(cells, Answer.COUNTRY)))
        if not text:
            return None
        country = self.names.country(text)
        if country is None:
            warnings.append("country_unreadable")
        return country

    def _language(self, cells: Sequence[Cell]) -> str:
        text = _first_choice(_text(self._answer(cells, Answer.LANGUAGE))) or _text(
            self._system(cells, SystemColumn.LANGUAGE)
        )
        return (self.names.language(text) if text else None) or self.default_language

    def _instant(
        self, cells: Sequence[Cell], column: SystemColumn, warnings: list[str]
    ) -> datetime | None:
        local = local_time(self._system(cells, column), day_first=self.day_first)
        if local is None:
            return None
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        instant, odd = to_instant(local, self.zone)
        if odd:
            warnings.append("time_in_clock_change")
        return instant


_FORMULA_SIGNS = frozenset("=+-@")
_ANONYMOUS = frozenset({"anonymous", "anónimo", "anonyme", "anonym", "anonimo"})


def _whole(cell: Cell) -> int | None:
    """A whole number, however the spreadsheet wrote it; None for anything else."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int):
        return cell if cell >= 0 else None
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and 0 <= cell < 2**53 else None
    if isinstance(cell, str):
        text = cell.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    return None


def _text(cell: Cell) -> str:
    """What a person wrote, in one line without odd spaces and invisible characters."""
    if cell is None or isinstance(cell, bool | datetime | date | time | timedelta):
        return ""
    if isinstance(cell, float):
        cell = int(cell) if cell.is_integer() else cell
    kept = "".join(
        " " if c.isspace() else c
        for c in unicodedata.normalize("NFC", str(cell))
        if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")
    )
    return " ".join(kept.split())


def _first_choice(text: str) -> str:
    """The first of the choices that Forms joins by semicolons; of two institutions, the first."""
    return next((choice.strip() for choice in text.split(";") if choice.strip()), "")
