"""Tables of what comes after sealing: published status, and what learners share."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import PERSONAL, one_of
from app.domain.credentials.share import ShareKind
from app.domain.credentials.status_list import StatusPurpose

_PURPOSE = one_of("purpose", [purpose.value for purpose in StatusPurpose])


class StatusListRow(SQLModel, table=True):
    """One list of bits that tell a status of many credentials."""

    __tablename__ = "status_list"
    __table_args__ = (
        CheckConstraint(_PURPOSE, name="purpose"),
        UniqueConstraint("purpose", "period", "number"),
    )

    id: UUID = Field(primary_key=True)
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    period: str = Field(sa_column=Column(Text, nullable=False))
    number: int
    size: int
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class StatusListEntryRow(SQLModel, table=True):
    """Which bit of a list tells of which credential. Never taken back, never given twice."""

    __tablename__ = "status_list_entry"
    __table_args__ = (
        CheckConstraint("position >= 0", name="position"),
        CheckConstraint(_PURPOSE, name="purpose"),
        UniqueConstraint("credential", "purpose"),
    )

    list: UUID = Field(foreign_key="status_list.id", primary_key=True)
    position: int = Field(primary_key=True)
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    credential: UUID = Field(foreign_key="credential.id")


class CredentialShareRow(SQLModel, table=True):
    """A link by which a holder shows a credential; only a hash of its token is kept."""

    __tablename__ = "credential_share"
    __table_args__ = (
        CheckConstraint(one_of("kind", [kind.value for kind in ShareKind]), name="kind"),
        CheckConstraint("token_hash ~ '^[0-9a-f]{64}$'", name="token_hash"),
        CheckConstraint("views <= view_limit", name="views"),
    )

    id: UUID = Field(primary_key=True)
    credential: UUID = Field(foreign_key="credential.id", index=True)
    kind: str = Field(sa_column=Column(Text, nullable=False))
    token_hash: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    view_limit: int | None = Field(default=None)
    recipient: str | None = Field(
        default=None, sa_column=Column(Text, nullable=True, info=PERSONAL)
    )
    shows_name: bool
    views: int
    revoked_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    version: int


class CredentialShareViewRow(SQLModel, table=True):
    """That a link was opened: when, and nothing about by whom."""

    __tablename__ = "credential_share_view"

    id: UUID = Field(primary_key=True)
    share: UUID = Field(foreign_key="credential_share.id", index=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    pass_hash: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
