"""What all pages have in common: frame, style, languages, and strict headers."""

import base64
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import resources
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.domain.credentials.verification import CheckStatus
from app.routers.pages.elements import Content, Html, document, e
from app.routers.pages.words import LANGUAGES, chosen_language, say

PERSONAL: Mapping[str, str] = {"X-Robots-Tag": "noindex, nofollow, noarchive"}
"""For pages that name somebody or could: nothing for crawlers to keep."""

_ICONS = {
    CheckStatus.OK: ("M7 12.5l3.2 3.2L17 9",),
    CheckStatus.WARNING: ("M12 7v6.5", "M12 16.6v.4"),
    CheckStatus.ERROR: ("M8 8l8 8", "M16 8l-8 8"),
    CheckStatus.SKIPPED: ("M7.5 12h9",),
}


def icon(status: CheckStatus) -> Html:
    """A sign beside the word that says the same, so that no sense hangs on colour alone."""
    strokes = [
        e("path", d=path, fill="none", stroke="currentColor", stroke_width="2.2",
          stroke_linecap="round")
        for path in _ICONS[status]
    ]  # fmt: skip
    ring = e("circle", cx=12, cy=12, r=10, fill="none", stroke="currentColor", stroke_width="2")
    return e("svg", ring, strokes, viewBox="0 0 24 24", aria_hidden="true", class_=status.value)


def language_of(request: Request) -> str:
    """The language that a page is wanted in: `?lang=`, else what the browser likes best."""
    return chosen_language(request.query_params.get("lang"), request.headers.get("accept-language"))


def page(
    request: Request,
    title: str,
    main: Content,
    *,
    alliance: str | None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    switch: bool = True,
) -> HTMLResponse:
    """A page with its frame.

    `switch` offers the other languages, by links to the same address: not for what a form
    answered, which a link would lose.
    """
    tag = language_of(request)
    # Where the database is what failed, nobody can ask it for the name.
    site = request.app.title if alliance is None else say("site", tag, alliance=alliance)
    whole = site if title == site else f"{title} – {site}"
    head = (
        e("meta", charset="utf-8"),
        e("meta", name="viewport", content="width=device-width, initial-scale=1"),
        e("title", whole),
        # Chats fetch a preview of an address: it says what kind of page this is, and of nobody.
        e("meta", property="og:title", content=site),
        e("meta", property="og:type", content="website"),
        e("style", Html(_style())),
    )
    body = (
        e("a", say("skip", tag), href="#content", class_="skip"),
        e("header", e("div", e("a", site, href=f"/?lang={tag}"), class_="inner"), class_="top"),
        e("main", e("div", main, class_="inner"), id="content"),
        e("footer", e("div", _languages(request, tag), class_="inner"), class_="bottom")
        if switch
        else None,
    )
    return HTMLResponse(
        document(head, body, language=tag),
        status,
        headers={
            **_strict(),
            "Content-Language": tag,
            "Vary": "Accept-Language",
            **(headers or {}),
        },
    )


def _languages(request: Request, tag: str) -> Html:
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    items = [
        e(
            "li",
            e("span", name, lang=other, aria_current="true")
            if other == tag
            else e(
                "a", name, lang=other, hreflang=other,
                href=f"{request.url.path}?{urlencode([*kept, ('lang', other)])}",
            ),
        )
        for other, name in LANGUAGES.items()
    ]  # fmt: skip
    return e("nav", e("ul", items), aria_label=say("languages", tag))


@cache
def _style() -> str:
    file = resources.files("app.data") / "pages" / "style.css"
    return file.read_text(encoding="utf-8").strip()


@cache
def _strict() -> Mapping[str, str]:
    digest = base64.b64encode(sha256(_style().encode()).digest()).decode("ascii")
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
