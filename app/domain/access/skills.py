"""Permissions of ESCO look-up: its data are public."""

from collections.abc import Mapping

from app.domain.access.permissions import At, Permission, Rule
from app.domain.access.platform import OFFICE
from app.domain.access.roles import Role

_PUBLIC = Permission(public=True)

SKILLS: Mapping[str, Permission] = {
    "suggest_skills": _PUBLIC,
    "list_skills_below": _PUBLIC,
    "get_skills_in_use": _PUBLIC,
    "search_occupations": _PUBLIC,
    "list_occupation_skills": _PUBLIC,
    "list_esco_versions": _PUBLIC,
    # Across all proposals, whoever wrote them.
    "list_link_changes": Permission((OFFICE, Rule(Role.AUDITOR, At.ALLIANCE))),
}
