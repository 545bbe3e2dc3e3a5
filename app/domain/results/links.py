"""One-time links: how people without an account confirm their address and act for themselves.

A link is a random token that is mailed to the address stated in the registration. Only a hash of it
is kept, so that nobody who reads the database can open it. Looking at a link changes nothing, since
mail scanners look at every link; it is opened by a deliberate act, once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from app.domain.events import Event
from app.domain.results.errors import LinkNoLongerValid
from app.domain.results.events import AddressConfirmed
from app.domain.vocabulary.text import folded_email

TOKEN_BYTES = 32
"""256 bits: a link cannot be guessed."""


class LinkState(StrEnum):
    """What a link is good for."""

    VALID = "valid"
    USED = "used"
    EXPIRED = "expired"


def new_token() -> str:
    """A fresh token, of letters that are safe in addresses."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is kept of a token: SHA-256 as 64 hex digits."""
    return sha256(token.encode()).hexdigest()


@dataclass(eq=False)
class Link:
    """One link that was, or is about to be, mailed."""

    id: UUID
    registration: UUID
    edition: UUID
    token_hash: str
    address: str = field(repr=False)
    """Where it was sent; opening it confirms this address and no other."""
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    _events: list[Event] = field(default_factory=list, repr=False)

    def state(self, now: datetime) -> LinkState:
        """What it is good for at that instant."""
        if self.opened_at is not None:
            return LinkState.USED
        return LinkState.VALID if now < self.expires_at else LinkState.EXPIRED

    def state_for(self, address: str, now: datetime) -> LinkState:
        """What it is good for while the registration has that address: nothing, once it is another
        than the link went to."""
        state = self.state(now)
        if state is LinkState.VALID and folded_email(address) != folded_email(self.address):
            return LinkState.EXPIRED
        return state

    def open(self, *, address: str, at: datetime) -> None:
        """Use it up, where the registration has that address. Raises LinkNoLongerValid."""
        state = self.state_for(address, at)
        if state is not LinkState.VALID:
            raise LinkNoLongerValid(state.value)
        self.opened_at = at
        self._events.append(AddressConfirmed(self.registration, self.edition))

    def take_events(self) -> Sequence[Event]:
        """The events since it was loaded; they are handed over once."""
        taken, self._events = self._events, []
        return taken
