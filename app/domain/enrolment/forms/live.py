"""Responses as the Power Automate connector hands them over, one by one, in the form of an export.

The connector names questions by identifiers (`r` and 32 hexadecimal digits), gives the time of
submission in UTC and in the American way, and choices as JSON lists in strings. What comes of it is
read, judged and imported by the same code as the rows of a workbook.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from app.domain.enrolment.forms.cells import Cell, local_time
from app.domain.enrolment.forms.imports import Verdict
from app.domain.enrolment.forms.mapping import (
    Answer,
    ExportColumn,
    FormMapping,
    SystemColumn,
    is_question_id,
)
from app.domain.enrolment.forms.responses import Export
from app.domain.vocabulary.text import is_writable

RESPONDER = "responder"
SUBMITTED = "submitDate"
_WRITTEN_LIST = re.compile(r"\s*\[.*\]\s*", re.DOTALL)


@dataclass(frozen=True)
class DeliveredResponse:
    """One response as it was delivered. Personal data."""

    number: int
    """The response's own number, unique in its form: `responseId` of the connector."""
    raw: Mapping[str, str | None] = field(repr=False)

    @property
    def content(self) -> str:
        """A hash over the answers: the same for the same response delivered again."""
        plain = json.dumps(dict(self.raw), sort_keys=True, separators=(",", ":"))
        return sha256(plain.encode()).hexdigest()

    @property
    def key(self) -> tuple[int, str]:
        """What makes it the same delivery."""
        return self.number, self.content


@dataclass(frozen=True)
class DeliveredVerdict:
    """What a delivered response came to. No personal data."""

    number: int
    verdict: Verdict
    reason: str | None
    row: int
    """Its place in the delivery that brought it, from 1."""


def export_of(responses: Sequence[DeliveredResponse | None]) -> Export:
    """The responses as an export; None leaves a row empty, which nobody reads."""
    questions = sorted(
        {key for one in responses if one for key in one.raw} - {RESPONDER, SUBMITTED}
    )
    system = (
        ExportColumn(0, "responseId", SystemColumn.ID),
        ExportColumn(1, SUBMITTED, SystemColumn.COMPLETION),
        ExportColumn(2, RESPONDER, SystemColumn.EMAIL),
    )
    columns = [ExportColumn(3 + index, key) for index, key in enumerate(questions)]
    return Export(
        columns=(*system, *columns),
        rows=[_cells(one, questions) if one else () for one in responses],
        first_row=1,
        tells_edits=False,
    )


def _cells(response: DeliveredResponse, questions: Sequence[str]) -> list[Cell]:
    raw = response.raw
    return [
        response.number,
        _submitted(raw.get(SUBMITTED)),
        raw.get(RESPONDER),
        *(_answer(raw.get(key)) for key in questions),
    ]


def _submitted(text: str | None) -> datetime | None:
    """The time of submission: `M/d/yyyy h:mm:ss tt`, or ISO 8601; UTC unless it says otherwise."""
    found = local_time(text, day_first=False)
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def _answer(text: str | None) -> str | None:
    """An answer as an export shows it: choices joined by semicolons."""
    if text is None or not _WRITTEN_LIST.fullmatch(text):
        return text
    try:
        choices = json.loads(text)
    except (ValueError, RecursionError):
        return text  # somebody wrote brackets, perhaps thousands
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        return text
    joined = ";".join(choices)
    # A half character, escaped twice, passed every check of the body, and is no character.
    return joined if is_writable(joined) else text


def reads(mapping: FormMapping | None, export: Export) -> bool:
    """Whether the mapping says how such responses are read: where the institution stands in them.

    A mapping made from a workbook names questions by their titles, which the connector does not.
    """
    if mapping is None:
        return False
    asked = (Answer.INSTITUTION, Answer.ORGANISATION)
    if any(is_question_id(key) and means in asked for key, means in mapping.questions.items()):
        return True
    return any(mapping.column_of(export.columns, answer) is not None for answer in asked)


def delivered_in(body: bytes) -> list[DeliveredResponse]:
    """The responses in a delivery that was accepted and kept."""
    content = json.loads(body)
    listed = content.get("responses") or [content]
    return [
        DeliveredResponse(
            int(one["response_id"]),
            {key: None if value is None else str(value) for key, value in one["raw"].items()},
        )
        for one in listed
    ]
