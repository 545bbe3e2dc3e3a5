"""Tables of proposals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables.base import one_of
from app.domain.proposals.content import Model
from app.domain.proposals.states import State

_STATE = one_of("state", [state.value for state in State])
_APPROVED = one_of("state", ["approved", "published", "retired"])


class ProposalRow(SQLModel, table=True):
    """A proposal. What is searched or constrained is a column, the rest a tree of values.

    A trigger refuses to change what is certified once it is approved.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint(_STATE, name="state"),
        CheckConstraint(one_of("model", [model.value for model in Model]), name="model"),
        CheckConstraint("version >= 1 AND revision >= 1 AND round >= 0", name="counts"),
        CheckConstraint("lead = ANY (partners)", name="lead_takes_part"),
        CheckConstraint("answering <@ partners", name="answering_take_part"),
        CheckConstraint(
            f"NOT ({_APPROVED}) "
            "OR agreement #>> '{decision,decision}' IS NOT DISTINCT FROM 'approve'",
            name="approved_by_decision",
        ),
        Index("ix_proposal_partners", "partners", postgresql_using="gin"),
        Index("ix_proposal_state", "state"),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    revision: int
    version: int
    state: str = Field(sa_column=Column(Text, nullable=False))
    model: str = Field(sa_column=Column(Text, nullable=False))
    lead: str = Field(sa_column=Column(Text, ForeignKey("institution.code"), nullable=False))
    partners: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    answering: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    round: int
    certified_hash: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    section_versions: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    agreement: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class ProposalHistoryRow(SQLModel, table=True):
    """One step in the life of a proposal. Append-only: a trigger refuses every other statement."""

    __tablename__ = "proposal_history"
    __table_args__ = (CheckConstraint(_STATE, name="state"),)

    proposal: UUID = Field(foreign_key="proposal.id", primary_key=True)
    version: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    action: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    certified_hash: str = Field(sa_column=Column(Text, nullable=False))
    institution: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    decision: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    note: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class ProposalNumberRow(SQLModel, table=True):
    """The last number given to a proposal, by year: codes are never given twice."""

    __tablename__ = "proposal_number"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int
