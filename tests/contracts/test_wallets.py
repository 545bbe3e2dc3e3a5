"""Wallets of Europass: one contract in memory and over HTTP, and how failures are told apart."""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx
import pytest

from app.adapters.europass.wallets import EuropassWallets
from app.adapters.memory.wallets import MemoryWallets
from app.domain.credentials.wallet import (
    Deposit,
    WalletConsents,
    WalletRefused,
    Wallets,
    WalletUnavailable,
)
from app.domain.ids import new_id
from app.domain.vocabulary.lists import SNB
from tests.adapters.edc.material import CREDENTIAL
from tests.adapters.edc.seals import sealed
from tests.contracts.conftest import OpenWork
from tests.europass_wallet import TOKEN, Wallet, europass_wallet
from tests.memory_ports import StoryClock

ADDRESS = "Ana+mc/1@example.org"
UNTIL = datetime(2099, 1, 1, tzinfo=UTC)


@cache
def document() -> bytes:
    return sealed()


@pytest.fixture
def europass() -> Iterator[Wallet]:
    with europass_wallet() as wallet:
        yield wallet


@pytest.fixture(params=["memory", "http"])
async def wallets(request: pytest.FixtureRequest) -> AsyncIterator[Wallets]:
    if request.param == "memory":
        yield MemoryWallets(StoryClock())
        return
    with europass_wallet() as wallet:
        async with httpx.AsyncClient() as http:
            yield EuropassWallets(http, wallet.url, TOKEN)


@pytest.fixture
async def over_http(europass: Wallet) -> AsyncIterator[EuropassWallets]:
    async with httpx.AsyncClient() as http:
        yield EuropassWallets(http, europass.url, TOKEN)


async def test_a_deposit_is_made_once_however_often_it_is_tried(wallets: Wallets) -> None:
    first = await wallets.deposit_by_email(document(), email=ADDRESS)
    assert not first.already
    assert str(first.viewer).startswith("https://")
    assert await wallets.deposit_by_email(document(), email=ADDRESS.upper()) == Deposit(
        already=True
    )
    assert not (await wallets.deposit_by_email(document(), email="ben@example.org")).already


async def test_what_is_in_a_wallet_can_be_shared_and_verified(wallets: Wallets) -> None:
    await wallets.deposit_by_user(document(), user="ana/1")
    link = await wallets.share(user="ana/1", credential=CREDENTIAL, until=UNTIL)
    assert len(link.hash) >= 16
    assert (link.expires, link.expired) == (UNTIL, False)
    checks = await wallets.verify(user="ana/1", credential=CREDENTIAL)
    assert f"{SNB}verification/f9c2016fe9" in [check.check for check in checks]
    assert {check.status for check in checks} == {f"{SNB}verification-status/9895008394"}


async def test_what_is_not_there_can_be_neither(wallets: Wallets) -> None:
    with pytest.raises(WalletRefused):
        await wallets.share(user="ben", credential=CREDENTIAL, until=UNTIL)
    with pytest.raises(WalletRefused):
        await wallets.verify(user="ben", credential=CREDENTIAL)


@pytest.mark.parametrize("file", [b"", b"{}", b'{"payload":"{}","signatures":[]}', b"%PDF-1.7"])
async def test_what_is_no_sealed_credential_is_refused(wallets: Wallets, file: bytes) -> None:
    with pytest.raises(WalletRefused):
        await wallets.deposit_by_email(file, email=ADDRESS)


async def test_the_wallet_gets_the_file_as_it_is(
    europass: Wallet, over_http: EuropassWallets
) -> None:
    await over_http.deposit_by_email(document(), email=ADDRESS)
    assert europass.held == {(f"mailto:{ADDRESS.casefold()}", str(CREDENTIAL)): document()}
    assert europass.told == 1
    assert europass.asked == [
        ("POST", "/api/v1/wallets/email/Ana%2Bmc%2F1%40example.org/credentials")
    ]


@pytest.mark.parametrize("status", [302, 408, 429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(
    europass: Wallet, over_http: EuropassWallets, status: int
) -> None:
    europass.failing = [status]
    with pytest.raises(WalletUnavailable):
        await over_http.deposit_by_email(document(), email=ADDRESS)
    assert not (await over_http.deposit_by_email(document(), email=ADDRESS)).already


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_what_will_not_pass_is_not(
    europass: Wallet, over_http: EuropassWallets, status: int
) -> None:
    europass.failing = [status]
    with pytest.raises(WalletRefused):
        await over_http.deposit_by_email(document(), email=ADDRESS)


async def test_a_wrong_token_and_nobody_there_are_told_apart(europass: Wallet) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(WalletRefused):
            await EuropassWallets(http, europass.url, None).deposit_by_email(
                document(), email=ADDRESS
            )
        with pytest.raises(WalletUnavailable):
            await EuropassWallets(http, "http://127.0.0.1:9", TOKEN).deposit_by_email(
                document(), email=ADDRESS
            )


async def test_nobody_s_address_is_written_down(
    europass: Wallet, over_http: EuropassWallets, caplog: pytest.LogCaptureFixture
) -> None:
    # What `app.logs.set_up` does.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with caplog.at_level(logging.INFO, "app"):
        for status in (500, 400):
            europass.failing = [status]
            with pytest.raises((WalletUnavailable, WalletRefused)) as raised:
                await over_http.deposit_by_email(document(), email=ADDRESS)
            assert "example.org" not in str(raised.value)
    assert len(caplog.records) == 2
    assert "example.org" not in caplog.text


async def test_a_wish_is_kept_until_it_is_taken_back(work: OpenWork, clock: StoryClock) -> None:
    registration, other = new_id(), new_id()
    since = clock.now()

    async def given(of: object) -> datetime | None:
        async with work() as reading:
            consents: WalletConsents = reading.wallet_consents
            return await consents.given(of)  # type: ignore[arg-type]

    assert await given(registration) is None
    for _ in range(2):
        async with work() as writing:
            await writing.wallet_consents.give(registration, clock.now())
        clock.move(timedelta(days=1))
    assert (await given(registration), await given(other)) == (since, None)
    for _ in range(2):
        async with work() as writing:
            await writing.wallet_consents.withdraw(registration)
    assert await given(registration) is None
