"""Tables of imports: how forms are read, files, what each row came to, responses."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import PERSONAL, one_of
from app.domain.enrolment.forms.imports import ImportSource, ImportState, Verdict


def _instant(**options: Any) -> Any:
    return Column(DateTime(timezone=True), **options)


def _json(**options: Any) -> Any:
    return Column(JSONB(none_as_null=True), **options)


class FormMappingRow(SQLModel, table=True):
    """How the questions of a form are read."""

    __tablename__ = "form_mapping"

    edition: UUID = Field(foreign_key="edition.id", primary_key=True)
    form: str = Field(sa_column=Column(Text, primary_key=True))
    time_zone: str = Field(sa_column=Column(Text, nullable=False))
    questions: dict[str, str] = Field(sa_column=_json(nullable=False))
    day_first: bool | None = Field(default=None)
    language: str = Field(sa_column=Column(Text, nullable=False))
    version: int
    changed_at: datetime = Field(sa_column=_instant(nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))


class ResponseImportRow(SQLModel, table=True):
    """One uploaded file of responses, or one live delivery."""

    __tablename__ = "response_import"
    __table_args__ = (
        CheckConstraint(one_of("state", [s.value for s in ImportState]), name="state"),
        CheckConstraint(one_of("source", [s.value for s in ImportSource]), name="source"),
        # Deliveries that wait for their form to be mapped.
        Index(
            "ix_response_import_held",
            "edition",
            "form",
            postgresql_where=text("source = 'webhook' AND state = 'needs_mapping'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    edition: UUID = Field(foreign_key="edition.id", index=True)
    form: str = Field(sa_column=Column(Text, nullable=False))
    filename: str = Field(sa_column=Column(Text, nullable=False))
    file_hash: str = Field(sa_column=Column(Text, nullable=False))
    uploaded_by: str = Field(sa_column=Column(Text, nullable=False))
    uploaded_at: datetime = Field(sa_column=_instant(nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    basis: dict[str, Any] | None = Field(default=None, sa_column=_json())
    suggestion: dict[str, Any] | None = Field(default=None, sa_column=_json())
    source: str = Field(sa_column=Column(Text, nullable=False, server_default="file"))
    unknown_columns: list[str] = Field(sa_column=_json(nullable=False))
    missing_columns: list[str] = Field(
        sa_column=_json(nullable=False, server_default=text("'[]'::jsonb"))
    )
    counts: dict[str, int] = Field(sa_column=_json(nullable=False))
    differing: list[int] = Field(sa_column=_json(nullable=False))
    problem: list[str] | None = Field(default=None, sa_column=_json())
    committed_at: datetime | None = Field(default=None, sa_column=_instant())
    mark: str | None = Field(default=None, sa_column=Column(Text))


class ImportFileRow(SQLModel, table=True):
    """The file as it was uploaded, until retention removes it."""

    __tablename__ = "import_file"

    import_id: UUID = Field(foreign_key="response_import.id", primary_key=True)
    filename: str = Field(sa_column=Column(Text, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False, info=PERSONAL))


class ImportRowRow(SQLModel, table=True):
    """What one row of a file came to."""

    __tablename__ = "import_row"
    __table_args__ = (
        CheckConstraint(one_of("verdict", [v.value for v in Verdict]), name="verdict"),
    )

    import_id: UUID = Field(foreign_key="response_import.id", primary_key=True)
    row: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    response: int | None = Field(default=None, sa_column=Column(BigInteger))
    verdict: str = Field(sa_column=Column(Text, nullable=False))
    reason: str | None = Field(default=None, sa_column=Column(Text))
    full_name: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    email: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    stated: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    received_at: datetime | None = Field(default=None, sa_column=_instant())
    institution: str | None = Field(default=None, sa_column=Column(Text))
    registration: UUID | None = Field(default=None)
    same_as_row: int | None = Field(default=None)
    standing: dict[str, Any] | None = Field(default=None, sa_column=_json())
    suggestions: list[Any] = Field(sa_column=_json(nullable=False))
    warnings: list[str] = Field(sa_column=_json(nullable=False))
    planned: str | None = Field(default=None, sa_column=Column(Text))
    # What a kept plan is carried out from; nothing in other rows.
    email_folded: str | None = Field(default=None, sa_column=Column(Text, info=PERSONAL))
    name_key: str | None = Field(default=None, sa_column=Column(Text, info=PERSONAL))
    is_new: bool | None = Field(default=None)
    answers: dict[str, Any] | None = Field(default=None, sa_column=_json(info=PERSONAL))
    answers_at: datetime | None = Field(default=None, sa_column=_instant())
    person: UUID | None = Field(default=None)
    person_is: str | None = Field(default=None, sa_column=Column(Text))
    first_row: int | None = Field(default=None)
    rank: str | None = Field(default=None, sa_column=Column(Text(collation="C")))
    affiliation_kind: str | None = Field(default=None, sa_column=Column(Text))
    affiliation_name: str | None = Field(default=None, sa_column=Column(Text))
    entry_reason: str | None = Field(default=None, sa_column=Column(Text))
    entry_warnings: list[str] | None = Field(default=None, sa_column=_json())


class FormResponseRow(SQLModel, table=True):
    """A response as one import brought it; a later import may bring it with newer answers."""

    __tablename__ = "form_response"
    __table_args__ = (Index("ix_form_response_edition_import", "edition", "brought_by"),)

    edition: UUID = Field(foreign_key="edition.id", primary_key=True)
    form: str = Field(sa_column=Column(Text, primary_key=True))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    brought_by: UUID = Field(foreign_key="response_import.id", primary_key=True)
    received_at: datetime = Field(sa_column=_instant(nullable=False))
    answers: dict[str, Any] = Field(sa_column=_json(nullable=False, info=PERSONAL))
    answers_at: datetime = Field(sa_column=_instant(nullable=False))
    registration: UUID = Field(
        sa_column=Column(ForeignKey("registration.id"), nullable=False, index=True)
    )
    other_time: datetime | None = Field(default=None, sa_column=_instant())


class FormSecretRow(SQLModel, table=True):
    """That a form has a secret. The secret follows from the id and is kept nowhere."""

    __tablename__ = "form_secret"
    __table_args__ = (Index("ix_form_secret_edition_form", "edition", "form"),)

    id: UUID = Field(primary_key=True)
    edition: UUID = Field(foreign_key="edition.id")
    form: str = Field(sa_column=Column(Text, nullable=False))
    made_at: datetime = Field(sa_column=_instant(nullable=False))
    made_by: str = Field(sa_column=Column(Text, nullable=False))
    ends_at: datetime | None = Field(default=None, sa_column=_instant())
    last_used_at: datetime | None = Field(default=None, sa_column=_instant())


class FormDeliveryRow(SQLModel, table=True):
    """A response that was delivered live, and what it was answered: once per content."""

    __tablename__ = "form_delivery"
    __table_args__ = (
        CheckConstraint(one_of("verdict", [v.value for v in Verdict]), name="verdict"),
        Index("ix_form_delivery_import", "import_id"),
    )

    edition: UUID = Field(foreign_key="edition.id", primary_key=True)
    form: str = Field(sa_column=Column(Text, primary_key=True))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    content: str = Field(sa_column=Column(Text, primary_key=True, info=PERSONAL))
    import_id: UUID = Field(foreign_key="response_import.id")
    row: int
    verdict: str = Field(sa_column=Column(Text, nullable=False))
    reason: str | None = Field(default=None, sa_column=Column(Text))
