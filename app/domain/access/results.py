"""Permissions of results."""

from app.domain.access.permissions import Permission

RESULTS: dict[str, Permission] = {}
