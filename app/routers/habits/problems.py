"""The one place where refusals become HTTP: problem details (RFC 9457) for every one of them."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.domain.errors import (
    Conflict,
    DomainError,
    Finding,
    Forbidden,
    Invalid,
    NotAuthenticated,
    NotFound,
    PreconditionRequired,
    Stale,
    Unavailable,
)
from app.routers.habits.wording import said_of

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[DomainError], int] = {
    NotAuthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    Invalid: 422,
    PreconditionRequired: 428,
    Unavailable: 503,
}


class ProblemItem(BaseModel):
    """One thing that is missing or wrong in what was sent."""

    pointer: str = Field(
        description="JSON Pointer into the body, or `#/query/name` and the like",
        examples=["/academic/ects"],
    )
    code: str = Field(description="stable, for machines", examples=["required"])
    detail: str = Field(description="for people", examples=["State how many credits it has."])
    params: dict[str, str | int | float | bool | None] = Field(
        default_factory=dict, description="values that the sentence mentions"
    )


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(description="a page about this code", examples=["/problems/stale"])
    title: str = Field(examples=["Precondition Failed"])
    status: int = Field(examples=[412])
    detail: str = Field(description="for people: what is wrong and what to do next")
    code: str = Field(description="stable, for machines", examples=["stale"])
    errors: list[ProblemItem] = Field(default_factory=list)
    trace_id: str = Field(description="name it when you ask for help")


@dataclass(frozen=True)
class PagesOfRefusals:
    """How refusals are shown to people instead of programs."""

    wanted: Callable[[Request], bool]
    draw: Callable[[Request, int], Response]


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    findings: Sequence[Finding] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal as a response: for browsers, at the addresses of pages, a page."""
    pages: PagesOfRefusals | None = getattr(request.app.state, "pages_of_refusals", None)
    if pages is not None and pages.wanted(request):
        shown = pages.draw(request, status)
        shown.headers.update(headers or {})
        return shown
    body = Problem(
        type=f"/problems/{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=[
            ProblemItem(
                pointer=finding.pointer,
                code=finding.code,
                detail=finding.detail,
                params=dict(finding.params),
            )
            for finding in findings
        ],
        trace_id=request.scope.get("trace_id", ""),
    )
    return JSONResponse(
        body.model_dump(mode="json"), status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def _status_of(error: DomainError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 422)


async def refusal(request: Request, error: Exception) -> Response:
    """A refusal of the domain as a response."""
    if not isinstance(error, DomainError):
        raise error
    status = _status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, Stale):
        headers["ETag"] = f'"{error.current}"'
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = "5"
    return problem(
        request, status, error.code, error.detail, findings=error.findings, headers=headers
    )


_PLACES = {"body": "", "query": "#/query", "path": "#/path", "header": "#/header"}


def findings_of(errors: Sequence[Any]) -> list[Finding]:
    """Pydantic's errors as findings, in our words. What was sent is never repeated: it may be
    personal."""
    found = []
    for error in errors:
        place, *rest = error["loc"] or ("body",)
        code = error["type"]
        detail, bounds = said_of(code, error.get("ctx") or {}, rest)
        if code == "json_invalid":
            rest = []  # it is the whole body, and where in its text is said
        parts = [str(part).replace("~", "~0").replace("/", "~1") for part in rest]
        prefix = _PLACES.get(str(place), f"/{place}")
        pointer = "".join([prefix, *(f"/{part}" for part in parts)])
        found.append(Finding(pointer or "/", code, detail, bounds))
    return found


async def _unreadable(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return problem(
        request,
        422,
        "invalid_request",
        "The request does not have the form that the operation expects; `errors` says where.",
        findings=findings_of(error.errors()),
    )


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    details = {
        404: "There is nothing at this address. The operations are listed in /docs.",
        405: "This address does not know that method. The operations are listed in /docs.",
    }
    detail = details.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_known_methods(request))
    return problem(request, error.status_code, code, detail, headers=headers)


def _known_methods(request: Request) -> list[str]:
    """What the address knows, of all its routes: Starlette names those of the first alone."""
    return [
        method
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE")
        if method in _methods_of_first(request, method)
    ]


def _methods_of_first(request: Request, method: str) -> Collection[str]:
    for route in request.app.routes:
        match, found = route.matches({**request.scope, "method": method})
        if match is Match.FULL:
            # A signpost only leads to the route that answers.
            chosen = found.get("signposted", route)
            return getattr(chosen, "methods", None) or ()
    return ()


async def defect(request: Request, error: Exception) -> Response:
    """What nobody foresaw, as a response: logged once, with the trace that the answer names."""
    # The type alone: a message might repeat what was sent.
    trace_id = request.scope.get("trace_id", "")
    log.error("defect %s trace=%s", type(error).__name__, trace_id, exc_info=error)
    return problem(
        request,
        500,
        "internal_error",
        "This is a defect of ours and has been logged. Name the trace_id when you ask for help.",
    )


def install(app: FastAPI, pages: PagesOfRefusals) -> None:
    """Make every refusal of the app a problem, or a page where one is wanted."""
    app.state.pages_of_refusals = pages
    app.add_exception_handler(DomainError, refusal)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, defect)
