"""The short way: one registration in an edition that decides at once, in one step.

A store may offer it where nothing needs a second look. It decides as `quota.decide` does and leaves
what the general way would have left.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.person import Person
from app.domain.enrolment.ranking import Ranks, Receipt
from app.domain.enrolment.registration import Registration
from app.domain.vocabulary.institutions import InstitutionCode


@dataclass(frozen=True)
class Claim:
    """Somebody signed in, of a partner, registers for themselves."""

    edition: UUID
    registration: UUID
    """The identifier that it gets."""
    person: Person
    """As they give themselves now, with their account; its identifier counts for a new person."""
    institution: InstitutionCode
    receipt: Receipt
    actor: str


@dataclass(frozen=True)
class Claimed:
    """What a claim led to."""

    edition: Edition
    registration: Registration
    person: Person
    ranks: Ranks
    """As they were when it was decided."""


class DirectRegistrations(Protocol):
    """Registers in one step, as a unit of work of its own."""

    async def claim(self, claim: Claim) -> Claimed | None:
        """Register, or None: nothing was done, and the general way has to be gone.

        Called outside `async with work:`.
        """
        ...
