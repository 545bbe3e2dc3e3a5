"""Operations of the common kind are served a quicker way; nobody can tell by the answers."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Annotated, Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from app.routers.habits import CallerDep, HabitRoute, problems, set_etag
from app.routers.habits.asgi import TraceAndLog
from app.routers.habits.caller import GIVEN
from app.routers.habits.quick import quick

THING = "0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"


class Given(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=10)]
    number: int = 1
    share: float = 0.5


class Told(BaseModel):
    """What is answered."""

    id: UUID
    name: str
    number: int
    share: float


async def change(thing: UUID, body: Given, response: Response, caller: CallerDep) -> Told:
    """An operation of the common kind."""
    response.headers["Location"] = f"/things/{thing}"
    set_etag(response, body.number)
    if body.number == 2:
        response.status_code = 202
    return Told(id=thing, name=body.name, number=body.number, share=body.share)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """The same operation both ways, under /quick and /ordinary."""
    app = FastAPI()
    app.state.ports = SimpleNamespace()
    problems.install(app, problems.PagesOfRefusals(lambda _: False, lambda _, __: Response()))
    app.add_middleware(TraceAndLog)
    for way, kind in (("quick", HabitRoute), ("ordinary", APIRoute)):
        path = f"/{way}/{{thing}}"
        app.router.add_api_route(
            path, change, methods=["POST"], status_code=201, route_class_override=kind
        )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


JSON = "application/json"
SENT = [
    (JSON, b'{"name": "Ana"}', 201),
    (JSON, b'{"name": "Ana", "number": 2}', 202),
    (f"{JSON}; charset=utf-8", b'{"name": "Ana", "number": "7"}', 201),
    (f"{JSON};charset=utf-8", b'{"name": "Ana", "number": 7.0}', 201),
    ("application/vnd.thing+json", b'{"name": "Ana"}', 201),
    (JSON, '{"name": "Núñez"}'.encode(), 201),
    (JSON, b'{"name": "Ana", "name": "Eva"}', 201),
    (JSON, b'{"name": "Ana", "share": NaN}', 201),
    (JSON, b'{"name": "Ana", "share": 1e400}', 201),
    (JSON, b' {"name": "Ana"}\n', 201),
    (JSON, b'{"name": "\\ud800"}', None),
    (JSON, b'{"name": "far too long a name"}', 422),
    (JSON, b'{"name": "Ana", "more": 1}', 422),
    (JSON, b'{"number": 1}', 422),
    (JSON, b'{"name": "Ana", "number": 1.5}', 422),
    (JSON, b'{"name": ', 422),
    (JSON, b'{"name": "Ana"} and more', 422),
    (JSON, b"[]", 422),
    (JSON, b"null", 422),
    (JSON, b"", 422),
    (JSON, b'{"name": "\xff"}', None),
    ("", b'{"name": "Ana"}', 422),
]


@pytest.mark.parametrize(("content_type", "body", "status"), SENT)
async def test_both_ways_give_the_same_answer(
    http: httpx.AsyncClient, content_type: str, body: bytes, status: int | None
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    headers["traceparent"] = f"00-{'a' * 32}-{'b' * 16}-01"
    quickly, ordinarily = [
        await http.post(f"/{way}/{THING}", content=body, headers=headers)
        for way in ("quick", "ordinary")
    ]
    assert quickly.content == ordinarily.content
    assert sorted(quickly.headers.items()) == sorted(ordinarily.headers.items())
    assert quickly.status_code == ordinarily.status_code
    assert status in (None, quickly.status_code)


@pytest.mark.parametrize("thing", [THING.upper(), THING.replace("-", ""), f"{{{THING}}}", "1", "é"])
async def test_both_ways_read_the_same_identifiers(http: httpx.AsyncClient, thing: str) -> None:
    quickly, ordinarily = [
        await http.post(f"/{way}/{thing}", json={"name": "Ana"}, headers={"traceparent": _TRACE})
        for way in ("quick", "ordinary")
    ]
    assert (quickly.status_code, quickly.content) == (ordinarily.status_code, ordinarily.content)


_TRACE = f"00-{'c' * 32}-{'d' * 16}-01"


def test_what_needs_more_than_the_common_kind_goes_the_ordinary_way() -> None:
    async def ordinary(request: object) -> Response:
        return Response()

    async def asks_for_a_page(thing: UUID, page: int = 1) -> Told:
        return Told(id=thing, name="", number=page, share=1)

    async def says_no_type(thing: UUID):
        return {"id": thing}

    async def common(thing: UUID) -> Told:
        return Told(id=thing, name="", number=1, share=1)

    chosen = [
        quick(APIRoute("/things/{thing}", one), GIVEN, ordinary) is ordinary
        for one in (asks_for_a_page, says_no_type, common)
    ]
    assert chosen == [True, True, False]


async def test_a_replaced_dependency_is_asked_for(http: httpx.AsyncClient) -> None:
    """FastAPI's way of replacing what an operation depends on works as it is documented."""
    app: Any = cast(Any, http)._transport.app
    asked = []
    for dependency in GIVEN:
        app.dependency_overrides[dependency] = lambda: asked.append(1)
    answer = await http.post(f"/quick/{uuid4()}", json={"name": "Ana"})
    assert (answer.status_code, asked) == (201, [1])
