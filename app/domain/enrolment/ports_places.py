"""What enrolment needs from outside to count places."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.quota import Counts, Scope
from app.domain.vocabulary.institutions import InstitutionCode


@dataclass(frozen=True)
class Tally:
    """The counts of one scope in one edition."""

    scope: Scope
    cap: int | None
    placed: int
    waiting: int
    excess: int = 0
    """Places above the cap that an officer gave."""


@dataclass(frozen=True)
class EditionTally:
    """The counts of one institution in one edition, for looking across editions."""

    edition: UUID
    code: str
    start: date
    state: EditionState
    tally: Tally


Between = tuple[date | None, date | None]
"""From one day to another, both included; None: without that end."""


class Tallies(Protocol):
    """Counts by edition and scope; they change with registrations, under the edition's lock."""

    async def counts(self, edition: UUID, scopes: Collection[Scope]) -> Counts:
        """Places taken in these scopes."""
        ...

    async def of(self, edition: UUID) -> Sequence[Tally]:
        """The counts of all scopes that have any, by scope."""
        ...

    async def across(
        self, scope: Scope, *, starting: Between = (None, None), after: UUID | None, limit: int
    ) -> Sequence[EditionTally]:
        """The counts of one scope, by edition: in every edition that has any, and in those whose
        partner the scope is of, though nobody of it is registered there; of those whose first day
        lies between two, both included."""
        ...

    async def buckets_waiting(self, edition: UUID) -> Sequence[InstitutionCode]:
        """Institutions for which somebody waits."""
        ...

    async def set_caps(self, edition: Edition) -> None:
        """Keep the caps of the edition's quota beside the counts that they bind."""
        ...

    async def reconcile(self, edition: UUID | None = None) -> Sequence[str]:
        """Where counts and registrations differ, in words; empty when all is well."""
        ...
