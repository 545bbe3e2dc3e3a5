"""Idempotency-Key: a POST that is repeated gives its first answer again."""

import re
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.domain.access.idempotency import KEPT_FOR, KeptAnswer, KeyReused
from app.domain.errors import DomainError, Finding, Invalid
from app.routers.habits.caller import GIVEN, caller_of, ports_of
from app.routers.habits.filters import only_json, only_known_filters
from app.routers.habits.problems import refusal
from app.routers.habits.quick import quick
from app.routers.habits.uploads import asked_before_reading

HEADER = "Idempotency-Key"
_NOT_KEPT = frozenset({401, 403, 404, 409, 412, 428, 429})
"""What the same request may lead past later: with a right, a version, a thing that is there then.
"""
_LONGEST = 255
_KEY = re.compile(rf"[!-~]{{1,{_LONGEST}}}")


class BadKey(Invalid):
    """The key is empty, too long, or has other characters than visible ASCII."""

    code = "idempotency_key"

    def __init__(self) -> None:
        super().__init__(
            f"Idempotency-Key must have 1 to {_LONGEST} visible ASCII characters.",
            findings=[Finding("#/header/Idempotency-Key", "idempotency_key", "Use a UUID.")],
        )


class HabitRoute(APIRoute):
    """A route whose POST operations take an Idempotency-Key, which refuses query parameters that
    it does not know and bodies that are not JSON, and of which the common kind is served the
    quick way."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        taken = only_json(self, quick(self, GIVEN, super().get_route_handler()))
        answer = only_known_filters(self, taken)
        if "POST" not in (self.methods or ()):
            return answer

        async def once(request: Request) -> Response:
            given = request.headers.get(HEADER)
            if given is None:
                return await answer(request)
            if not _KEY.fullmatch(given):
                raise BadKey
            caller = await caller_of(request)
            if caller.is_anonymous:
                # Strangers have no name to keep them apart, and could fill the store without end.
                return await answer(request)
            fingerprint = await _fingerprint(request)
            scope = f"{caller.actor}|{self.operation_id}|{given}"
            key = sha256(scope.encode()).hexdigest()
            ports = ports_of(request)
            async with ports.idempotency.claim(key) as claim:
                kept = await claim.kept()
                if kept is not None:
                    return _repeat(kept, fingerprint)
                try:
                    response = await answer(request)
                except DomainError as error:
                    response = await refusal(request, error)
                if _may_be_kept(response):
                    await claim.keep(
                        KeptAnswer(
                            fingerprint=fingerprint,
                            status=response.status_code,
                            headers=dict(response.headers),
                            body=bytes(response.body),
                            expires_at=ports.clock.now() + KEPT_FOR,
                        )
                    )
                return response

        return asked_before_reading(self, once)


def _may_be_kept(response: Response) -> bool:
    """Not what a repetition may mend, and nothing that the operation itself wants kept nowhere:
    such an answer holds a key to something."""
    if "no-store" in response.headers.get("Cache-Control", ""):
        return False
    return response.status_code < 500 and response.status_code not in _NOT_KEPT


async def _fingerprint(request: Request) -> str:
    digest = sha256()
    for part in (request.url.path, request.url.query, request.headers.get("content-type", "")):
        # A multipart boundary is different each time although the content is the same.
        digest.update(part.partition("boundary=")[0].encode() + b"\0")
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    if "boundary=" in content_type:
        boundary = content_type.partition("boundary=")[2].strip('"').encode()
        body = body.replace(boundary, b"")
    digest.update(body)
    return digest.hexdigest()


def _repeat(kept: KeptAnswer, fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        raise KeyReused
    response = Response(kept.body, kept.status)
    response.raw_headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in kept.headers.items()
    ]
    response.headers["Idempotency-Replayed"] = "true"
    return response
