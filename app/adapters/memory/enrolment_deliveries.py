"""Live deliveries of forms, and which secrets forms have, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.enrolment.forms.imports import (
    ImportRow,
    ImportSource,
    ImportState,
    ResponseImport,
)
from app.domain.enrolment.forms.live import DeliveredVerdict
from app.domain.enrolment.forms.signing import FormSecret

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork

Key = tuple[UUID, str, int, str]


class MemoryDeliveries:
    """See `app.domain.enrolment.ports_forms.Deliveries`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._deliveries: MemoryTable[Key, tuple[UUID, DeliveredVerdict]] = work.table(
            "form_delivery"
        )
        self._imports: MemoryTable[UUID, ResponseImport] = work.table("response_import")
        self._rows: MemoryTable[UUID, Sequence[ImportRow]] = work.table("import_row")

    async def known(
        self, edition: UUID, form: str, keys: Collection[tuple[int, str]]
    ) -> Mapping[tuple[int, str], tuple[UUID, DeliveredVerdict]]:
        """Those that came before, by number and content."""
        found = {key: self._deliveries.get((edition, form, *key)) for key in keys}
        return {key: one for key, one in found.items() if one is not None}

    async def save(
        self,
        edition: UUID,
        form: str,
        import_id: UUID,
        verdicts: Mapping[tuple[int, str], DeliveredVerdict],
    ) -> None:
        """Remember what deliveries came to."""
        for (number, content), one in verdicts.items():
            self._deliveries.put((edition, form, number, content), (import_id, one))

    def _delivered(self, edition: UUID, form: str) -> list[ResponseImport]:
        found = self._imports.where(
            lambda one: (
                one.edition == edition and one.form == form and one.source is ImportSource.WEBHOOK
            )
        )
        return sorted(found, key=lambda one: one.id)

    async def held(self, edition: UUID, form: str, limit: int) -> Sequence[UUID]:
        """Imports whose responses wait for the form to be mapped, the oldest first."""
        delivered = self._delivered(edition, form)
        return [one.id for one in delivered if one.state is ImportState.NEEDS_MAPPING][:limit]

    async def rows(
        self, edition: UUID, form: str, *, after: tuple[UUID, int] | None, limit: int
    ) -> Sequence[tuple[UUID, ImportState, ImportRow]]:
        """Every row that was delivered, with its import and how that stands."""
        found = [
            (one.id, one.state, row)
            for one in self._delivered(edition, form)
            for row in sorted(self._rows.get(one.id) or (), key=lambda row: row.row)
            if after is None or (one.id, row.row) > after
        ]
        return found[:limit]


class MemoryFormSecrets:
    """See `app.domain.enrolment.ports_forms.FormSecrets`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._secrets: MemoryTable[UUID, FormSecret] = work.table("form_secret")

    async def of_form(self, edition: UUID, form: str) -> Sequence[FormSecret]:
        """All that were ever made, the oldest first."""
        found = [s for s in self._secrets.values() if s.edition == edition and s.form == form]
        return sorted(found, key=lambda secret: secret.id)

    async def save(self, secret: FormSecret) -> None:
        """Keep a new one, or its end."""
        self._secrets.put(secret.id, secret)

    async def used(self, secret: UUID, at: datetime) -> None:
        """Note that a delivery was signed with it."""
        found = self._secrets.get(secret)
        if found is not None:
            self._secrets.put(secret, replace(found, last_used_at=at))
