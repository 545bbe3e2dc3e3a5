"""Permissions of the platform itself: identity, grants, audit, jobs, reference data."""

from app.domain.access.permissions import At, Permission, Rule
from app.domain.access.roles import Role

PUBLIC = Permission(public=True)
SIGNED_IN = Permission(signed_in=True)

OFFICE = Rule(Role.ALLIANCE_OFFICE, At.ALLIANCE)

PLATFORM = {
    "get_health": PUBLIC,
    "get_readiness": PUBLIC,
    "get_alliance": PUBLIC,
    "list_institutions": PUBLIC,
    "get_institution": PUBLIC,
    "list_vocabularies": PUBLIC,
    "get_vocabulary": PUBLIC,
    "get_permissions": PUBLIC,
    "list_demo_people": PUBLIC,
    "issue_development_token": PUBLIC,
    "get_me": SIGNED_IN,
    # Whoever asked for the work, and the office when something is stuck.
    "get_job": Permission((OFFICE,), self_=True),
    "stream_job_events": Permission((OFFICE,), self_=True),
    "cancel_job": Permission((OFFICE,), self_=True),
    "resume_job": Permission((OFFICE,), self_=True),
    "list_grants": Permission((OFFICE, Rule(Role.AUDITOR, At.ALLIANCE))),
    "create_grant": Permission((OFFICE,)),
    "end_grant": Permission((OFFICE,)),
    "list_audit_records": Permission((Rule(Role.AUDITOR, At.ALLIANCE),)),
}
