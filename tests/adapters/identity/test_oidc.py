"""Tokens of an OpenID Connect provider, made and checked with a provider that answers over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwk, jwt
from jose.utils import base64url_encode

from app.adapters.identity.oidc import OidcTokens, ProviderUnavailable
from app.domain.errors import NotAuthenticated
from tests.memory_ports import StoryClock

ISSUER = "https://id.example"
AUDIENCE = "micro-credentials"


class Provider:
    """A small identity provider: discovery, keys, and how often it was asked."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.asked: list[str] = []
        self.down = False
        self.says_it_is = ISSUER
        self.add("k1")

    def add(self, kid: str) -> None:
        self.keys[kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def pem(self, kid: str) -> str:
        return (
            self.keys[kid]
            .private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            .decode()
        )

    def token(self, kid: str = "k1", algorithm: str = "RS256", **claims: Any) -> str:
        now = datetime.now(UTC)
        body = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "person-1",
            "exp": int((now + timedelta(hours=1)).timestamp()),
            "email": "Person@Example.org",
            "email_verified": True,
            **claims,
        }
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(body, self.pem(kid), algorithm=algorithm, headers={"kid": kid})

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.down:
            return httpx.Response(503)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(
                200, json={"issuer": self.says_it_is, "jwks_uri": f"{ISSUER}/keys"}
            )
        published = []
        for kid, key in self.keys.items():
            pem = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            published.append(
                {**jwk.construct(pem.decode(), "RS256").to_dict(), "kid": kid, "use": "sig"}
            )
        return httpx.Response(200, json={"keys": published})


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def clock() -> StoryClock:
    return StoryClock()


@pytest.fixture
async def tokens(provider: Provider, clock: StoryClock) -> AsyncIterator[OidcTokens]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider.answer)) as http:
        yield OidcTokens(ISSUER, AUDIENCE, http, clock)


async def test_a_good_token_names_its_bearer(provider: Provider, tokens: OidcTokens) -> None:
    identity = await tokens.identify(provider.token())
    assert identity.subject is not None
    assert (identity.subject.issuer, identity.subject.subject) == (ISSUER, "person-1")
    assert identity.email == "person@example.org"


@pytest.mark.parametrize("verified", [False, None, "true"])
async def test_an_address_counts_only_when_the_provider_has_verified_it(
    provider: Provider, tokens: OidcTokens, verified: object
) -> None:
    identity = await tokens.identify(provider.token(email_verified=verified))
    assert identity.email is None


BAD: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "somebody-else"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": 1_700_000_000},
    "no expiry": {"exp": None},
    "no subject": {"sub": None},
    "a subject that is a number": {"sub": 7},
    "not valid yet": {"nbf": 4_000_000_000},
}


@pytest.mark.parametrize("claims", BAD.values(), ids=BAD.keys())
async def test_a_token_with_wrong_claims_is_refused(
    provider: Provider, tokens: OidcTokens, claims: dict[str, Any]
) -> None:
    with pytest.raises(NotAuthenticated):
        await tokens.identify(provider.token(**claims))


async def test_a_token_signed_by_a_shared_secret_or_by_nobody_is_refused(
    provider: Provider, tokens: OidcTokens
) -> None:
    await tokens.identify(provider.token())
    public = (
        provider.keys["k1"]
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    claims = jwt.get_unverified_claims(provider.token())
    confused = jwt.encode(claims, public, algorithm="HS256", headers={"kid": "k1"})
    head, body, _ = provider.token().split(".")
    none_head = base64url_encode(json.dumps({"alg": "none", "kid": "k1"}).encode()).decode()
    for bad in (confused, f"{none_head}.{body}.", f"{head}.{body}."):
        with pytest.raises(NotAuthenticated):
            await tokens.identify(bad)


async def test_a_key_of_another_kind_than_the_header_says_is_refused(
    provider: Provider, tokens: OidcTokens
) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    claims = jwt.get_unverified_claims(provider.token())
    with pytest.raises(NotAuthenticated):
        await tokens.identify(
            jwt.encode(claims, key.decode(), algorithm="ES256", headers={"kid": "k1"})
        )


async def test_a_new_key_is_found_at_once(
    provider: Provider, tokens: OidcTokens, clock: StoryClock
) -> None:
    await tokens.identify(provider.token())
    provider.add("k2")
    clock.move(timedelta(seconds=31))
    assert (await tokens.identify(provider.token("k2"))).subject is not None
    assert provider.asked.count("/keys") == 2


async def test_made_up_key_ids_do_not_flood_the_provider(
    provider: Provider, tokens: OidcTokens
) -> None:
    await tokens.identify(provider.token())
    provider.keys["ghost"] = provider.keys["k1"]
    forged = [provider.token("ghost") for _ in range(20)]
    del provider.keys["ghost"]
    for token in forged:
        with pytest.raises(NotAuthenticated):
            await tokens.identify(token)
    assert provider.asked.count("/keys") == 1


async def test_a_key_that_is_withdrawn_is_refused_within_the_hour(
    provider: Provider, tokens: OidcTokens, clock: StoryClock
) -> None:
    token = provider.token()
    await tokens.identify(token)
    provider.add("k2")
    del provider.keys["k1"]
    clock.move(timedelta(minutes=61))
    with pytest.raises(NotAuthenticated):
        await tokens.identify(token)


async def test_keys_that_we_have_stay_good_while_the_provider_is_down(
    provider: Provider, tokens: OidcTokens, clock: StoryClock
) -> None:
    await tokens.identify(provider.token())
    provider.down = True
    clock.move(timedelta(hours=2))
    assert (await tokens.identify(provider.token())).subject is not None


async def test_a_provider_that_never_answered_is_unavailable_and_not_a_wrong_token(
    provider: Provider, tokens: OidcTokens
) -> None:
    provider.down = True
    with pytest.raises(ProviderUnavailable):
        await tokens.identify(provider.token())


async def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    provider: Provider, tokens: OidcTokens
) -> None:
    provider.says_it_is = "https://evil.example"
    with pytest.raises(ProviderUnavailable):
        await tokens.identify(provider.token())


async def test_many_at_once_ask_the_provider_once(provider: Provider, tokens: OidcTokens) -> None:
    await asyncio.gather(*(tokens.identify(provider.token()) for _ in range(10)))
    assert provider.asked.count("/keys") == 1
