"""Which of the identity adapters checks a token: the one whose issuer the token names."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping

import orjson

from app.domain.access.ports import Identity, Tokens
from app.domain.errors import NotAuthenticated


class TokensByIssuer:
    """Asks the adapter of the issuer that the token claims; that adapter checks the claim."""

    def __init__(self, issuers: Mapping[str, Tokens]) -> None:
        self._issuers = issuers

    async def identify(self, token: str) -> Identity:
        """Who bears the token. Raises NotAuthenticated, Unavailable."""
        issuer = _claimed_issuer(token)
        adapter = self._issuers.get(issuer) if isinstance(issuer, str) else None
        if adapter is None:
            raise NotAuthenticated("The issuer of this token is not accepted here.")
        return await adapter.identify(token)


def _claimed_issuer(token: str) -> object:
    """Who issued the token, by its own account. Raises NotAuthenticated for what is no JWT."""
    try:
        _, payload, _ = token.split(".")
        claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims.get("iss")
    except (ValueError, AttributeError):
        raise NotAuthenticated("This is not a token: it must be a signed JWT.") from None
