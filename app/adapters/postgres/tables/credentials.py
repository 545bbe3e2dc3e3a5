"""Tables of credentials.

Editions, registrations and proposals are known by their identifiers alone, without foreign keys:
a credential has to outlive the rest of what was known about its holder.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import PERSONAL, one_of
from app.domain.credentials.batch import BatchState
from app.domain.credentials.status import LIVE, Channel, CredentialState, DeliveryState

_UNSEALED = one_of("state", [CredentialState.DRAFT.value, CredentialState.APPROVED.value])


def live() -> str:
    """The condition of the index that holds one live credential per award."""
    return one_of("state", [state.value for state in LIVE])


def _instant(**options: Any) -> Any:
    return Column(DateTime(timezone=True), **options)


class IssuingSpecificationRow(SQLModel, table=True):
    """Certified content that credentials were sealed from, once per content, by its hash."""

    __tablename__ = "issuing_specification"

    hash: str = Field(sa_column=Column(Text, primary_key=True))
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class IssuingBatchRow(SQLModel, table=True):
    """Credentials of one edition that are sealed together."""

    __tablename__ = "issuing_batch"
    __table_args__ = (
        CheckConstraint(one_of("state", [state.value for state in BatchState]), name="state"),
        # Two people, whatever a program thinks.
        CheckConstraint("approved_by <> prepared_by", name="two_people"),
        CheckConstraint(
            "state IN ('prepared', 'cancelled') OR approved_by IS NOT NULL", name="approval"
        ),
    )

    id: UUID = Field(primary_key=True)
    edition: UUID = Field(index=True)
    proposal: UUID
    proposal_version: int
    certified_hash: str = Field(sa_column=Column(Text, nullable=False))
    issuer: str = Field(
        sa_column=Column(Text, ForeignKey("institution.code"), nullable=False, index=True)
    )
    certificate_sha256: str = Field(sa_column=Column(Text, nullable=False))
    development: bool
    not_ready: int
    prepared_by: UUID
    prepared_at: datetime = Field(sa_column=_instant(nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    approved_by: UUID | None = Field(default=None)
    approved_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    job: UUID | None = Field(default=None)
    finished_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    outcome: dict[str, int] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    scheduled_for: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    reason: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    cancel_requested: bool
    seal: str = Field(sa_column=Column(Text, nullable=False))
    local: bool
    version: int


class IssuingBatchItemRow(SQLModel, table=True):
    """One learner of a batch, and what was agreed to be sealed."""

    __tablename__ = "issuing_batch_item"

    batch: UUID = Field(foreign_key="issuing_batch.id", primary_key=True)
    registration: UUID = Field(primary_key=True)
    award_hash: str = Field(sa_column=Column(Text, nullable=False))
    supersedes: UUID | None = Field(default=None, foreign_key="credential.id")


class CredentialRow(SQLModel, table=True):
    """A credential, without its document."""

    __tablename__ = "credential"
    __table_args__ = (
        CheckConstraint(one_of("state", [state.value for state in CredentialState]), name="state"),
        CheckConstraint("approved_by <> prepared_by", name="two_people"),
        CheckConstraint(
            f"{_UNSEALED} OR (sha256 IS NOT NULL AND sealed_at IS NOT NULL"
            " AND approved_by IS NOT NULL)",
            name="sealed",
        ),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        # Exactly one live credential per award: what makes issuing safe to run twice.
        Index(
            "uq_credential_live_registration",
            "registration",
            unique=True,
            postgresql_where=text(live()),
        ),
        Index("ix_credential_issuer_id", "issuer", "id"),
        # A credential has one successor at most.
        Index("uq_credential_supersedes", "supersedes", unique=True),
    )

    id: UUID = Field(primary_key=True)
    registration: UUID = Field(index=True)
    edition: UUID = Field(index=True)
    proposal: UUID
    proposal_version: int
    issuer: str = Field(sa_column=Column(Text, ForeignKey("institution.code"), nullable=False))
    batch: UUID = Field(foreign_key="issuing_batch.id", index=True)
    title: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    since: datetime = Field(sa_column=_instant(nullable=False))
    prepared_by: UUID
    approved_by: UUID | None = Field(default=None)
    sha256: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    sealed_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    organisation: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    organisation_identifier: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    certificate_sha256: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    development: bool
    profile: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    languages: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    pending: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    supersedes: UUID | None = Field(default=None, foreign_key="credential.id")
    # Deferred: the old one gives way before the new one is kept.
    superseded_by: UUID | None = Field(
        default=None,
        sa_column=Column(
            Uuid, ForeignKey("credential.id", deferrable=True, initially="DEFERRED"), nullable=True
        ),
    )
    valid_until: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    erased_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    revision_hashes: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    version: int


class CredentialDocumentRow(SQLModel, table=True):
    """The sealed bytes. A trigger refuses to change them."""

    __tablename__ = "credential_document"

    credential: UUID = Field(foreign_key="credential.id", primary_key=True)
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False, info=PERSONAL))


class CredentialImageRow(SQLModel, table=True):
    """A display image (PNG). A trigger refuses to change it."""

    __tablename__ = "credential_image"

    credential: UUID = Field(foreign_key="credential.id", primary_key=True)
    language: str = Field(sa_column=Column(Text, primary_key=True))
    image: bytes = Field(sa_column=Column(LargeBinary, nullable=False, info=PERSONAL))


class CredentialSourceRow(SQLModel, table=True):
    """What a credential was sealed from. A trigger refuses to change it."""

    __tablename__ = "credential_source"

    credential: UUID = Field(foreign_key="credential.id", primary_key=True)
    award: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, info=PERSONAL))
    specification: str = Field(
        sa_column=Column(Text, ForeignKey("issuing_specification.hash"), nullable=False)
    )
    certified_hash: str = Field(sa_column=Column(Text, nullable=False))


class CredentialDeliveryRow(SQLModel, table=True):
    """How far one way of delivery has come."""

    __tablename__ = "credential_delivery"
    __table_args__ = (
        CheckConstraint(one_of("channel", [c.value for c in Channel]), name="channel"),
        CheckConstraint(one_of("state", [state.value for state in DeliveryState]), name="state"),
    )

    credential: UUID = Field(foreign_key="credential.id", primary_key=True)
    channel: str = Field(sa_column=Column(Text, primary_key=True))
    state: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_column=_instant(nullable=False))
    code: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    attempts: int
