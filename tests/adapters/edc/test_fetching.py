"""Asking machines whose addresses somebody else wrote down."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from app.adapters.edc.pki.fetching import FetchFailed, HttpWeb, Question, Reach, reach

HERE = reach(["127.0.0.1"])


@asynccontextmanager
async def a_server(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answers anything with those bytes. Its address, and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def ok(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Connection: close", *headers, b"", body])


async def in_parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def fetched(url: str, allowed: Reach = HERE, *, largest: int = 100, **settings: Any) -> bytes:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await HttpWeb(client, allowed, **settings).ask(Question(url, "*/*", largest))


async def refused(url: str, allowed: Reach = HERE, **settings: Any) -> str:
    with pytest.raises(FetchFailed) as failure:
        await fetched(url, allowed, **settings)
    return str(failure.value)


async def test_an_answer_comes_back_as_it_was_sent() -> None:
    async with a_server(ok(b"\x00\x01")) as (url, _):
        assert await fetched(url) == b"\x00\x01"


async def test_an_answer_that_is_too_long_is_not_read_to_its_end() -> None:
    async with a_server(ok(b"x" * 101)) as (url, _):
        assert await refused(url) == "its answer is longer than 100 bytes"
        assert await fetched(url, largest=101) == b"x" * 101


async def test_packed_answers_are_not_unpacked() -> None:
    async with a_server(ok(b"\x1f\x8b", b"Content-Encoding: gzip")) as (url, asked):
        assert await fetched(url) == b"\x1f\x8b"
    assert b"Accept-Encoding: identity" in asked[0]


async def test_nobody_is_led_elsewhere() -> None:
    async with a_server(ok(b"private")) as (private, asked):
        moved = b"HTTP/1.1 302 Found\r\nLocation: " + private.encode() + b"\r\n\r\n"
        async with a_server(moved) as (url, _):
            assert await refused(url) == "it answers 302"
    assert asked == []
    async with httpx.AsyncClient(follow_redirects=True) as client:
        with pytest.raises(ValueError, match="redirects"):
            HttpWeb(client, HERE)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "http://us:secret@127.0.0.1/", "http:///x", ""],
)
async def test_addresses_of_other_kinds_are_not_asked(url: str) -> None:
    assert await refused(url) == "its address is none that is asked"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0"],
)
async def test_private_networks_are_not_asked_whatever_they_are_called(address: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["192.0.43.8", address]

    found = await refused("http://ocsp.example/", reach([]), resolve=resolve)
    assert found == "the host ocsp.example is inside a private network"


async def test_a_host_that_is_allowed_by_name_may_be_anywhere() -> None:
    async with a_server(ok(b"here")) as (url, _):
        assert await refused(url, reach([])) == "the host 127.0.0.1 is inside a private network"
        assert await fetched(url, reach(["127.0.0.1"])) == b"here"


async def test_where_only_some_hosts_are_allowed_no_other_is_looked_up() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError("nobody is looked up")

    found = await refused(
        "http://ocsp.example/", reach(["crl.example"], only_allowed=True), resolve=resolve
    )
    assert found == "the host ocsp.example is not among those that may be asked"


async def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    asked: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=in_parts(b"pub", b"lic"))

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["192.0.43.8"]

    async with httpx.AsyncClient(transport=httpx.MockTransport(note), trust_env=False) as client:
        web = HttpWeb(client, reach([]), resolve=resolve)
        assert await web.ask(Question("https://ocsp.example/a?b=c", "*/*", 10)) == b"public"
    (request,) = asked
    assert str(request.url) == "https://192.0.43.8/a?b=c"
    assert request.headers["Host"] == "ocsp.example"
    assert request.extensions["sni_hostname"] == "ocsp.example"


async def test_through_a_proxy_names_are_its_business() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError("nobody is looked up")

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=in_parts(str(request.url).encode()))

    async with httpx.AsyncClient(transport=httpx.MockTransport(echo)) as client:
        web = HttpWeb(client, reach([], through_proxy=True), resolve=resolve)
        assert await web.ask(Question("http://ocsp.example/", "*/*", 99)) == b"http://ocsp.example/"


async def test_a_host_without_an_address_does_not_answer() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError

    assert await refused("http://x.example/", reach([]), resolve=resolve) == "no answer (OSError)"
