"""What the platform's operations answer with."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.access.permissions import Permission
from app.domain.access.ports import AuditRecord, RoleGrant
from app.domain.access.roles import Caller, Role
from app.domain.jobs import FINISHED, Job, JobItem, JobState
from app.domain.vocabulary.institutions import Alliance, Institution
from app.domain.vocabulary.text import LanguageMap
from app.routers.habits.values import Instant


class HealthOut(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str
    mode: str


class ReadyOut(BaseModel):
    """What it needs answers as well."""

    status: Literal["ready"] = "ready"
    resting_jobs: int = Field(description="jobs that failed for good and wait for a person")


class AllianceOut(BaseModel):
    """The alliance that this deployment serves."""

    name: str
    short_name: str
    code_prefix: str
    coordinator: str

    @classmethod
    def of(cls, alliance: Alliance) -> "AllianceOut":
        """From the domain."""
        return cls(
            name=alliance.name,
            short_name=alliance.short_name,
            code_prefix=alliance.code_prefix,
            coordinator=alliance.coordinator,
        )


class InstitutionOut(BaseModel):
    """A partner. An identifier that no source confirms is absent."""

    code: str = Field(examples=["UNIOVI"])
    name: dict[str, str] = Field(examples=[{"es": "Universidad de Oviedo"}])
    city: str
    country: str = Field(description="ISO 3166-1 alpha-2", examples=["ES"])
    homepage: str
    mail_domains: list[str]
    identifiers: dict[str, str] = Field(examples=[{"erasmus": "E  OVIEDO01"}])

    @classmethod
    def of(cls, institution: Institution) -> "InstitutionOut":
        """From the domain."""
        name: LanguageMap = {
            "en": institution.name_en,
            institution.name_local_language: institution.name_local,
        }
        return cls(
            code=institution.code,
            name=dict(name),
            city=institution.city,
            country=institution.country,
            homepage=institution.homepage,
            mail_domains=list(institution.mail_domains),
            identifiers=dict(institution.identifiers),
        )


class InstitutionsOut(BaseModel):
    """All partners."""

    items: list[InstitutionOut]


class HeldRole(BaseModel):
    """A role that the caller holds now."""

    role: Role
    institution: str | None = Field(description="null for the alliance as a whole")
    valid_to: datetime | None


class MeOut(BaseModel):
    """Who the caller is to us."""

    account: UUID | None = Field(description="null in the session of a one-time link")
    registration: UUID | None = Field(description="what a link session may act for")
    name: str | None
    email: str | None = Field(description="only if the identity provider has verified it")
    roles: list[HeldRole]
    allowed_actions: list[str] = Field(
        description="operations that the roles cover somewhere; each thing has its own list"
    )

    @classmethod
    def of(cls, caller: Caller, allowed: list[str]) -> "MeOut":
        """From the domain."""
        return cls(
            account=caller.account,
            registration=caller.registration,
            name=caller.name,
            email=caller.email,
            roles=[
                HeldRole(role=g.role, institution=g.institution, valid_to=g.valid_to)
                for g in caller.grants
            ],
            allowed_actions=allowed,
        )


class DemoPersonOut(BaseModel):
    """Somebody whom the local identity knows."""

    name: str = Field(examples=["ana-oviedo"])
    description: str
    roles: list[dict[str, str | None]]


class DemoPeopleOut(BaseModel):
    """Everybody with a role. Besides them, `learner-1` and so on have none."""

    warning: str = "Development only: anybody can be anybody here."
    items: list[DemoPersonOut]


class TokenIn(BaseModel):
    """Whom to be."""

    person: str = Field(examples=["ana-oviedo"], max_length=100)


class TokenOut(BaseModel):
    """A bearer token (RFC 6750)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    warning: str = "Development only: this token proves nothing about anybody."


class SubjectIn(BaseModel):
    """A person as an identity provider names them."""

    issuer: str = Field(max_length=500)
    subject: str = Field(max_length=255)


class GrantIn(BaseModel):
    """A role for somebody, from one day to another."""

    subject: SubjectIn
    role: Role
    institution: str | None = Field(None, description="leave out for roles of the alliance")
    valid_from: Instant | None = Field(None, description="now, if left out")
    valid_to: Instant | None = None


class EndGrantIn(BaseModel):
    """Why a grant ends."""

    reason: str = Field(min_length=3, max_length=500)


class GrantOut(BaseModel):
    """A grant as it is kept."""

    id: UUID
    account: UUID
    issuer: str
    subject: str
    role: Role
    institution: str | None
    valid_from: datetime
    valid_to: datetime | None
    granted_by: str

    @classmethod
    def of(cls, grant: RoleGrant) -> "GrantOut":
        """From the domain."""
        return cls(
            id=grant.id,
            account=grant.account,
            issuer=grant.subject.issuer,
            subject=grant.subject.subject,
            role=grant.role,
            institution=grant.institution,
            valid_from=grant.valid_from,
            valid_to=grant.valid_to,
            granted_by=grant.granted_by,
        )


class AuditRecordOut(BaseModel):
    """One change."""

    id: UUID
    at: datetime
    actor: str = Field(description="an account or registration of ours; never a name")
    action: str = Field(description="the `operationId`, or the job's kind")
    kind: str
    subject: str
    before: str | None
    after: str | None
    note: str | None
    trace_id: str

    @classmethod
    def of(cls, record: AuditRecord) -> "AuditRecordOut":
        """From the domain."""
        return cls(**record.__dict__)


class JobItemOut(BaseModel):
    """What became of one thing that the job worked on."""

    key: str
    status: str
    code: str
    detail: dict[str, Any]


class JobErrorOut(BaseModel):
    """Why the job failed, and what to do."""

    code: str
    detail: str


class ProgressOut(BaseModel):
    """How far it has come."""

    done: int
    total: int | None


class JobOut(BaseModel):
    """Long work."""

    id: UUID
    kind: str
    state: JobState
    progress: ProgressOut
    result: dict[str, Any] | None
    error: JobErrorOut | None
    items: list[JobItemOut]
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    allowed_actions: list[str]

    @classmethod
    def of(cls, job: Job, items: "list[JobItem] | tuple[JobItem, ...]" = ()) -> "JobOut":
        """From the domain."""
        if job.state in FINISHED:
            allowed = ["resume_job"] if job.may_be_resumed else []
        else:
            allowed = ["cancel_job"]
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            progress=ProgressOut(done=job.done, total=job.total),
            result=dict(job.result) if job.result is not None else None,
            error=JobErrorOut(code=job.error.code, detail=job.error.detail) if job.error else None,
            items=[
                JobItemOut(key=i.key, status=i.status, code=i.code, detail=dict(i.detail))
                for i in items
            ],
            cancel_requested=job.cancel_requested,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            allowed_actions=allowed,
        )


class PermissionRow(BaseModel):
    """Who may do one operation."""

    operation: str
    public: bool
    signed_in: bool
    self_: bool = Field(alias="self", description="the person whom the thing is about")
    roles: list[str] = Field(examples=[["enrolment_officer at lead"]])

    @classmethod
    def of(cls, operation: str, permission: Permission) -> "PermissionRow":
        """From the domain."""
        return cls(
            operation=operation,
            public=permission.public,
            signed_in=permission.signed_in,
            self=permission.self_,
            roles=[f"{rule.role} at {rule.at}" for rule in permission.rules],
        )


class PermissionsOut(BaseModel):
    """The whole permission table."""

    items: list[PermissionRow]
