"""What strangers send who mean no good, and what it leads to: a refusal, and nothing else."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import Response

from app.adapters.identity.local import ISSUER
from app.main import create_app
from app.routers.habits.asgi import AnonymousRate
from app.routers.habits.repeats import _may_be_kept
from app.serve_command import serving
from app.settings import read_settings
from tests.api.conftest import Api
from tests.memory_ports import StoryClock


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "token",
    [
        f"{encoded('{}')}.{encoded('[' * 20_000)}.AA",
        f"{encoded('[' * 20_000)}.{encoded('{}')}.AA",
        f"{encoded('{}')}.{encoded('[]')}.AA",
        f"{encoded('{}')}.{encoded('9' * 5_000)}.AA",
    ],
)
async def test_a_token_of_a_thousand_brackets_is_no_token(api: Api, token: str) -> None:
    response = await api(None, "GET", "/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


async def test_strangers_with_the_same_key_do_not_get_in_one_anothers_way(api: Api) -> None:
    answers = [
        await api(
            None,
            "POST",
            "/v1/links",
            json={"edition": str(uuid4()), "email": f"{name}@example.org"},
            idempotency_key="1",
        )
        for name in ("ana", "ben")
    ]
    assert [answer.status_code for answer in answers] == [202, 202]


async def test_nothing_is_kept_for_strangers(api: Api) -> None:
    body = {"edition": str(uuid4()), "email": "ana@example.org"}
    answers = [
        await api(None, "POST", "/v1/links", json=body, idempotency_key="1") for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert ["idempotency-replayed" in answer.headers for answer in answers] == [False, False]
    clock = api.ports.clock
    assert isinstance(clock, StoryClock)
    clock.move(timedelta(hours=25))
    assert await api.ports.idempotency.purge() == 0


async def test_a_refusal_is_not_final_for_whoever_gets_the_right_later(api: Api) -> None:
    me = {"issuer": ISSUER, "subject": "demo:learner-1"}
    mine = {"subject": me, "role": "enrolment_officer", "institution": "UOC"}
    other = {**mine, "subject": {"issuer": "https://id.example", "subject": "s-1"}}

    async def tried() -> httpx.Response:
        return await api("learner-1", "POST", "/v1/grants", json=other, idempotency_key="k")

    assert (await tried()).status_code == 403
    admin = {"subject": me, "role": "alliance_office", "institution": None}
    granted = await api("olga-office", "POST", "/v1/grants", json=admin)
    assert granted.status_code == 201, granted.text
    clock = api.ports.clock
    assert isinstance(clock, StoryClock)
    clock.move(timedelta(seconds=1))
    assert [(await tried()).status_code for _ in range(2)] == [201, 201]


def test_what_a_repetition_may_lead_past_is_not_kept() -> None:
    statuses = (200, 201, 202, 204, 400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503)
    assert [status for status in statuses if _may_be_kept(Response(status_code=status))] == [
        200, 201, 202, 204, 400, 413, 415, 422,
    ]  # fmt: skip


async def test_a_token_is_not_kept_for_a_repetition(api: Api) -> None:
    answers = [
        await api(None, "POST", "/v1/dev/tokens", json={"person": "learner-1"}, idempotency_key="1")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert ["idempotency-replayed" in answer.headers for answer in answers] == [False, False]


async def test_a_header_that_names_nobody_does_not_lift_the_limit(api: Api) -> None:
    settings = api.ports.settings.model_copy(update={"anonymous_requests_per_minute": 3})
    transport = httpx.ASGITransport(create_app(settings, api.ports))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:

        async def statuses(path: str, number: int, headers: dict[str, str]) -> list[int]:
            return [(await http.get(path, headers=headers)).status_code for _ in range(number)]

        learner = api.headers("learner-1")
        assert await statuses("/v1/me", 5, learner) == [200] * 5
        junk = {"Authorization": "Bearer junk"}
        assert await statuses("/v1/institutions", 4, junk) == [200, 200, 200, 429]
        assert await statuses("/v1/me", 2, learner) == [200, 200]


@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [("", [200, 200, 200, 429]), ("127.0.0.1", [200] * 4), ("10.0.0.0/8", [200, 200, 200, 429])],
)
async def test_an_address_that_a_caller_makes_up_does_not_lift_the_limit(
    api: Api, trusted: str, statuses: list[int]
) -> None:
    read = read_settings({"MC_TRUSTED_PROXIES": trusted} if trusted else {})
    settings = api.ports.settings.model_copy(
        update={"anonymous_requests_per_minute": 3, "trusted_proxies": read.trusted_proxies}
    )
    config = serving(create_app(settings, api.ports), "127.0.0.1", 8000, settings)
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        seen = [
            await http.get("/v1/institutions", headers={"X-Forwarded-For": f"192.0.2.{n}"})
            for n in range(4)
        ]
    assert [answer.status_code for answer in seen] == statuses


async def test_neither_many_addresses_nor_a_wide_network_lift_the_limit(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AnonymousRate, "MOST_SEEN", 2)
    monkeypatch.setattr(AnonymousRate, "SHARED", 1)
    settings = api.ports.settings.model_copy(update={"anonymous_requests_per_minute": 2})
    app = create_app(settings, api.ports)

    async def asked(address: str) -> int:
        transport = httpx.ASGITransport(app, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            return (await http.get("/v1/institutions")).status_code

    household = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::3"]
    assert [await asked(one) for one in household] == [200, 200, 429]
    assert [await asked(one) for one in ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1")] == [
        200,
        200,
        429,
    ]
    assert [await asked(f"198.51.100.{n}") for n in range(3)] == [200, 200, 429]


async def test_a_form_is_no_way_round_the_limit_of_an_operation_without_files(api: Api) -> None:
    large = b" " * 2_000_000
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    statuses = {
        path: (await api("olga-office", "POST", path, content=large, headers=form)).status_code
        for path in ("/v1/grants", "/v1/credentials/verify", "/v1/nowhere/credentials/verify")
    }
    assert statuses == {
        "/v1/grants": 413,
        "/v1/credentials/verify": 400,
        "/v1/nowhere/credentials/verify": 413,
    }
    plain = {"Content-Type": "application/json"}
    bare = await api(None, "POST", "/v1/credentials/verify", content=large, headers=plain)
    assert bare.status_code == 200


async def test_a_body_that_grows_past_its_limit_is_told_so(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    response = await api(
        None, "POST", "/v1/links", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


async def test_half_a_character_in_a_credential_fails_its_check_and_nothing_else(api: Api) -> None:
    document = b'{"@context": [], "id": "\\ud800", "name": "\\ud83d\\ude00"}'
    headers = {"Content-Type": "application/json"}
    refused = await api(None, "POST", "/v1/credentials/verify", content=document, headers=headers)
    assert refused.status_code == 200
    [form] = [check for check in refused.json()["checks"] if check["name"] == "format"]
    assert (form["status"], form["code"]) == ("error", "half_character")
    whole = document.replace(b"\\ud800", b"urn:x")
    read = await api(None, "POST", "/v1/credentials/verify", content=whole, headers=headers)
    assert read.json()["contents"]["id"] == "urn:x"
