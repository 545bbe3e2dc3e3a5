"""Kept answers in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.domain.access.idempotency import KeptAnswer, StillInFlight
from app.domain.clock import Clock


class MemoryClaim:
    """See `app.domain.access.idempotency.Claim`."""

    def __init__(self, answers: dict[str, KeptAnswer], key: str, clock: Clock) -> None:
        self._answers = answers
        self._key = key
        self._clock = clock

    async def kept(self) -> KeptAnswer | None:
        """The answer that is kept under the key."""
        answer = self._answers.get(self._key)
        return answer if answer and answer.expires_at > self._clock.now() else None

    async def keep(self, answer: KeptAnswer) -> None:
        """Keep this answer."""
        self._answers[self._key] = answer


class MemoryIdempotency:
    """See `app.domain.access.idempotency.IdempotencyStore`."""

    def __init__(self, clock: Clock) -> None:
        self._answers: dict[str, KeptAnswer] = {}
        self._in_flight: set[str] = set()
        self._clock = clock

    @asynccontextmanager
    async def claim(self, key: str) -> AsyncIterator[MemoryClaim]:
        """Hold the key for the length of the block. Raises StillInFlight on entry."""
        if key in self._in_flight:
            raise StillInFlight
        self._in_flight.add(key)
        try:
            yield MemoryClaim(self._answers, key, self._clock)
        finally:
            self._in_flight.discard(key)

    async def purge(self) -> int:
        """Forget answers that have expired."""
        now = self._clock.now()
        gone = [key for key, answer in self._answers.items() if answer.expires_at <= now]
        for key in gone:
            del self._answers[key]
        return len(gone)
