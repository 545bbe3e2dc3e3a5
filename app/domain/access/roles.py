"""Roles, grants, and the caller of a use case."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.vocabulary.institutions import InstitutionCode


class Role(StrEnum):
    """What a person may be trusted with, at an institution or for the alliance."""

    COORDINATOR = "coordinator"
    CO_AUTHOR = "co_author"
    SIGNATORY = "signatory"
    QUALITY_OFFICER = "quality_officer"
    REVIEWER = "reviewer"
    STUDENT_REVIEWER = "student_reviewer"
    PANEL_CHAIR = "panel_chair"
    ALLIANCE_OFFICE = "alliance_office"
    ENROLMENT_OFFICER = "enrolment_officer"
    TEACHER = "teacher"
    RESULTS_CONFIRMER = "results_confirmer"
    ISSUER_OFFICER = "issuer_officer"
    RECOGNITION_OFFICER = "recognition_officer"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Subject:
    """Who the identity provider says it is: an issuer and its name for the person."""

    issuer: str
    subject: str


@dataclass(frozen=True)
class Grant:
    """A role that a person holds, from one day to another.

    `institution` is None for the alliance as a whole.
    """

    role: Role
    institution: InstitutionCode | None
    valid_from: datetime
    valid_to: datetime | None = None

    def holds_at(self, instant: datetime) -> bool:
        """Whether the grant is in force at that instant; the end is exclusive."""
        return self.valid_from <= instant and (self.valid_to is None or instant < self.valid_to)


@dataclass(frozen=True)
class Caller:
    """The person, or one registration's holder, on whose behalf a use case runs.

    A valid token makes anybody a learner for their own data; everything else comes from grants.
    A caller who came through a one-time link has no account but `registration` alone.
    """

    account: UUID | None
    """Our own identifier of the person: the one that audit records carry."""
    grants: tuple[Grant, ...] = ()
    """Those in force now."""
    email: str | None = field(default=None, repr=False)
    """An address that the identity provider has verified, folded to lower case."""
    name: str | None = field(default=None, repr=False)
    """The name that the identity provider gives, as a proposal for forms."""
    registration: UUID | None = None
    """The only registration that a link session may act for."""
    trace_id: str = ""
    is_system: bool = False
    """Whether nobody asked: a job or a timer acts."""

    @property
    def is_anonymous(self) -> bool:
        """Whether there was no token at all."""
        return self.account is None and self.registration is None and not self.is_system

    @property
    def actor(self) -> str:
        """How audit records and histories name the caller; never a name or an address."""
        if self.account is not None:
            return f"account:{self.account}"
        if self.registration is not None:
            return f"registration:{self.registration}"
        return "system" if self.is_system else "anonymous"

    def has(self, role: Role, *institutions: InstitutionCode | None) -> bool:
        """Whether the role is held at one of those institutions (None: for the alliance)."""
        return any(g.role == role and g.institution in institutions for g in self.grants)

    def institutions(self, *roles: Role) -> Collection[InstitutionCode]:
        """Where any of those roles is held."""
        return {g.institution for g in self.grants if g.role in roles and g.institution}


SYSTEM = Caller(account=None, is_system=True)
"""The system itself, when a job acts without anybody having asked."""
