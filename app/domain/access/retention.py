"""Permissions of retention."""

from app.domain.access.permissions import At, Permission, Rule
from app.domain.access.platform import OFFICE
from app.domain.access.roles import Role

_AUDITOR = Rule(Role.AUDITOR, At.ALLIANCE)

RETENTION: dict[str, Permission] = {
    "get_retention": Permission((OFFICE, _AUDITOR)),
    "list_erasures": Permission((OFFICE, _AUDITOR)),
    # The contact for data protection acts through the alliance office.
    "erase_person": Permission((OFFICE,)),
}
