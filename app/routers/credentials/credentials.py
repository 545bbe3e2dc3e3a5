"""Credentials: reading, downloading, status, verification, and the seals behind them."""

from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.domain.credentials.status import CredentialState
from app.domain.credentials.use_cases import credentials as use_cases
from app.domain.credentials.use_cases.verify import verify_credential as verify
from app.domain.errors import Finding, Invalid
from app.routers.credentials.credentials_models import (
    CredentialOut,
    CredentialStatusOut,
    MyCredentialsOut,
    SealOut,
    SealsOut,
)
from app.routers.credentials.verification_models import VerificationOut
from app.routers.habits import (
    CallerDep,
    CursorDep,
    ExactRoute,
    HabitRoute,
    LimitDep,
    Page,
    PortsDep,
    page_of,
    set_etag,
)

router = APIRouter(prefix="/v1", tags=["credentials"], route_class=HabitRoute)
# Verifying changes nothing and its answers are personal, so that none is kept for a repetition.
verification_router = APIRouter(prefix="/v1", tags=["credentials"], route_class=ExactRoute)

JSONLD = "application/ld+json"
PEM = "application/x-pem-file"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_SEALED = {
    "schema": {"type": "object", "description": "keep the bytes as they are: they are sealed"},
    "example": {
        "payload": '{"@context":["https://www.w3.org/2018/credentials/v1"]}',
        "signatures": [{"protected": "eyJhbGciOiJSUzI1NiJ9", "signature": "c2lnbmF0dXJl"}],
    },
}
_ANYTHING = {"schema": {"description": "whatever is to be looked at; the answer says what it is"}}
_BARE = (
    JSONLD,
    "application/json",
    "application/jose+json",
    "application/pdf",
    "application/xml",
    "text/xml",
    "application/octet-stream",
)
_AS_TEXT = _BARE[:3]


class FileMissing(Invalid):
    """The form has no file to look at."""

    code = "file_missing"

    def __init__(self) -> None:
        super().__init__(
            "Send the credential as the part `file` of the form, or as the body itself.",
            findings=[Finding("/file", "required", "Choose a file.")],
        )


@router.get("/credentials", operation_id="list_credentials")
async def list_credentials(
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    edition: Annotated[UUID | None, Query(description="only those of this edition")] = None,
    state: Annotated[CredentialState | None, Query(description="only those in it")] = None,
) -> Page[CredentialOut]:
    """Credentials of the institutions where the caller is an issuer officer, oldest first."""
    found = await use_cases.list_credentials(
        edition=edition,
        state=state,
        after=cursor.after_id,
        limit=limit + 1,
        work=ports.reading(),
        caller=caller,
    )
    shown, following = page_of(request, response, found, limit, lambda s: (s.credential.id,))
    return Page(items=[CredentialOut.of(seen) for seen in shown], next=following)


@router.get("/me/credentials", operation_id="list_my_credentials")
async def list_my_credentials(caller: CallerDep, ports: PortsDep) -> MyCredentialsOut:
    """The caller's own credentials; in the session of a link, those of its registration."""
    found = await use_cases.list_my_credentials(work=ports.reading(), caller=caller)
    return MyCredentialsOut(items=[CredentialOut.of(seen) for seen in found])


