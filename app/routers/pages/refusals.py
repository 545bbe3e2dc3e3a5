"""A refusal that a browser shows: for people who sent a form, not for programs."""

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import Headers

from app.domain.credentials.verification import CheckStatus
from app.routers.pages.checklist import banner
from app.routers.pages.elements import e
from app.routers.pages.layout import PERSONAL, language_of, page
from app.routers.pages.words import say

_OF_THE_API = ("/v1", "/docs", "/openapi.json", "/problems")
_WORDS = {413: "too-large", 429: "busy", 503: "busy"}


def is_for_a_page(request: Request) -> bool:
    """Whether a person's browser asked, at an address that answers with pages."""
    accepted = Headers(scope=request.scope).get("accept", "")
    return "text/html" in accepted and not request.url.path.startswith(_OF_THE_API)


def refusal_page(request: Request, status: int) -> HTMLResponse:
    """What went wrong and what to do now, in the reader's language."""
    tag = language_of(request)
    words = _WORDS.get(status, "refused")
    title = say(words, tag)
    main = (
        banner(CheckStatus.WARNING, title, say(f"{words}-means", tag)),
        e("p", e("a", say("verify-title", tag), href=f"/verify?lang={tag}")),
    )
    return page(request, title, main, alliance=None, status=status, headers=PERSONAL, switch=False)
