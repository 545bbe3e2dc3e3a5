"""Tables of further revisions of sealed documents, and of the way up to higher levels of seals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import PERSONAL, one_of
from app.domain.credentials.levels import FIRST, LevelState, SealLevel

_LEVELS = [level.value for level in SealLevel]


class CredentialRevisionRow(SQLModel, table=True):
    """A sealed document with something added to it. A trigger refuses to change it.

    The first revision is the document itself, in its own table.
    """

    __tablename__ = "credential_revision"
    __table_args__ = (
        CheckConstraint(f"revision > {FIRST}", name="further"),
        CheckConstraint(one_of("level", _LEVELS), name="level"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    )

    # Whoever makes a further revision comes first or not at all: exactly once by this key.
    credential: UUID = Field(foreign_key="credential.id", primary_key=True)
    revision: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    level: str = Field(sa_column=Column(Text, nullable=False))
    sha256: str = Field(sa_column=Column(Text, nullable=False))
    made_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False, info=PERSONAL))


class CredentialSealLevelRow(SQLModel, table=True):
    """Where one credential's seal stands on its way up."""

    __tablename__ = "credential_seal_level"
    __table_args__ = (
        CheckConstraint(one_of("level", _LEVELS), name="level"),
        CheckConstraint(one_of("state", [state.value for state in LevelState]), name="state"),
        CheckConstraint(
            "(failure_code IS NULL) = (failed_at IS NULL)"
            " AND (failure_code IS NULL) = (failure_detail IS NULL)",
            name="failure",
        ),
        Index(
            "ix_credential_seal_level_due_at",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    credential: UUID = Field(foreign_key="credential.id", primary_key=True)
    level: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    attempts: int
    failure_code: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    failure_detail: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    failed_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    due_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    renew_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    digest: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
