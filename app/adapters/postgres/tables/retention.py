"""Tables of retention: what was erased when, and which days have been seen to."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class ErasureRecordRow(SQLModel, table=True):
    """That something was erased. A trigger refuses to change or remove it."""

    __tablename__ = "erasure_record"

    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False, index=True))
    counts: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    cutoff: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    registration: UUID | None = Field(default=None)
    reason: str | None = Field(default=None, sa_column=Column(Text))


class RetentionDayRow(SQLModel, table=True):
    """A day on which the job was started."""

    __tablename__ = "retention_day"

    day: date = Field(primary_key=True)
