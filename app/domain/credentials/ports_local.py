"""What sealing elsewhere needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.credentials.seal import PreparedSeal
from app.domain.errors import NotFound


class PreparedSealNotFound(NotFound):
    """Nothing is prepared under that identifier, or it has been sealed by now."""

    code = "prepared_seal_not_found"

    def __init__(self, credential: UUID) -> None:
        super().__init__(
            f"The batch has nothing prepared for {credential}. Its local-sealing says what waits."
        )


@dataclass(frozen=True)
class Waiting:
    """Something that is prepared, without what it holds."""

    credential: UUID
    registration: UUID
    prepared_at: datetime
    digest: bytes
    """SHA-256 of what is to be signed."""


class PreparedSeals(Protocol):
    """What batches have prepared and nobody has signed yet; at most one per learner of a batch."""

    async def put(self, batch: UUID, prepared: PreparedSeal) -> None:
        """Keep it, in place of an earlier one for the same learner."""
        ...

    async def read(self, batch: UUID, credential: UUID) -> PreparedSeal:
        """One of them. Raises PreparedSealNotFound."""
        ...

    async def waiting(self, batch: UUID) -> Sequence[Waiting]:
        """All of a batch, by credential, without what they hold."""
        ...

    async def page(self, batch: UUID, *, after: UUID | None, limit: int) -> Sequence[PreparedSeal]:
        """Those of a batch by credential after a given one."""
        ...

    async def remove(self, batch: UUID, credential: UUID) -> None:
        """Forget one that was sealed."""
        ...

    async def clear(self, batch: UUID) -> None:
        """Forget all of a batch."""
        ...


class Transcripts(Protocol):
    """Transcripts as they were signed, one per credential."""

    async def read(self, credential: UUID) -> bytes | None:
        """The one that was kept, if there is one."""
        ...

    async def keep(self, credential: UUID, document: bytes, at: datetime) -> bytes:
        """Keep one, unless there is one; answers with the one that stands."""
        ...
