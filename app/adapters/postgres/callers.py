"""Who is asking, in one statement on the driver: every request with a token begins here.

Those who ask at the same moment share the statement. It is sent after each of them has come, so a
role that has ended, in whatever process, has ended for the next request.
"""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.driver import Borrowed
from app.adapters.postgres.together import Together
from app.domain.access.ports import Identity
from app.domain.access.roles import Caller, Grant, Role

_MOST = 64
"""Callers in one statement at most."""
_PATIENCE = 10.0
"""Seconds for one statement: on a connection that died without a word, all would wait for ever."""

# One look into the index for each, however large the table was when the statement was planned.
_ACCOUNTS_AND_GRANTS = """
SELECT asked.n, a.id, g.role, g.institution, g.valid_from, g.valid_to
FROM unnest($1::text[], $2::text[], $3::timestamptz[])
    WITH ORDINALITY AS asked (issuer, subject, at, n)
CROSS JOIN LATERAL (
    SELECT id FROM account
    WHERE account.issuer = asked.issuer AND account.subject = asked.subject OFFSET 0
) AS a
LEFT JOIN LATERAL (
    SELECT role, institution, valid_from, valid_to FROM role_grant
    WHERE role_grant.account = a.id OFFSET 0
) AS g ON g.valid_from <= asked.at AND (g.valid_to IS NULL OR g.valid_to > asked.at)
"""


class _Asked(NamedTuple):
    issuer: str
    subject: str
    at: datetime


_Found = tuple[UUID, tuple[Grant, ...]]


class PostgresCallers:
    """See `app.domain.access.ports.Callers`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._turns: Together[_Asked, _Found | None] = Together(self._look_up, _MOST)

    async def known(self, identity: Identity, *, at: datetime, trace_id: str) -> Caller | None:
        """The caller behind an identity that has been here before."""
        if identity.subject is None:
            return None
        asked = _Asked(identity.subject.issuer, identity.subject.subject, at)
        found = await self._turns.ask(asked)
        if found is None:
            return None
        account, grants = found
        return Caller(account, grants, identity.email, identity.name, trace_id=trace_id)

    async def _look_up(self, asked: list[_Asked]) -> list[_Found | None]:
        async with Borrowed(self._engine) as connection:
            rows = await connection.fetch(
                _ACCOUNTS_AND_GRANTS, *map(list, zip(*asked, strict=True)), timeout=_PATIENCE
            )
        accounts: dict[int, UUID] = {}
        grants: dict[int, list[Grant]] = defaultdict(list)
        for number, account, role, institution, valid_from, valid_to in rows:
            accounts[number] = account
            if role is not None:
                grants[number].append(Grant(Role(role), institution, valid_from, valid_to))
        return [
            (accounts[number], tuple(grants.get(number, ()))) if number in accounts else None
            for number in range(1, len(asked) + 1)
        ]
