"""Sealing where the key is, and the same awards in other forms."""

import asyncio
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Query, Request, Response, UploadFile

from app.domain.access.roles import Caller
from app.domain.credentials.seal import Brought
from app.domain.credentials.use_cases import local_sealing as use_cases
from app.domain.credentials.use_cases import transcripts, unsigned
from app.domain.errors import Finding, Invalid
from app.routers.archives import ZIP_RESPONSE, unpacked, zip_response
from app.routers.credentials.batches_models import BatchOut
from app.routers.credentials.local_sealing_models import (
    CREDENTIAL,
    AttachedListOut,
    LocalSealingOut,
    PreparedSealOut,
    SignaturesIn,
    credential_inside,
    manifest_of,
    payload_path,
)
from app.routers.habits import CallerDep, HabitRoute, IfMatch, PortsDep, set_etag
from app.routers.habits.caller import ports_of
from app.routers.habits.uploads import sent_by

router = APIRouter(prefix="/v1", tags=["credentials"], route_class=HabitRoute)

_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The bytes.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_UPLOAD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, unsealed.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
XML = "application/xml"
_XML = {"schema": {"type": "string", "format": "binary"}}
After = Annotated[
    UUID | None, Query(description="`next` of the part before", examples=[CREDENTIAL])
]


class SealedFileUnusable(Invalid):
    """What was sent holds no sealed credential."""

    code = "sealed_file_unusable"

    def __init__(self) -> None:
        super().__init__(
            "Send a sealed credential (.jsonld), or a ZIP archive of them.",
            findings=[Finding("/file", "not_a_sealed_file", "Nothing sealed was found in it.")],
        )


@router.get("/issuing-batches/{batch}/local-sealing", operation_id="get_local_sealing")
async def get_local_sealing(
    batch: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> LocalSealingOut:
    """How far a batch is whose seal stays with its institution: what is to be signed, what is."""
    found, learners = await use_cases.get_local_sealing(batch, work=ports.reading(), caller=caller)
    set_etag(response, found.version)
    return LocalSealingOut.of(found, learners)


@router.post(
    "/issuing-batches/{batch}/local-sealing/renew",
    status_code=202,
    operation_id="renew_local_sealing",
)
async def renew_local_sealing(
    batch: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> BatchOut:
    """Prepare anew what nobody has signed yet, under today's date. What was downloaded is void."""
    renewed, job = await use_cases.renew_local_sealing(
        batch, version, work=ports.work(caller, "renew_local_sealing"), caller=caller
    )
    set_etag(response, renewed.version)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return BatchOut.of(renewed, caller)


@router.get(
    "/issuing-batches/{batch}/local-sealing/package",
    operation_id="download_local_sealing",
    response_class=Response,
    responses=ZIP_RESPONSE,
)
async def download_local_sealing(
    batch: UUID,
    caller: CallerDep,
    ports: PortsDep,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=100, description="credentials in one package")] = 50,
) -> Response:
    """What is to be signed, as a ZIP archive: `manifest.json`, and each credential as a file.

    `python -m app sign-prepared` signs such a package on the institution's own machine. When the
    manifest's `next` is not null, ask for the rest with it as `after`.
    """
    found, prepared = await use_cases.download_local_sealing(
        batch,
        after=after,
        limit=limit + 1,
        work=ports.work(caller, "download_local_sealing"),
        caller=caller,
    )
    shown = prepared[:limit]
    following = shown[-1].credential if len(prepared) > limit else None
    return zip_response(
        f"to-be-sealed-{batch}.zip",
        manifest_of(found, shown, following),
        [(payload_path(one), one.payload) for one in shown],
    )


@router.get("/issuing-batches/{batch}/local-sealing/{credential}", operation_id="get_prepared_seal")
async def get_prepared_seal(
    batch: UUID, credential: UUID, caller: CallerDep, ports: PortsDep
) -> PreparedSealOut:
    """What is to be signed for one learner, in its parts."""
    work = ports.work(caller, "get_prepared_seal")
    return PreparedSealOut.of(
        await use_cases.get_prepared_seal(
            batch, credential, "get_prepared_seal", work=work, caller=caller
        )
    )


@router.get(
    "/issuing-batches/{batch}/local-sealing/{credential}/signing-input",
    operation_id="download_signing_input",
    response_class=Response,
    responses=_BYTES,
)
async def download_signing_input(
    batch: UUID, credential: UUID, caller: CallerDep, ports: PortsDep
) -> Response:
    """Exactly the bytes to be signed for one learner, for programs that sign files."""
    prepared = await use_cases.get_prepared_seal(
        batch,
        credential,
        "download_signing_input",
        work=ports.work(caller, "download_signing_input"),
        caller=caller,
    )
    return Response(
        prepared.signing_input,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{credential}.bin"',
            "ETag": f'"{prepared.digest.hex()}"',
        },
    )


@router.post("/issuing-batches/{batch}/signatures", operation_id="attach_seals")
async def attach_seals(
    batch: UUID, body: SignaturesIn, caller: CallerDep, ports: PortsDep
) -> AttachedListOut:
    """Bring signatures back. Each is checked like any seal, and stands for itself.

    When the last learner has a credential, the batch is finished.
    """
    return AttachedListOut.of(
        await use_cases.attach_seals(
            batch,
            body.brought(),
            work=lambda: ports.work(caller, "attach_seals"),
            sealing=ports.sealing,
            caller=caller,
            clock=ports.clock,
        )
    )


