"""What all tables share: names of constraints, and the mark on columns with personal data."""

from typing import Any

from sqlalchemy import Column, MetaData, Table
from sqlmodel import SQLModel

metadata: MetaData = SQLModel.metadata
# Stable names, or every migration would call the same constraint something else.
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

PERSONAL: dict[str, Any] = {"personal": True}
"""`info` of a column that holds data about a person; retention and erasure go by it."""


def table(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a table model, for statements."""
    return model.__table__  # type: ignore[attr-defined,no-any-return]  # set by SQLModel


def personal_columns() -> list[Column[Any]]:
    """Every column that is marked as holding personal data."""
    return [
        column
        for name in sorted(metadata.tables)
        for column in metadata.tables[name].columns
        if column.info.get("personal")
    ]


def one_of(column: str, values: list[str]) -> str:
    """The text of a CHECK constraint: the column holds one of those values."""
    listed = ", ".join(f"'{value}'" for value in sorted(values))
    return f"{column} IN ({listed})"
