"""Credentials as documents to read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.domain.credentials.credential import Credential
from app.domain.credentials.use_cases import shown as use_cases
from app.routers.credentials.shares import Access, Token
from app.routers.habits import CallerDep, HabitRoute, PortsDep

router = APIRouter(prefix="/v1", tags=["credentials"], route_class=HabitRoute)
# Nothing that it answers with is kept for a repetition: it is somebody's credential.
shared_router = APIRouter(prefix="/v1/shares", tags=["shares"])

PDF = "application/pdf"
_BINARY = {"schema": {"type": "string", "format": "binary"}}

Language = Annotated[
    str | None,
    Query(
        description="one of its `languages`; the first of them when left out",
        pattern="^[a-z]{2}$",
        examples=["en"],
    ),
]


@router.get(
    "/credentials/{credential}/pdf",
    operation_id="get_credential_pdf",
    response_class=Response,
    responses={200: {"description": "The document.", "content": {PDF: _BINARY}}},
)
async def get_credential_pdf(
    credential: UUID,
    caller: CallerDep,
    ports: PortsDep,
    language: Language = None,
) -> Response:
    """The credential as a document to read, print and frame (PDF/A-3a, PDF/UA-1).

    The sealed credential is attached to it as `credential.jsonld`, byte for byte: that file is
    what counts, and what can be verified. For its holder and the issuer's officers.
    """
    found, shown_in, pdf = await use_cases.get_credential_pdf(
        credential,
        language,
        work=ports.work(caller, "get_credential_pdf"),
        caller=caller,
        clock=ports.clock,
        pages=ports.pages,
    )
    return _answer(found, shown_in, pdf)


@shared_router.get(
    "/{token}/pdf",
    operation_id="download_share_pdf",
    response_class=Response,
    responses={200: {"description": "The document.", "content": {PDF: _BINARY}}},
)
async def download_share_pdf(
    token: Token, ports: PortsDep, language: Language = None, access: Access = None
) -> Response:
    """The credential behind a link as a document, with the sealed file attached to it."""
    found, shown_in, pdf = await use_cases.shared_pdf(
        token,
        language,
        pass_=access,
        work=ports.reading(),
        clock=ports.clock,
        pages=ports.pages,
    )
    return _answer(found, shown_in, pdf)


def _answer(found: Credential, shown_in: str, pdf: bytes) -> Response:
    return Response(
        pdf,
        media_type=PDF,
        headers={
            "Content-Disposition": f'attachment; filename="{found.id}-{shown_in}.pdf"',
            "Content-Language": shown_in,
        },
    )
