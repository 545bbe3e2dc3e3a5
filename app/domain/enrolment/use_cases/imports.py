"""Importing responses of forms: map the form, keep the file, judge its rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.access import allow, sees_doubts, sees_whole
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors import NotInThisState
from app.domain.enrolment.errors_forms import FileRefused, ImportNotFound, PlanTokenUnknown
from app.domain.enrolment.forms.imports import ImportFile, ImportRow, ImportState, ResponseImport
from app.domain.enrolment.forms.kept import bearers
from app.domain.enrolment.forms.mapping import Answer, FormMapping, suggest
from app.domain.enrolment.forms.report import report
from app.domain.enrolment.forms.responses import Export
from app.domain.enrolment.planning import (
    Tools,
    foresee,
    make_plan,
    note_late,
    ranks_foreseen,
)
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.report_as_told import import_as_told, rows_as_they_stand, rows_as_told
from app.domain.ids import new_id
from app.domain.jobs import Job

PLAN_JOB = "plan_import"
COMMIT_JOB = "commit_import"
HELD_JOB = "import_held_responses"
_MOST_HELD = 100_000
"""Deliveries that are counted; a form has far fewer responses."""


@dataclass(frozen=True)
class Mapped:
    """A form's mapping, and what has waited for it."""

    mapping: FormMapping
    waiting: int
    """Deliveries of the form's flow that are imported now, in the background."""
    job: UUID | None
    """Imports them; None when none waited."""


