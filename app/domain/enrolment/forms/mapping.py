"""How the columns of a form are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.enrolment.errors import MappingInvalid
from app.domain.enrolment.window import zone_named
from app.domain.errors import Finding
from app.domain.vocabulary.text import folded


class SystemColumn(StrEnum):
    """Columns that every export has, whatever the form asks; their headers are translated."""

    ID = "id"
    START = "start"
    COMPLETION = "completion"
    EMAIL = "email"
    NAME = "name"
    LANGUAGE = "language"
    LAST_MODIFIED = "last_modified"
    TOTAL_POINTS = "total_points"
    QUIZ_FEEDBACK = "quiz_feedback"
    GRADE_POSTED = "grade_posted"
    POINTS = "points"
    FEEDBACK = "feedback"


class Answer(StrEnum):
    """What the answer to a question means to us."""

    FULL_NAME = "full_name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    EMAIL = "email"
    INSTITUTION = "institution"
    ORGANISATION = "organisation"
    """For people from outside: the name of their organisation."""
    COUNTRY = "country"
    LANGUAGE = "language"
    PRIVACY_NOTICE = "privacy_notice"
    """That the notice was read; the form itself asks for it."""
    IGNORED = "ignored"
    """Deliberately not read."""


@dataclass(frozen=True)
class ExportColumn:
    """One column of an export."""

    index: int
    header: str
    """In one line and without doubled spaces; a header that stands twice has a number added."""
    system: SystemColumn | None = None
    suggestion: Answer | None = None
    """What its question seems to ask."""


@dataclass(frozen=True)
class FormMapping:
    """How one form of an edition is read; decided by an officer and kept."""

    edition: UUID
    form: str
    """The form's id in Microsoft Forms."""
    time_zone: str
    """IANA name of the zone in which the export shows its times. The file does not say."""
    questions: Mapping[str, Answer]
    """Header to meaning."""
    changed_at: datetime
    changed_by: str
    day_first: bool | None = None
    """For CSV files with dates such as 03/04/2026; None when the file's own dates tell."""
    language: str = "en"
    """BCP 47 tag for people whose own language the form does not tell."""
    version: int = 1

    def column_of(self, columns: Sequence[ExportColumn], answer: Answer) -> int | None:
        """The index of the column with that meaning."""
        wanted = {folded(header) for header, means in self.questions.items() if means is answer}
        for column in columns:
            if column.system is None and folded(column.header) in wanted:
                return column.index
        return None

    def unknown(self, columns: Sequence[ExportColumn]) -> list[str]:
        """Headers of questions on which nothing was decided."""
        known = {folded(header) for header in self.questions}
        return [c.header for c in columns if c.system is None and folded(c.header) not in known]

    def check(self) -> None:
        """Raise MappingInvalid when an import by it could not work."""
        meanings = list(self.questions.values())
        findings = [
            Finding("/questions", "meaning_twice", f"Two questions are read as {answer}.")
            for answer in Answer
            if answer is not Answer.IGNORED and meanings.count(answer) > 1
        ]
        if zone_named(self.time_zone) is None:
            findings.append(
                Finding(
                    "/time_zone",
                    "time_zone_unknown",
                    "Say in which zone the export shows its times, by an IANA name such as "
                    "Europe/Madrid.",
                )
            )
        if Answer.INSTITUTION not in meanings and Answer.ORGANISATION not in meanings:
            findings.append(
                Finding(
                    "/questions",
                    "institution_not_mapped",
                    "Say which question asks for the institution.",
                )
            )
        if findings:
            raise MappingInvalid(findings)


@dataclass(frozen=True)
class MappingSuggestion:
    """What a mapping of a form could be, from its headers."""

    questions: Mapping[str, Answer] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    """Headers that no meaning suggests itself for."""
    language: str | None = None
    """Of the headers of the export: the language of the officer who downloaded it."""


def suggest(columns: Sequence[ExportColumn], language: str | None) -> MappingSuggestion:
    """What the headers suggest; of several questions that seem to ask the same, the first."""
    taken: dict[Answer, str] = {}
    for column in columns:
        if column.system is None and column.suggestion and column.suggestion not in taken:
            taken[column.suggestion] = column.header
    questions = {header: answer for answer, header in taken.items()}
    return MappingSuggestion(
        questions,
        tuple(c.header for c in columns if c.system is None and c.header not in questions),
        language,
    )
