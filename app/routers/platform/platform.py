"""Operations of the platform: health, identity, grants, audit, institutions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app import __version__
from app.domain.access import use_cases
from app.domain.access.permissions import permits, require
from app.domain.access.roles import Role, Subject
from app.domain.access.table import PERMISSIONS
from app.domain.errors import NotFound
from app.routers.habits import (
    CallerDep,
    CursorDep,
    HabitRoute,
    LimitDep,
    Page,
    PortsDep,
    page_of,
)
from app.routers.platform.platform_models import (
    AllianceOut,
    AuditRecordOut,
    DemoPeopleOut,
    DemoPersonOut,
    EndGrantIn,
    GrantIn,
    GrantOut,
    HealthOut,
    InstitutionOut,
    InstitutionsOut,
    MeOut,
    PermissionRow,
    PermissionsOut,
    ReadyOut,
    TokenIn,
    TokenOut,
)

router = APIRouter(route_class=HabitRoute)


class NoLocalIdentity(NotFound):
    """There is no development identity in this deployment."""

    code = "no_local_identity"

    def __init__(self) -> None:
        super().__init__("This deployment has no local identity. Sign in with your provider.")


@router.get("/health", operation_id="get_health", tags=["platform"])
async def get_health(ports: PortsDep) -> HealthOut:
    """Say that the process is alive. Asks nobody else."""
    return HealthOut(version=__version__, mode=ports.settings.mode)


@router.get("/ready", operation_id="get_readiness", tags=["platform"])
async def get_readiness(ports: PortsDep) -> ReadyOut:
    """Say whether the database answers, and how many jobs wait for a person."""
    return ReadyOut(resting_jobs=await ports.ready())


@router.get("/v1/alliance", operation_id="get_alliance", tags=["institutions"])
async def get_alliance(ports: PortsDep) -> AllianceOut:
    """The alliance that this deployment serves."""
    async with ports.reading() as work:
        return AllianceOut.of(await work.institutions.alliance())


@router.get("/v1/institutions", operation_id="list_institutions", tags=["institutions"])
async def list_institutions(ports: PortsDep) -> InstitutionsOut:
    """All partners of the alliance, by code."""
    async with ports.reading() as work:
        partners = await work.institutions.all()
    return InstitutionsOut(items=[InstitutionOut.of(partner) for partner in partners])


@router.get("/v1/institutions/{code}", operation_id="get_institution", tags=["institutions"])
async def get_institution(code: str, ports: PortsDep) -> InstitutionOut:
    """One partner, by its code."""
    async with ports.reading() as work:
        return InstitutionOut.of(await work.institutions.get(code))


@router.get("/v1/me", operation_id="get_me", tags=["identity"])
async def get_me(caller: CallerDep) -> MeOut:
    """Who the caller is to us: account, roles in force, and what they cover."""
    require(PERMISSIONS, caller, "get_me")
    held = {grant.role for grant in caller.grants}
    allowed = [
        action
        for action, permission in PERMISSIONS.items()
        if permits(permission, caller) or held & {rule.role for rule in permission.rules}
    ]
    return MeOut.of(caller, sorted(allowed))


@router.get("/v1/permissions", operation_id="get_permissions", tags=["identity"])
async def get_permissions() -> PermissionsOut:
    """Who may do what: one row per operation."""
    return PermissionsOut(
        items=[PermissionRow.of(name, PERMISSIONS[name]) for name in sorted(PERMISSIONS)]
    )


@router.get("/v1/dev/people", operation_id="list_demo_people", tags=["identity"])
async def list_demo_people(ports: PortsDep) -> DemoPeopleOut:
    """The people whom the local identity knows. Does not exist in production mode."""
    if ports.local_identity is None:
        raise NoLocalIdentity
    return DemoPeopleOut(
        items=[
            DemoPersonOut(
                name=person.name,
                description=person.description,
                roles=[{"role": role, "institution": at} for role, at in person.roles],
            )
            for person in ports.local_identity.people
        ]
    )


@router.post("/v1/dev/tokens", operation_id="issue_development_token", tags=["identity"])
async def issue_development_token(body: TokenIn, response: Response, ports: PortsDep) -> TokenOut:
    """Be a demo person, for development. Does not exist in production mode."""
    response.headers["Cache-Control"] = "private, no-store"
    if ports.local_identity is None:
        raise NoLocalIdentity
    return TokenOut(access_token=ports.local_identity.token(body.person))


@router.get("/v1/grants", operation_id="list_grants", tags=["identity"])
async def list_grants(
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    institution: Annotated[str | None, Query(description="only those held there")] = None,
    role: Annotated[Role | None, Query(description="only those of this role")] = None,
) -> Page[GrantOut]:
    """Roles that have been granted, past ones included."""
    found = await use_cases.grants(
        institution=institution,
        role=role,
        after=cursor.after_id,
        limit=limit + 1,
        work=ports.reading(),
        caller=caller,
    )
    shown, following = page_of(request, response, found, limit, lambda grant: (grant.id,))
    return Page(items=[GrantOut.of(grant) for grant in shown], next=following)


@router.post("/v1/grants", status_code=201, operation_id="create_grant", tags=["identity"])
async def create_grant(body: GrantIn, caller: CallerDep, ports: PortsDep) -> GrantOut:
    """Grant a role to somebody, at an institution or for the alliance."""
    grant = await use_cases.grant_role(
        Subject(body.subject.issuer, body.subject.subject),
        body.role,
        body.institution,
        body.valid_from,
        body.valid_to,
        work=ports.work(caller, "create_grant"),
        caller=caller,
        clock=ports.clock,
    )
    return GrantOut.of(grant)


@router.post("/v1/grants/{grant}/end", operation_id="end_grant", tags=["identity"])
async def end_grant(grant: UUID, body: EndGrantIn, caller: CallerDep, ports: PortsDep) -> GrantOut:
    """End a grant now."""
    ended = await use_cases.end_grant(
        grant,
        body.reason,
        work=ports.work(caller, "end_grant"),
        caller=caller,
        clock=ports.clock,
    )
    return GrantOut.of(ended)


@router.get("/v1/audit-records", operation_id="list_audit_records", tags=["audit"])
async def list_audit_records(
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    kind: Annotated[str | None, Query(description="only on such things")] = None,
    subject: Annotated[str | None, Query(description="only on this one")] = None,
    actor: Annotated[str | None, Query(description="only by this one")] = None,
) -> Page[AuditRecordOut]:
    """Every change, in the order of their making. Append-only; holds no personal data."""
    found = await use_cases.audit_records(
        kind=kind,
        subject=subject,
        actor=actor,
        after=cursor.after_id,
        limit=limit + 1,
        work=ports.reading(),
        caller=caller,
    )
    shown, following = page_of(request, response, found, limit, lambda record: (record.id,))
    return Page(items=[AuditRecordOut.of(record) for record in shown], next=following)
