"""Live deliveries of forms, and which secrets forms have, on PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.enrolment_imports import to_row
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment_forms import (
    FormDeliveryRow,
    FormSecretRow,
    ImportRowRow,
    ResponseImportRow,
)
from app.domain.enrolment.forms.imports import ImportRow, ImportSource, ImportState, Verdict
from app.domain.enrolment.forms.live import DeliveredVerdict
from app.domain.enrolment.forms.signing import FormSecret

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_delivery = table(FormDeliveryRow)
_secret = table(FormSecretRow)
_import = table(ResponseImportRow)
_row = table(ImportRowRow)


class PostgresDeliveries:
    """See `app.domain.enrolment.ports_forms.Deliveries`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def known(
        self, edition: UUID, form: str, keys: Collection[tuple[int, str]]
    ) -> Mapping[tuple[int, str], tuple[UUID, DeliveredVerdict]]:
        """Those that came before, by number and content."""
        if not keys:
            return {}
        rows = await self._work.connection.execute(
            select(_delivery).where(
                _delivery.c.edition == edition,
                _delivery.c.form == form,
                tuple_(_delivery.c.number, _delivery.c.content).in_(list(keys)),
            )
        )
        return {
            (row.number, row.content): (
                row.import_id,
                DeliveredVerdict(row.number, Verdict(row.verdict), row.reason, row.row),
            )
            for row in rows
        }

    async def save(
        self,
        edition: UUID,
        form: str,
        import_id: UUID,
        verdicts: Mapping[tuple[int, str], DeliveredVerdict],
    ) -> None:
        """Remember what deliveries came to."""
        if not verdicts:
            return
        new = insert(_delivery)
        changing = ("import_id", "row", "verdict", "reason")
        await self._work.connection.execute(
            new.on_conflict_do_update(
                index_elements=[
                    _delivery.c.edition, _delivery.c.form, _delivery.c.number, _delivery.c.content,
                ],
                set_={name: new.excluded[name] for name in changing},
            ),
            [
                {
                    "edition": edition,
                    "form": form,
                    "number": number,
                    "content": content,
                    "import_id": import_id,
                    "row": one.row,
                    "verdict": one.verdict,
                    "reason": one.reason,
                }
                for (number, content), one in verdicts.items()
            ],
        )  # fmt: skip

    async def held(self, edition: UUID, form: str, limit: int) -> Sequence[UUID]:
        """Imports whose responses wait for the form to be mapped, the oldest first."""
        found = await self._work.connection.scalars(
            select(_import.c.id)
            .where(
                _import.c.edition == edition,
                _import.c.form == form,
                _import.c.source == ImportSource.WEBHOOK.value,
                _import.c.state == ImportState.NEEDS_MAPPING.value,
            )
            .order_by(_import.c.id)
            .limit(limit)
        )
        return list(found)

    async def rows(
        self, edition: UUID, form: str, *, after: tuple[UUID, int] | None, limit: int
    ) -> Sequence[tuple[UUID, ImportState, ImportRow]]:
        """Every row that was delivered, with its import and how that stands."""
        query = (
            select(_row, _import.c.state.label("import_state"))
            .join(_import, _import.c.id == _row.c.import_id)
            .where(
                _import.c.edition == edition,
                _import.c.form == form,
                _import.c.source == ImportSource.WEBHOOK.value,
            )
            .order_by(_row.c.import_id, _row.c.row)
            .limit(limit)
        )
        if after is not None:
            query = query.where(tuple_(_row.c.import_id, _row.c.row) > after)
        rows = await self._work.connection.execute(query)
        return [(row.import_id, ImportState(row.import_state), to_row(row)) for row in rows]


class PostgresFormSecrets:
    """See `app.domain.enrolment.ports_forms.FormSecrets`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def of_form(self, edition: UUID, form: str) -> Sequence[FormSecret]:
        """All that were ever made, the oldest first."""
        rows = await self._work.connection.execute(
            select(_secret)
            .where(_secret.c.edition == edition, _secret.c.form == form)
            .order_by(_secret.c.id)
        )
        return [FormSecret(**row._mapping) for row in rows]

    async def save(self, secret: FormSecret) -> None:
        """Keep a new one, or its end."""
        await self._work.connection.execute(
            insert(_secret)
            .values(
                id=secret.id,
                edition=secret.edition,
                form=secret.form,
                made_at=secret.made_at,
                made_by=secret.made_by,
                ends_at=secret.ends_at,
                last_used_at=secret.last_used_at,
            )
            .on_conflict_do_update(index_elements=[_secret.c.id], set_={"ends_at": secret.ends_at})
        )

    async def used(self, secret: UUID, at: datetime) -> None:
        """Note that a delivery was signed with it."""
        await self._work.connection.execute(
            update(_secret).where(_secret.c.id == secret).values(last_used_at=at)
        )
