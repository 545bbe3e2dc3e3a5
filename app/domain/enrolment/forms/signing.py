"""Secrets with which a form's flow signs what it delivers, and how a signature is checked.

The scheme is that of Standard Webhooks (symmetric): HMAC-SHA256, with the bytes behind the secret's
`whsec_` as the key, over `<id>.<timestamp>.<body>`. Libraries for many languages sign like this.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from app.domain.errors import NotAuthenticated

PREFIX = "whsec_"
_SCHEME = "v1,"
_LONGEST_ID = 255
_MOST_SIGNATURES = 5
"""A sender that changes its secret signs with both; nobody needs more."""
_NO_SECRET = PREFIX + base64.b64encode(bytes(32)).decode()
"""Compared with where a form has no secret, so that this takes as long as a wrong signature."""


class SecretBook(Protocol):
    """Knows the secret that belongs to an identifier, without keeping it where data are kept."""

    def secret(self, identifier: UUID) -> str:
        """`whsec_` and the key in Base64: always the same for the same identifier."""
        ...


class SignatureRefused(NotAuthenticated):
    """Not signed with a secret of this form. Says nothing about what is wrong."""

    code = "signature_refused"

    def __init__(self) -> None:
        super().__init__("The signature is not accepted.")


class DeliveryTooOld(NotAuthenticated):
    """Signed by the form's flow, but not now: a repetition, or a clock that is wrong."""

    code = "delivery_too_old"

    def __init__(self, now: datetime, tolerance: timedelta) -> None:
        super().__init__(
            f"The signature is right, but its time differs by more than "
            f"{int(tolerance.total_seconds())} seconds from {now.isoformat(timespec='seconds')}. "
            "Sign again with the time of sending, and set the sender's clock."
        )


@dataclass(frozen=True)
class FormSecret:
    """One secret of one form. The secret itself is not in here."""

    id: UUID
    edition: UUID
    form: str
    made_at: datetime
    made_by: str
    """`Caller.actor`."""
    ends_at: datetime | None = None
    """When it stops being accepted; None for the current one."""
    last_used_at: datetime | None = None

    def is_live(self, at: datetime) -> bool:
        """Whether signatures by it are accepted."""
        return self.ends_at is None or at < self.ends_at


@dataclass(frozen=True)
class SignedMessage:
    """What arrived: the headers by which it is signed, and the bytes of its body."""

    id: str
    timestamp: str
    """Seconds since 1970 (UTC), as text."""
    signatures: str
    """One or more `v1,<Base64>`, separated by blanks."""
    body: bytes

    def signer(self, candidates: Iterable[tuple[UUID, str]]) -> UUID | None:
        """Which of the secrets (identifier and secret) it is signed with."""
        given = [
            word.removeprefix(_SCHEME)
            for word in self.signatures.split()[:_MOST_SIGNATURES]
            if word.startswith(_SCHEME)
        ]
        known: Sequence[tuple[UUID | None, str]] = [*candidates] or [(None, _NO_SECRET)]
        found: UUID | None = None
        for identifier, secret in known:
            right = signature(secret, self.id, self.timestamp, self.body).removeprefix(_SCHEME)
            for one in given:
                # All of them, whichever was right: the time it takes tells nothing.
                if hmac.compare_digest(right.encode(), one.encode("utf-8", "replace")):
                    found = identifier
        return found

    def expect_now(self, now: datetime, tolerance: timedelta) -> None:
        """Raise DeliveryTooOld unless it was signed about now, by the sender's clock."""
        # No time of ours has more digits; int() of very long ones is slow.
        is_time = len(self.timestamp) <= 11 and self.timestamp.isascii()
        if not is_time or not self.timestamp.isdigit():
            raise SignatureRefused
        signed = datetime.fromtimestamp(int(self.timestamp), UTC)
        if abs(now - signed) > tolerance:
            raise DeliveryTooOld(now, tolerance)


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the signature in Base64."""
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    digest = hmac.new(_key(secret), content, sha256).digest()
    return _SCHEME + base64.b64encode(digest).decode()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("A secret is `whsec_` and Base64.") from None


def check_signature(
    message: SignedMessage,
    secrets: Sequence[FormSecret],
    book: SecretBook,
    *,
    now: datetime,
    tolerance: timedelta,
) -> UUID:
    """The identifier of the live secret that the message is signed with.

    Raises SignatureRefused, whatever is wrong, and DeliveryTooOld only to a sender who knows the
    secret.
    """
    if not 1 <= len(message.id) <= _LONGEST_ID or "." in message.id:
        raise SignatureRefused
    live = [(one.id, book.secret(one.id)) for one in secrets if one.is_live(now)]
    found = message.signer(live)
    if found is None:
        raise SignatureRefused
    message.expect_now(now, tolerance)
    return found


def rotated(secrets: Sequence[FormSecret], now: datetime, keep: timedelta) -> list[FormSecret]:
    """The secrets that change when a new one is made: of those in force, the newest stays for
    `keep` at most, all others end now."""
    live = sorted((one for one in secrets if one.is_live(now)), key=lambda one: one.made_at)
    changed = []
    for index, one in enumerate(live):
        until = now + keep if index == len(live) - 1 else now
        if one.ends_at is None or until < one.ends_at:
            changed.append(
                FormSecret(
                    one.id, one.edition, one.form, one.made_at, one.made_by, until, one.last_used_at
                )
            )
    return changed