async def _may_bring(request: Request, caller: Caller) -> None:
    """Whoever may not bring anything has nothing read or unpacked either."""
    with suppress(ValueError):
        await use_cases.may_attach_seals(
            UUID(request.path_params["batch"]),
            "attach_sealed_files",
            work=ports_of(request).reading(),
            caller=caller,
        )


@router.post("/issuing-batches/{batch}/sealed-files", operation_id="attach_sealed_files")
@sent_by(_may_bring)
async def attach_sealed_files(
    batch: UUID,
    caller: CallerDep,
    ports: PortsDep,
    file: Annotated[UploadFile, File(description="a sealed credential, or a ZIP of several")],
) -> AttachedListOut:
    """Bring whole sealed files back, made by any program, at any level of JAdES.

    They must seal exactly the bytes that were prepared, with the certificate of the batch.
    """
    action = "attach_sealed_files"
    await use_cases.may_attach_seals(batch, action, work=ports.reading(), caller=caller)
    brought, files, unread = await asyncio.to_thread(_brought, await file.read())
    if not brought:
        raise SealedFileUnusable
    return AttachedListOut.of(
        await use_cases.attach_seals(
            batch,
            brought,
            action=action,
            work=lambda: ports.work(caller, action),
            sealing=ports.sealing,
            caller=caller,
            clock=ports.clock,
        ),
        files,
        unread,
    )


@router.get(
    "/editions/{edition}/awards/{registration}/unsigned",
    operation_id="export_unsigned_credential",
    response_class=Response,
    responses=_UPLOAD,
)
async def export_unsigned_credential(
    edition: UUID, registration: UUID, caller: CallerDep, ports: PortsDep
) -> Response:
    """One credential without a seal, as a file for the Commission's issuer to seal and deliver.

    It is not a credential of ours: whoever takes this road seals there, and our register knows
    nothing of it. Once the learner's data are confirmed; put on record.
    """
    made = await unsigned.export_unsigned_credential(
        edition,
        registration,
        work=lambda: ports.work(caller, "export_unsigned_credential"),
        sealing=ports.sealing,
        caller=caller,
        clock=ports.clock,
    )
    return Response(
        made.file,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{registration}.unsigned.json"',
            "Sealed": "no",
        },
    )


@router.get(
    "/issuing-batches/{batch}/unsigned",
    operation_id="export_unsigned_batch",
    response_class=Response,
    responses=ZIP_RESPONSE,
)
async def export_unsigned_batch(
    batch: UUID,
    caller: CallerDep,
    ports: PortsDep,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=50, description="learners in one archive")] = 25,
) -> Response:
    """The same for the learners of a batch, as a ZIP archive with a file each.

    `manifest.json` says that they are unsealed, who is left out and why, and where to go on.
    """
    made = await unsigned.export_unsigned_batch(
        batch,
        after=after,
        limit=limit + 1,
        work=lambda: ports.work(caller, "export_unsigned_batch"),
        sealing=ports.sealing,
        caller=caller,
        clock=ports.clock,
    )
    shown = made[:limit]
    manifest = {
        "about": "Unsealed: files for the Commission's issuer to seal and deliver. They are no "
        "credentials yet, and this system's register does not know them.",
        "sealed": False,
        "batch": str(batch),
        "next": str(shown[-1].registration) if len(made) > limit else None,
        "items": [
            {
                "registration": str(one.registration),
                "file": None if one.file is None else _name(one.registration),
                "refusal": one.refusal,
            }
            for one in shown
        ],
    }
    return zip_response(
        f"unsigned-{batch}.zip",
        manifest,
        [(_name(one.registration), one.file) for one in shown if one.file is not None],
    )


@router.get(
    "/credentials/{credential}/elmo",
    operation_id="get_credential_elmo",
    response_class=Response,
    responses={200: {"description": "The transcript.", "content": {XML: _XML}}},
)
async def get_credential_elmo(credential: UUID, caller: CallerDep, ports: PortsDep) -> Response:
    """A transcript of the same award in ELMO 1.7, signed, for systems of EMREX.

    The credential's PDF is attached to it, with the sealed credential inside. For its holder and
    the issuer's officers, as long as the credential is in force. ELMO states given and family
    names apart, so that the holder must have confirmed both parts. Keep the file as it is.
    """
    document = await transcripts.get_credential_elmo(
        credential,
        work=lambda: ports.work(caller, "get_credential_elmo"),
        pages=ports.pages,
        transcribing=ports.transcribing,
        caller=caller,
        clock=ports.clock,
    )
    return Response(
        document,
        media_type=XML,
        headers={"Content-Disposition": f'attachment; filename="{credential}.elmo.xml"'},
    )


def _brought(raw: bytes) -> tuple[list[tuple[UUID, Brought]], list[str], list[str]]:
    """What an upload brings, in which of its files each stands, and the files that bring nothing.

    A file that is not in an archive has no path.
    """
    packed = raw.startswith(b"PK\x03\x04")
    brought: list[tuple[UUID, Brought]] = []
    files: list[str] = []
    unread: list[str] = []
    for path, document in (unpacked(raw) if packed else {"": raw}).items():
        credential = credential_inside(document)
        if credential is None:
            unread.append(path)
            continue
        brought.append((credential, Brought(document=document)))
        files += [path] if packed else []
    return brought, files, unread


def _name(registration: UUID) -> str:
    return f"{registration}.unsigned.json"
