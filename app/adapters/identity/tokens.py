"""Which of the identity adapters checks a token: the one whose issuer the token names.

A token that was found good is known again by its SHA-256 for a while, so that the same signature is
not checked for every request. What a token says cannot change; what can, roles and addresses, is
looked up at each request whether the token is known or not.
"""

from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from app.domain.access.ports import Identity, Tokens
from app.domain.clock import Clock, SystemClock
from app.domain.errors import NotAuthenticated

KNOWN_FOR = 300.0
"""Seconds; less when the token ends before. Far less than an hour, after which the keys of a
provider are fetched again: so long a key that it has withdrawn is good in any case."""
_MOST_KNOWN = 16_384


class _Known(NamedTuple):
    identity: Identity
    until: float
    """Seconds since 1970."""


class TokensByIssuer:
    """Asks the adapter of the issuer that the token claims; that adapter checks the claim."""

    def __init__(self, issuers: Mapping[str, Tokens], clock: Clock | None = None) -> None:
        self._issuers = issuers
        self._clock = clock or SystemClock()
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def identify(self, token: str) -> Identity:
        """Who bears the token. Raises NotAuthenticated, Unavailable."""
        now = self._clock.now().timestamp()
        try:
            mark = sha256(token.encode("ascii")).digest()
        except UnicodeEncodeError:
            raise _no_token() from None
        known = self._known.get(mark)
        if known is not None and now < known.until:
            return known.identity
        claims = _claims(token)
        issuer = claims.get("iss")
        adapter = self._issuers.get(issuer) if isinstance(issuer, str) else None
        if adapter is None:
            raise NotAuthenticated("The issuer of this token is not accepted here.")
        identity = await adapter.identify(token)
        self._remember(mark, identity, now, claims.get("exp"))
        return identity

    def _remember(self, mark: bytes, identity: Identity, now: float, ends: object) -> None:
        if not isinstance(ends, int | float):
            return
        self._known.pop(mark, None)
        self._known[mark] = _Known(identity, min(now + KNOWN_FOR, ends))
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


def _claims(token: str) -> dict[str, Any]:
    """What the token says, by its own account. Raises NotAuthenticated for what is no JWT."""
    try:
        _, payload, _ = token.split(".")
        claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, AttributeError):
        raise _no_token() from None
    if not isinstance(claims, dict):
        raise _no_token()
    return claims


def _no_token() -> NotAuthenticated:
    return NotAuthenticated("This is not a token: it must be a signed JWT.")
