"""Many new rows at once, by COPY: for imports, where a statement for each row takes longest."""

from collections.abc import Mapping, Sequence
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
    raw = (await connection.get_raw_connection()).driver_connection
    driver = cast("asyncpg.Connection[asyncpg.Record]", raw)
    if not driver.is_in_transaction():
        # SQLAlchemy begins with its first own statement; before that, COPY would commit by itself.
        await connection.exec_driver_sql("SELECT 1")
    names = list(rows[0])
    written = [_json if isinstance(into.c[name].type, JSONB) else None for name in names]
    records = (
        [
            row[name] if write is None else write(row[name])
            for name, write in zip(names, written, strict=True)
        ]
        for row in rows
    )
    try:
        await driver.copy_records_to_table(into.name, records=records, columns=names)
    except (
        asyncpg.CharacterNotInRepertoireError,
        asyncpg.UntranslatableCharacterError,
        UnicodeEncodeError,
    ):
        raise UnwritableText from None


def _json(value: Any) -> str | None:
    """As SQLAlchemy has set the driver up to take it."""
    return None if value is None else orjson.dumps(value).decode()
