"""Tables of results: grades, credential data, one-time links, and which mail went out."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, Date, DateTime, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import PERSONAL, one_of
from app.domain.results.grading import Outcome


def _instant(**options: Any) -> Any:
    return Column(DateTime(timezone=True), **options)


class ResultRow(SQLModel, table=True):
    """The result of one registration."""

    __tablename__ = "result"
    __table_args__ = (
        CheckConstraint(one_of("outcome", [o.value for o in Outcome]), name="outcome"),
        CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)"
            " AND (confirmed_at IS NULL) = (objections_until IS NULL)"
            " AND (confirmed_at IS NULL OR outcome IS NOT NULL)",
            name="confirmation",
        ),
        # Two people, whatever a program thinks.
        CheckConstraint("confirmed_by <> ALL (recorded_by)", name="two_people"),
    )

    registration: UUID = Field(primary_key=True)
    edition: UUID = Field(index=True)
    grading: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, info=PERSONAL))
    outcome: str | None = Field(default=None, sa_column=Column(Text, info=PERSONAL))
    recorded_by: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    recorded_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    revision: int
    confirmed_by: UUID | None = Field(default=None)
    confirmed_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    objections_until: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    accepted_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    objections: list[Any] = Field(sa_column=Column(JSONB, nullable=False, info=PERSONAL))
    version: int


class CredentialDataRow(SQLModel, table=True):
    """What a learner confirmed for their credential."""

    __tablename__ = "credential_data"
    __table_args__ = (
        CheckConstraint(
            "birth_date IS NOT NULL OR student_identifier IS NOT NULL", name="distinguishing_item"
        ),
    )

    registration: UUID = Field(primary_key=True)
    edition: UUID = Field(index=True)
    full_name: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    given_name: str | None = Field(default=None, sa_column=Column(Text, info=PERSONAL))
    family_name: str | None = Field(default=None, sa_column=Column(Text, info=PERSONAL))
    birth_date: date | None = Field(default=None, sa_column=Column(Date, info=PERSONAL))
    student_identifier: str | None = Field(default=None, sa_column=Column(Text, info=PERSONAL))
    confirmed_at: datetime = Field(sa_column=_instant(nullable=False))
    contested: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    version: int


class StudentIdentifierRow(SQLModel, table=True):
    """Whose a European Student Identifier is: of the person of the registration, whoever that is
    after a merge. Its key is what makes it unique."""

    __tablename__ = "student_identifier"

    identifier: str = Field(sa_column=Column(Text, primary_key=True, info=PERSONAL))
    """In lower case."""
    registration: UUID = Field(index=True)


class LearnerLinkRow(SQLModel, table=True):
    """A one-time link. The token itself is kept nowhere."""

    __tablename__ = "learner_link"

    id: UUID = Field(primary_key=True)
    registration: UUID = Field(index=True)
    edition: UUID
    token_hash: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    address: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    created_at: datetime = Field(sa_column=_instant(nullable=False))
    expires_at: datetime = Field(sa_column=_instant(nullable=False))
    opened_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class SentMailRow(SQLModel, table=True):
    """That a message was handed over. Not what it said, nor to whom."""

    __tablename__ = "sent_mail"

    message: str = Field(sa_column=Column(Text, primary_key=True))
    registration: UUID | None = Field(default=None, index=True)
    at: datetime = Field(sa_column=_instant(nullable=False))
