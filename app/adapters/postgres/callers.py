"""Who is asking, in one statement on the driver: every request with a token begins here."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.driver import Borrowed
from app.domain.access.ports import Identity
from app.domain.access.roles import Caller, Grant, Role

_ACCOUNT_AND_GRANTS = """
SELECT a.id, g.role, g.institution, g.valid_from, g.valid_to
FROM account a LEFT JOIN role_grant g
    ON g.account = a.id AND g.valid_from <= $3 AND (g.valid_to IS NULL OR g.valid_to > $3)
WHERE a.issuer = $1 AND a.subject = $2
"""


class PostgresCallers:
    """See `app.domain.access.ports.Callers`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def known(self, identity: Identity, *, at: datetime, trace_id: str) -> Caller | None:
        """The caller behind an identity that has been here before."""
        if identity.subject is None:
            return None
        async with Borrowed(self._engine) as connection:
            rows = await connection.fetch(
                _ACCOUNT_AND_GRANTS, identity.subject.issuer, identity.subject.subject, at
            )
        if not rows:
            return None
        return Caller(
            account=rows[0]["id"],
            grants=tuple(
                Grant(Role(row["role"]), row["institution"], row["valid_from"], row["valid_to"])
                for row in rows
                if row["role"] is not None
            ),
            email=identity.email,
            name=identity.name,
            trace_id=trace_id,
        )
