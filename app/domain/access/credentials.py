"""Permissions of credentials."""

from app.domain.access.permissions import Permission

CREDENTIALS: dict[str, Permission] = {}
