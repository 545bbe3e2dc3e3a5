"""Asking other machines over HTTP, warily: what they are asked, how much and how long they answer.

Addresses of authorities stand in certificates, which others write. So only `http` and `https` are
spoken, no redirect is followed, answers are limited in size and time, and an address inside a
private network is refused unless its host is allowed by name; the connection then goes to the very
address that was looked at. Where an operator has a proxy for outgoing requests, the proxy decides.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Protocol

import httpx

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host. Raises OSError."""


class FetchFailed(Exception):
    """There is no answer, or none that can be used. The message is for people."""


@dataclass(frozen=True)
class Question:
    """What is asked; with a body it is a POST."""

    url: str
    accept: str
    largest: int
    """Bytes of the longest answer that is read."""
    body: bytes | None = field(default=None, repr=False)
    content_type: str | None = None
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)


class Web(Protocol):
    """Asks over HTTP."""

    async def ask(self, question: Question) -> bytes:
        """The body of the answer. Raises FetchFailed."""
        ...


@dataclass(frozen=True)
class Reach:
    """Whom a deployment talks to."""

    allowed: frozenset[str] = frozenset()
    """Hosts by name that may be anywhere, private networks included."""
    only_allowed: bool = False
    """Whether all others are refused."""
    through_proxy: bool = False
    """Whether a proxy looks up names, so that no address is known here."""


class HttpWeb:
    """See `Web`."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        reach: Reach,
        *,
        seconds: float = 15,
        resolve: Resolve | None = None,
    ) -> None:
        """`seconds` for one whole answer. The client must not follow redirects."""
        if client.follow_redirects:
            raise ValueError("a client that follows redirects may be led anywhere")
        self._client = client
        self._reach = reach
        self._seconds = seconds
        self._resolve = resolve or _addresses

    async def ask(self, question: Question) -> bytes:
        """The body of the answer. Raises FetchFailed."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._asked(question)
        except TimeoutError:
            raise FetchFailed(f"no answer within {self._seconds:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise FetchFailed(f"no answer ({type(error).__name__})") from None

    async def _asked(self, question: Question) -> bytes:
        url = httpx.URL(question.url)
        if url.scheme not in ("http", "https") or not url.host or url.userinfo:
            raise FetchFailed("its address is none that is asked")
        request = self._client.build_request(
            "GET" if question.body is None else "POST",
            url,
            content=question.body,
            headers=_headers(question),
            timeout=self._seconds,
        )
        await self._lead(request, url)
        auth = None if question.basic_auth is None else httpx.BasicAuth(*question.basic_auth)
        response = await self._client.send(request, stream=True, auth=auth)
        try:
            if response.status_code != httpx.codes.OK:
                raise FetchFailed(f"it answers {response.status_code}")
            return await _limited(response, question.largest)
        finally:
            await response.aclose()

    async def _lead(self, request: httpx.Request, url: httpx.URL) -> None:
        """Have the request go to an address that may be asked. Raises FetchFailed, OSError."""
        if url.host in self._reach.allowed:
            return
        if self._reach.only_allowed:
            raise FetchFailed(f"the host {url.host} is not among those that may be asked")
        if self._reach.through_proxy:
            return
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await self._resolve(url.host, port)
        if not found or not all(ip_address(address).is_global for address in found):
            raise FetchFailed(f"the host {url.host} is inside a private network")
        # To that address and no other: a name may point elsewhere when it is looked up again.
        request.url = url.copy_with(host=found[0])
        request.extensions = {**request.extensions, "sni_hostname": url.host}


def _headers(question: Question) -> Mapping[str, str]:
    headers = {"Accept": question.accept, "Accept-Encoding": "identity"}
    if question.content_type is not None:
        headers["Content-Type"] = question.content_type
    return headers


async def _limited(response: httpx.Response, largest: int) -> bytes:
    read = bytearray()
    async for part in response.aiter_raw():
        read += part
        if len(read) > largest:
            raise FetchFailed(f"its answer is longer than {largest} bytes")
    return bytes(read)


async def _addresses(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def reach(
    hosts: Collection[str], *, only_allowed: bool = False, through_proxy: bool = False
) -> Reach:
    """Whom a deployment talks to, from host names as somebody writes them."""
    return Reach(frozenset(host.strip().lower() for host in hosts), only_allowed, through_proxy)
