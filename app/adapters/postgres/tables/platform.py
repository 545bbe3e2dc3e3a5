"""Tables of the platform: institutions, accounts and grants, audit, jobs, idempotency."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import one_of
from app.domain.access.roles import Role
from app.domain.jobs import JobState


def _instant(**options: Any) -> Any:
    return Column(DateTime(timezone=True), **options)


class InstitutionRow(SQLModel, table=True):
    """A partner of the alliance."""

    __tablename__ = "institution"

    code: str = Field(sa_column=Column(Text, primary_key=True))
    name_local: str = Field(sa_column=Column(Text, nullable=False))
    name_local_language: str = Field(sa_column=Column(Text, nullable=False))
    name_en: str = Field(sa_column=Column(Text, nullable=False))
    city: str = Field(sa_column=Column(Text, nullable=False))
    country: str = Field(sa_column=Column(Text, nullable=False))
    homepage: str = Field(sa_column=Column(Text, nullable=False))
    mail_domains: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    identifiers: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))


class InstitutionAliasRow(SQLModel, table=True):
    """A spelling that stands for a partner, folded."""

    __tablename__ = "institution_alias"

    spelling: str = Field(sa_column=Column(Text, primary_key=True))
    institution: str = Field(
        sa_column=Column(Text, ForeignKey("institution.code"), nullable=False, index=True)
    )
    decided: bool = Field(default=False)


class AccountRow(SQLModel, table=True):
    """A subject of an identity provider, and our own identifier for it."""

    __tablename__ = "account"
    __table_args__ = (Index("uq_account_issuer_subject", "issuer", "subject", unique=True),)

    id: UUID = Field(primary_key=True)
    issuer: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False, info={"personal": True}))
    created_at: datetime = Field(sa_column=_instant(nullable=False))


class RoleGrantRow(SQLModel, table=True):
    """A role that an account holds, for a time."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(one_of("role", [role.value for role in Role]), name="role"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
    )

    id: UUID = Field(primary_key=True)
    account: UUID = Field(foreign_key="account.id", index=True)
    role: str = Field(sa_column=Column(Text, nullable=False))
    institution: str | None = Field(
        default=None, sa_column=Column(Text, ForeignKey("institution.code"), nullable=True)
    )
    valid_from: datetime = Field(sa_column=_instant(nullable=False))
    valid_to: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    granted_by: str = Field(sa_column=Column(Text, nullable=False))


class AuditRecordRow(SQLModel, table=True):
    """One change. Append-only: a trigger refuses every other statement."""

    __tablename__ = "audit_record"
    __table_args__ = (Index("ix_audit_record_kind_subject", "kind", "subject"),)

    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_column=_instant(nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False, index=True))
    action: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    before: str | None = Field(default=None, sa_column=Column(Text))
    after: str | None = Field(default=None, sa_column=Column(Text))
    note: str | None = Field(default=None, sa_column=Column(Text))
    trace_id: str = Field(sa_column=Column(Text, nullable=False))


class JobRow(SQLModel, table=True):
    """Long work that somebody has asked for."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(one_of("state", [state.value for state in JobState]), name="state"),
    )

    id: UUID = Field(primary_key=True)
    kind: str = Field(sa_column=Column(Text, nullable=False))
    params: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    requested_by: str = Field(sa_column=Column(Text, nullable=False, index=True))
    done: int = Field(default=0)
    total: int | None = Field(default=None)
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    error: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    cancel_requested: bool = Field(default=False)
    created_at: datetime = Field(sa_column=_instant(nullable=False))
    started_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    finished_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class JobItemRow(SQLModel, table=True):
    """What became of one thing that a job worked on."""

    __tablename__ = "job_item"

    job: UUID = Field(foreign_key="job.id", primary_key=True)
    key: str = Field(sa_column=Column(Text, primary_key=True))
    status: str = Field(sa_column=Column(Text, nullable=False))
    code: str = Field(sa_column=Column(Text, nullable=False))
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class IdempotencyRow(SQLModel, table=True):
    """The first answer to a request that carried an Idempotency-Key."""

    __tablename__ = "idempotency_record"

    key: str = Field(sa_column=Column(Text, primary_key=True))
    fingerprint: str = Field(sa_column=Column(Text, nullable=False))
    status: int
    headers: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False, info={"personal": True}))
    expires_at: datetime = Field(sa_column=_instant(nullable=False, index=True))
