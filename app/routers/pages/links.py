"""What a one-time link from a mail leads to, for people: opened by a button, never by following."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.domain.access.roles import Caller
from app.domain.credentials.credential import Credential
from app.domain.credentials.use_cases.credentials import list_my_credentials
from app.domain.credentials.verification import CheckStatus
from app.domain.errors import DomainError, Unavailable
from app.domain.results.links import LinkState
from app.domain.results.ports import LIVE, EditionFacts, Participant
from app.domain.results.use_cases.entering import get_result
from app.domain.results.use_cases.learner import get_credential_data
from app.domain.results.use_cases.links import LinkView, Session
from app.domain.vocabulary.text import in_language
from app.ports import Ports
from app.routers.habits.accepting import ranges
from app.routers.habits.caller import caller_with
from app.routers.pages.acting import data_of, files_of, result_of
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


@dataclass(frozen=True)
class Opened:
    """A session on the page of its link."""

    registration: UUID
    token: str = field(repr=False)
    until: datetime | None = None
    """When it ends, where that has to be said."""


async def just_opened_page(request: Request, ports: Ports, session: Session) -> HTMLResponse:
    """The page that opening the link leads to."""
    caller = await caller_with(session.token, request)
    until = ports.clock.now() + timedelta(seconds=session.expires_in)
    return await opened_page(
        request, ports, caller, Opened(session.registration, session.token, until)
    )


async def opened_page(
    request: Request,
    ports: Ports,
    caller: Caller,
    opened: Opened,
    *,
    problem: DomainError | None = None,
    entered: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Where the registration, its result and its credentials stand, and forms to act with.

    `problem` is why the last form was refused, `entered` what stood in it.
    """
    tag = language_of(request)
    async with ports.reading() as work:
        participant = await work.participants.get(opened.registration)
        edition = await work.participants.edition(participant.edition)
    taking_part = participant.takes_part
    result = data = None
    if taking_part:
        result = await get_result(
            opened.registration, work=ports.reading(), caller=caller, clock=ports.clock
        )
        _, data = await get_credential_data(
            opened.registration, work=ports.reading(), caller=caller
        )
    identity = data.identity if data else None
    undrawn = await ports.lettering.undrawn([identity.full_name] if identity else [])
    sent = entered or {}
    credentials = await list_my_credentials(work=ports.reading(), caller=caller)
    title = say("link-opened" if opened.until else "link-title", tag)
    main = (
        banner(CheckStatus.OK, title) if problem is None else _refused(problem, tag),
        _course(edition, tag),
        e("h2", say("registration", tag)),
        e("p", _registration(participant, tag)),
        result_of(result, opened.token, tag, sent.get("reason", "")) if result else None,
        data_of(
            participant, data, opened.token, tag, None if "reason" in sent else entered, undrawn
        )
        if data
        else None,
        e("h2", say("credentials", tag)),
        [
            (_credential(seen.credential, ports, tag), files_of(seen, opened.token, tag))
            for seen in credentials
        ]
        or e("p", say("credentials-none", tag)),
        _act_elsewhere(opened, tag),
        _application(ports, tag),
    )
    status = 200 if problem is None else 503 if isinstance(problem, Unavailable) else 422
    return await _answer(request, ports, title, main, status=status, switch=False)


async def session_over_page(request: Request, ports: Ports) -> HTMLResponse:
    """The session of a link has ended, or never was one."""
    tag = language_of(request)
    title = say("link-session-over", tag)
    main = banner(CheckStatus.SKIPPED, title, say("link-session-over-means", tag))
    return await _answer(request, ports, title, main, status=403, switch=False)


def _refused(problem: DomainError, tag: str) -> Html:
    """What was wrong, in English, which is marked where the page is in another language."""
    foreign = None if tag == "en" else "en"
    return banner(
        CheckStatus.ERROR,
        say("link-not-done", tag),
        e("span", problem.detail, lang=foreign),
        *[
            e("span", finding.detail, lang=foreign)
            for finding in problem.findings
            if finding.detail != problem.detail
        ],
    )


def _act_elsewhere(opened: Opened, tag: str) -> Content:
    """The key for an application, said once: it is good for a short time."""
    if opened.until is None:
        return None
    return (
        e("h2", say("link-act", tag)),
        e("p", say("link-act-means", tag, moment=moment(opened.until, tag))),
        pairs(((say("link-key", tag), e("code", opened.token)),)),
    )


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