@router.get("/credentials/{credential}", operation_id="get_credential")
async def get_credential(
    credential: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> CredentialOut:
    """One credential: for its holder, the issuer's officers and auditors."""
    seen = await use_cases.get_credential(credential, work=ports.reading(), caller=caller)
    set_etag(response, seen.credential.version)
    return CredentialOut.of(seen)


@router.get(
    "/credentials/{credential}/document",
    operation_id="download_credential",
    response_class=Response,
    responses={200: {"description": "The sealed credential.", "content": {JSONLD: _SEALED}}},
)
async def download_credential(
    credential: UUID,
    caller: CallerDep,
    ports: PortsDep,
    revision: Annotated[
        int | None,
        Query(
            ge=1,
            le=1_000_000,
            description="1 is what left the seal; without it, the newest. Further revisions add "
            "timestamps and revocation data, and change nothing",
            examples=[1],
        ),
    ] = None,
) -> Response:
    """The sealed credential, byte for byte as it was sealed. Keep the file as it is.

    For its holder and the issuer's officers. `ETag` is the file's SHA-256.
    """
    _, document = await use_cases.download_credential(
        credential,
        revision=revision,
        work=ports.work(caller, "download_credential"),
        caller=caller,
        clock=ports.clock,
    )
    return Response(
        document,
        media_type=JSONLD,
        headers={
            "Content-Disposition": f'attachment; filename="{credential}.jsonld"',
            "ETag": f'"{sha256(document).hexdigest()}"',
        },
    )


@router.get(
    "/credentials/{credential}/images/{language}",
    operation_id="get_credential_image",
    response_class=Response,
    responses={200: {"description": "The display image.", "content": {"image/png": _BINARY}}},
)
async def get_credential_image(
    credential: UUID,
    language: Annotated[
        str,
        Path(description="one of its `languages`", pattern="^[a-z]{2}$", examples=["en"]),
    ],
    caller: CallerDep,
    ports: PortsDep,
) -> Response:
    """The credential as a picture (PNG, one A4 page), in one of its languages."""
    image = await use_cases.get_credential_image(
        credential, language, work=ports.reading(), caller=caller
    )
    return Response(image, media_type="image/png")


@router.get("/credentials/{credential}/status", operation_id="get_credential_status")
async def get_credential_status(credential: UUID, ports: PortsDep) -> CredentialStatusOut:
    """Whether a credential is in force. For everybody; says nothing about any person.

    A credential that was replaced names its successor, and the other way round.
    """
    status, places = await use_cases.get_published_status(credential, work=ports.reading())
    return CredentialStatusOut.of(
        status, places, now=ports.clock.now(), public_url=ports.settings.public_url
    )


_VERIFY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A credential: as a file of a form, or as the body itself.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            **dict.fromkeys(_AS_TEXT, _ANYTHING),
            **dict.fromkeys(_BARE[len(_AS_TEXT) :], _BINARY),
        },
    }
}


@verification_router.post(
    "/credentials/verify", operation_id="verify_credential", openapi_extra=_VERIFY_BODY
)
async def verify_credential(request: Request, ports: PortsDep) -> VerificationOut:
    """Check a credential, whoever issued it: check by check, with reasons and advice.

    Takes sealed European Digital Credentials of every level and unsealed ones, which are reported
    as such, alone or embedded in a PDF, of which nothing else is looked at. XML is named for what
    it is. Nothing is fetched, and nothing of the file is kept. Works for everybody.
    """
    found = await verify(
        await _presented(request), reading=ports.reading, verifier=ports.verifier, clock=ports.clock
    )
    return VerificationOut.of(found)


async def _presented(request: Request) -> bytes:
    """The bytes as they were sent: a parsed body would not be what was sealed."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in _BARE:
        return await request.body()
    if media_type != "multipart/form-data":
        raise HTTPException(
            415, f"Send a form with a `file`, or the credential itself as {', '.join(_BARE)}."
        )
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise FileMissing
        return await file.read()


@router.get("/seals", operation_id="list_seals")
async def list_seals(ports: PortsDep) -> SealsOut:
    """The seals of the institutions: certificates, validity, and what is doubtful about them."""
    return SealsOut(
        items=[SealOut.of(facts) for facts in await use_cases.list_seals(sealing=ports.sealing)]
    )


@router.get(
    "/seals/{institution}/root.pem",
    operation_id="get_seal_root",
    response_class=Response,
    responses={200: {"description": "The certificate.", "content": {PEM: _BINARY}}},
)
async def get_seal_root(
    institution: Annotated[str, Path(description="code of a partner", examples=["UNIOVI"])],
    ports: PortsDep,
    name: Annotated[
        str | None,
        Query(max_length=40, description="name of the seal; left out: the default one"),
    ] = None,
) -> Response:
    """The authority's certificate at the top of a seal's chain, for programs that verify."""
    root = await use_cases.get_seal_root(institution, name, sealing=ports.sealing)
    return Response(
        root,
        media_type=PEM,
        headers={"Content-Disposition": f'attachment; filename="{institution}-root.pem"'},
    )
