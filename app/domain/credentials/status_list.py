"""Status published for everybody at once (W3C Bitstring Status List v1.0).

Each credential has a place in a long list of bits, found at random, so that neither the place nor
the order tells when or for whom it was issued. Whoever fetches the list learns of all credentials
and tells us of none.
"""

import base64
import gzip
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.domain.credentials.status import CredentialState
from app.domain.errors import NotFound

ENTRIES = 131_072
"""Places of a list: the least that the specification allows (16 KiB of bits)."""
TRIES = 24
"""Places that are tried before a list counts as full: at half its places taken, one in sixteen
million credentials finds none."""
TTL = timedelta(minutes=5)
"""How long a fetched list may be used before it is fetched anew."""
FRESH_FOR = timedelta(days=2)
"""From the beginning of the day on which a list was made until nobody should believe it any more:
whoever is handed an old list can tell."""


class StatusPurpose(StrEnum):
    """What a bit that is set means (`statusPurpose`)."""

    REVOCATION = "revocation"
    """Taken back or replaced."""
    SUSPENSION = "suspension"
    """Out of force for now."""


SET_BY: Mapping[StatusPurpose, frozenset[CredentialState]] = {
    StatusPurpose.REVOCATION: frozenset({CredentialState.REVOKED, CredentialState.SUPERSEDED}),
    StatusPurpose.SUSPENSION: frozenset({CredentialState.SUSPENDED}),
}
"""States that set the bit of each purpose. Expiry sets none: the document tells that itself."""


class StatusListNotFound(NotFound):
    """There is no such list."""

    code = "status_list_not_found"

    def __init__(self, status_list: UUID) -> None:
        super().__init__(f"There is no status list {status_list}.")


@dataclass(frozen=True)
class StatusPlace:
    """Where the status of one credential is published."""

    purpose: StatusPurpose
    list: UUID
    position: int
    """`statusListIndex`: 0 is the left-most bit."""


@dataclass(frozen=True)
class StatusList:
    """One list, as it stands."""

    id: UUID
    purpose: StatusPurpose
    size: int
    """Places."""
    positions: Collection[int]
    """Those whose bit is set."""
    changed_at: datetime
    """When a bit changed last; when the list was begun, if none has."""

    def made_at(self, now: datetime) -> datetime:
        """From when this edition of the list is valid: its last change, or this day's beginning.

        So the list is the same for everybody until a bit changes or the day ends.
        """
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return max(day, self.changed_at.astimezone(UTC))

    def believed_until(self, now: datetime) -> datetime:
        """Until when it may be believed."""
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return day + FRESH_FOR


def random_place(size: int) -> int:
    """A place that nobody can guess, whatever they know of other places."""
    return secrets.randbelow(size)


def period_of(at: datetime) -> str:
    """The lists of which year a credential goes into."""
    return f"{at.astimezone(UTC).year}"


def encoded(positions: Collection[int], size: int) -> str:
    """`encodedList`: multibase base64url without padding (`u`) of the compressed bits.

    The same bits are always the same text: the compressed stream carries no time.
    """
    bits = bytearray((size + 7) // 8)
    for position in positions:
        bits[position >> 3] |= 0x80 >> (position & 7)
    packed = gzip.compress(bytes(bits), compresslevel=9, mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")
