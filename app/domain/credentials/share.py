"""Links by which a holder shows a credential to others: for a while, or as a public page.

A link is a random token of which only a hash is kept. Looking at a link that may be opened a few
times only never counts, since mail scanners look at every link; it is opened by a deliberate act,
which gives a pass for a short while. Unknown, expired, revoked and used-up links are the same to
whoever tries them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Self
from uuid import UUID

from app.domain.errors import Conflict, Finding, Invalid, NotFound, Stale
from app.domain.ids import new_id

TOKEN_BYTES = 32
"""256 bits: a link cannot be guessed."""
DEFAULT_DAYS = 30
PASS_FOR = timedelta(minutes=30)
"""How long one opening of a link lets somebody look, download and verify."""
NOTED_EVERY = timedelta(minutes=1)
"""Looks at a link without a limit are noted once in this time, however many there are."""
MOST_VIEWS = 1000
MOST_LINKS = 100
"""Links of one credential that are good at a time."""
LONGEST_LABEL = 120


class ShareKind(StrEnum):
    """What a link shows."""

    LINK = "link"
    """The whole credential, until it expires."""
    PAGE = "page"
    """A public page with the least that a profile page elsewhere needs, until it is revoked."""


class ShareState(StrEnum):
    """What a link is good for, as its maker sees it."""

    OPEN = "open"
    USED_UP = "used_up"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ShareNotFound(NotFound):
    """The link leads nowhere. It never says whether it once did."""

    code = "share_not_found"

    def __init__(self) -> None:
        super().__init__(
            "This link does not lead to anything, or not any more. "
            "Ask the person who gave it to you for a new one."
        )


class ShareStale(Stale):
    """The link has changed since the caller read it."""

    code = "stale"

    def __init__(self, current: int) -> None:
        super().__init__("The link has changed since you read it. Read it again.", current=current)


class ShareEnded(Conflict):
    """A link that was revoked stays so."""

    code = "share_revoked"

    def __init__(self) -> None:
        super().__init__("This link was revoked. Make a new one.")


class TooManyShares(Conflict):
    """There are more good links to the credential than anybody keeps track of."""

    code = "too_many_shares"

    def __init__(self) -> None:
        super().__init__(
            f"There are {MOST_LINKS} links to this credential that can be opened. Revoke some."
        )


class ShareInvalid(Invalid):
    """A link cannot be made like this."""

    code = "share_invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("The link cannot be made like this; see `errors`.", findings=findings)


class ConsentNeeded(Invalid):
    """A public page is made on the holder's explicit word alone."""

    code = "consent_needed"

    def __init__(self) -> None:
        super().__init__(
            "A public page can be seen by anybody for as long as you leave it there. "
            "Send `consent: true` if that is what you want.",
            findings=[Finding("/consent", "required", "Say true.")],
        )


def token_hash(token: str) -> str:
    """What is kept of a token: SHA-256 as 64 hex digits."""
    return sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class ShareView:
    """That somebody opened a link: when, and nothing about them."""

    id: UUID
    share: UUID
    at: datetime
    pass_hash: str | None = field(default=None, repr=False)
    """Of the pass that was given; None where a link needs none."""

    def admits(self, pass_: str, now: datetime) -> bool:
        """Whether the pass was given here, and is still good."""
        return self.pass_hash == token_hash(pass_) and now < self.at + PASS_FOR


@dataclass(eq=False)
class Share:
    """One link."""

    id: UUID
    credential: UUID
    kind: ShareKind
    token_hash: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None
    """None for a page, which stays until it is revoked."""
    view_limit: int | None = None
    recipient: str | None = field(default=None, repr=False)
    """For whom its maker made it, in their own words. Personal data."""
    shows_name: bool = True
    """Whether a page names the holder."""
    views: int = 0
    revoked_at: datetime | None = None
    version: int = 1

    @classmethod
    def link(
        cls,
        credential: UUID,
        *,
        at: datetime,
        expires_at: datetime | None,
        longest: timedelta,
        view_limit: int | None,
        recipient: str | None,
    ) -> tuple[Self, str]:
        """A link and its token, which is told once. Raises ShareInvalid."""
        expires = expires_at or at + min(timedelta(days=DEFAULT_DAYS), longest)
        label = " ".join((recipient or "").split()) or None
        findings = list(_expiry(expires, at, longest))
        if view_limit is not None and not 1 <= view_limit <= MOST_VIEWS:
            findings.append(Finding("/view_limit", "range", f"From 1 to {MOST_VIEWS}, or none."))
        if label is not None and (len(label) > LONGEST_LABEL or not label.isprintable()):
            findings.append(
                Finding("/recipient", "too_long", f"At most {LONGEST_LABEL} characters.")
            )
        if findings:
            raise ShareInvalid(findings)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        share = cls(
            id=new_id(),
            credential=credential,
            kind=ShareKind.LINK,
            token_hash=token_hash(token),
            created_at=at,
            expires_at=expires,
            view_limit=view_limit,
            recipient=label,
        )
        return share, token

    @classmethod
    def page(cls, credential: UUID, *, at: datetime, shows_name: bool) -> tuple[Self, str]:
        """A public page and its token, which is told once."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        share = cls(
            id=new_id(),
            credential=credential,
            kind=ShareKind.PAGE,
            token_hash=token_hash(token),
            created_at=at,
            expires_at=None,
            shows_name=shows_name,
        )
        return share, token

    def state(self, now: datetime) -> ShareState:
        """What it is good for at that moment."""
        if self.revoked_at is not None:
            return ShareState.REVOKED
        if self.expires_at is not None and now >= self.expires_at:
            return ShareState.EXPIRED
        if self.view_limit is not None and self.views >= self.view_limit:
            return ShareState.USED_UP
        return ShareState.OPEN

    @property
    def needs_opening(self) -> bool:
        """Whether it shows something only to who opens it deliberately."""
        return self.view_limit is not None

    def opened(self, at: datetime) -> tuple[ShareView, str | None]:
        """Note that somebody looks; the view, and the pass where the link needs one.

        Raises ShareNotFound when it is not good any more.
        """
        if self.state(at) is not ShareState.OPEN:
            raise ShareNotFound
        self.views += 1
        pass_ = secrets.token_urlsafe(TOKEN_BYTES) if self.needs_opening else None
        return ShareView(new_id(), self.id, at, token_hash(pass_) if pass_ else None), pass_

    def expire(self, expires_at: datetime, *, at: datetime, longest: timedelta) -> None:
        """Let it end at another moment. Raises ShareEnded, ShareInvalid."""
        if self.revoked_at is not None:
            raise ShareEnded
        if self.kind is ShareKind.PAGE:
            raise ShareInvalid(
                [Finding("/expires_at", "not_for_pages", "A page stays until it is revoked.")]
            )
        if findings := list(_expiry(expires_at, at, longest)):
            raise ShareInvalid(findings)
        self.expires_at = expires_at

    def revoke(self, at: datetime) -> None:
        """Let it lead nowhere from now on; once revoked, it stays so."""
        self.revoked_at = self.revoked_at or at

    def expect(self, version: int) -> None:
        """Raises ShareStale when the caller saw another version than this one."""
        if version != self.version:
            raise ShareStale(self.version)


def _expiry(expires_at: datetime, at: datetime, longest: timedelta) -> Sequence[Finding]:
    if at < expires_at <= at + longest:
        return ()
    return (
        Finding(
            "/expires_at",
            "range",
            f"From now on, at most {longest.days} days ahead.",
            {"days": longest.days},
        ),
    )
