"""What a holder shares by a link, for people: opened by a button, never by following the link."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.domain.credentials.share import Share, ShareKind, ShareNotFound
from app.domain.credentials.use_cases.shares import Shown, look_at_share, open_share, verify_share
from app.domain.credentials.use_cases.shown import glance_at_share
from app.domain.credentials.verification import CheckStatus
from app.domain.vocabulary.text import in_language
from app.ports import Ports
from app.routers.habits import CallerDep, PortsDep
from app.routers.pages.checklist import (
    LOOKS_OF_STANDING,
    banner,
    day,
    development_mark,
    findings,
    in_words,
    moment,
    pairs,
)
from app.routers.pages.elements import Content, Html, e
from app.routers.pages.layout import PERSONAL, language_of, page
from app.routers.pages.verifying import alliance_of
from app.routers.pages.words import LANGUAGES, say

router = APIRouter(include_in_schema=False)

Token = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/s/{token}")
async def get_shared_page(
    token: Token, request: Request, caller: CallerDep, ports: PortsDep
) -> HTMLResponse:
    """A button that opens the link; a public page is shown at once, and so is what was opened."""
    tag = language_of(request)
    if pass_ := request.query_params.get("access"):
        try:
            shown = await look_at_share(
                token, pass_=pass_, work=ports.work(caller, "look_at_share"), clock=ports.clock
            )
            if shown.kind is ShareKind.LINK:
                return await _opened(request, ports, token, replace(shown, pass_=pass_))
        except ShareNotFound:
            # The pass is of the past: what is left of the link itself is offered anew.
            pass
    try:
        share = await glance_at_share(token, work=ports.reading(), clock=ports.clock)
        if share.kind is ShareKind.PAGE:
            shown = await look_at_share(
                token, work=ports.work(caller, "look_at_share"), clock=ports.clock
            )
            return await _answer(request, ports, _public(shown, tag), shown)
    except ShareNotFound:
        return await _gone(request, ports)
    title = say("shared-title", tag)
    main = (
        e("h1", title),
        e(
            "form",
            e("p", say("shared-intro", tag)),
            pairs(_good_for(share, tag)),
            e("button", say("open", tag), type="submit"),
            method="post",
            action=f"/s/{quote(token)}?lang={tag}",
            class_="card",
        ),
    )
    return page(request, title, main, alliance=await alliance_of(ports), headers=PERSONAL)


@router.post("/s/{token}")
async def open_shared_page(
    token: Token, request: Request, caller: CallerDep, ports: PortsDep
) -> Response:
    """The credential behind the link, with its checks and its files.

    One that can be opened a few times only is shown at an address of its own, which can be
    loaded again without being opened again.
    """
    tag = language_of(request)
    try:
        shown = await open_share(token, work=ports.work(caller, "open_share"), clock=ports.clock)
        if shown.kind is ShareKind.PAGE:
            return await _answer(request, ports, _public(shown, tag), shown)
        if shown.pass_ is None:
            return await _opened(request, ports, token, shown)
    except ShareNotFound:
        return await _gone(request, ports)
    asked = urlencode({"lang": tag, "access": shown.pass_})
    headers = {**PERSONAL, "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(f"/s/{quote(token)}?{asked}", 303, headers=headers)


async def _opened(request: Request, ports: Ports, token: str, shown: Shown) -> HTMLResponse:
    """The whole credential. Raises ShareNotFound."""
    tag = language_of(request)
    found = await verify_share(
        token,
        pass_=shown.pass_,
        reading=ports.reading,
        verifier=ports.verifier,
        clock=ports.clock,
    )
    main = (
        findings(found, tag, before=(_picture(shown, token, tag), _downloads(shown, token, tag))),
    )
    return await _answer(request, ports, main, shown, switch=False)


def _good_for(share: Share, tag: str) -> Iterator[tuple[str, Content]]:
    """How often, and until when, a link can be opened."""
    if share.view_limit is not None:
        left = share.view_limit - share.views
        yield say("openings-left", tag), say("of-all", tag, left=left, all=share.view_limit)
    if share.expires_at is not None:
        yield say("open-until", tag), moment(share.expires_at, tag)


async def _answer(
    request: Request, ports: Ports, main: Content, shown: Shown, *, switch: bool = True
) -> HTMLResponse:
    title = in_language(shown.title, language_of(request))
    return page(
        request, title, main, alliance=await alliance_of(ports), headers=PERSONAL, switch=switch
    )


async def _gone(request: Request, ports: Ports) -> HTMLResponse:
    """The same for whatever leads nowhere: unknown, expired, revoked, used up."""
    tag = language_of(request)
    title = say("shared-gone", tag)
    main = banner(CheckStatus.SKIPPED, title, say("shared-gone-means", tag))
    return page(
        request, title, main, alliance=await alliance_of(ports), status=404, headers=PERSONAL
    )


def _public(shown: Shown, tag: str) -> Content:
    """The least that a profile elsewhere needs."""
    credential, standing = shown.credential, shown.standing
    if credential is None or standing is None:
        raise ShareNotFound
    identifier = e(
        "a", e("code", str(credential.id)), href=f"/verify/{credential.id}?lang={tag}"
    )  # fmt: skip
    return (
        development_mark(tag) if credential.development else None,
        e("h1", in_words(credential.title, tag)),
        banner(LOOKS_OF_STANDING[standing], say(f"standing-{standing.value}", tag), level="h2"),
        pairs(
            (
                (say("holder", tag), e("bdi", shown.holder) if shown.holder else None),
                (say("issuer", tag), credential.organisation),
                (say("awarded-on", tag), day(shown.awarded_on, tag) if shown.awarded_on else None),
                (
                    say("issued-on", tag),
                    moment(credential.sealed_at, tag) if credential.sealed_at else None,
                ),
                (
                    say("valid-until", tag),
                    moment(credential.valid_until, tag) if credential.valid_until else None,
                ),
                (say("identifier", tag), identifier),
            )
        ),
    )


def _picture(shown: Shown, token: str, tag: str) -> Html | None:
    credential = shown.credential
    if credential is None or not credential.languages:
        return None
    language = tag if tag in credential.languages else credential.languages[0]
    return e(
        "img",
        src=_file(token, f"images/{language}", shown),
        alt=say("picture-of", tag, title=in_language(credential.title, tag)),
        width=1240,
        height=1754,
        class_="picture",
    )


def _downloads(shown: Shown, token: str, tag: str) -> Content:
    languages = shown.credential.languages if shown.credential else ()
    return (
        e("h2", say("downloads", tag)),
        e(
            "ul",
            e("li", e("a", say("sealed-file", tag), href=_file(token, "document", shown))),
            [
                e(
                    "li",
                    e(
                        "a",
                        f"{say('pdf-file', tag)} – {LANGUAGES.get(language, language)}",
                        href=_file(token, "pdf", shown, {"language": language}),
                    ),
                )
                for language in languages
            ],
            class_="links",
        ),
    )


def _file(token: str, name: str, shown: Shown, query: Mapping[str, str] | None = None) -> str:
    """The address of a file behind the link, with the pass that opening it gave."""
    asked = {**(query or {}), **({"access": shown.pass_} if shown.pass_ else {})}
    return f"/v1/shares/{quote(token)}/{name}" + (f"?{urlencode(asked)}" if asked else "")
