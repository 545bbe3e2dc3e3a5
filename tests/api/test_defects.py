"""What nobody foresaw: answered like every refusal, logged once, and the connection goes on."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from app.main import create_app
from app.serve_command import serving
from tests.api.conftest import Api

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {
    "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
    "Origin": "https://app.example.org",
}


def failing(api: Api) -> FastAPI:
    """The application, with two operations that fail: before their answer and amid it."""
    settings = api.ports.settings.model_copy(update={"cors_origins": (HEADERS["Origin"],)})
    app = create_app(settings, api.ports)

    async def fails() -> None:
        raise RuntimeError("ana@example.org is not foreseen")

    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("ana@example.org is not foreseen")

    app.add_api_route("/fails", fails, include_in_schema=False)
    answer = StreamingResponse
    app.add_api_route("/breaks-off", lambda: answer(half()), include_in_schema=False)
    return app


@asynccontextmanager
async def served(api: Api) -> AsyncIterator[str]:
    """The address of a real server."""
    app = failing(api)
    server = uvicorn.Server(serving(app, "127.0.0.1", 0, api.ports.settings))
    listening = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield "http://{}:{}".format(*listening.getsockname())
    finally:
        server.should_exit = True
        await running


async def test_after_a_defect_the_connection_goes_on(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    connections: list[str] = []

    async def noticed(name: str, info: object) -> None:
        if name == "connection.connect_tcp.started":
            connections.append(name)

    async with served(api) as address, httpx.AsyncClient(base_url=address) as http:
        watch = {"trace": noticed}
        failed = await http.get("/fails", headers=HEADERS, extensions=watch)
        after = await http.get("/health", extensions=watch)
    assert (failed.status_code, after.status_code) == (500, 200)
    assert len(connections) == 1
    assert failed.headers["content-type"] == "application/problem+json"
    assert (failed.json()["code"], failed.json()["trace_id"]) == ("internal_error", TRACE)
    assert failed.headers["trace-id"] == TRACE
    assert failed.headers["access-control-allow-origin"] == HEADERS["Origin"]
    (logged,) = caplog.records
    assert logged.getMessage() == f"defect RuntimeError trace={TRACE}"


async def test_an_answer_that_breaks_off_is_seen_to_break_off(api: Api) -> None:
    async with served(api) as address, httpx.AsyncClient(base_url=address) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get("/breaks-off")
        assert (await http.get("/health")).status_code == 200
