"""Statements that hold several commands, which a prepared statement cannot."""

from typing import Any

from alembic import op


def execute_script(script: str) -> None:
    """Run a script in the migration's transaction.

    Only after a first ordinary statement of the migration: SQLAlchemy opens the transaction with
    that one, and a script before it would commit by itself.
    """
    connection: Any = op.get_bind().connection.dbapi_connection
    connection.run_async(lambda driver: driver.execute(script))
