"""Credentials in Europass wallets: when the learner wants it, once, and tried again if need be."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.europass.wallets import EuropassWallets
from app.adapters.identity.local import ISSUER
from app.domain.access.roles import Subject
from app.running import WorkerFailed
from tests.api.test_credentials import IssuingApi, issuing_api
from tests.europass_wallet import TOKEN, Wallet, europass_wallet


@pytest.fixture
def europass() -> Iterator[Wallet]:
    with europass_wallet() as wallet:
        yield wallet


@asynccontextmanager
async def connected(data_dir: Path, europass: Wallet) -> AsyncIterator[IssuingApi]:
    """The API with that wallet, and a first learner who has an account."""
    async with (
        httpx.AsyncClient() as http,
        issuing_api(data_dir, wallets=EuropassWallets(http, europass.url, TOKEN)) as api,
    ):
        await with_account(api)
        yield api


async def with_account(api: IssuingApi) -> UUID:
    """Learner-1 holds the first registration; its identifier."""
    registration, award = next(iter(api.awards.ready.items()))
    holder = replace(award.holder, email="learner-1@example.org")
    api.awards.ready[registration] = replace(award, holder=holder)
    async with api.ports.system_work("test") as work:
        account = await work.accounts.account(Subject(ISSUER, "demo:learner-1"))
    api.awards.accounts[account] = (registration,)
    return registration


def path_of(api: IssuingApi) -> str:
    return f"/v1/registrations/{next(iter(api.awards.ready))}/wallet-deposit"


async def choose(api: IssuingApi, deposit: bool = True) -> httpx.Response:
    return await api("learner-1", "PUT", path_of(api), json={"deposit": deposit})


async def drain(api: IssuingApi) -> None:
    """Run the deposits that wait; the edition of these stories is known to nobody else."""
    await api.queue.drain(api.ports, only="wallet.deposit_credential")


async def delivery(api: IssuingApi) -> dict[str, Any] | None:
    """How the deposit of learner-1's credential stands."""
    [credential] = (await api("learner-1", "GET", "/v1/me/credentials")).json()["items"]
    known = {one["channel"]: one for one in credential["deliveries"]}
    found: dict[str, Any] | None = known.get("europass")
    return found


async def test_nothing_goes_to_europass_unless_the_learner_wants_it(
    data_dir: Path, europass: Wallet
) -> None:
    async with connected(data_dir, europass) as api:
        choice = (await api("learner-1", "GET", path_of(api))).json()
        assert (choice["offered"], choice["deposit"], choice["chosen_at"]) == (True, False, None)
        await api.issue()
        await drain(api)
        assert await delivery(api) is None
        assert europass.asked == []


async def test_what_was_wished_before_is_deposited_when_it_is_sealed_and_once(
    data_dir: Path, europass: Wallet
) -> None:
    async with connected(data_dir, europass) as api:
        chosen = await choose(api)
        assert (chosen.status_code, chosen.json()["deposit"]) == (200, True)
        await api.issue()
        waiting = await delivery(api)
        assert waiting is not None
        assert (waiting["state"], europass.held) == ("pending", {})
        await drain(api)
        done = await delivery(api)
        assert done is not None
        assert done["state"] == "delivered"
        [(owner, number)] = europass.held
        [mine] = (await api("learner-1", "GET", "/v1/me/credentials")).json()["items"]
        assert (owner.startswith("mailto:"), number) == (True, mine["id"])
        document = await api("learner-1", "GET", f"/v1/credentials/{mine['id']}/document")
        assert europass.held[owner, number] == document.content
        assert (await choose(api)).status_code == 200
        await drain(api)
        assert len(europass.asked) == 1


async def test_what_is_sealed_already_is_deposited_when_the_learner_asks(
    data_dir: Path, europass: Wallet
) -> None:
    async with connected(data_dir, europass) as api:
        await api.issue()
        await drain(api)
        await choose(api)
        await drain(api)
        found = await delivery(api)
        assert found is not None
        assert (found["state"], len(europass.held)) == ("delivered", 1)


async def test_a_wallet_that_is_down_is_tried_again_and_one_that_has_it_already_is_fine(
    data_dir: Path, europass: Wallet
) -> None:
    async with connected(data_dir, europass) as api:
        await choose(api)
        await api.issue()
        europass.failing = [503]
        with pytest.raises(WorkerFailed, match="WalletUnavailable"):
            await drain(api)
        failed = await delivery(api)
        assert failed is not None
        assert (failed["state"], failed["code"]) == ("failed", "wallet_unavailable")
        [mine] = (await api("learner-1", "GET", "/v1/me/credentials")).json()["items"]
        # As if an earlier attempt had arrived, and its answer had not.
        document = await api("learner-1", "GET", f"/v1/credentials/{mine['id']}/document")
        source = await source_of(api, mine["id"])
        await api.ports.wallets.deposit_by_email(document.content, email=source)  # type: ignore[union-attr]
        again = await api(
            "learner-1", "POST", f"/v1/credentials/{mine['id']}/deliveries/europass/retry"
        )
        assert again.status_code in (200, 202), again.text
        await drain(api)
        found = await delivery(api)
        assert found is not None
        assert found["state"] == "delivered"
        assert len(europass.held) == 1


async def source_of(api: IssuingApi, credential: str) -> str:
    async with api.ports.reading() as work:
        return str((await work.credentials.source(UUID(credential))).award.holder.email)


async def test_a_wish_taken_back_in_time_is_heeded(data_dir: Path, europass: Wallet) -> None:
    async with connected(data_dir, europass) as api:
        await choose(api)
        await api.issue()
        assert (await choose(api, deposit=False)).json()["deposit"] is False
        await drain(api)
        found = await delivery(api)
        assert found is not None
        assert (found["state"], found["code"]) == ("failed", "consent_withdrawn")
        assert europass.asked == []


async def test_where_europass_is_not_connected_it_cannot_be_wished(data_dir: Path) -> None:
    async with issuing_api(data_dir) as api:
        await with_account(api)
        assert (await api("learner-1", "GET", path_of(api))).json()["offered"] is False
        refused = await choose(api)
        assert (refused.status_code, refused.json()["code"]) == (409, "wallet_not_offered")


async def test_nobody_chooses_for_somebody_else(data_dir: Path, europass: Wallet) -> None:
    async with connected(data_dir, europass) as api:
        for stranger in ("learner-2", "ines-oviedo", "olga-office"):
            for method in ("GET", "PUT"):
                body = {"json": {"deposit": True}} if method == "PUT" else {}
                refused = await api(stranger, method, path_of(api), **body)
                assert refused.status_code == 404
                assert refused.json()["code"] == "registration_not_found"
        assert (await api(None, "GET", path_of(api))).status_code == 401
