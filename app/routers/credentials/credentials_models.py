"""What the operations on credentials answer with."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.credentials.credential import Change, Credential
from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.seal import QualificationClaim, SealFacts
from app.domain.credentials.status import (
    Channel,
    CredentialState,
    Delivery,
    DeliveryState,
    PublicStatus,
    Standing,
)
from app.domain.credentials.status_list import StatusPlace
from app.domain.credentials.use_cases.credentials import SeenCredential
from app.domain.errors import Finding
from app.routers.credentials.seal_levels_models import SealStandingOut

HASH = Field(description="SHA-256, hexadecimal", examples=["9f86d081884c7d65" * 4])


class DeliveryOut(BaseModel):
    """How far one way of delivery has come."""

    channel: Channel
    state: DeliveryState
    at: datetime
    code: str | None = Field(
        None, description="why the last attempt failed", examples=["mail_refused"]
    )
    attempts: int = Field(0, description="how often it was tried")

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        """From the domain."""
        return cls(**{name: getattr(delivery, name) for name in cls.model_fields})


class PendingChangeOut(BaseModel):
    """What one officer has proposed and a second has yet to confirm."""

    change: Change
    proposed_by: UUID = Field(description="account")
    proposed_at: datetime
    reason: str


class CredentialLinksOut(BaseModel):
    """Where to find what belongs to a credential. Paths of this service."""

    status: str = Field(examples=["/v1/credentials/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b/status"])
    verification_page: str = Field(
        description="for people; where its QR code leads",
        examples=["/verify/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"],
    )
    document: str = Field(
        examples=["/v1/credentials/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b/document"]
    )
    pdf: str = Field(
        description="to read and print, with the sealed document inside; `?language=` for another",
        examples=["/v1/credentials/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b/pdf"],
    )
    elmo: str = Field(
        description="transcript for systems of EMREX, as long as it is in force",
        examples=["/v1/credentials/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b/elmo"],
    )
    images: list[str] = Field(
        examples=[["/v1/credentials/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b/images/en"]]
    )
    shares: str = Field(examples=["/v1/credentials/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b/shares"])
    superseded_by: str | None = Field(
        None, examples=["/v1/credentials/0192f3a1-6c80-7a15-8b3d-9e2f4a5b6c7d"]
    )
    supersedes: str | None = Field(
        None, examples=["/v1/credentials/0192f3a1-6c80-7a15-8b3d-9e2f4a5b6c7d"]
    )


class CredentialOut(BaseModel):
    """A credential; its document and images have addresses of their own."""

    id: UUID
    urn: str = Field(
        description="its identifier inside the document",
        examples=["urn:credential:0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"],
    )
    registration: UUID
    edition: UUID
    proposal: UUID
    proposal_version: int
    title: dict[str, str] = Field(examples=[{"en": "Joint micro-credentials in practice"}])
    issuer: str = Field(examples=["UNIOVI"])
    organisation: str | None = Field(description="legal name by the seal's certificate")
    organisation_identifier: str | None = Field(examples=["NTRXX-DEVELOPMENT-UNIOVI"])
    state: CredentialState
    since: datetime = Field(description="when it came into its state")
    reason: str | None = Field(description="why it was suspended, revoked or reinstated")
    sealed_at: datetime | None
    sha256: str | None = Field(description="of the document as it left the seal, hexadecimal")
    seal: SealStandingOut | None = Field(
        None, description="how its seal stands up to time; nothing once the document is erased"
    )
    certificate_sha256: str | None
    development: bool = Field(description="sealed with a stand-in that proves nothing")
    profile: str | None = Field(description="application profile that it follows")
    languages: list[str] = Field(
        description="of its display images, primary first", examples=[["en", "es"]]
    )
    batch: UUID
    valid_until: datetime | None = Field(None, description="when it expires, where it does")
    supersedes: UUID | None = Field(None, description="the credential that it replaced")
    superseded_by: UUID | None = Field(None, description="the credential that replaces it")
    erased_at: datetime | None = Field(
        None, description="since when nothing but the register's entry is kept"
    )
    pending: PendingChangeOut | None = Field(
        None, description="for officers: a change that waits for a second one"
    )
    links: CredentialLinksOut
    deliveries: list[DeliveryOut]
    version: int
    allowed_actions: list[str] = Field(examples=[["download_credential", "get_credential_image"]])

    @classmethod
    def of(cls, seen: SeenCredential) -> "CredentialOut":
        """From the domain."""
        derived = {
            "urn", "title", "languages", "deliveries", "allowed_actions", "links", "pending",
            "seal",
        }  # fmt: skip
        credential, pending = seen.credential, seen.credential.pending
        return cls(
            **{n: getattr(credential, n) for n in set(cls.model_fields) - derived},
            urn=credential_urn(credential.id),
            title=dict(credential.title),
            languages=list(credential.languages),
            pending=PendingChangeOut(
                change=pending.change,
                proposed_by=pending.proposed_by,
                proposed_at=pending.proposed_at,
                reason=pending.reason,
            )
            if pending is not None and seen.by_officer
            else None,
            seal=None
            if seen.seal is None
            else SealStandingOut.of(seen.seal, by_officer=seen.by_officer),
            links=_links(credential),
            deliveries=[DeliveryOut.of(delivery) for delivery in seen.deliveries],
            allowed_actions=list(seen.allowed_actions),
        )


def _links(credential: Credential) -> CredentialLinksOut:
    def path(other: UUID | None) -> str | None:
        return None if other is None else f"/v1/credentials/{other}"

    here = f"/v1/credentials/{credential.id}"
    return CredentialLinksOut(
        status=f"{here}/status",
        verification_page=f"/verify/{credential.id}",
        document=f"{here}/document",
        pdf=f"{here}/pdf",
        elmo=f"{here}/elmo",
        images=[f"{here}/images/{language}" for language in credential.languages],
        shares=f"{here}/shares",
        superseded_by=path(credential.superseded_by),
        supersedes=path(credential.supersedes),
    )


class MyCredentialsOut(BaseModel):
    """The caller's own credentials."""

    items: list[CredentialOut]


