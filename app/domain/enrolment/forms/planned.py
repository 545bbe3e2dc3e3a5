"""What planning an import comes to: a verdict for each row, and the registrations that follow."""

from dataclasses import dataclass

from app.domain.enrolment.forms.entries import Entry
from app.domain.enrolment.forms.imports import Verdict
from app.domain.enrolment.forms.responses import Response, StoredResponse


@dataclass
class PlannedRow:
    """The verdict on one row, and the entry that it leads to."""

    response: Response
    verdict: Verdict
    reason: str | None = None
    entry: Entry | None = None
    same_as_row: int | None = None
    warnings: tuple[str, ...] = ()
    brings: bool = False
    """Whether its response is remembered as one of the entry's."""


@dataclass
class Plan:
    """Everything that an import would do."""

    rows: list[PlannedRow]
    entries: list[Entry]
    """New ones and those that change, in order of rank."""
    responses: list[StoredResponse]
    """What is to be remembered of the responses."""

    @property
    def new(self) -> list[Entry]:
        """Registrations that come into being."""
        return [entry for entry in self.entries if entry.is_new]

    @property
    def changed(self) -> list[Entry]:
        """Known registrations that change."""
        return [entry for entry in self.entries if not entry.is_new and entry.changed]
