"""How forms are read, imports, and responses on PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Result, Row, Select, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.copying import add_rows
from app.adapters.postgres.enrolment_rows import to_response
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment_forms import (
    FormMappingRow,
    FormResponseRow,
    ImportFileRow,
    ImportRowRow,
    ResponseImportRow,
)
from app.domain.enrolment.affiliation import Suggestion
from app.domain.enrolment.errors_forms import ImportNotFound
from app.domain.enrolment.forms.imports import (
    Basis,
    ImportFile,
    ImportRow,
    ImportSource,
    ImportState,
    ResponseImport,
    RowStanding,
    Verdict,
)
from app.domain.enrolment.forms.mapping import Answer, FormMapping, MappingSuggestion
from app.domain.enrolment.forms.responses import StoredResponse
from app.domain.plain import to_plain
from app.domain.vocabulary.institutions import InstitutionCode

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_mapping = table(FormMappingRow)
_import = table(ResponseImportRow)
_file = table(ImportFileRow)
_row = table(ImportRowRow)
_response = table(FormResponseRow)

_basis_of = TypeAdapter(Basis).validate_python
_suggestion_of = TypeAdapter(MappingSuggestion).validate_python
_suggestions_of = TypeAdapter(tuple[Suggestion, ...]).validate_python


class PostgresForms:
    """See `app.domain.enrolment.ports.Forms`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def get(self, edition: UUID, form: str) -> FormMapping | None:
        """The mapping of a form."""
        found = await self._found(
            select(_mapping).where(_mapping.c.edition == edition, _mapping.c.form == form)
        )
        return found[0] if found else None

    async def of_edition(self, edition: UUID) -> Sequence[FormMapping]:
        """Every mapping of an edition."""
        return await self._found(
            select(_mapping).where(_mapping.c.edition == edition).order_by(_mapping.c.form)
        )

    async def _found(self, query: Select[Any]) -> list[FormMapping]:
        return [_to_mapping(row) for row in await self._work.connection.execute(query)]

    async def save(self, mapping: FormMapping) -> None:
        """Keep a mapping."""
        values = {
            "time_zone": mapping.time_zone,
            "questions": to_plain(mapping.questions),
            "day_first": mapping.day_first,
            "language": mapping.language,
            "version": mapping.version,
            "changed_at": mapping.changed_at,
            "changed_by": mapping.changed_by,
        }
        await self._work.connection.execute(
            insert(_mapping)
            .values(edition=mapping.edition, form=mapping.form, **values)
            .on_conflict_do_update(
                index_elements=[_mapping.c.edition, _mapping.c.form], set_=values
            )
        )


def _to_mapping(row: Row[Any]) -> FormMapping:
    return FormMapping(
        edition=row.edition,
        form=row.form,
        time_zone=row.time_zone,
        questions={header: Answer(means) for header, means in row.questions.items()},
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        day_first=row.day_first,
        language=row.language,
        version=row.version,
    )


