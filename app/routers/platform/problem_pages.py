"""The pages that the `type` of a problem points to: what a code means."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.domain.errors import DomainError, NotFound

router = APIRouter(include_in_schema=False)


class UnknownCode(NotFound):
    """No problem has this code."""

    code = "problem_not_found"

    def __init__(self) -> None:
        super().__init__("No problem of this API has that code.")


_OF_THE_PROTOCOL = {
    "invalid_request": "The request does not have the form that the operation expects; `errors` "
    "says where, and what to send instead.",
    "body_too_large": "The body has more bytes than the operation takes.",
    "too_many_requests": "More requests in a minute than are answered; `Retry-After` says when to "
    "ask again.",
    "internal_error": "A defect of the service, which has been logged.",
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not know that method; `Allow` names those it knows.",
}
"""What is refused before, or beside, the rules of the domain."""


def _meanings() -> dict[str, str]:
    meanings = dict(_OF_THE_PROTOCOL)
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.__doc__:
            meanings.setdefault(kind.code, kind.__doc__.strip())
    return meanings


@router.get("/problems/{code}")
async def get_problem_page(code: str) -> HTMLResponse:
    """What a problem code means."""
    meaning = _meanings().get(code)
    if meaning is None:
        raise UnknownCode
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(code)}</title>'
        f"<main><h1>{escape(code)}</h1><p>{escape(meaning)}</p>"
        '<p>The operations: <a href="/docs">documentation</a>.</p></main></html>'
    )
