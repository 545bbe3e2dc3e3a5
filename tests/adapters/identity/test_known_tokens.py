"""Tokens that were found good are known again, never longer than they are good."""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest

from app.adapters.identity.tokens import KNOWN_FOR, TokensByIssuer
from app.domain.access.ports import Identity
from app.domain.access.roles import Subject
from app.domain.errors import NotAuthenticated
from tests.memory_ports import StoryClock

ISSUER = "https://id.example"


class Adapter:
    """Counts what it is asked, and refuses what it was told to refuse."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = False

    async def identify(self, token: str) -> Identity:
        self.asked.append(token)
        if self.refuses:
            raise NotAuthenticated("This token is over.")
        return Identity(Subject(ISSUER, token[-4:]))


@pytest.fixture
def adapter() -> Adapter:
    return Adapter()


@pytest.fixture
def clock() -> StoryClock:
    return StoryClock()


@pytest.fixture
def tokens(adapter: Adapter, clock: StoryClock) -> TokensByIssuer:
    return TokensByIssuer({ISSUER: adapter}, clock)


def token(clock: StoryClock, valid_for: timedelta, signature: str = "sig1") -> str:
    claims = {"iss": ISSUER, "exp": int((clock.now() + valid_for).timestamp())}
    payload = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"head.{payload}.{signature}"


async def test_a_token_is_checked_once_while_it_is_known(
    tokens: TokensByIssuer, adapter: Adapter, clock: StoryClock
) -> None:
    mine = token(clock, timedelta(hours=8))
    first, again = await tokens.identify(mine), await tokens.identify(mine)
    assert (first, adapter.asked) == (again, [mine])


async def test_another_signature_under_the_same_claims_is_another_token(
    tokens: TokensByIssuer, adapter: Adapter, clock: StoryClock
) -> None:
    mine, forged = token(clock, timedelta(hours=8)), token(clock, timedelta(hours=8), "sig2")
    await tokens.identify(mine)
    adapter.refuses = True
    with pytest.raises(NotAuthenticated):
        await tokens.identify(forged)
    assert adapter.asked == [mine, forged]


async def test_after_its_end_a_token_is_checked_again_and_refused(
    tokens: TokensByIssuer, adapter: Adapter, clock: StoryClock
) -> None:
    short = token(clock, timedelta(seconds=20))
    await tokens.identify(short)
    clock.move(timedelta(seconds=20))
    adapter.refuses = True
    with pytest.raises(NotAuthenticated):
        await tokens.identify(short)


async def test_a_long_lived_token_is_checked_again_after_a_few_minutes(
    tokens: TokensByIssuer, adapter: Adapter, clock: StoryClock
) -> None:
    mine = token(clock, timedelta(hours=8))
    await tokens.identify(mine)
    clock.move(timedelta(seconds=KNOWN_FOR))
    await tokens.identify(mine)
    assert adapter.asked == [mine, mine]


async def test_a_token_that_was_refused_is_not_known(
    tokens: TokensByIssuer, adapter: Adapter, clock: StoryClock
) -> None:
    mine = token(clock, timedelta(hours=8))
    adapter.refuses = True
    with pytest.raises(NotAuthenticated):
        await tokens.identify(mine)
    adapter.refuses = False
    await tokens.identify(mine)
    assert adapter.asked == [mine, mine]
