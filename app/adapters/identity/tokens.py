"""Which of the identity adapters checks a token: the one whose issuer the token names."""

from collections.abc import Mapping

from jose import JWTError, jwt

from app.domain.access.ports import Identity, Tokens
from app.domain.errors import NotAuthenticated


class TokensByIssuer:
    """Asks the adapter of the issuer that the token claims; that adapter checks the claim."""

    def __init__(self, issuers: Mapping[str, Tokens]) -> None:
        self._issuers = issuers

    async def identify(self, token: str) -> Identity:
        """Who bears the token. Raises NotAuthenticated, Unavailable."""
        try:
            issuer = jwt.get_unverified_claims(token).get("iss")
        except (JWTError, RecursionError):
            # Anybody may send a JSON text of a thousand open brackets in place of a token.
            raise NotAuthenticated("This is not a token: it must be a signed JWT.") from None
        adapter = self._issuers.get(issuer) if isinstance(issuer, str) else None
        if adapter is None:
            raise NotAuthenticated("The issuer of this token is not accepted here.")
        return await adapter.identify(token)