async def map_form(
    edition_id: UUID,
    form: str,
    time_zone: str,
    questions: Mapping[str, Answer],
    *,
    day_first: bool | None = None,
    language: str = "en",
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> Mapped:
    """Say how a form's questions are read, and in which zone its export shows times.

    Raises EditionNotFound, NotAllowed, MappingInvalid.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        allow("map_form", edition, caller)
        before = await work.forms.get(edition_id, form)
        mapping = FormMapping(
            edition=edition_id,
            form=form,
            time_zone=time_zone,
            questions=dict(questions),
            changed_at=clock.now(),
            changed_by=caller.actor,
            day_first=day_first,
            language=language,
            version=before.version + 1 if before else 1,
        )
        mapping.check()
        await work.forms.save(mapping)
        waiting = len(await work.deliveries.held(edition_id, form, _MOST_HELD))
        job = None
        if waiting:
            job = await work.jobs.start(HELD_JOB, {"edition": str(edition_id), "form": form})
        await work.outbox.put(events.FormMapped(edition_id, form))
        await work.trail.append(
            "form", f"{edition_id}/{form}", after=f"v{mapping.version}", note=time_zone
        )
    return Mapped(mapping, waiting, job.id if job else None)


async def list_forms(
    edition_id: UUID, *, work: EnrolmentWork, caller: Caller
) -> Sequence[FormMapping]:
    """The mappings of an edition's forms. Raises EditionNotFound, NotAllowed."""
    async with work:
        edition = await work.editions.read(edition_id)
        allow("list_forms", edition, caller)
        return await work.forms.of_edition(edition_id)


async def receive_import(
    edition_id: UUID,
    form: str,
    filename: str,
    content: bytes,
    *,
    glance: Callable[[bytes], None] | None = None,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[ResponseImport, Job]:
    """Keep an uploaded file, and have a job judge its rows; nothing else changes.

    `glance` refuses what cannot be such a file (`FormsReader.glance`), before it is kept. Raises
    EditionNotFound, NotAllowed, NotInThisState, FileRefused.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        allow("import_registrations", edition, caller)
        expect_taking(edition)
        if glance is not None:
            glance(content)
        new = ResponseImport(
            id=new_id(),
            edition=edition_id,
            form=form,
            filename=filename,
            file_hash=f"sha256:{sha256(content).hexdigest()}",
            uploaded_by=caller.actor,
            uploaded_at=clock.now(),
        )
        await work.imports.add(new, ImportFile(filename, content))
        job = await work.jobs.start(PLAN_JOB, {"import": str(new.id)})
        await work.trail.append("import", new.id, after=new.file_hash)
    return new, job


def expect_taking(edition: Edition) -> None:
    """Raise NotInThisState unless the edition takes imports: once it has opened, until
    teaching begins."""
    taking = (EditionState.OPEN, EditionState.CLOSED)
    if edition.state not in taking:
        raise NotInThisState(edition.state, "it takes imports", taking)


async def request_commit(
    edition_id: UUID, plan_token: str, *, work: EnrolmentWork, caller: Caller
) -> tuple[ResponseImport, Job]:
    """Have a job carry out the plan of a dry run.

    The same token again starts a job that finds it done. Raises EditionNotFound, NotAllowed,
    NotInThisState, PlanTokenUnknown.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        allow("import_registrations", edition, caller)
        expect_taking(edition)
        found = await _by_token(edition_id, plan_token, work)
        job = await work.jobs.start(COMMIT_JOB, {"import": str(found.id), "plan_token": plan_token})
        await work.trail.append("import", found.id, after="commit requested")
    return found, job


async def _by_token(edition_id: UUID, plan_token: str, work: EnrolmentWork) -> ResponseImport:
    try:
        found = await work.imports.read(UUID(plan_token.partition(".")[0]))
    except (ValueError, ImportNotFound):
        raise PlanTokenUnknown from None
    if found.edition != edition_id or found.plan_token != plan_token:
        raise PlanTokenUnknown
    return found


async def plan_received(
    import_id: UUID, *, open_work: Callable[[], EnrolmentWork], tools: Tools, clock: Clock
) -> ResponseImport:
    """Judge the rows of a file that was received; the dry run. Runs in a job.

    Reads the file outside any transaction. A second time gives a plan from what holds then. Raises
    ImportNotFound.
    """
    async with open_work() as work:
        found = await work.imports.read(import_id)
        if found.state in (ImportState.COMMITTED, ImportState.TAKEN_BACK, ImportState.REFUSED):
            return found
        file = await work.imports.file(import_id)
    try:
        export: Export = await tools.in_thread(tools.reader.read, file.content, file.filename)
    except FileRefused as refused:
        async with open_work() as work:
            found = await work.imports.get(import_id)
            if found.state is ImportState.RECEIVED:
                found.refused(refused.reason, refused.detail)
                await work.imports.save(found)
        return found
    with tools.unswept():
        return await _planned(import_id, export, open_work, tools, clock)


async def _planned(
    import_id: UUID,
    export: Export,
    open_work: Callable[[], EnrolmentWork],
    tools: Tools,
    clock: Clock,
) -> ResponseImport:
    async with open_work() as work:
        # Not the edition's lock: a plan may be out of date, the commit looks again.
        found = await work.imports.get(import_id)
        edition = await work.editions.read(found.edition)
        stored = await work.forms.get(edition.id, found.form)
        mapping = stored or _proposed(export, found, edition)
        plan, basis, mark = await make_plan(export, mapping, edition, found, work, tools, clock)
        standings = await foresee(plan, edition, work, tools)
        await note_late(plan, edition, work)
        ranks = await ranks_foreseen(plan, edition, work)
        rows: list[ImportRow] = await tools.in_thread(
            lambda: report(plan, standings, committed=False, ranks=ranks)
        )
        found.suggestion = suggest(export.columns, export.language)
        found.unknown_columns = tuple(mapping.unknown(export.columns))
        found.missing_columns = tuple(mapping.missing(export.columns))
        if stored is None or found.missing_columns:
            # Reading on without a column that somebody counts on would lose it without a word.
            found.needs_mapping(rows)
            await work.imports.save_rows(import_id, rows)
        elif mark is not None and (by := await tools.in_thread(bearers, plan)) is not None:
            found.planned(basis, rows, mark)
            await work.kept_plans.keep(found, plan, rows, by)
        else:
            found.planned(basis, rows)
            await work.imports.save_rows(import_id, rows)
        await work.imports.save(found)
        await work.outbox.put(events.ImportPlanned(import_id, edition.id))
    return found


def _proposed(export: Export, found: ResponseImport, edition: Edition) -> FormMapping:
    """How the form would be read by what its headers suggest, so that the report shows it."""
    return FormMapping(
        edition=edition.id,
        form=found.form,
        time_zone=edition.window.time_zone,
        questions=suggest(export.columns, export.language).questions,
        changed_at=found.uploaded_at,
        changed_by="suggestion",
    )


async def get_import(
    import_id: UUID, *, work: EnrolmentWork, caller: Caller
) -> tuple[ResponseImport, Edition]:
    """How an import stands; to those who do not decide on doubles, without a word of them. Raises
    ImportNotFound, NotAllowed."""
    async with work:
        found = await work.imports.read(import_id)
        edition = await work.editions.read(found.edition)
        _allow_reading("get_import", found, edition, caller)
        if not sees_doubts(edition, caller):
            found = await import_as_told(found, edition, work, caller)
        return found, edition


async def list_import_rows(
    import_id: UUID, *, after: int, limit: int, work: EnrolmentWork, caller: Caller
) -> tuple[ResponseImport, Sequence[ImportRow]]:
    """The import with its report: all rows for the edition's own officers, those of their own
    institution for others, who learn of no possible double. Of one that was carried out each row
    says where its registration stands now. Raises ImportNotFound, NotAllowed."""
    async with work:
        found = await work.imports.read(import_id)
        edition = await work.editions.read(found.edition)
        _allow_reading("list_import_rows", found, edition, caller)
        buckets = None
        if not sees_whole(edition, caller):
            buckets = sorted(caller.institutions(Role.ENROLMENT_OFFICER))
        rows = await work.imports.rows(import_id, buckets=buckets, after=after, limit=limit)
        if sees_doubts(edition, caller):
            if found.state is ImportState.COMMITTED:
                rows = await rows_as_they_stand(rows, edition, work, caller)
            return found, rows
        return found, await rows_as_told(rows, edition, work, caller, buckets=buckets)


def _allow_reading(action: str, found: ResponseImport, edition: Edition, caller: Caller) -> None:
    require(
        PERMISSIONS,
        caller,
        action,
        edition.place,
        see=action,
        missing=ImportNotFound(found.id),
    )
