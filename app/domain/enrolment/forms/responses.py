"""Rows of an export as responses in our own words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol
from uuid import UUID

from app.domain.enrolment.errors_forms import MappingInvalid
from app.domain.enrolment.forms.answered import (
    FORMULA_SIGNS,
    first_choice,
    is_unwritable,
    recorded,
    text_in,
    whole,
)
from app.domain.enrolment.forms.cells import Cell, days_come_first, local_time, to_instant
from app.domain.enrolment.forms.codes import RowReason, RowWarning
from app.domain.enrolment.forms.consent import consent_in, is_no
from app.domain.enrolment.forms.mapping import Answer, ExportColumn, FormMapping, SystemColumn
from app.domain.enrolment.person import Identity, Person, identity_of, is_address
from app.domain.enrolment.ranking import Receipt, received_by_form
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.window import zone_named
from app.domain.errors import Finding

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
    consent: bool | None = None
    """Whether they agree to what the form asks beside the registration; None when it does not
    ask."""
    language_given: bool = field(default=False, compare=False)
    """Whether the language is theirs, not that of the form."""

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

    def tells_no_consent(self, read_again: Response) -> bool:
        """Whether the very same version, read again, tells of a consent that this does not."""
        return (
            self.answers.consent is None
            and read_again.answers.consent is not None
            and read_again.answers_at == self.answers_at
            and read_again.answers.identity == self.answers.identity
        )

    @cached_property
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
    """Knows which column is which, and reads row after row.

    What few people answer differently, such as country and institution, is read once.
    """

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
        answer = {a: mapping.column_of(export.columns, a) for a in Answer}
        self.answered = [index for index in answer.values() if index is not None]
        # One more than there are stands for a column that the export does not have.
        self.width = 1 + max((c.index for c in export.columns), default=0)

        def of_system(column: SystemColumn) -> int:
            return system.get(column, self.width)

        def of_answer(wanted: Answer) -> int:
            index = answer[wanted]
            return self.width if index is None else index

        self.number = of_system(SystemColumn.ID)
        self.completed = of_system(SystemColumn.COMPLETION)
        self.modified = of_system(SystemColumn.LAST_MODIFIED)
        self.recorded_name = of_system(SystemColumn.NAME)
        self.recorded_email = of_system(SystemColumn.EMAIL)
        self.recorded_language = of_system(SystemColumn.LANGUAGE)
        self.full_name = of_answer(Answer.FULL_NAME)
        self.given_name = of_answer(Answer.GIVEN_NAME)
        self.family_name = of_answer(Answer.FAMILY_NAME)
        self.email = of_answer(Answer.EMAIL)
        self.institution = of_answer(Answer.INSTITUTION)
        self.organisation = of_answer(Answer.ORGANISATION)
        self.country = of_answer(Answer.COUNTRY)
        self.language = of_answer(Answer.LANGUAGE)
        self.privacy_notice = of_answer(Answer.PRIVACY_NOTICE)
        self.consent = of_answer(Answer.CONSENT)
        self.names = names
        self.default_language = mapping.language
        self.tells_edits = export.tells_edits
        self.formulas = export.formulas
        self.choices: dict[str, str] = {"": ""}
        self.refused: dict[str, bool] = {"": False}
        self.consents: dict[str, tuple[bool, str | None]] = {}
        self.countries: dict[str, str | None] = {"": None}
        self.languages: dict[str, str | None] = {"": None}
        self.day_first = mapping.day_first
        if self.day_first is None:
            time_columns = [
                system[c] for c in (SystemColumn.COMPLETION, SystemColumn.START) if c in system
            ]
            self.day_first = days_come_first(
                row[index] for row in export.rows for index in time_columns if index < len(row)
            )

    def read(self, row: int, given: Sequence[Cell]) -> Response:
        cells = [*given, *[None] * (self.width + 1 - len(given))]
        cells[self.width] = None
        problems: list[str] = []
        warnings: list[str] = []
        number = whole(cells[self.number])
        if number is None:
            problems.append(RowReason.RESPONSE_NUMBER_MISSING.value)
        completed = self._instant(cells[self.completed], warnings)
        if completed is None:
            problems.append(RowReason.TIME_UNREADABLE.value)
        name = text_in(cells[self.full_name]) or self._other_name(cells)
        email = text_in(cells[self.email]) or recorded(cells[self.recorded_email])
        if not name:
            problems.append(RowReason.NAME_MISSING.value)
        if not email:
            problems.append(RowReason.EMAIL_MISSING.value)
        elif not is_address(email):
            problems.append(RowReason.EMAIL_INVALID.value)
        stated = self._choice(cells[self.institution])
        organisation = self._choice(cells[self.organisation])
        noticed = self._choice(cells[self.privacy_notice])
        if not noticed and self.privacy_notice < self.width:
            # The form asks whether the notice was read: who does not answer was not shown it, as
            # far as anybody can say.
            problems.append(RowReason.PRIVACY_NOTICE_UNANSWERED.value)
        elif self._refuses(noticed):
            problems.append(RowReason.PRIVACY_NOTICE_REFUSED.value)
        language = self._language(cells)
        longest = max(len(name), len(email), len(stated), len(organisation))
        if longest > _LONGEST:
            problems.append(RowReason.ANSWER_TOO_LONG.value)
        if any(is_unwritable(cells[index]) for index in self.answered):
            problems.append(RowReason.UNWRITABLE_TEXT.value)
        if (
            name[:1] in FORMULA_SIGNS
            or stated[:1] in FORMULA_SIGNS
            or organisation[:1] in FORMULA_SIGNS
            or (self.formulas and any((row, index) in self.formulas for index in self.answered))
        ):
            warnings.append(RowWarning.FORMULA_AS_TEXT.value)
        return Response(
            row=row,
            number=number,
            completed_at=completed,
            modified_at=self._instant(cells[self.modified], None),
            answers=Answers(
                full_name=name[:_LONGEST],
                email=email[:_LONGEST],
                stated=stated[:_LONGEST],
                organisation=organisation[:_LONGEST],
                country=self._country(self._choice(cells[self.country]), warnings),
                language=language or self.default_language,
                language_given=language is not None,
                consent=self._consent(cells, warnings),
            ),
            problems=tuple(problems),
            warnings=tuple(warnings),
            tells_edits=self.tells_edits,
        )

    def _other_name(self, cells: Sequence[Cell]) -> str:
        parts = text_in(cells[self.given_name]), text_in(cells[self.family_name])
        joined = " ".join(part for part in parts if part)
        return joined or recorded(cells[self.recorded_name])

    def _choice(self, cell: Cell) -> str:
        """The first of the choices in a cell."""
        if cell is None:
            return ""
        if not isinstance(cell, str):
            return first_choice(text_in(cell))
        choice = self.choices.get(cell)
        if choice is None:
            choice = self.choices[cell] = first_choice(text_in(cell))
        return choice

    def _refuses(self, choice: str) -> bool:
        if choice not in self.refused:
            self.refused[choice] = is_no(choice)
        return self.refused[choice]

    def _consent(self, cells: Sequence[Cell], warnings: list[str]) -> bool | None:
        if self.consent == self.width:
            return None
        answer = self._choice(cells[self.consent])
        if answer not in self.consents:
            self.consents[answer] = consent_in(answer)
        given, why_not = self.consents[answer]
        if why_not is not None:
            warnings.append(why_not)
        return given

    def _country(self, text: str, warnings: list[str]) -> str | None:
        if text not in self.countries:
            self.countries[text] = self.names.country(text)
        country = self.countries[text]
        if country is None and text:
            warnings.append(RowWarning.COUNTRY_UNREADABLE.value)
        return country

    def _language(self, cells: Sequence[Cell]) -> str | None:
        text = self._choice(cells[self.language]) or text_in(cells[self.recorded_language])
        if text not in self.languages:
            self.languages[text] = self.names.language(text)
        return self.languages[text]

    def _instant(self, cell: Cell, warnings: list[str] | None) -> datetime | None:
        if cell is None or cell == "":
            return None
        local = local_time(cell, day_first=self.day_first)
        if local is None:
            return None
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        instant, odd = to_instant(local, self.zone)
        if odd and warnings is not None:
            warnings.append(RowWarning.TIME_IN_CLOCK_CHANGE.value)
        return instant
