"""Table of what is prepared to be signed elsewhere."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import PERSONAL


class PreparedSealRow(SQLModel, table=True):
    """What an institution is to sign for one learner of a batch; gone when it has."""

    __tablename__ = "prepared_seal"
    __table_args__ = (UniqueConstraint("batch", "credential"),)

    batch: UUID = Field(foreign_key="issuing_batch.id", primary_key=True)
    registration: UUID = Field(primary_key=True)
    credential: UUID
    institution: str = Field(sa_column=Column(Text, nullable=False))
    seal: str = Field(sa_column=Column(Text, nullable=False))
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False, info=PERSONAL))
    protected: str = Field(sa_column=Column(Text, nullable=False))
    algorithm: str = Field(sa_column=Column(Text, nullable=False))
    certificate_sha256: str = Field(sa_column=Column(Text, nullable=False))
    prepared_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """SHA-256 of what is to be signed."""


class CredentialTranscriptRow(SQLModel, table=True):
    """A transcript (ELMO) of a credential's award, as it was signed. A trigger keeps it."""

    __tablename__ = "credential_transcript"

    credential: UUID = Field(foreign_key="credential.id", primary_key=True)
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False, info=PERSONAL))
    sha256: str = Field(sa_column=Column(Text, nullable=False))
    made_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
