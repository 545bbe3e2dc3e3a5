"""Permissions of proposals."""

from app.domain.access.permissions import Permission

PROPOSALS: dict[str, Permission] = {}
