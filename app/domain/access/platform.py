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
    "get_job": SIGNED_IN,
    "stream_job_events": SIGNED_IN,
    "cancel_job": SIGNED_IN,
    "resume_job": SIGNED_IN,
    "list_grants": Permission((OFFICE, Rule(Role.AUDITOR, At.ALLIANCE))),
    "create_grant": Permission((OFFICE,)),
    "end_grant": Permission((OFFICE,)),
    "list_audit_records": Permission((Rule(Role.AUDITOR, At.ALLIANCE),)),
}