class StatusListEntryOut(BaseModel):
    """Which bit of which list tells of the credential, in the words of the W3C specification."""

    type: str = Field(examples=["BitstringStatusListEntry"])
    statusPurpose: str = Field(examples=["revocation"])  # noqa: N815 (of the specification)
    statusListIndex: str = Field(examples=["94567"])  # noqa: N815
    statusListCredential: str = Field(  # noqa: N815
        examples=["https://example.org/v1/status-lists/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"]
    )

    @classmethod
    def of(cls, place: StatusPlace, public_url: str) -> "StatusListEntryOut":
        """From the domain."""
        return cls(
            type="BitstringStatusListEntry",
            statusPurpose=place.purpose.value,
            statusListIndex=str(place.position),
            statusListCredential=f"{public_url}/v1/status-lists/{place.list}",
        )


class CredentialStatusOut(BaseModel):
    """What anybody may know of a credential by its identifier: never a person."""

    id: UUID
    urn: str
    state: CredentialState
    since: datetime
    standing: Standing = Field(
        description="what state and calendar come to: `expired` once its time is over"
    )
    in_force: bool = Field(description="whether it can be relied on now")
    valid_until: datetime | None = Field(None, description="when it expires, where it does")
    issuer: str | None = Field(None, description="code of the partner", examples=["UNIOVI"])
    sealed_at: datetime | None = None
    sha256: str | None = Field(None, description="of the sealed document, hexadecimal")
    revision_hashes: list[str] = Field(
        [],
        description="SHA-256 of further revisions of it that are not kept any more",
        examples=[["9f86d081884c7d65" * 4]],
    )
    certificate_sha256: str | None = Field(None, description="of the seal certificate")
    superseded_by: UUID | None = Field(
        None, description="the credential of the same award that replaces it"
    )
    supersedes: UUID | None = Field(None, description="the credential that it replaces")
    status_lists: list[StatusListEntryOut] = Field(
        description="where the same is published for all credentials at once "
        "(W3C Bitstring Status List)"
    )

    @classmethod
    def of(
        cls,
        status: PublicStatus,
        places: Sequence[StatusPlace],
        *,
        now: datetime,
        public_url: str,
    ) -> "CredentialStatusOut":
        """From the domain."""
        standing = status.standing(now)
        return cls(
            id=status.credential,
            urn=credential_urn(status.credential),
            state=status.state,
            since=status.since,
            standing=standing,
            in_force=standing is Standing.IN_FORCE,
            valid_until=status.valid_until,
            issuer=status.issuer,
            sealed_at=status.sealed_at,
            sha256=status.sha256,
            revision_hashes=list(status.revision_hashes),
            certificate_sha256=status.certificate_sha256,
            superseded_by=status.successor,
            supersedes=status.predecessor,
            status_lists=[StatusListEntryOut.of(place, public_url) for place in places],
        )


class SealFindingOut(BaseModel):
    """Something doubtful."""

    code: str = Field(examples=["certificate_expired"])
    detail: str

    @classmethod
    def of(cls, finding: Finding) -> "SealFindingOut":
        """From the domain."""
        return cls(code=finding.code, detail=finding.detail)


class SealOut(BaseModel):
    """Facts of an institution's seal. Certificates are public; keys never leave."""

    institution: str = Field(examples=["UNIOVI"])
    subject: str
    organisation: str = Field(examples=["Universidad de Oviedo"])
    organisation_identifier: str = Field(examples=["NTRXX-DEVELOPMENT-UNIOVI"])
    serial: str = Field(description="hexadecimal")
    issuer: str
    valid_from: datetime
    valid_until: datetime
    algorithm: str = Field(examples=["RS256"])
    certificate_sha256: str = HASH
    development: bool
    name: str = Field(description="by which a batch asks for it", examples=["default"])
    is_default: bool = Field(description="taken unless a batch asks for another")
    local: bool = Field(description="its key stays with the institution, which signs elsewhere")
    claims: QualificationClaim = Field(
        description="what the certificate says of its own qualification"
    )
    findings: list[SealFindingOut] = Field(description="empty when it is fit for sealing")
    warnings: list[SealFindingOut] = Field(
        description="what does not keep it from sealing, but should be known"
    )

    @classmethod
    def of(cls, facts: SealFacts) -> "SealOut":
        """From the domain."""
        return cls(
            **{n: getattr(facts, n) for n in set(cls.model_fields) - {"findings", "warnings"}},
            findings=[SealFindingOut.of(finding) for finding in facts.findings],
            warnings=[SealFindingOut.of(finding) for finding in facts.warnings],
        )


class SealsOut(BaseModel):
    """Every seal that is configured."""

    items: list[SealOut]
