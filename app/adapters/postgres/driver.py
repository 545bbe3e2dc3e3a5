"""Connections of the pool without SQLAlchemy on them, for the few statements that everybody waits
for: asking a row through SQLAlchemy costs several times what the row itself does."""

from types import TracebackType
from typing import Any, cast

import asyncpg
from sqlalchemy import PoolProxiedConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn


class Borrowed:
    """`async with Borrowed(engine) as connection:` lends a connection of the driver.

    Each statement on it is a transaction of its own; whoever begins one ends it. The pool is the
    engine's own, so that its limit holds for everybody together.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.sync_engine
        self._lent: PoolProxiedConnection | None = None

    async def __aenter__(self) -> "asyncpg.Connection[asyncpg.Record]":
        while True:
            # In a greenlet, since the pool may have to wait or to connect.
            lent = cast(PoolProxiedConnection, await greenlet_spawn(self._engine.raw_connection))
            connection = cast("asyncpg.Connection[asyncpg.Record]", lent.driver_connection)
            if not connection.is_closed():
                self._lent = lent
                return connection
            # The server went away while the connection lay in the pool.
            await greenlet_spawn(lent.invalidate)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        lent, self._lent = self._lent, None
        if lent is None:
            return
        connection: Any = lent.driver_connection
        if connection.is_closed():
            await greenlet_spawn(lent.invalidate)
        lent.close()
