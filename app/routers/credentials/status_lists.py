"""The status of all credentials at once (W3C Bitstring Status List v1.0)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.domain.credentials.status_list import TTL
from app.domain.credentials.use_cases.status_lists import get_status_list as get_list
from app.routers.habits import PortsDep

router = APIRouter(prefix="/v1/status-lists", tags=["credentials"])

VC_JWT = "application/vc+jwt"
VC = "application/vc"
JSON = "application/json"

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The list: sealed as a JWS, or the bare credential.",
        "content": {
            VC_JWT: {"schema": {"type": "string"}},
            VC: {"schema": {"type": "object"}},
            JSON: {"schema": {"type": "object"}},
        },
    },
    304: {"description": "It is still the same."},
}


@router.get(
    "/{status_list}",
    operation_id="get_status_list",
    response_class=Response,
    responses=_RESPONSES,
)
async def get_status_list(status_list: UUID, request: Request, ports: PortsDep) -> Response:
    """One bit per credential, 131,072 of them, each at a place found at random.

    Whoever fetches the list asks for nobody in particular. By default the list credential is sealed
    (compact JWS); with `Accept: application/vc` or `application/json` it comes bare, and so it does
    where no seal is configured for lists. It may be kept for five minutes.
    """
    published = await get_list(
        status_list,
        public_url=ports.settings.public_url,
        work=ports.reading(),
        sealing=ports.status_list_sealing,
        clock=ports.clock,
    )
    accepted = request.headers.get("accept", "*/*").lower()
    bare = published.sealed is None or (
        VC_JWT not in accepted and any(one in accepted for one in (JSON, "ld+json", f"{VC},", VC))
    )
    media_type, content = JSON if JSON in accepted else VC, published.credential
    if not bare and published.sealed is not None:
        media_type, content = VC_JWT, published.sealed
    etag = f'"{published.etag}{"" if bare else "-jwt"}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={int(TTL.total_seconds())}",
        "Vary": "Accept",
        "Access-Control-Allow-Origin": "*",
    }
    known = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