class PostgresImports:
    """See `app.domain.enrolment.ports.Imports`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def add(self, new: ResponseImport, file: ImportFile) -> None:
        """Keep a new import and its file."""
        await self._work.connection.execute(
            insert(_import).values(
                id=new.id,
                edition=new.edition,
                form=new.form,
                filename=new.filename,
                file_hash=new.file_hash,
                uploaded_by=new.uploaded_by,
                uploaded_at=new.uploaded_at,
                source=new.source,
                **_state(new),
            )
        )
        await self._work.connection.execute(
            insert(_file).values(import_id=new.id, filename=file.filename, content=file.content)
        )

    async def get(self, import_id: UUID) -> ResponseImport:
        """Load one to change it."""
        return await self._one(import_id, select(_import).with_for_update(key_share=True))

    async def read(self, import_id: UUID) -> ResponseImport:
        """Load one without locking it."""
        return await self._one(import_id, select(_import))

    async def _one(self, import_id: UUID, query: Select[Any]) -> ResponseImport:
        found = await self._work.connection.execute(query.where(_import.c.id == import_id))
        row = found.one_or_none()
        if row is None:
            raise ImportNotFound(import_id)
        return _to_import(row)

    async def save(self, changed: ResponseImport) -> None:
        """Keep its state."""
        await self._work.connection.execute(
            update(_import).where(_import.c.id == changed.id).values(**_state(changed))
        )

    async def file(self, import_id: UUID) -> ImportFile:
        """The file as it was uploaded."""
        found = await self._work.connection.execute(
            select(_file.c.filename, _file.c.content).where(_file.c.import_id == import_id)
        )
        row = found.one_or_none()
        if row is None:
            raise ImportNotFound(import_id)
        return ImportFile(row.filename, row.content)

    async def save_rows(self, import_id: UUID, rows: Sequence[ImportRow]) -> None:
        """Keep the verdicts, instead of any before."""
        await self._work.connection.execute(delete(_row).where(_row.c.import_id == import_id))
        values = [_row_values(import_id, row) for row in rows]
        await add_rows(self._work.connection, _row, values)

    async def rows(
        self,
        import_id: UUID,
        *,
        buckets: Collection[InstitutionCode] | None,
        after: int,
        limit: int,
    ) -> Sequence[ImportRow]:
        """Verdicts by row number."""
        # A registration that a kept plan will make does not exist before it is carried out.
        exists = or_(
            _import.c.state.in_((ImportState.COMMITTED, ImportState.TAKEN_BACK)),
            _row.c.is_new.is_not(True),
        )
        shown = [column for column in _row.c if column.name != "registration"]
        query = (
            select(*shown, case((exists, _row.c.registration)).label("registration"))
            .join(_import, _import.c.id == _row.c.import_id)
            .where(_row.c.import_id == import_id, _row.c.row > after)
            .order_by(_row.c.row)
            .limit(limit)
        )
        if buckets is not None:
            query = query.where(_row.c.institution.in_(buckets))
        found: Result[Any] = await self._work.connection.execute(query)
        return [to_row(row) for row in found]

    async def verdicts(self, import_id: UUID) -> Mapping[int, Verdict]:
        """The verdict on each row."""
        rows = await self._work.connection.execute(
            select(_row.c.row, _row.c.verdict).where(_row.c.import_id == import_id)
        )
        return {number: Verdict(verdict) for number, verdict in rows}

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
        query = select(_import).where(_import.c.edition == edition)
        if form is not None:
            query = query.where(_import.c.form == form)
        if source is not None:
            query = query.where(_import.c.source == source)
        if before is not None:
            query = query.where(_import.c.id < before)
        query = query.order_by(_import.c.id.desc()).limit(limit)
        return [_to_import(row) for row in await self._work.connection.execute(query)]


def _state(of: ResponseImport) -> dict[str, Any]:
    return {
        "state": of.state,
        "basis": to_plain(of.basis),
        "suggestion": to_plain(of.suggestion),
        "unknown_columns": list(of.unknown_columns),
        "missing_columns": list(of.missing_columns),
        "counts": dict(of.counts),
        "differing": list(of.differing),
        "problem": list(of.problem) if of.problem else None,
        "committed_at": of.committed_at,
        "mark": of.mark,
    }


def _to_import(row: Row[Any]) -> ResponseImport:
    return ResponseImport(
        id=row.id,
        edition=row.edition,
        form=row.form,
        filename=row.filename,
        file_hash=row.file_hash,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
        state=ImportState(row.state),
        basis=_basis_of(row.basis) if row.basis else None,
        suggestion=_suggestion_of(row.suggestion) if row.suggestion else None,
        unknown_columns=tuple(row.unknown_columns),
        missing_columns=tuple(row.missing_columns),
        source=ImportSource(row.source),
        counts=row.counts,
        differing=tuple(row.differing),
        problem=(row.problem[0], row.problem[1]) if row.problem else None,
        committed_at=row.committed_at,
        mark=row.mark,
    )


def _row_values(import_id: UUID, row: ImportRow) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "row": row.row,
        "response": row.response,
        "verdict": row.verdict,
        "reason": row.reason,
        "full_name": row.full_name,
        "email": row.email,
        "stated": row.stated,
        "received_at": row.received_at,
        "institution": row.institution,
        "registration": row.registration,
        "same_as_row": row.same_as_row,
        "standing": to_plain(row.standing),
        # Likeness is no exact number: it stays a float, which `to_plain` refuses on purpose.
        "suggestions": [[s.institution, s.likeness] for s in row.suggestions],
        "warnings": list(row.warnings),
        "planned": row.planned,
    }


def to_row(row: Row[Any]) -> ImportRow:
    """The row of a report in a row of its table."""
    return ImportRow(
        row=row.row,
        response=row.response,
        verdict=Verdict(row.verdict),
        reason=row.reason,
        full_name=row.full_name,
        email=row.email,
        stated=row.stated,
        received_at=row.received_at,
        institution=row.institution,
        registration=row.registration,
        same_as_row=row.same_as_row,
        standing=RowStanding(**row.standing) if row.standing else None,
        suggestions=tuple(Suggestion(code, likeness) for code, likeness in row.suggestions),
        warnings=tuple(row.warnings),
        planned=Verdict(row.planned) if row.planned else None,
    )


class PostgresResponses:
    """See `app.domain.enrolment.ports.Responses`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def save(self, edition: UUID, responses: Sequence[StoredResponse]) -> None:
        """Keep responses, or what is known of them now."""
        if not responses:
            return
        values = [_response_values(edition, response) for response in responses]
        if not await self._any_of(edition, {response.brought_by for response in responses}):
            await add_rows(self._work.connection, _response, values)
            return
        new = insert(_response)
        await self._work.connection.execute(
            new.on_conflict_do_update(
                index_elements=[
                    _response.c.edition, _response.c.form, _response.c.number,
                    _response.c.brought_by,
                ],
                set_={
                    name: new.excluded[name]
                    for name in (
                        "received_at", "answers", "answers_at", "registration", "other_time",
                    )
                },
            ),
            values,
        )  # fmt: skip

    async def _any_of(self, edition: UUID, brought_by: Collection[UUID]) -> bool:
        """Whether any of these imports has brought anything yet. The edition's lock is held."""
        found = await self._work.connection.scalar(
            select(
                select(_response.c.number)
                .where(_response.c.edition == edition, _response.c.brought_by.in_(brought_by))
                .exists()
            )
        )
        return bool(found)

    async def of(self, registration: UUID) -> Sequence[StoredResponse]:
        """The responses of a registration, every version of them."""
        rows = await self._work.connection.execute(
            select(_response)
            .where(_response.c.registration == registration)
            .order_by(_response.c.form, _response.c.number, _response.c.brought_by)
        )
        return [to_response(row) for row in rows]

    async def remove(self, edition: UUID, brought_by: UUID) -> None:
        """Forget the responses that an import brought."""
        await self._work.connection.execute(
            delete(_response).where(
                _response.c.edition == edition, _response.c.brought_by == brought_by
            )
        )


def _response_values(edition: UUID, response: StoredResponse) -> dict[str, Any]:
    return {
        "edition": edition,
        "form": response.form,
        "number": response.number,
        "brought_by": response.brought_by,
        "received_at": response.received_at,
        "answers": to_plain(response.answers),
        "answers_at": response.answers_at,
        "registration": response.registration,
        "other_time": response.other_time,
    }
