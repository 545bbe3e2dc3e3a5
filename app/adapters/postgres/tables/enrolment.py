"""Tables of enrolment: editions and their counts, people, registrations, decisions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.adapters.postgres.tables import enrolment_forms as enrolment_forms
from app.adapters.postgres.tables.base import PERSONAL, one_of
from app.domain.enrolment.affiliation import Kind as AffiliationKind
from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.decisions import Kind as DecisionKind
from app.domain.enrolment.edition import EditionState, Mode
from app.domain.enrolment.ranking import Source
from app.domain.enrolment.registration import LIVE, State
from app.domain.enrolment.timetable import UnusedPolicy
from app.domain.vocabulary.micro_credential import NoInstitutionRule


def _instant(**options: Any) -> Any:
    return Column(DateTime(timezone=True), **options)


def _rank(**options: Any) -> Any:
    # Character by character, as Python compares; another collation would order differently.
    return Column(Text(collation="C"), **options)


def live() -> str:
    """The condition of the index that holds one live registration per person and edition."""
    return one_of("state", [state.value for state in LIVE])


class EditionRow(SQLModel, table=True):
    """One run of a micro-credential; its row is the lock of everything in it."""

    __tablename__ = "edition"
    __table_args__ = (
        UniqueConstraint("proposal", "number"),
        CheckConstraint(one_of("state", [s.value for s in EditionState]), name="state"),
        CheckConstraint(one_of("mode", [m.value for m in Mode]), name="mode"),
        CheckConstraint(
            one_of("no_institution", [r.value for r in NoInstitutionRule]), name="no_institution"
        ),
        CheckConstraint("closes > opens", name="window"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint(
            one_of("unused_policy", [p.value for p in UnusedPolicy]), name="unused_policy"
        ),
        # What a timer looks for.
        Index("ix_edition_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    number: int
    proposal: UUID
    proposal_version: int
    title: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    organiser: str = Field(
        sa_column=Column(Text, ForeignKey("institution.code"), nullable=False, index=True)
    )
    awarding: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    partners: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    starts_on: date
    ends_on: date
    opens: datetime = Field(sa_column=_instant(nullable=False))
    closes: datetime = Field(sa_column=_instant(nullable=False))
    time_zone: str = Field(sa_column=Column(Text, nullable=False))
    grace_minutes: int
    quota: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    no_institution: str = Field(sa_column=Column(Text, nullable=False))
    mode: str = Field(sa_column=Column(Text, nullable=False))
    contact_email: str = Field(sa_column=Column(Text, nullable=False))
    least_participants: int | None = Field(default=None)
    overrides_allowed: bool
    unused_policy: str = Field(sa_column=Column(Text, nullable=False, server_default="none"))
    unused_at: datetime | None = Field(default=None, sa_column=_instant())
    promotion_until: datetime | None = Field(default=None, sa_column=_instant())
    due_at: datetime | None = Field(default=None, sa_column=_instant())
    issuer: str | None = Field(
        default=None, sa_column=Column(Text, ForeignKey("institution.code"), nullable=True)
    )
    state: str = Field(sa_column=Column(Text, nullable=False))
    published_at: datetime | None = Field(default=None, sa_column=_instant())
    last_decision: int
    imports: int
    version: int
    created_at: datetime = Field(sa_column=_instant(nullable=False))


class PlaceTallyRow(SQLModel, table=True):
    """Counts of one scope of an edition, changed only under the edition's lock.

    The constraint is the last line of defence for the caps: `excess` is what an officer gave above.
    """

    __tablename__ = "place_tally"
    __table_args__ = (
        CheckConstraint("placed >= 0 AND waiting >= 0 AND excess >= 0", name="not_negative"),
        CheckConstraint("cap IS NULL OR placed <= cap + excess", name="placed_within_cap"),
        # One institution across all editions.
        Index("ix_place_tally_scope_edition", "scope", "edition"),
    )

    edition: UUID = Field(foreign_key="edition.id", primary_key=True)
    scope: str = Field(sa_column=Column(Text, primary_key=True))
    cap: int | None = Field(default=None)
    placed: int
    waiting: int
    excess: int


class PersonRow(SQLModel, table=True):
    """Somebody who registers."""

    __tablename__ = "person"
    __table_args__ = (
        Index(
            "uq_person_identity",
            "email_folded",
            "name_key",
            unique=True,
            postgresql_where=text("account IS NULL AND NOT apart"),
        ),
        Index("ix_person_email_folded", "email_folded"),
        Index("ix_person_name_key", "name_key"),
    )

    id: UUID = Field(primary_key=True)
    account: UUID | None = Field(default=None, foreign_key="account.id", unique=True)
    full_name: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    email: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    email_folded: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    name_key: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    email_verified: bool
    country: str | None = Field(default=None, sa_column=Column(Text, info=PERSONAL))
    language: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    apart: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    wanted_email: str | None = Field(default=None, sa_column=Column(Text, info=PERSONAL))


class RegistrationRow(SQLModel, table=True):
    """One person's claim to a place in one edition."""

    __tablename__ = "registration"
    __table_args__ = (
        CheckConstraint(one_of("state", [s.value for s in State]), name="state"),
        CheckConstraint(one_of("source", [s.value for s in Source]), name="source"),
        CheckConstraint(
            one_of("affiliation_kind", [k.value for k in AffiliationKind]), name="affiliation_kind"
        ),
        CheckConstraint(one_of("claim_state", [c.value for c in ClaimState]), name="claim_state"),
        # Only what an officer has still to look at may lack an institution to count for.
        CheckConstraint(
            "bucket IS NOT NULL OR state NOT IN ('waiting', 'offered', 'placed', 'completed')",
            name="counted",
        ),
        Index(
            "uq_registration_live",
            "person",
            "edition",
            unique=True,
            postgresql_where=text(live()),
        ),
        Index("ix_registration_edition_rank", "edition", "rank"),
        # The next in line of each institution.
        Index(
            "ix_registration_waiting",
            "edition",
            "bucket",
            "rank",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_registration_undecided",
            "edition",
            postgresql_where=text("state = 'needs_decision'"),
        ),
        Index(
            "ix_registration_contested",
            "edition",
            postgresql_where=text("claim_state = 'contested'"),
        ),
        Index("ix_registration_person", "person"),
    )

    id: UUID = Field(primary_key=True)
    edition: UUID = Field(foreign_key="edition.id")
    person: UUID = Field(foreign_key="person.id")
    state: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    received_at: datetime = Field(sa_column=_instant(nullable=False))
    source: str = Field(sa_column=Column(Text, nullable=False))
    form: str | None = Field(default=None, sa_column=Column(Text))
    response: int | None = Field(default=None, sa_column=Column(BigInteger))
    rank: str = Field(sa_column=_rank(nullable=False))
    stated: str = Field(sa_column=Column(Text, nullable=False, info=PERSONAL))
    affiliation_kind: str | None = Field(default=None, sa_column=Column(Text))
    affiliation_name: str | None = Field(default=None, sa_column=Column(Text))
    bucket: str | None = Field(default=None, sa_column=Column(Text))
    registered_by: str = Field(sa_column=Column(Text, nullable=False))
    privacy_notice_at: datetime = Field(sa_column=_instant(nullable=False))
    answers_at: datetime = Field(sa_column=_instant(nullable=False))
    created_at: datetime = Field(sa_column=_instant(nullable=False))
    warnings: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    identity_decided: bool
    decision_seq: int | None = Field(default=None)
    pending: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    imported_by: UUID | None = Field(default=None)
    ended_at: datetime | None = Field(default=None, sa_column=_instant())
    claim_state: str = Field(sa_column=Column(Text, nullable=False, server_default="stated"))
    claim_institution: str | None = Field(default=None, sa_column=Column(Text))
    claim_at: datetime | None = Field(default=None, sa_column=_instant())
    claim_by: str | None = Field(default=None, sa_column=Column(Text))
    claim_reason: str | None = Field(default=None, sa_column=Column(Text))
    consents: dict[str, str] = Field(
        sa_column=Column(JSONB, nullable=False, server_default=text("'{}'::jsonb"))
    )
    consent_said: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True))
    )
    data_confirmed_at: datetime | None = Field(default=None, sa_column=_instant())
    version: int


class AllocationDecisionRow(SQLModel, table=True):
    """One line of the log of decisions. Holds no personal data, and outlives the registration."""

    __tablename__ = "allocation_decision"
    __table_args__ = (
        CheckConstraint(one_of("kind", [k.value for k in DecisionKind]), name="kind"),
        CheckConstraint("seq > 0", name="seq"),
    )

    edition: UUID = Field(foreign_key="edition.id", primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_column=_instant(nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    registration: UUID | None = Field(default=None)
    rank: str | None = Field(default=None, sa_column=_rank())
    bucket: str | None = Field(default=None, sa_column=Column(Text))
    state: str | None = Field(default=None, sa_column=Column(Text))
    reason: str | None = Field(default=None, sa_column=Column(Text))
    cause: int | None = Field(default=None)
    caps: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    note: str | None = Field(default=None, sa_column=Column(Text))


class ExternalSpellingRow(SQLModel, table=True):
    """An officer's decision on a name that means no partner."""

    __tablename__ = "external_spelling"

    spelling: str = Field(sa_column=Column(Text, primary_key=True))
    means: str = Field(sa_column=Column(Text, nullable=False))
