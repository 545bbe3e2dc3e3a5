"""The page that the QR code of a credential leads to."""

from html import escape
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.status import CredentialState
from app.domain.credentials.use_cases_credentials import get_credential_status
from app.routers.habits import PortsDep

router = APIRouter(include_in_schema=False)

_SAYS = {
    CredentialState.SEALED: "This credential is in force.",
    CredentialState.SUSPENDED: "This credential is suspended: do not rely on it for now.",
    CredentialState.REVOKED: "This credential was revoked: do not rely on it.",
    CredentialState.SUPERSEDED: "This credential was replaced by a newer one of its holder.",
}

_DEVELOPMENT = "DEVELOPMENT ONLY: sealed with a development seal, not a real credential."


@router.get("/verify/{credential}")
async def get_verification_page(credential: UUID, ports: PortsDep) -> HTMLResponse:
    """Whether a credential is in force, for people. Names nobody."""
    status = await get_credential_status(credential, work=ports.reading())
    says = escape(_SAYS[status.state])
    development = ports.settings.seal_pkcs12 is None
    mark = f"<p><strong>{_DEVELOPMENT}</strong></p>" if development else ""
    return HTMLResponse(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{says}</title><main>{mark}<h1>{says}</h1>"
        f"<p>Since {status.since:%d %B %Y, %H:%M} UTC. Identifier: "
        f"<code>{escape(credential_urn(credential))}</code></p>"
        "<p>This page knows the identifier alone. Whether a picture or a file that you were shown "
        "says what was sealed, only the file tells: have its holder give you the sealed file, and "
        'verify it with <a href="/docs">POST /v1/credentials/verify</a> or with the viewer of '
        "Europass.</p></main></html>",
        headers={
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )
