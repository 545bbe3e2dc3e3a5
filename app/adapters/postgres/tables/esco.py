"""Tables of ESCO: several versions side by side, one of them active."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import one_of

CONCEPT_KINDS = ("skill", "knowledge", "untyped", "group", "occupation")
LABEL_KINDS = ("preferred", "alternative", "hidden")
RELATIONS = ("broader", "essential", "optional")


def _version(*, key: bool = True) -> Any:
    return Column(Text, ForeignKey("esco_version.version", ondelete="CASCADE"), primary_key=key)


def _text(*, key: bool = False, null: bool = False) -> Any:
    return Column(Text, primary_key=key, nullable=null)


class EscoVersionRow(SQLModel, table=True):
    """A version of ESCO that is here, in full or in part."""

    __tablename__ = "esco_version"
    __table_args__ = (
        Index("uq_esco_version_active", "active", unique=True, postgresql_where=sql("active")),
    )

    version: str = Field(sa_column=_text(key=True))
    active: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=sql("false")))
    revision: int = Field(sa_column=Column(Integer, nullable=False, server_default=sql("0")))
    """Counts what was imported into it; an index says which one it was built from."""
    changed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class EscoConceptRow(SQLModel, table=True):
    """A skill, a group of skills, or an occupation."""

    __tablename__ = "esco_concept"
    __table_args__ = (
        CheckConstraint(one_of("kind", list(CONCEPT_KINDS)), name="kind"),
        CheckConstraint("kind IN ('group', 'occupation') OR code IS NULL", name="code"),
    )

    version: str = Field(sa_column=_version())
    uri: str = Field(sa_column=_text(key=True))
    kind: str = Field(sa_column=_text())
    reuse_level: str | None = Field(default=None, sa_column=_text(null=True))
    code: str | None = Field(default=None, sa_column=_text(null=True))
    status: str = Field(sa_column=_text())
    source: str = Field(sa_column=_text())
    """The import it came with: a name in `esco_import`."""


class EscoLabelRow(SQLModel, table=True):
    """A label of a concept in one language."""

    __tablename__ = "esco_label"
    __table_args__ = (
        CheckConstraint(one_of("kind", list(LABEL_KINDS)), name="kind"),
        Index("ix_esco_label_source", "version", "source"),
        Index(
            "uq_esco_label_preferred",
            "version",
            "uri",
            "language",
            unique=True,
            postgresql_where=sql("kind = 'preferred'"),
        ),
    )

    version: str = Field(sa_column=_version())
    uri: str = Field(sa_column=_text(key=True))
    language: str = Field(sa_column=_text(key=True))
    text: str = Field(sa_column=_text(key=True))
    kind: str = Field(sa_column=_text())
    source: str = Field(sa_column=_text())


class EscoDescriptionRow(SQLModel, table=True):
    """What a concept means, in one language."""

    __tablename__ = "esco_description"
    __table_args__ = (Index("ix_esco_description_source", "version", "source"),)

    version: str = Field(sa_column=_version())
    uri: str = Field(sa_column=_text(key=True))
    language: str = Field(sa_column=_text(key=True))
    text: str = Field(sa_column=_text())
    source: str = Field(sa_column=_text())


class EscoRelationRow(SQLModel, table=True):
    """`subject` has `object` above it, or needs it."""

    __tablename__ = "esco_relation"
    __table_args__ = (
        CheckConstraint(one_of("kind", list(RELATIONS)), name="kind"),
        Index("ix_esco_relation_source", "version", "source"),
    )

    version: str = Field(sa_column=_version())
    subject: str = Field(sa_column=_text(key=True))
    kind: str = Field(sa_column=_text(key=True))
    object: str = Field(sa_column=_text(key=True))
    source: str = Field(sa_column=_text())


class EscoCollectionRow(SQLModel, table=True):
    """A concept is in a thematic collection."""

    __tablename__ = "esco_collection"

    version: str = Field(sa_column=_version())
    name: str = Field(sa_column=_text(key=True))
    uri: str = Field(sa_column=_text(key=True))
    source: str = Field(sa_column=_text())


class EscoImportRow(SQLModel, table=True):
    """A file, or a harvest of the live API: what of it is here, and what was odd about it."""

    __tablename__ = "esco_import"

    version: str = Field(sa_column=_version())
    name: str = Field(sa_column=_text(key=True))
    kind: str = Field(sa_column=_text())
    language: str | None = Field(default=None, sa_column=_text(null=True))
    fingerprint: str = Field(sa_column=_text())
    """SHA-256 of a file; the address of an API."""
    position: int = Field(sa_column=Column(Integer, nullable=False))
    """How many rows are here; of an unfinished harvest, where it goes on."""
    finished: bool = Field(sa_column=Column(Boolean, nullable=False))
    oddities: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
