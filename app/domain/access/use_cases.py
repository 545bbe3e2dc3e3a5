"""Granting and ending roles, reading the audit record, and what one may do to jobs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.domain.access.permissions import Place, require
from app.domain.access.ports import AuditRecord, GrantNotFound, PlatformWork, RoleGrant
from app.domain.access.roles import Caller, Role, Subject
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.errors import Conflict, Invalid, NotAuthenticated
from app.domain.ids import new_id
from app.domain.jobs import Job, JobItem, JobNotFound, JobState
from app.domain.vocabulary.institutions import InstitutionCode

ALLIANCE_ROLES = frozenset({Role.PANEL_CHAIR, Role.ALLIANCE_OFFICE, Role.AUDITOR})
"""Roles that are held for the alliance; all others are held at an institution."""


class GrantScope(Invalid):
    """A role of the alliance was granted at an institution, or the other way round."""

    code = "grant_scope"


class GrantEnded(Conflict):
    """The grant has ended already."""

    code = "grant_ended"


async def grant_role(
    subject: Subject,
    role: Role,
    institution: InstitutionCode | None,
    valid_from: datetime | None,
    valid_to: datetime | None,
    *,
    work: PlatformWork,
    caller: Caller | None,
    clock: Clock,
) -> RoleGrant:
    """Grant a role to a subject of an identity provider.

    `caller` is None for the operator's command line, which gives the first grant. Raises
    GrantScope, InstitutionNotFound, NotAllowed.
    """
    if caller is not None:
        require(PERMISSIONS, caller, "create_grant")
    if (institution is None) != (role in ALLIANCE_ROLES):
        raise GrantScope(
            f"The role {role} is held for the alliance: leave the institution out."
            if role in ALLIANCE_ROLES
            else f"The role {role} is held at an institution: name it."
        )
    now = clock.now()
    if valid_to is not None and valid_to <= (valid_from or now):
        raise GrantScope("A grant ends after it begins.")
    async with work:
        if institution is not None:
            await work.institutions.get(institution)
        grant = RoleGrant(
            id=new_id(),
            account=await work.accounts.account(subject),
            subject=subject,
            role=role,
            institution=institution,
            valid_from=valid_from or now,
            valid_to=valid_to,
            granted_by=caller.actor if caller else "operator",
        )
        await work.grants.add(grant)
        await work.trail.append("grant", grant.id, after=f"{role}@{institution or 'alliance'}")
    return grant


async def end_grant(
    grant_id: UUID, reason: str, *, work: PlatformWork, caller: Caller, clock: Clock
) -> RoleGrant:
    """End a grant now. Raises GrantNotFound, GrantEnded, NotAllowed."""
    require(
        PERMISSIONS, caller, "end_grant", see="list_grants", missing=GrantNotFound(grant_id)
    )  # fmt: skip
    async with work:
        grant = await work.grants.get(grant_id)
        now = clock.now()
        if grant.valid_to is not None and grant.valid_to <= now:
            raise GrantEnded("This grant has ended already.")
        ended = replace(grant, valid_to=now)
        await work.grants.save(ended)
        await work.trail.append("grant", grant.id, after="ended", note=reason)
    return ended


async def grants(
    *,
    institution: InstitutionCode | None,
    role: Role | None,
    after: UUID | None,
    limit: int,
    work: PlatformWork,
    caller: Caller,
) -> Sequence[RoleGrant]:
    """Grants, for the alliance office and auditors."""
    require(PERMISSIONS, caller, "list_grants")
    async with work:
        return await work.grants.page(institution=institution, role=role, after=after, limit=limit)


async def audit_records(
    *,
    kind: str | None,
    subject: str | None,
    actor: str | None,
    after: UUID | None,
    limit: int,
    work: PlatformWork,
    caller: Caller,
) -> Sequence[AuditRecord]:
    """The audit record, for auditors."""
    require(PERMISSIONS, caller, "list_audit_records")
    async with work:
        return await work.audit.page(
            kind=kind, subject=subject, actor=actor, after=after, limit=limit
        )


def _signed_in(caller: Caller) -> None:
    """Who has no token is asked for one before they hear what exists."""
    if caller.is_anonymous:
        raise NotAuthenticated("Send a bearer token: jobs are not public.")


def _allow(action: str, job: Job, caller: Caller) -> None:
    """Let the one who asked for the job pass, and the alliance office."""
    require(
        PERMISSIONS,
        caller,
        action,
        Place(own=caller.actor == job.requested_by),
        see="get_job",
        missing=JobNotFound(job.id),
    )


async def job_with_items(
    job_id: UUID, *, work: PlatformWork, caller: Caller
) -> tuple[Job, Sequence[JobItem]]:
    """A job and what became of each of its things. Raises JobNotFound."""
    _signed_in(caller)
    async with work:
        job = await work.jobs.read(job_id)
        _allow("get_job", job, caller)
        return job, await work.jobs.items(job_id)


async def cancel_job(job_id: UUID, *, work: PlatformWork, caller: Caller, clock: Clock) -> Job:
    """Ask a job to stop at its next good moment. Raises JobNotFound, JobMoveNotAllowed."""
    _signed_in(caller)
    async with work:
        job = await work.jobs.get(job_id)
        _allow("cancel_job", job, caller)
        if job.state is JobState.QUEUED:
            job = replace(job.moved(JobState.CANCELLED), finished_at=clock.now())
        elif job.state is JobState.RUNNING:
            job = replace(job, cancel_requested=True)
        else:
            job = job.moved(JobState.CANCELLED)
        await work.jobs.save(job)
        await work.trail.append("job", job.id, after=f"cancel:{job.kind}")
    return job


async def resume_job(job_id: UUID, *, work: PlatformWork, caller: Caller) -> Job:
    """Run a failed or cancelled job again; what is done stays done.

    Raises JobNotFound, JobMoveNotAllowed, JobCannotSucceed.
    """
    _signed_in(caller)
    async with work:
        job = await work.jobs.get(job_id)
        _allow("resume_job", job, caller)
        job = replace(
            job.moved(JobState.QUEUED), cancel_requested=False, error=None, finished_at=None
        )
        await work.jobs.save(job)
        await work.jobs.requeue(job)
        await work.trail.append("job", job.id, after=f"resume:{job.kind}")
    return job
