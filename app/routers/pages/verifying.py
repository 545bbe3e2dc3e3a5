"""Verification for people: by file, and by the identifier that a QR code leads to."""

from collections.abc import Iterator
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from app.domain.credentials.credential import CredentialNotFound
from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.status import PublicStatus, Standing
from app.domain.credentials.use_cases.shown import look_at_credential
from app.domain.credentials.use_cases.verify import verify_credential
from app.domain.credentials.verification import CheckStatus
from app.ports import Ports
from app.routers.habits import PortsDep
from app.routers.habits.uploads import FORM
from app.routers.pages.checklist import (
    LOOKS_OF_STANDING,
    banner,
    development_mark,
    findings,
    moment,
    pairs,
)
from app.routers.pages.elements import Content, Html, e
from app.routers.pages.layout import PERSONAL, language_of, page
from app.routers.pages.words import say

router = APIRouter(include_in_schema=False)

_RELY = {
    Standing.SUSPENDED: "rely-not-now",
    Standing.EXPIRED: "rely-not",
    Standing.REVOKED: "rely-not",
    Standing.SUPERSEDED: "rely-not",
}


@router.get("/verify")
async def get_verification_form(request: Request, ports: PortsDep) -> HTMLResponse:
    """The form that takes the file of a credential."""
    tag = language_of(request)
    main = (
        e("h1", say("verify-title", tag)),
        e("p", say("verify-intro", tag)),
        file_form(ports, tag),
    )
    return page(request, say("verify-title", tag), main, alliance=await alliance_of(ports))


@router.post("/verify", openapi_extra={"requestBody": {"content": {FORM: {}}}})
async def verify_file(request: Request, ports: PortsDep) -> HTMLResponse:
    """What can be said of the file: check by check. Nothing of it is kept."""
    tag = language_of(request)
    alliance = await alliance_of(ports)
    presented = await _presented(request)
    if presented is None:
        title = say("verify-title", tag)
        main: Content = (
            e("h1", title),
            e("p", say("file-missing", tag), class_="mark", role="alert", id="problem"),
            file_form(ports, tag, wrong=True),
        )
        return page(request, title, main, alliance=alliance, status=422, headers=PERSONAL)
    found = await verify_credential(
        presented, reading=ports.reading, verifier=ports.verifier, clock=ports.clock
    )
    main = (
        findings(found, tag),
        e("p", e("a", say("verify-another", tag), href=f"/verify?lang={tag}"), class_="again"),
    )
    title = say(f"verdict-{found.verdict.value}", tag)
    return page(request, title, main, alliance=alliance, headers=PERSONAL, switch=False)


@router.get("/verify/{credential}")
async def get_verification_page(credential: str, request: Request, ports: PortsDep) -> HTMLResponse:
    """Whether a credential is in force, for people. Names nobody."""
    tag = language_of(request)
    alliance = await alliance_of(ports)
    try:
        status, development = await look_at_credential(UUID(credential), work=ports.reading())
    except (ValueError, CredentialNotFound):
        title = say("unknown", tag)
        main: Content = (
            banner(CheckStatus.ERROR, title, say("unknown-means", tag)),
            file_form(ports, tag),
        )
        return page(request, title, main, alliance=alliance, status=404, headers=PERSONAL)
    standing = status.standing(ports.clock.now())
    title = say(f"standing-{standing.value}", tag)
    main = (
        development_mark(tag) if development else None,
        *_standing(status, standing, tag),
        file_form(ports, tag),
    )
    return page(request, title, main, alliance=alliance, headers=PERSONAL)


async def alliance_of(ports: Ports) -> str:
    """The short name of the alliance, for the head of a page."""
    async with ports.reading() as work:
        return (await work.institutions.alliance()).short_name


def file_form(ports: Ports, tag: str, *, wrong: bool = False) -> Html:
    """Sends a file to be verified; works without a script."""
    size = ports.settings.upload_limit // 1_048_576
    return e(
        "form",
        e("label", say("file", tag), for_="file"),
        e("div", say("file-hint", tag, size=size), id="hint", class_="hint"),
        e("input", type="file", id="file", name="file", required=True,
          accept=".jsonld,.json,.pdf,.xml,application/ld+json,application/json,application/pdf",
          aria_describedby="problem hint" if wrong else "hint",
          aria_invalid="true" if wrong else None),
        e("button", say("verify", tag), type="submit"),
        method="post", enctype="multipart/form-data", action=f"/verify?lang={tag}",
        class_="card", aria_label=say("verify-title", tag),
    )  # fmt: skip


def _standing(status: PublicStatus, standing: Standing, tag: str) -> Iterator[Content]:
    since = status.valid_until if standing is Standing.EXPIRED else status.since
    rely = _RELY.get(standing)
    yield banner(
        LOOKS_OF_STANDING[standing],
        say(f"standing-{standing.value}", tag),
        say(rely, tag) if rely else None,
        say("since", tag, moment=moment(since or status.since, tag)),
    )
    successor = status.successor
    yield pairs(
        (
            (say("identifier", tag), e("code", credential_urn(status.credential))),
            (
                say("successor", tag),
                e("a", e("code", str(successor)), href=f"/verify/{successor}?lang={tag}")
                if successor
                else None,
            ),
        )
    )
    yield e("h2", say("verify-title", tag))
    yield e("p", say("number-alone", tag))


async def _presented(request: Request) -> bytes | None:
    """The file of the form; None when it has none."""
    if not request.headers.get("content-type", "").startswith(FORM):
        return None
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        data = await file.read() if isinstance(file, UploadFile) else b""
    return data or None
