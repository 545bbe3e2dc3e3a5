"""Media types that a caller accepts: an operation that can give none of them says so, and does
nothing (RFC 9110, 12.5.1 and 15.5.7).

What an operation gives is read from the contract, and only where `Accept` asks for something out of
the ordinary: who sends none, `*/*`, or JSON to an operation of JSON costs no more than a look.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastapi import Request
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import Invalid
from app.routers.habits.problems import problem

ALSO_PAGES = frozenset({"look_at_link", "open_link"})
"""Operations that answer browsers with a page, which the contract does not tell machines of."""
_PAGE = "text/html"
_JSON = b"application/json"

Contract = Callable[[], Mapping[str, Any]]


class NotAcceptable(Invalid):
    """None of the media types that the caller accepts can be given."""

    code = "not_acceptable"


def accepts(accept: str, given: Iterable[str]) -> bool:
    """Whether one of the media types that are given is among those that `accept` wants.

    The most specific range that fits a type decides about it; a weight of 0 refuses it. Nothing
    named, or nothing that can be read, is anything.
    """
    wanted = list(ranges(accept))
    if not wanted:
        return True
    return any(_weight(media_type.partition(";")[0].strip(), wanted) > 0 for media_type in given)


def ranges(accept: str) -> Iterable[tuple[str, float]]:
    """The media ranges that `accept` names, in lower case, each with its weight."""
    for part in accept.split(","):
        media_range, *parameters = (word.strip().casefold() for word in part.split(";"))
        if not media_range:
            continue
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            yield media_range, float(weight)
        except ValueError:
            continue  # what cannot be read asks for nothing


def _weight(media_type: str, wanted: Iterable[tuple[str, float]]) -> float:
    kind = media_type.partition("/")[0]
    by_range = dict(wanted)
    for fitting in (media_type, f"{kind}/*", "*/*"):
        if fitting in by_range:
            return by_range[fitting]
    return 0.0


def serve_what_is_accepted(routes: Iterable[BaseRoute], contract: Contract) -> None:
    """Have the operations among the routes refuse what they cannot give."""
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            route.app = _Accepting(route.app, route, contract)


class _Accepting:
    """One operation, behind a look at `Accept`."""

    def __init__(self, app: ASGIApp, route: APIRoute, contract: Contract) -> None:
        self._app = app
        self._route = route
        self._contract = contract
        self._is_json = isinstance(route.response_class, DefaultPlaceholder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse with 406."""
        for name, value in scope["headers"]:
            if name != b"accept" or b"*/*" in value or (self._is_json and value == _JSON):
                continue
            if not self._gives(scope, value):
                await self._refuse(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _gives(self, scope: Scope, accept: bytes) -> bool:
        given = self._given(scope["method"])
        return not given or accepts(accept.decode("latin-1"), given)

    def _given(self, method: str) -> set[str]:
        """What the operation answers with when all is well; nothing where that has no body."""
        item = self._contract()["paths"].get(self._route.path_format, {})
        answers = item.get(method.lower(), {}).get("responses", {})
        given = {kind for status, one in answers.items() if status < "3"
                 for kind in one.get("content", ())}  # fmt: skip
        return given | {_PAGE} if given and self._route.operation_id in ALSO_PAGES else given

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = ", ".join(sorted(self._given(scope["method"])))
        refusal = problem(
            Request(scope),
            406,
            NotAcceptable.code,
            f"This operation gives {given}. Name one of them in `Accept`, or leave it out.",
        )
        await refusal(scope, receive, send)
