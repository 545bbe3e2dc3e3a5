"""Kept answers in PostgreSQL; the in-flight mark is a lock of the transaction that holds it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.platform import IdempotencyRow
from app.domain.access.idempotency import KeptAnswer, StillInFlight
from app.domain.clock import Clock

_kept = table(IdempotencyRow)


class PostgresClaim:
    """See `app.domain.access.idempotency.Claim`."""

    def __init__(self, connection: AsyncConnection, key: str, clock: Clock) -> None:
        self._connection = connection
        self._key = key
        self._clock = clock

    async def kept(self) -> KeptAnswer | None:
        """The answer that is kept under the key."""
        row = (
            await self._connection.execute(
                select(_kept).where(
                    _kept.c.key == self._key, _kept.c.expires_at > self._clock.now()
                )
            )
        ).one_or_none()
        if row is None:
            return None
        return KeptAnswer(row.fingerprint, row.status, row.headers, row.body, row.expires_at)

    async def keep(self, answer: KeptAnswer) -> None:
        """Keep this answer."""
        values = {
            "fingerprint": answer.fingerprint,
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": answer.body,
            "expires_at": answer.expires_at,
        }
        await self._connection.execute(
            insert(_kept)
            .values(key=self._key, **values)
            .on_conflict_do_update(index_elements=[_kept.c.key], set_=values)
        )


class PostgresIdempotency:
    """See `app.domain.access.idempotency.IdempotencyStore`.

    Needs a pool of its own: a request holds one of these connections while it waits for one of the
    ordinary ones, and never the other way round, so that the two pools cannot block each other.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @asynccontextmanager
    async def claim(self, key: str) -> AsyncIterator[PostgresClaim]:
        """Hold the key for the length of the block. Raises StillInFlight on entry."""
        number = int.from_bytes(sha256(key.encode()).digest()[:8], "big", signed=True)
        async with self._engine.begin() as connection:
            free = await connection.scalar(select(func.pg_try_advisory_xact_lock(number)))
            if not free:
                raise StillInFlight
            yield PostgresClaim(connection, key, self._clock)

    async def purge(self) -> int:
        """Forget answers that have expired."""
        async with self._engine.begin() as connection:
            gone = await connection.execute(
                delete(_kept).where(_kept.c.expires_at <= self._clock.now())
            )
        return gone.rowcount
