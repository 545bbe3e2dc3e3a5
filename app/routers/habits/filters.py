"""What an operation does not take, refused before anything else is looked at: query parameters that
it does not know, for a filter that is misspelt would give everything instead of nothing, and a body
in another media type than JSON, of which nothing could be said but that it is no object."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute

from app.domain.errors import Finding, Invalid
from app.routers.habits.accepting import ALSO_PAGES

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


class UnknownQueryParameter(Invalid):
    """The address has a query parameter that the operation does not know."""

    code = "unknown_query_parameter"

    def __init__(self, unknown: list[str], known: frozenset[str]) -> None:
        there = f"Known here: {', '.join(sorted(known))}." if known else "None is known here."
        super().__init__(
            f"The address has a query parameter that this operation does not know. {there}",
            findings=[
                Finding(f"#/query/{escaped(name)}", self.code, f"Leave it out. {there}")
                for name in unknown
            ],
        )


def escaped(name: str) -> str:
    """A name as a step of a JSON Pointer, shortened."""
    return name[:100].replace("~", "~0").replace("/", "~1")


def only_known_filters(route: APIRoute, answer: Answer) -> Answer:
    """The same handler, for requests with no other query parameters than the route declares.

    Pages are excepted: mail programs and websites hang parameters of their own on links.
    """
    if not route.path.startswith("/v1/") or route.operation_id in ALSO_PAGES:
        return answer
    known = frozenset(_names(route.dependant))

    async def asked(request: Request) -> Response:
        if request.scope["query_string"]:
            unknown = sorted(set(request.query_params) - known)
            if unknown:
                raise UnknownQueryParameter(unknown[:20], known)
        return await answer(request)

    return asked


def only_json(route: APIRoute, answer: Answer) -> Answer:
    """The same handler, for requests whose body, if the route declares one, is JSON (RFC 8259) or
    of a media type built on it (RFC 6839); one that does not say what it is may be."""
    if route.body_field is None or isinstance(route.body_field.field_info, Form):
        return answer

    async def asked(request: Request) -> Response:
        sent = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        kind, _, form = sent.partition("/")
        if sent and (kind != "application" or form.rpartition("+")[2] != "json"):
            raise HTTPException(415, "Send the body as application/json.")
        return await answer(request)

    return asked


def _names(needs: Dependant) -> Iterator[str]:
    for field in needs.query_params:
        yield field.alias
    for one in needs.dependencies:
        yield from _names(one)
