"""Permissions of enrolment."""

from app.domain.access.permissions import Permission

ENROLMENT: dict[str, Permission] = {}
