"""What strangers send who mean no good, and what it leads to: a refusal, and nothing else."""

import base64
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from app.main import create_app
from tests.api.conftest import Api


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
