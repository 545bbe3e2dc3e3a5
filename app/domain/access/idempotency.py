"""Repeated requests: the first answer is kept, and given again (draft-ietf-httpapi-idempotency)."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.domain.errors import Conflict, Invalid

KEPT_FOR = timedelta(hours=24)


class StillInFlight(Conflict):
    """The same request is being worked on at this moment."""

    code = "idempotency_in_flight"

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is still at work. Ask again shortly.")


class KeyReused(Invalid):
    """The key came before with another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key came before with another request. Use a new key for a new one."
        )


@dataclass(frozen=True)
class KeptAnswer:
    """An answer as it went out the first time."""

    fingerprint: str
    """Hash over the request that it answered."""
    status: int
    headers: Mapping[str, str]
    body: bytes
    expires_at: datetime


class Claim(Protocol):
    """The right to work on one key; nobody else has it at the same time."""

    async def kept(self) -> KeptAnswer | None:
        """The answer that is kept under the key and has not expired."""
        ...

    async def keep(self, answer: KeptAnswer) -> None:
        """Keep this answer."""
        ...


class IdempotencyStore(Protocol):
    """Answers by key. A key is already specific to one caller and one operation."""

    def claim(self, key: str) -> AbstractAsyncContextManager[Claim]:
        """Hold the key for the length of the block. Raises StillInFlight on entry."""
        ...

    async def purge(self) -> int:
        """Forget answers that have expired; how many there were."""
        ...
