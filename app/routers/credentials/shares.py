"""Sharing: links that a holder makes, and what whoever has one may see."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from app.domain.credentials import linked_in
from app.domain.credentials.use_cases import shares as use_cases
from app.domain.vocabulary.text import in_language
from app.ports import Ports
from app.routers.credentials.shares_models import (
    NewPageOut,
    NewShareOut,
    PageIn,
    ShareDetailOut,
    ShareEditIn,
    ShareIn,
    ShareOut,
    SharesOut,
    ShownOut,
)
from app.routers.credentials.verification_models import VerificationOut
from app.routers.habits import CallerDep, HabitRoute, IfMatch, PortsDep, set_etag

router = APIRouter(prefix="/v1/credentials", tags=["shares"], route_class=HabitRoute)
# Nothing that these answer with is kept for a repetition: it is somebody's credential.
public_router = APIRouter(prefix="/v1/shares", tags=["shares"])

JSONLD = "application/ld+json"

Token = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        description="the last part of the link",
        examples=["ZGVtby1zaGFyZS10b2tlbi0wMDAwMDAwMDAwMDAwMDA"],
    ),
]
Access = Annotated[
    str | None,
    Query(
        max_length=200,
        description="what opening a limited link has answered with; good for half an hour",
        examples=["cGFzcy1vZi1hLWxpbWl0ZWQtbGluay0wMDAwMDAwMDA"],
    ),
]


def longest(ports: Ports) -> timedelta:
    """For how long a link may be good here."""
    return timedelta(days=ports.settings.share_days)


@router.post("/{credential}/shares", status_code=201, operation_id="create_share")
async def create_share(
    credential: UUID, body: ShareIn, response: Response, caller: CallerDep, ports: PortsDep
) -> NewShareOut:
    """Make a link by which others can see, download and verify your credential.

    It is good for 30 days unless you say otherwise. The address is told once; only a hash of it is
    kept. A link that may be opened a few times only counts when somebody opens it deliberately.
    """
    seen, token = await use_cases.create_share(
        credential,
        expires_at=body.expires_at,
        view_limit=body.view_limit,
        recipient=body.recipient,
        longest=longest(ports),
        work=ports.work(caller, "create_share"),
        caller=caller,
        clock=ports.clock,
    )
    _tell(response, seen.share.version, f"/v1/credentials/{credential}/shares/{seen.share.id}")
    return NewShareOut(
        share=ShareOut.of(seen),
        url=page_address(ports, token),
        api=f"{ports.settings.public_url}/v1/shares/{token}",
    )


@router.post("/{credential}/public-page", status_code=201, operation_id="publish_page")
async def publish_page(
    credential: UUID, body: PageIn, response: Response, caller: CallerDep, ports: PortsDep
) -> NewPageOut:
    """Make a public page for a profile elsewhere, such as LinkedIn's. Only with your consent.

    It tells what was achieved, who issued it, when, and whether it is in force; your name only if
    you say so; never a grade or a date of birth. It stays until you revoke it like a link.
    """
    seen, token, found = await use_cases.publish_page(
        credential,
        consent=body.consent,
        shows_name=body.shows_name,
        work=ports.work(caller, "publish_page"),
        caller=caller,
        clock=ports.clock,
    )
    _tell(response, seen.share.version, f"/v1/credentials/{credential}/shares/{seen.share.id}")
    parameters = linked_in.linked_in_parameters(
        found,
        title=in_language(found.credential.title, body.language),
        organisation=found.credential.organisation or found.credential.issuer,
        page=page_address(ports, token),
    )
    return NewPageOut(
        share=ShareOut.of(seen),
        url=page_address(ports, token),
        api=f"{ports.settings.public_url}/v1/shares/{token}",
        linkedin=f"{linked_in.LINKED_IN}?{urlencode(parameters)}",
    )


@router.get("/{credential}/shares", operation_id="list_shares")
async def list_shares(credential: UUID, caller: CallerDep, ports: PortsDep) -> SharesOut:
    """The links and public pages that lead to your credential."""
    found = await use_cases.list_shares(
        credential, work=ports.reading(), caller=caller, clock=ports.clock
    )
    return SharesOut(items=[ShareOut.of(seen) for seen in found])


@router.get("/{credential}/shares/{share}", operation_id="get_share")
async def get_share(
    credential: UUID, share: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> ShareDetailOut:
    """One link, and when it was opened."""
    seen = await use_cases.get_share(
        credential, share, work=ports.reading(), caller=caller, clock=ports.clock
    )
    set_etag(response, seen.share.version)
    return ShareDetailOut.of(seen)


@router.patch("/{credential}/shares/{share}", operation_id="edit_share")
async def edit_share(
    credential: UUID,
    share: UUID,
    body: ShareEditIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ShareOut:
    """Let a link end at another moment."""
    seen = await use_cases.edit_share(
        credential,
        share,
        version,
        expires_at=body.expires_at,
        longest=longest(ports),
        work=ports.work(caller, "edit_share"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, seen.share.version)
    return ShareOut.of(seen)


@router.post("/{credential}/shares/{share}/revoke", operation_id="revoke_share")
async def revoke_share(
    credential: UUID,
    share: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ShareDetailOut:
    """Let a link or a public page lead nowhere, at once and for good.

    Your credential stays as it is, and whoever has downloaded the file keeps it.
    """
    seen = await use_cases.revoke_share(
        credential,
        share,
        version,
        work=ports.work(caller, "revoke_share"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, seen.share.version)
    return ShareDetailOut.of(seen)


@public_router.get("/{token}", operation_id="look_at_share")
async def look_at_share(
    token: Token, caller: CallerDep, ports: PortsDep, access: Access = None
) -> ShownOut:
    """What a link shows. Unknown, expired, revoked and used-up links all answer alike.

    A link that may be opened a few times only shows nothing before it is opened: programs that
    follow links in mail do not use it up.
    """
    shown = await use_cases.look_at_share(
        token, pass_=access, work=ports.work(caller, "look_at_share"), clock=ports.clock
    )
    return ShownOut.of(shown, token)


@public_router.post("/{token}/open", operation_id="open_share")
async def open_share(token: Token, caller: CallerDep, ports: PortsDep) -> ShownOut:
    """Open a link. Counts, where it may be opened a few times only.

    Then `access` lets you download and verify for half an hour.
    """
    shown = await use_cases.open_share(
        token, work=ports.work(caller, "open_share"), clock=ports.clock
    )
    return ShownOut.of(shown, token)


@public_router.get("/{token}/verification", operation_id="verify_share")
async def verify_share(token: Token, ports: PortsDep, access: Access = None) -> VerificationOut:
    """Verify the credential behind a link: check by check, as if you had uploaded its file."""
    return VerificationOut.of(
        await use_cases.verify_share(
            token,
            pass_=access,
            reading=ports.reading,
            verifier=ports.verifier,
            clock=ports.clock,
        )
    )


_SEALED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The sealed credential.",
        "content": {
            JSONLD: {"schema": {"type": "object", "description": "keep the bytes: they are sealed"}}
        },
    }
}
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The display image.",
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@public_router.get(
    "/{token}/document",
    operation_id="download_share",
    response_class=Response,
    responses=_SEALED,
)
async def download_share(token: Token, ports: PortsDep, access: Access = None) -> Response:
    """The sealed credential behind a link, byte for byte. A public page gives none away."""
    credential, document = await use_cases.shared_document(
        token, pass_=access, work=ports.reading(), clock=ports.clock
    )
    return Response(
        document,
        media_type=JSONLD,
        headers={
            "Content-Disposition": f'attachment; filename="{credential.id}.jsonld"',
        },
    )


@public_router.get(
    "/{token}/images/{language}",
    operation_id="get_share_image",
    response_class=Response,
    responses=_PICTURE,
)
async def get_share_image(
    token: Token,
    language: Annotated[
        str, Path(description="one of its `languages`", pattern="^[a-z]{2}$", examples=["en"])
    ],
    ports: PortsDep,
    access: Access = None,
) -> Response:
    """The credential behind a link as a picture (PNG, one A4 page)."""
    image = await use_cases.shared_image(
        token, language, pass_=access, work=ports.reading(), clock=ports.clock
    )
    return Response(image, media_type="image/png")


def page_address(ports: Ports, token: str) -> str:
    """Where people look at a link."""
    return f"{ports.settings.public_url}/s/{token}"


def _tell(response: Response, version: int, location: str) -> None:
    set_etag(response, version)
    response.headers["Location"] = location
    # The address of the link is in the answer, once.
    response.headers["Cache-Control"] = "private, no-store"
