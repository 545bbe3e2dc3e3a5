"""What sealing elsewhere takes and answers with."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from app.domain.credentials.batch import BatchState, IssuingBatch
from app.domain.credentials.credential_id import credential_of_urn
from app.domain.credentials.seal import Brought, PreparedSeal
from app.domain.credentials.use_cases.local_sealing import Attached, LocalLearner

CREDENTIAL = UUID("0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b")
_DIGEST = Field(
    description="SHA-256 of what is to be signed, hexadecimal", examples=["9f86d081884c7d65" * 4]
)


class LocalLearnerOut(BaseModel):
    """How far one learner is."""

    registration: UUID
    state: Literal["to_prepare", "to_sign", "sealed"]
    credential: UUID | None = Field(None, description="by which a signature is attached")
    prepared_at: datetime | None = None
    digest: str | None = Field(
        None,
        description="SHA-256 of what is to be signed, hexadecimal",
        examples=["9f86d081884c7d65" * 4],
    )

    @classmethod
    def of(cls, learner: LocalLearner) -> "LocalLearnerOut":
        """From the domain."""
        if learner.credential is not None:
            return cls(
                registration=learner.registration, state="sealed", credential=learner.credential
            )
        if learner.waiting is None:
            return cls(registration=learner.registration, state="to_prepare")
        return cls(
            registration=learner.registration,
            state="to_sign",
            credential=learner.waiting.credential,
            prepared_at=learner.waiting.prepared_at,
            digest=learner.waiting.digest.hex(),
        )


class LocalSealingOut(BaseModel):
    """A batch whose seal stays with its institution."""

    batch: UUID
    state: BatchState
    local: bool = Field(description="whether its seal stays with the institution")
    seal: str = Field(description="name of the seal", examples=["rectorate"])
    certificate_sha256: str = Field(description="hexadecimal", examples=["9f86d081884c7d65" * 4])
    version: int
    items: list[LocalLearnerOut]

    @classmethod
    def of(cls, batch: IssuingBatch, learners: Sequence[LocalLearner]) -> "LocalSealingOut":
        """From the domain."""
        return cls(
            batch=batch.id,
            state=batch.state,
            local=batch.local,
            seal=batch.seal,
            certificate_sha256=batch.certificate_sha256,
            version=batch.version,
            items=[LocalLearnerOut.of(learner) for learner in learners],
        )


class PreparedSealOut(BaseModel):
    """What is to be signed for one learner: the text `protected`, a dot, and the text `payload`.

    In UTF-8, byte for byte, without anything before, between or after.
    """

    credential: UUID = Field(examples=[CREDENTIAL])
    registration: UUID
    algorithm: str = Field(description="of the signature (RFC 7518)", examples=["RS256"])
    certificate_sha256: str = Field(
        description="of the seal, hexadecimal", examples=["9f86d081884c7d65" * 4]
    )
    prepared_at: datetime
    digest: str = _DIGEST
    protected: str = Field(
        description="protected header, base64url as it is signed", examples=["eyJhbGciOiJSUzI1NiJ9"]
    )
    payload: str = Field(
        description="the credential: JSON as text, personal data",
        examples=['{"@context":["https://www.w3.org/2018/credentials/v1"]}'],
    )

    @classmethod
    def of(cls, prepared: PreparedSeal) -> "PreparedSealOut":
        """From the domain."""
        return cls(**entry_of(prepared), payload=prepared.payload.decode("utf-8"))


def entry_of(prepared: PreparedSeal) -> dict[str, Any]:
    """What a manifest says of one credential."""
    return {
        "credential": prepared.credential,
        "registration": prepared.registration,
        "algorithm": prepared.algorithm,
        "certificate_sha256": prepared.certificate_sha256,
        "prepared_at": prepared.prepared_at,
        "digest": prepared.digest.hex(),
        "protected": prepared.protected,
    }


def manifest_of(
    batch: IssuingBatch, prepared: Sequence[PreparedSeal], following: UUID | None
) -> Mapping[str, Any]:
    """What goes first into a package to be signed."""
    listed = [
        {
            **{
                name: value if isinstance(value, str) else _text(value)
                for name, value in entry_of(one).items()
            },
            "payload": payload_path(one),
        }
        for one in prepared
    ]
    return {
        "about": "For each item, sign the UTF-8 bytes of `protected`, a dot, and the file named by "
        "`payload`, with `algorithm`. Nothing in here is sealed yet.",
        "batch": str(batch.id),
        "edition": str(batch.edition),
        "issuer": batch.issuer,
        "seal": batch.seal,
        "next": None if following is None else str(following),
        "items": listed,
    }


def payload_path(prepared: PreparedSeal) -> str:
    """Where a package has a credential's bytes."""
    return f"payloads/{prepared.credential}.json"


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


class SignatureIn(BaseModel):
    """One signature, made where the key is."""

    credential: UUID = Field(examples=[CREDENTIAL])
    signature: str = Field(
        max_length=2_000,
        description="its value in base64url or base64; ECDSA as r and s or as DER",
        examples=["c2lnbmF0dXJl"],
    )

    @field_validator("signature")
    @classmethod
    def _is_base64(cls, value: str) -> str:
        decoded(value)
        return value


class SignaturesIn(BaseModel):
    """Signatures, one per credential."""

    signatures: list[SignatureIn] = Field(min_length=1, max_length=500)

    def brought(self) -> list[tuple[UUID, Brought]]:
        """For the domain."""
        return [(one.credential, Brought(decoded(one.signature))) for one in self.signatures]


def decoded(value: str) -> bytes:
    """The bytes of base64url or base64, padded or not. Raises ValueError."""
    plain = value.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


class AttachedOut(BaseModel):
    """What became of one of them."""

    credential: UUID
    status: Literal["sealed", "already_sealed", "refused"]
    code: str | None = Field(None, examples=["signature_refused"])
    detail: str | None = Field(
        None, examples=["This is not the seal of what was prepared (signature_wrong)."]
    )

    file: str | None = Field(
        None, description="its path in the archive", examples=["sealed/ana.jsonld"]
    )

    @classmethod
    def of(cls, attached: Attached, file: str | None = None) -> "AttachedOut":
        """From the domain."""
        return cls(
            credential=attached.credential,
            status=attached.status,  # type: ignore[arg-type]  # pydantic looks at it
            code=attached.code,
            detail=attached.detail,
            file=file,
        )


class AttachedListOut(BaseModel):
    """What became of each."""

    items: list[AttachedOut]
    refused: int = Field(examples=[0])
    unread: list[str] = Field(
        [],
        description="paths of files in the archive that hold no sealed credential",
        examples=[["manifest.json"]],
    )

    @classmethod
    def of(
        cls,
        attached: Sequence[Attached],
        files: Sequence[str] | None = None,
        unread: Sequence[str] = (),
    ) -> "AttachedListOut":
        """From the domain, with the file that each came in."""
        names: Sequence[str | None] = files or [None] * len(attached)
        return cls(
            items=[AttachedOut.of(*one) for one in zip(attached, names, strict=True)],
            refused=sum(one.status == "refused" for one in attached),
            unread=list(unread),
        )


def credential_inside(document: bytes) -> UUID | None:
    """The credential that a sealed file says it is, looked at before anything is checked."""
    try:
        outer = json.loads(document)
        inner = json.loads(outer["payload"])
        return credential_of_urn(str(inner["id"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
