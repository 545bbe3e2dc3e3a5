"""Permissions of ESCO look-up: its data are public."""

from collections.abc import Mapping

from app.domain.access.permissions import Permission

_PUBLIC = Permission(public=True)

SKILLS: Mapping[str, Permission] = {
    "suggest_skills": _PUBLIC,
    "list_skills_below": _PUBLIC,
    "get_skills_in_use": _PUBLIC,
    "search_occupations": _PUBLIC,
    "list_occupation_skills": _PUBLIC,
}
