"""Credentials as documents to read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.domain.credentials import use_cases_shown as use_cases
from app.routers.habits import CallerDep, HabitRoute, PortsDep

router = APIRouter(prefix="/v1", tags=["credentials"], route_class=HabitRoute)

PDF = "application/pdf"
_BINARY = {"schema": {"type": "string", "format": "binary"}}


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
    language: Annotated[
        str | None,
        Query(
            description="one of its `languages`; the first of them when left out",
            pattern="^[a-z]{2}$",
            examples=["en"],
        ),
    ] = None,
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
    return Response(
        pdf,
        media_type=PDF,
        headers={
            "Content-Disposition": f'attachment; filename="{credential}-{shown_in}.pdf"',
            "Content-Language": shown_in,
            "ETag": f'"{found.sha256}-{shown_in}"',
        },
    )
