"""Many new rows at once, by COPY: for imports, where a statement for each row takes longest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import asyncpg
import orjson
from sqlalchemy import Table, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.errors import UnwritableText

FEW = 20
"""Up to so many, an ordinary statement costs less than the preparations."""


async def add_rows(
    connection: AsyncConnection, into: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows, which all name the same columns, in the connection's transaction.

    Raises UnwritableText for a text that PostgreSQL cannot keep.
    """
    if len(rows) <= FEW:
        if rows:
            await connection.execute(insert(into), [dict(row) for row in rows])
        return
    names = list(rows[0])
    await copy_rows(connection, into, names, ([row[name] for name in names] for row in rows))


async def copy_rows(
    connection: AsyncConnection, into: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, given as values of these columns, in the connection's transaction.

    Raises UnwritableText for a text that PostgreSQL cannot keep.
    """
    raw = (await connection.get_raw_connection()).driver_connection
    driver = cast("asyncpg.Connection[asyncpg.Record]", raw)
    if not driver.is_in_transaction():
        # SQLAlchemy begins with its first own statement; before that, COPY would commit by itself.
        await connection.exec_driver_sql("SELECT 1")
    written = [index for index, name in enumerate(names) if isinstance(into.c[name].type, JSONB)]
    try:
        await driver.copy_records_to_table(
            into.name, records=_records(rows, written), columns=list(names)
        )
    except (
        asyncpg.CharacterNotInRepertoireError,
        asyncpg.UntranslatableCharacterError,
        UnicodeEncodeError,
    ):
        raise UnwritableText from None


def _records(rows: Iterable[Sequence[Any]], written: Sequence[int]) -> Iterator[Sequence[Any]]:
    for row in rows:
        record = list(row)
        for index in written:
            record[index] = _json(record[index])
        yield record


def _json(value: Any) -> str | None:
    """As SQLAlchemy has set the driver up to take it."""
    return None if value is None else orjson.dumps(value).decode()
