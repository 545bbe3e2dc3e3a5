"""What the issuing of credentials needs from outside."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from app.domain.errors import Conflict, NotFound
from app.domain.vocabulary.award import Award, NotReady


class EditionNotFound(NotFound):
    """There is no such edition, or the caller may not know of it."""

    code = "edition_not_found"

    def __init__(self, edition: UUID) -> None:
        super().__init__(f"There is no edition {edition}.")


class AwardNotFound(NotFound):
    """The registration does not exist, or its result does not pass."""

    code = "award_not_found"

    def __init__(self, registration: UUID) -> None:
        super().__init__(
            f"Registration {registration} has no result that passes. "
            "Results are entered and confirmed before a credential can be made."
        )


class AwardNotReady(Conflict):
    """The learner passed, but the credential cannot be made yet."""

    code = "award_not_ready"

    def __init__(self, not_ready: NotReady) -> None:
        super().__init__(
            f"The credential of registration {not_ready.registration} cannot be made yet: "
            f"{', '.join(not_ready.reasons)}."
        )
        self.not_ready = not_ready


class Awards(Protocol):
    """Who has passed an edition, and what their credential will say.

    An award is ready when the result is confirmed, no objection is open or can still be raised,
    and the learner has confirmed the data of the credential. Whether a credential was issued
    already does not count here.
    """

    async def of_edition(self, edition: UUID) -> tuple[Sequence[Award], Sequence[NotReady]]:
        """Everybody who passed: the awards that are ready, and the others with their reasons.

        Both by registration. Raises EditionNotFound.
        """
        ...

    async def get(self, registration: UUID) -> Award:
        """One award that is ready.

        In a unit of work that changes something, the result is held until its end, so that no
        objection and no new credential data slip in before the credential is kept.
        Raises AwardNotFound, AwardNotReady.
        """
        ...

    async def proposal_of(self, edition: UUID) -> UUID:
        """The proposal whose micro-credential the edition teaches. Raises EditionNotFound."""
        ...

    async def held_by(self, account: UUID) -> Collection[UUID]:
        """The registrations of the person with this account; empty for an unknown account."""
        ...
