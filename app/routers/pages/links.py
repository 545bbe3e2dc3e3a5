"""What a one-time link from a mail leads to, for people: opened by a button, never by following."""

from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.domain.credentials.credential import Credential
from app.domain.credentials.status import PUBLIC
from app.domain.credentials.verification import CheckStatus
from app.domain.results.links import LinkState
from app.domain.results.ports import LIVE, EditionFacts, Participant
from app.domain.results.use_cases.links import LinkView, Session
from app.domain.vocabulary.text import in_language
from app.ports import Ports
from app.routers.habits.accepting import ranges
from app.routers.pages.checklist import LOOKS_OF_STANDING, banner, in_words, moment, pairs
from app.routers.pages.elements import Content, Html, e
from app.routers.pages.layout import PERSONAL, icon, language_of, page
from app.routers.pages.verifying import alliance_of
from app.routers.pages.words import say

_LOOKS = {
    "placed": CheckStatus.OK,
    "completed": CheckStatus.OK,
    "offered": CheckStatus.WARNING,
}


def wants_page(request: Request) -> bool:
    """Whether a browser asks: HTML is named, and liked better than JSON (RFC 9110, 12.5.1)."""
    weights = dict(ranges(request.headers.get("accept", "")))
    return weights.get("text/html", 0.0) > weights.get("application/json", 0.0)


async def link_page(
    request: Request, ports: Ports, token: str, view: LinkView, *, status: int = 200
) -> HTMLResponse:
    """What the link is for, with the button that opens it; nothing about a person."""
    tag = language_of(request)
    if view.state is not LinkState.VALID:
        title = say("link-over", tag)
        main: Content = (
            banner(CheckStatus.SKIPPED, title, say("link-over-means", tag)),
            _course(view.edition, tag),
        )
        return await _answer(request, ports, title, main, status=status)
    title = say("link-title", tag)
    intro = say(
        "link-intro",
        tag,
        title=in_language(view.edition.title, tag),
        moment=moment(view.expires_at, tag),
    )
    main = (
        e("h1", title),
        e(
            "form",
            e("p", intro),
            e("button", say("open", tag), type="submit"),
            method="post",
            action=f"/v1/links/{quote(token)}/open?lang={tag}",
            class_="card",
        ),
        _application(ports, tag, f"/{quote(token)}"),
    )
    return await _answer(request, ports, title, main)


async def opened_page(request: Request, ports: Ports, session: Session) -> HTMLResponse:
    """Where the registration and its credentials stand, and the key to act with."""
    tag = language_of(request)
    async with ports.reading() as work:
        participant = await work.participants.get(session.registration)
        edition = await work.participants.edition(session.edition)
        credentials = [
            credential
            for credential in await work.credentials.of_registrations([session.registration])
            if credential.state in PUBLIC
        ]
    title = say("link-opened", tag)
    until = ports.clock.now() + timedelta(seconds=session.expires_in)
    main = (
        banner(CheckStatus.OK, title),
        _course(edition, tag),
        e("h2", say("registration", tag)),
        e("p", _registration(participant, tag)),
        e("h2", say("credentials", tag)),
        [_credential(credential, ports, tag) for credential in credentials]
        or e("p", say("credentials-none", tag)),
        e("h2", say("link-act", tag)),
        e("p", say("link-act-means", tag, moment=moment(until, tag))),
        pairs(((say("link-key", tag), e("code", session.token)),)),
        _application(ports, tag),
    )
    return await _answer(request, ports, title, main, switch=False)


async def unknown_link_page(request: Request, ports: Ports) -> HTMLResponse:
    """No link has this token."""
    tag = language_of(request)
    title = say("shared-gone", tag)
    main = banner(CheckStatus.SKIPPED, title, say("link-unknown-means", tag))
    return await _answer(request, ports, title, main, status=404)


async def _answer(
    request: Request,
    ports: Ports,
    title: str,
    main: Content,
    *,
    status: int = 200,
    switch: bool = True,
) -> HTMLResponse:
    return page(
        request,
        title,
        main,
        alliance=await alliance_of(ports),
        status=status,
        headers=PERSONAL,
        # The languages of a form's answer would ask for it by GET, which opens nothing.
        switch=switch and request.method == "GET",
    )


def _course(edition: EditionFacts, tag: str) -> Html | None:
    return pairs(
        (
            (say("course", tag), in_words(edition.title, tag)),
            (say("contact", tag), edition.contact_email),
        )
    )


def _registration(participant: Participant, tag: str) -> Content:
    state = participant.state if participant.state in LIVE else "ended"
    # The sign stands beside words that say the same.
    return (
        icon(_LOOKS.get(state, CheckStatus.SKIPPED)),
        " ",
        say(f"registration-{state}", tag),
    )


def _credential(credential: Credential, ports: Ports, tag: str) -> Html:
    standing = credential.public_status.standing(ports.clock.now())
    identifier: UUID = credential.id
    return e(
        "p",
        icon(LOOKS_OF_STANDING[standing]),
        " ",
        in_words(credential.title, tag),
        ": ",
        e("a", say(f"standing-{standing.value}", tag), href=f"/verify/{identifier}?lang={tag}"),
    )


def _application(ports: Ports, tag: str, rest: str = "") -> Html | None:
    """The way to the frontend, where there is one: it opens the link by a button of its own."""
    to = ports.settings.link_page
    if not to:
        return None
    return e("p", e("a", say("link-application", tag), href=f"{to}{rest}"), class_="again")
