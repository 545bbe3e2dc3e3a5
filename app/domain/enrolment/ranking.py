"""The order of registration.

Rank is the instant at which a registration was received, then its source. Receipt is the arrival of
the request for the API, fixed before any lock is waited for, and the completion time for Microsoft
Forms. Ties: the API goes first, by registration id; then Forms by form id and response id, the
latter compared as a number.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Rank = str
"""A sortable key: of two registrations, the one with the smaller rank came first.

Compared character by character, as both Python and PostgreSQL's "C" collation do.
"""


class Source(StrEnum):
    """How a registration reached us."""

    API = "api"
    FORMS = "forms"


@dataclass(frozen=True)
class Receipt:
    """When, and through what, a registration was received."""

    received_at: datetime
    """Timezone-aware, to the microsecond."""
    source: Source
    form: str | None = None
    """The form's id, for Forms."""
    response: int | None = None
    """The number of the response in its form, for Forms."""

    def rank(self, registration: UUID) -> Rank:
        """Where a registration with this receipt stands. Different registrations never tie."""
        micros = (self.received_at - _EPOCH) // timedelta(microseconds=1)
        if self.source is Source.API:
            return f"{micros:017d}/0/{registration}"
        return f"{micros:017d}/1/{self.form}/{self.response or 0:012d}"


class Ranks(NamedTuple):
    """True ranks of one who is placed or waits, each from 1."""

    overall: int
    """Among all who are placed or wait."""
    within: int
    """The same within its institution."""
    waiting: int | None
    """Among those who wait; None for one who is placed."""


def received_over_api(at: datetime) -> Receipt:
    """The receipt of a request that arrived at that instant."""
    return Receipt(at, Source.API)


def received_by_form(at: datetime, form: str, response: int) -> Receipt:
    """The receipt of a response that was completed at that instant."""
    return Receipt(at, Source.FORMS, form, response)
