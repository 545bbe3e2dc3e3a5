"""Tokens of an OpenID Connect provider: discovery, keys that rotate, and strict checks.

OpenID Connect Discovery 1.0 section 4; JSON Web Key (RFC 7517); RFC 8725 for the checks.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from jose import JWTError, jwk, jwt
from jose.exceptions import JWKError

from app.domain.access.ports import Identity
from app.domain.access.roles import Subject
from app.domain.clock import Clock
from app.domain.errors import NotAuthenticated, Unavailable

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384")
"""Asymmetric ones only: a shared secret would let every relying party issue tokens."""
_KEYS_FRESH_FOR = timedelta(hours=1)
_ASK_AGAIN_AFTER = timedelta(seconds=30)


class ProviderUnavailable(Unavailable):
    """The identity provider does not give its keys."""

    code = "identity_provider_unavailable"

    def __init__(self) -> None:
        super().__init__("Your identity provider does not answer. Try again in a moment.")


class OidcTokens:
    """Checks the tokens of one issuer.

    Keys are fetched when first needed and hourly; a token with an unknown key id makes us ask
    again at once, but not more often than every 30 seconds, so that forged ids cannot flood the
    provider. Keys that we have stay good while the provider is down.
    """

    def __init__(self, issuer: str, audience: str, http: httpx.AsyncClient, clock: Clock) -> None:
        self._issuer = issuer
        self._audience = audience
        self._http = http
        self._clock = clock
        self._keys: dict[str, Any] = {}
        self._fetched: datetime | None = None
        self._tried: datetime | None = None
        self._fetching = asyncio.Lock()

    async def identify(self, token: str) -> Identity:
        """Who bears the token. Raises NotAuthenticated, ProviderUnavailable."""
        try:
            header = jwt.get_unverified_header(token)
        except JWTError:
            raise NotAuthenticated("This is not a token: it must be a signed JWT.") from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or "crit" in header:
            raise NotAuthenticated("Tokens signed this way are not accepted here.")
        key = await self._key(kid if isinstance(kid, str) else "")
        if key is None or key._algorithm != algorithm:
            raise NotAuthenticated("This token is signed with a key that its issuer does not have.")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                options={
                    "require_aud": True,
                    "require_exp": True,
                    "require_sub": True,
                    "require_iss": True,
                    "verify_at_hash": False,
                    "leeway": 30,
                },
            )
        except JWTError:
            raise NotAuthenticated("This token is over, or not meant for this service.") from None
        email = claims.get("email")
        verified = claims.get("email_verified") is True and isinstance(email, str)
        name = claims.get("name")
        return Identity(
            subject=Subject(self._issuer, claims["sub"]),
            email=email.casefold() if verified and isinstance(email, str) else None,
            name=name if isinstance(name, str) else None,
        )

    async def _key(self, kid: str) -> Any:
        now = self._clock.now()
        fresh = self._fetched is not None and now - self._fetched < _KEYS_FRESH_FOR
        if fresh and kid in self._keys:
            return self._keys[kid]
        async with self._fetching:
            asked_just_now = self._tried is not None and now - self._tried < _ASK_AGAIN_AFTER
            if not asked_just_now:
                self._tried = now
                await self._fetch()
        if not self._keys:
            raise ProviderUnavailable
        return self._keys.get(kid)

    async def _fetch(self) -> None:
        try:
            found = await self._json(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self._issuer:
                return
            address = found.get("jwks_uri")
            if not isinstance(address, str) or not _same_safety(self._issuer, address):
                return
            keys = (await self._json(address)).get("keys")
        except (httpx.HTTPError, ValueError):
            return
        self._keys = dict(_usable(keys if isinstance(keys, list) else []))
        self._fetched = self._clock.now()

    async def _json(self, address: str) -> dict[str, Any]:
        response = await self._http.get(address, timeout=5)
        response.raise_for_status()
        loaded = response.json()
        if not isinstance(loaded, dict):
            raise ValueError("not an object")
        return loaded


def _same_safety(issuer: str, address: str) -> bool:
    """Keys of an https issuer come over https."""
    return urlsplit(issuer).scheme != "https" or urlsplit(address).scheme == "https"


def _usable(keys: list[Any]) -> list[tuple[str, Any]]:
    default = {"RSA": "RS256", "EC": "ES256"}
    usable = []
    for key in keys:
        if not isinstance(key, dict) or key.get("use", "sig") != "sig":
            continue
        algorithm = key.get("alg") or default.get(str(key.get("kty")))
        if algorithm not in ALGORITHMS:
            continue
        try:
            usable.append((str(key.get("kid", "")), jwk.construct(key, algorithm)))
        except JWKError:
            continue
    return usable
