"""Making and removing whole databases on the embedded server."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import asyncpg

from app.adapters.embedded.errors import EmbeddedPostgresUnavailable

_Result = TypeVar("_Result")
_ANSWER_WITHIN = 5.0


class Databases:
    """The databases of the server reached by `connect_arguments` (those of ``asyncpg.connect``)."""

    def __init__(self, connect_arguments: dict[str, Any]) -> None:
        self._arguments = connect_arguments

    def create(self, name: str, template: str | None = None) -> None:
        """Make `name`; see `EmbeddedPostgres.create_database`."""
        copied_from = f" TEMPLATE {_quoted(template)}" if template else ""
        self._run(f"CREATE DATABASE {_quoted(name)}{copied_from}")

    def drop(self, name: str) -> None:
        """Remove `name`; see `EmbeddedPostgres.drop_database`."""
        self._run(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def rename(self, old: str, new: str) -> None:
        """Rename `old`; see `EmbeddedPostgres.rename_database`."""

        async def work(connection: Any) -> None:
            await connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
                old,
            )
            await connection.execute(f"ALTER DATABASE {_quoted(old)} RENAME TO {_quoted(new)}")

        self._connected(work)

    def exists(self, name: str) -> bool:
        """Whether `name` exists."""

        async def work(connection: Any) -> bool:
            found = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
            return found is not None

        return self._connected(work)

    def _run(self, statement: str) -> None:
        async def work(connection: Any) -> None:
            await connection.execute(statement)

        self._connected(work)

    def _connected(self, work: Callable[[Any], Awaitable[_Result]]) -> _Result:
        async def connect_and_work() -> _Result:
            connection = await asyncpg.connect(**self._arguments)
            try:
                return await work(connection)
            finally:
                await connection.close()

        try:
            return _in_a_loop_of_its_own(connect_and_work)
        except asyncpg.PostgresError as error:
            raise EmbeddedPostgresUnavailable(f"The database server refused: {error}.") from error
        except OSError as error:
            raise EmbeddedPostgresUnavailable(
                f"The embedded database server has gone away ({error}). Run the command again."
            ) from error


def answers(connect_arguments: dict[str, Any]) -> bool:
    """Whether the server takes connections, which one that is starting or stopping does not."""

    async def try_to_connect() -> bool:
        try:
            connection = await asyncpg.connect(**connect_arguments, timeout=_ANSWER_WITHIN)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close()
        return True

    return _in_a_loop_of_its_own(try_to_connect)


def _in_a_loop_of_its_own(work: Callable[[], Awaitable[_Result]]) -> _Result:
    """Run a coroutine to its end from synchronous code, also where a loop is running already."""

    async def whole() -> _Result:
        return await work()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(whole())).result()


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
