"""Whose credentials may go into their wallet."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.wallet import WalletConsentRow

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_consent = table(WalletConsentRow)


class PostgresWalletConsents:
    """See `app.domain.credentials.wallet.WalletConsents`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def give(self, registration: UUID, at: datetime) -> None:
        """Keep that its holder wants it; the first moment stands."""
        await self._work.connection.execute(
            insert(_consent).values(registration=registration, given_at=at).on_conflict_do_nothing()
        )

    async def withdraw(self, registration: UUID) -> None:
        """Forget that its holder wanted it."""
        await self._work.connection.execute(
            delete(_consent).where(_consent.c.registration == registration)
        )

    async def given(self, registration: UUID) -> datetime | None:
        """Since when its holder wants it."""
        found: datetime | None = await self._work.connection.scalar(
            select(_consent.c.given_at).where(_consent.c.registration == registration)
        )
        return found

    async def given_among(self, registrations: Collection[UUID]) -> Collection[UUID]:
        """Those whose holders want it."""
        found = await self._work.connection.execute(
            select(_consent.c.registration).where(_consent.c.registration.in_(registrations))
        )
        return set(found.scalars())
