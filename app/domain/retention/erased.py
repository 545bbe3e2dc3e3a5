"""How somebody looks who has been erased, and who took part in a course."""

from collections.abc import Mapping
from uuid import UUID

ERASED_DOMAIN = "@erased.invalid"
"""Reserved by RFC 2606: no mail ever goes there."""

TOOK_PART = ("placed", "offered", "completed")
"""States of registrations of people who took part: universities keep records of these."""

BLANK_ANSWERS: Mapping[str, str | None] = {
    "full_name": "",
    "email": "",
    "stated": "",
    "organisation": "",
    "country": None,
    "language": "en",
}
"""Answers to a form once they are erased. That there was a response stays, so that the same one
cannot come back by another import."""


def is_erased(address: str) -> bool:
    """Whether it is the address of somebody who cannot be reached any more."""
    return address.endswith(ERASED_DOMAIN)


def erased_address(person: UUID) -> str:
    """An address that is nobody's, and no other person's."""
    return f"erased-{person}{ERASED_DOMAIN}"
