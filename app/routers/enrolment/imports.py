"""Registrations that come as an export of Microsoft Forms: dry run, plan token, report."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Path, Query, Request, Response, UploadFile

from app.domain.enrolment.forms.imports import ImportRow, ImportSource, ImportState, ResponseImport
from app.domain.enrolment.officer_sentences import notes_of, sentence_of
from app.domain.enrolment.use_cases import imports as use_cases
from app.domain.enrolment.use_cases.commit import take_back_import as take_back
from app.domain.enrolment.use_cases.deliveries import list_imports as list_them
from app.domain.errors import Finding, Invalid
from app.domain.jobs import Job
from app.routers.enrolment.imports_models import (
    FormMappedOut,
    FormMappingIn,
    FormMappingOut,
    FormMappingsOut,
    ImportOut,
    ImportRowOut,
    ImportStartedOut,
)
from app.routers.habits import (
    CallerDep,
    CursorDep,
    HabitRoute,
    LanguageDep,
    LimitDep,
    Page,
    PortsDep,
    page_of,
)
from app.routers.habits.pages import BadCursor
from app.routers.habits.tables import JSON, TABLE_RESPONSES, Cell, table_response, wanted

router = APIRouter(prefix="/v1", tags=["imports"], route_class=HabitRoute)

FormId = Annotated[str, Path(min_length=1, max_length=300, description="the form's id in Forms")]
_AT_ONCE = 10_000
"""Rows of a report that are read at once."""


class NothingToImport(Invalid):
    """Neither a file for a dry run nor the plan token of one was sent."""

    code = "nothing_to_import"

    def __init__(self, *, file: bool, form: bool, dry_run: bool) -> None:
        wanted = (
            (file, Finding("/file", "required", "Send the export as `file`.")),
            (form, Finding("/form", "required", "Name the form by its id in Microsoft Forms.")),
            (dry_run, Finding("#/query/dry_run", "required", "A file is tried first: true.")),
        )
        super().__init__(
            "Send the file and the form's id with dry_run=true; then the plan_token of its report.",
            findings=[finding for is_there, finding in wanted if not is_there],
        )


@router.put("/editions/{edition}/forms/{form}", operation_id="map_form")
async def map_form(
    edition: UUID, form: FormId, body: FormMappingIn, caller: CallerDep, ports: PortsDep
) -> FormMappedOut:
    """Say how a form's questions are read, and in which zone its export shows times.

    Deliveries of the form's flow that have waited for this are imported by `job`.
    """
    mapped = await use_cases.map_form(
        edition,
        form,
        body.time_zone,
        body.questions,
        day_first=body.day_first,
        language=body.language,
        work=ports.work(caller, "map_form"),
        caller=caller,
        clock=ports.clock,
    )
    return FormMappedOut.after(mapped)


@router.get("/editions/{edition}/forms", operation_id="list_forms")
async def list_forms(edition: UUID, caller: CallerDep, ports: PortsDep) -> FormMappingsOut:
    """How the forms of an edition are read."""
    found = await use_cases.list_forms(edition, work=ports.reading(), caller=caller)
    return FormMappingsOut(items=[FormMappingOut.of(mapping) for mapping in found])


@router.post("/editions/{edition}/imports", status_code=202, operation_id="import_registrations")
async def import_registrations(
    edition: UUID,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    file: Annotated[UploadFile | None, File(description="the export, .xlsx or .csv")] = None,
    form: Annotated[
        str | None, Form(max_length=300, description="the form's id in Microsoft Forms")
    ] = None,
    dry_run: Annotated[
        bool, Query(description="true with a file: judge its rows and change nothing")
    ] = False,
    plan_token: Annotated[
        str | None, Query(max_length=200, description="of a dry run: carry out its plan")
    ] = None,
) -> ImportStartedOut:
    """Import an export of Microsoft Forms, in two steps that are both jobs.

    First the file with `dry_run=true`: the import then shows a verdict for each row and a
    `plan_token`. Then that token alone: the plan is carried out, all of it or nothing.
    """
    work = ports.work(caller, "import_registrations")
    if plan_token is not None:
        found, job = await use_cases.request_commit(edition, plan_token, work=work, caller=caller)
        return _started(found.id, job, response)
    if file is None or not form or not dry_run:
        raise NothingToImport(file=file is not None, form=bool(form), dry_run=dry_run)
    found, job = await use_cases.receive_import(
        edition,
        form,
        (file.filename or "upload")[:300].replace("\0", ""),
        await file.read(),
        glance=ports.forms.reader.glance,
        work=work,
        caller=caller,
        clock=ports.clock,
    )
    return _started(found.id, job, response)


def _started(import_id: UUID, job: Job, response: Response) -> ImportStartedOut:
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return ImportStartedOut(import_id=import_id, job=job.id)


@router.get("/editions/{edition}/imports", operation_id="list_imports")
async def list_imports(
    edition: UUID,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    form: Annotated[
        str | None, Query(max_length=300, description="only of the form with this id in Forms")
    ] = None,
    source: Annotated[
        ImportSource | None, Query(description="only uploaded files, or only live deliveries")
    ] = None,
    limit: LimitDep = 50,
) -> Page[ImportOut]:
    """Everything that was imported into an edition, the newest first: files and deliveries."""
    of, found = await list_them(
        edition,
        form=form,
        source=source,
        before=cursor.after_id,
        limit=limit + 1,
        work=ports.reading(),
        caller=caller,
    )
    shown, following = page_of(request, response, found, limit, lambda one: (one.id,))
    return Page(items=[ImportOut.of(one, of, caller) for one in shown], next=following)


@router.get("/imports/{import_id}", operation_id="get_import")
async def get_import(import_id: UUID, caller: CallerDep, ports: PortsDep) -> ImportOut:
    """How an import stands: verdicts in numbers, and the plan token of its dry run."""
    found, edition = await use_cases.get_import(import_id, work=ports.reading(), caller=caller)
    return ImportOut.of(found, edition, caller)


ROW_HEADER = (
    "row", "response", "verdict", "reason", "full_name", "email", "stated", "received_at",
    "institution", "state", "state_reason", "position", "suggestions", "warnings",
    "sentence", "notes",
)  # fmt: skip


def row_cells(row: ImportRow, state: ImportState, language: str) -> list[Cell]:
    """One row of the report of an import in that state, under `ROW_HEADER`."""
    stands = row.standing
    return [
        row.row,
        row.response,
        row.verdict.value,
        row.reason,
        row.full_name,
        row.email,
        row.stated,
        row.received_at,
        row.institution,
        stands.state if stands else None,
        stands.reason if stands else None,
        stands.position if stands else None,
        "; ".join(suggestion.institution for suggestion in row.suggestions),
        "; ".join(row.warnings),
        sentence_of(row, state, language),
        " ".join(notes_of(row, language)),
    ]


@router.get(
    "/imports/{import_id}/rows",
    operation_id="list_import_rows",
    response_model=Page[ImportRowOut],
    responses=TABLE_RESPONSES,
)
async def list_import_rows(
    import_id: UUID,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    language: LanguageDep,
    limit: LimitDep = 50,
) -> Page[ImportRowOut] | Response:
    """The report of an import: for each row its verdict and the reason, and in one sentence what
    became of it and what the officer does next.

    Also as CSV and as a workbook with all rows, by `Accept`; nothing in them is run as a formula.
    """
    media_type = wanted(request)
    if media_type != JSON:
        of, rows = await _all_rows(import_id, ports, caller)
        cells = (row_cells(row, of.state, language) for row in rows)
        return table_response(
            media_type, f"import-{import_id}", ROW_HEADER, cells, language=language
        )
    after = 0
    if cursor.after is not None:
        if len(cursor.after) != 1 or not cursor.after[0].isdecimal() or len(cursor.after[0]) > 9:
            raise BadCursor
        after = int(cursor.after[0])
    of, found = await use_cases.list_import_rows(
        import_id, after=after, limit=limit + 1, work=ports.reading(), caller=caller
    )
    shown, following = page_of(request, response, found, limit, lambda row: (row.row,))
    return Page(items=[ImportRowOut.of(row, of.state, language) for row in shown], next=following)


async def _all_rows(
    import_id: UUID, ports: PortsDep, caller: CallerDep
) -> tuple[ResponseImport, list[ImportRow]]:
    """The whole report, however long: a table has no next page that would say it was cut."""
    rows: list[ImportRow] = []
    while True:
        of, found = await use_cases.list_import_rows(
            import_id,
            after=rows[-1].row if rows else 0,
            limit=_AT_ONCE,
            work=ports.reading(),
            caller=caller,
        )
        rows += found
        if len(found) < _AT_ONCE:
            return of, rows


@router.post("/editions/{edition}/imports/{import_id}/take-back", operation_id="take_back_import")
async def take_back_import(
    edition: UUID, import_id: UUID, caller: CallerDep, ports: PortsDep
) -> ImportOut:
    """Take out again what an import brought, as one step, while the list is provisional."""
    await take_back(
        edition,
        import_id,
        likeness=ports.forms.likeness,
        work=ports.work(caller, "take_back_import"),
        caller=caller,
        clock=ports.clock,
    )
    found, of = await use_cases.get_import(import_id, work=ports.reading(), caller=caller)
    return ImportOut.of(found, of, caller)
