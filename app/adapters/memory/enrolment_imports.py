"""How forms are read, imports, and responses in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors_forms import ImportNotFound
from app.domain.enrolment.forms.imports import (
    ImportFile,
    ImportRow,
    ImportSource,
    ResponseImport,
    Verdict,
)
from app.domain.enrolment.forms.kept import Bearers
from app.domain.enrolment.forms.mapping import FormMapping
from app.domain.enrolment.forms.planned import Plan
from app.domain.enrolment.forms.responses import StoredResponse
from app.domain.enrolment.person import Identity
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.institutions import InstitutionCode

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


class MemoryForms:
    """See `app.domain.enrolment.ports.Forms`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._mappings: MemoryTable[tuple[UUID, str], FormMapping] = work.table("form_mapping")

    async def get(self, edition: UUID, form: str) -> FormMapping | None:
        """The mapping of a form."""
        return self._mappings.get((edition, form))

    async def of_edition(self, edition: UUID) -> Sequence[FormMapping]:
        """Every mapping of an edition."""
        found = [mapping for mapping in self._mappings.values() if mapping.edition == edition]
        return sorted(found, key=lambda mapping: mapping.form)

    async def save(self, mapping: FormMapping) -> None:
        """Keep a mapping."""
        self._mappings.put((mapping.edition, mapping.form), mapping)


class MemoryImports:
    """See `app.domain.enrolment.ports.Imports`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._imports: MemoryTable[UUID, ResponseImport] = work.table("response_import")
        self._files: MemoryTable[UUID, ImportFile] = work.table("import_file")
        self._rows: MemoryTable[UUID, Sequence[ImportRow]] = work.table("import_row")

    async def add(self, new: ResponseImport, file: ImportFile) -> None:
        """Keep a new import and its file."""
        self._imports.put(new.id, new)
        self._files.put(new.id, file)

    async def get(self, import_id: UUID) -> ResponseImport:
        """Load one to change it."""
        await self._imports.lock(import_id)
        return await self.read(import_id)

    async def read(self, import_id: UUID) -> ResponseImport:
        """Load one without locking it."""
        found = self._imports.get(import_id)
        if found is None:
            raise ImportNotFound(import_id)
        return found

    async def save(self, changed: ResponseImport) -> None:
        """Keep its state."""
        self._imports.put(changed.id, changed)

    async def file(self, import_id: UUID) -> ImportFile:
        """The file as it was uploaded."""
        found = self._files.get(import_id)
        if found is None:
            raise ImportNotFound(import_id)
        return found

    async def save_rows(self, import_id: UUID, rows: Sequence[ImportRow]) -> None:
        """Keep the verdicts, instead of any before."""
        self._rows.put(import_id, tuple(rows))

    async def rows(
        self,
        import_id: UUID,
        *,
        buckets: Collection[InstitutionCode] | None,
        after: int,
        limit: int,
    ) -> Sequence[ImportRow]:
        """Verdicts by row number."""
        found = [
            row
            for row in self._rows.get(import_id) or ()
            if row.row > after and (buckets is None or row.institution in buckets)
        ]
        return sorted(found, key=lambda row: row.row)[:limit]

    async def verdicts(self, import_id: UUID) -> Mapping[int, Verdict]:
        """The verdict on each row."""
        return {row.row: row.verdict for row in self._rows.get(import_id) or ()}

    async def page(
        self,
        edition: UUID,
        *,
        form: str | None,
        source: ImportSource | None,
        before: UUID | None,
        limit: int,
    ) -> Sequence[ResponseImport]:
        """Imports of an edition, the newest first."""
        found = self._imports.where(
            lambda one: (
                one.edition == edition
                and form in (None, one.form)
                and source in (None, one.source)
                and (before is None or one.id < before)
            )
        )
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]


class MemoryResponses:
    """See `app.domain.enrolment.ports.Responses`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._responses: MemoryTable[tuple[UUID, str, int, UUID], StoredResponse] = work.table(
            "form_response"
        )

    async def save(self, edition: UUID, responses: Sequence[StoredResponse]) -> None:
        """Keep responses, or what is known of them now."""
        for response in responses:
            key = edition, response.form, response.number, response.brought_by
            self._responses.put(key, response)

    async def of(self, registration: UUID) -> Sequence[StoredResponse]:
        """The responses of a registration, every version of them."""
        found = [r for r in self._responses.values() if r.registration == registration]
        return sorted(found, key=lambda r: (r.form, r.number, r.brought_by))

    async def remove(self, edition: UUID, brought_by: UUID) -> None:
        """Forget the responses that an import brought."""
        for key in [key for key, _ in self._responses.items()]:
            if key[0] == edition and key[3] == brought_by:
                self._responses.delete(key)


class MemoryKeptPlans:
    """See `app.domain.enrolment.ports_forms.KeptPlans`: keeps none."""

    async def mark(self, edition: UUID, identities: Collection[Identity]) -> str | None:
        """Nothing: plans are made anew when they are carried out."""
        return None

    async def keep(
        self, found: ResponseImport, plan: Plan, rows: Sequence[ImportRow], by: Bearers
    ) -> None:
        """Never asked for, since nothing has a mark."""
        raise InternalInconsistency("A plan without a mark is not kept.")

    async def carry_out(self, found: ResponseImport, edition: Edition, at: datetime) -> int | None:
        """Nothing is done: the plan is made anew."""
        return None
