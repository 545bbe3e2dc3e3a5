"""Pure ASGI middleware: trace ids, limits, the access log. Costs next to nothing per request."""

import ipaddress
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import cast

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.routers.habits.problems import defect, problem

log = logging.getLogger("app.access")

_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_CACHING = b"cache-control"

_SHARED = ("/v1/shares/", "/s/")
SHARED_HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Of whatever a share link answers with, refusals too: nothing for crawlers, nothing kept, and no
address passed on."""


class TraceAndLog:
    """Gives every request a trace id (W3C Trace Context), echoes it, and logs one line.

    The line has the route's template and not the address itself: addresses may hold tokens.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = header(scope, b"traceparent")
        sent = _TRACEPARENT.fullmatch(given) if given else None
        trace_id: str = sent[1].decode() if sent else secrets.token_hex(16)
        scope["trace_id"] = trace_id
        began = time.perf_counter()
        status = 500

        async def with_trace(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if scope["path"].startswith(_SHARED):
                    MutableHeaders(scope=message).update(SHARED_HEADERS)
                # Written as they are: this passes every answer, and nobody else sets the two.
                headers: list[tuple[bytes, bytes]] = message["headers"]
                headers.append((b"trace-id", trace_id.encode()))
                headers.append(_NO_SNIFFING)
                if "caller" in scope and not any(name == _CACHING for name, _ in headers):
                    # Answers to a named caller may hold personal data.
                    headers.append((_CACHING, b"private, no-store"))
            await send(message)

        try:
            await self._app(scope, receive, with_trace)
        finally:
            route = scope.get("route")
            log.info(
                "%s %s %d %.1fms trace=%s",
                scope["method"],
                getattr(route, "path", "-"),
                status,
                (time.perf_counter() - began) * 1000,
                trace_id,
            )


def header(scope: Scope, name: bytes) -> bytes | None:
    """A header of the request, by its name in small letters, without decoding all others."""
    for one, value in scope["headers"]:
        if one == name:
            return cast(bytes, value)
    return None


class AnswerDefects:
    """Answers whatever an operation raises that nobody foresaw, and is done with it.

    Starlette raises it again after its answer, on which the server closes a connection that the
    client means to keep, and answers outside of the trace and of what frontends elsewhere may see.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun:
                # Half an answer cannot be taken back: the client has to see that it broke off.
                raise
            response = await defect(Request(scope), error)
            await response(scope, receive, send)


class TooLarge(Exception):
    """The body passed its limit while it was being read."""


class BodyLimit:
    """Refuses bodies above a limit with 413, before and while they are read.

    The larger limit is for operations that take files: what a request says of itself lifts nothing.
    """

    def __init__(
        self, app: ASGIApp, *, body: int, upload: int, takes_files: Callable[[Scope], bool]
    ) -> None:
        self._app = app
        self._body = body
        self._upload = upload
        self._always = min(body, upload)
        """Bodies up to here may be sent to any operation."""
        self._takes_files = takes_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = header(scope, b"content-length") or b"0"
        size = int(declared) if declared.isdigit() else 0
        chunked = header(scope, b"transfer-encoding") is not None
        if size <= self._always and not chunked and declared.isdigit():
            # The server reads no more than was declared.
            await self._app(scope, receive, send)
            return
        limit = self._upload if self._takes_files(scope) else self._body
        if size > limit:
            await self._refuse(scope, receive, send, limit)
            return
        read = 0
        started = False

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if read > limit and not started:
                return  # whatever the parser makes of a body that breaks off
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, limited, watched)
        except TooLarge:
            if started:
                raise
        if read > limit and not started:
            await self._refuse(scope, receive, send, limit)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        response = problem(
            Request(scope),
            413,
            "body_too_large",
            f"The body may have at most {limit} bytes.",
            headers={"Connection": "close"},
        )
        await response(scope, receive, send)


class AnonymousRate:
    """At most so many requests a minute from one address without a good token; then 429.

    Counts per process: with several, the limit multiplies, which is enough against accidents. A
    gateway in front is the place for more. Of IPv6, the first 64 bits are an address here, for one
    household has all the others; and once very many have asked, further ones share their counts.
    """

    MOST_SEEN = 50_000
    """Addresses with a count of their own in one minute."""
    SHARED = 1_024
    """Counts that further ones share."""

    def __init__(self, app: ASGIApp, *, per_minute: int) -> None:
        self._app = app
        self._per_minute = per_minute
        self._minute = 0
        self._seen: dict[str, int] = {}
        self._known: set[int] = set()
        """Hashes of the headers by which somebody was identified in this minute."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        now = time.monotonic()
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._seen, self._known = minute, {}, set()
        token = header(scope, b"authorization")
        if token is not None and hash(token) in self._known:
            await self._app(scope, receive, send)
            return
        client = self._counted_as(scope["client"][0] if scope.get("client") else "-")
        self._seen[client] = self._seen.get(client, 0) + 1
        if self._seen[client] <= self._per_minute:
            await self._app(scope, receive, send)
            if token is not None and "caller" in scope:
                # Not the header counts, which anybody can send, but whether it names somebody.
                self._known.add(hash(token))
                self._seen[client] = self._seen.get(client, 1) - 1
            return
        wait: Mapping[str, str] = {"Retry-After": str(60 - int(now % 60))}
        response = problem(
            Request(scope),
            429,
            "too_many_requests",
            "Too many requests without a token from your address. Wait, or sign in.",
            headers=wait,
        )
        await response(scope, receive, send)

    def _counted_as(self, address: str) -> str:
        if ":" in address:
            with suppress(ValueError):
                parsed = ipaddress.IPv6Address(address)
                mapped = parsed.ipv4_mapped
                address = str(mapped) if mapped else f"{int(parsed) >> 64:x}::"
        if address in self._seen or len(self._seen) < self.MOST_SEEN:
            return address
        return f"others {hash(address) % self.SHARED}"
