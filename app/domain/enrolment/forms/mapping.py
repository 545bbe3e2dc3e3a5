"""How the columns of a form are read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.enrolment.errors_forms import MappingInvalid
from app.domain.enrolment.window import is_zone_of_a_place
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
    CONSENT = "consent"
    """Agreement to something beyond the registration; nobody is refused who does not give it."""
    IGNORED = "ignored"
    """Deliberately not read."""


_QUESTION_ID = re.compile(r"r[0-9a-f]{32}")


def is_question_id(key: str) -> bool:
    """Whether a key of a mapping is how the Power Automate connector names a question, and not the
    title that an export shows."""
    return _QUESTION_ID.fullmatch(key) is not None


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
    """Header to meaning; for responses that are delivered live, the question's id to meaning."""
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

    def missing(self, columns: Sequence[ExportColumn]) -> list[str]:
        """Headers that the mapping reads and that the export does not have."""
        there = {folded(c.header) for c in columns if c.system is None}
        return [
            header
            for header, means in self.questions.items()
            if means is not Answer.IGNORED
            and not is_question_id(header)
            and folded(header) not in there
        ]

    def check(self) -> None:
        """Raise MappingInvalid when an import by it could not work.

        Titles and ids of questions are two ways to name the same ones: each is looked at by itself.
        """
        findings = []
        by_id = {key: means for key, means in self.questions.items() if is_question_id(key)}
        by_title = {key: means for key, means in self.questions.items() if key not in by_id}
        for group in (by_title, by_id):
            findings += _twice(group)
            findings += _same_header(group)
        if not is_zone_of_a_place(self.time_zone):
            findings.append(
                Finding(
                    "/time_zone",
                    "time_zone_unknown",
                    "Say in which zone the export shows its times, by an IANA name such as "
                    "Europe/Madrid.",
                )
            )
        for group in (by_title, by_id) if by_title and by_id else (dict(self.questions),):
            if not {Answer.INSTITUTION, Answer.ORGANISATION} & set(group.values()):
                by = " by its id" if group is by_id else ""
                findings.append(
                    Finding(
                        "/questions",
                        "institution_not_mapped",
                        f"Say which question asks for the institution{by}.",
                    )
                )
        if findings:
            raise MappingInvalid(findings)


def _pointer(header: str) -> str:
    """Where a header stands in what was sent: JSON Pointer, RFC 6901."""
    return f"/questions/{header.replace('~', '~0').replace('/', '~1')}"


def _twice(questions: Mapping[str, Answer]) -> list[Finding]:
    first: dict[Answer, str] = {}
    found = []
    for header, means in questions.items():
        if means is Answer.IGNORED:
            continue
        if means in first:
            found.append(
                Finding(
                    _pointer(header),
                    "meaning_twice",
                    f"This is read as {means}, as is “{first[means]}”. Ignore one of them.",
                    {"answer": means.value, "first": first[means]},
                )
            )
        first.setdefault(means, header)
    return found


def _same_header(questions: Mapping[str, Answer]) -> list[Finding]:
    first: dict[str, str] = {}
    found = []
    for header in questions:
        key = folded(header)
        if not key:
            found.append(Finding(_pointer(header), "header_empty", "Name a column by its header."))
        elif key in first:
            found.append(
                Finding(
                    _pointer(header),
                    "header_twice",
                    f"This is the same header as “{first[key]}” but for case, accents or signs.",
                    {"first": first[key]},
                )
            )
        first.setdefault(key, header)
    return found


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
