"""Carrying out an import as one step, and taking it back."""

from collections.abc import Callable, Sequence
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.affiliation import Likeness, Matcher
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.carrying_out import carry_out
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import AlreadyPublished
from app.domain.enrolment.errors_forms import FormNotMapped, ImportNotFound, PlanRefused
from app.domain.enrolment.forms.entries import Entry, Reader
from app.domain.enrolment.forms.imports import ImportState, ResponseImport, basis_of
from app.domain.enrolment.forms.mapping import FormMapping
from app.domain.enrolment.forms.plan import settle_again
from app.domain.enrolment.forms.report import report
from app.domain.enrolment.forms.responses import Export, KnownEntry
from app.domain.enrolment.joining import person_of
from app.domain.enrolment.planning import Tools, foresee, make_plan, note_late, ranks_there, related
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.imports import expect_taking
from app.domain.enrolment.use_cases.register import spellings_of

_ROWS = 1000


async def commit_import(
    import_id: UUID,
    plan_token: str,
    *,
    open_work: Callable[[], EnrolmentWork],
    tools: Tools,
    actor: str,
    clock: Clock,
) -> ResponseImport:
    """Carry out the plan of a dry run, all of it or nothing. Runs in a job.

    Whoever dies in the middle leaves no trace, and a second run after a first that got through
    finds it done. Where everything is as it was at the dry run, its plan is carried out as it was
    kept. Else it is made anew under the edition's lock, by the same code; verdicts that turn out
    differently, because somebody registered meanwhile, are noted in the rows. Raises
    ImportNotFound, PlanRefused, FormNotMapped, NotInThisState, ImportStateError.
    """
    done = await _as_planned(import_id, plan_token, open_work, clock)
    if done is not None:
        return done
    async with open_work() as work:
        file = await work.imports.file(import_id)
    export: Export = await tools.in_thread(tools.reader.read, file.content, file.filename)
    with tools.unswept():
        return await _anew(import_id, plan_token, export, open_work, tools, actor, clock)


async def _anew(
    import_id: UUID,
    plan_token: str,
    export: Export,
    open_work: Callable[[], EnrolmentWork],
    tools: Tools,
    actor: str,
    clock: Clock,
) -> ResponseImport:
    """Make the plan anew and carry it out."""
    async with open_work() as work:
        edition, found = await _to_commit(import_id, plan_token, work)
        if found.state is ImportState.COMMITTED:
            return found
        mapping = await _mapping_of(found, work)
        plan, basis, _ = await make_plan(
            export, mapping, edition, found, work, tools, clock, to_commit=True
        )
        found.expect_basis(basis)
        planned = await work.imports.verdicts(import_id)
        standings = {} if edition.is_binding else await foresee(plan, edition, work, tools)
        await note_late(plan, edition, work)
        await carry_out(plan, edition, work, actor, clock)
        ranks = await ranks_there(plan, edition, work)
        rows = report(plan, standings, committed=True, planned=planned, ranks=ranks)
        found.committed(rows, clock.now())
        await work.imports.save_rows(import_id, rows)
        await _conclude(found, edition, len(plan.new), work)
    return found


async def _as_planned(
    import_id: UUID, plan_token: str, open_work: Callable[[], EnrolmentWork], clock: Clock
) -> ResponseImport | None:
    """Carry out the plan as it was kept, or find it done; None when it has to be made anew."""
    async with open_work() as work:
        found = await work.imports.read(import_id)
        done = found.state is ImportState.COMMITTED and found.plan_token == plan_token
        if done or found.mark is None:
            return found if done else None
    async with open_work() as work:
        edition, found = await _to_commit(import_id, plan_token, work)
        if found.state is ImportState.COMMITTED:
            return found
        mapping = await _mapping_of(found, work)
        found.expect_basis(basis_of(edition, mapping, await spellings_of(work)))
        now = clock.now()
        created = await work.kept_plans.carry_out(found, edition, now)
        if created is None:
            return None
        found.committed_as_planned(now)
        await _conclude(found, edition, created, work)
    return found


async def _to_commit(
    import_id: UUID, plan_token: str, work: EnrolmentWork
) -> tuple[Edition, ResponseImport]:
    """The edition, held, and the import: committed already, or to be committed by this plan."""
    edition = await work.editions.get((await work.imports.read(import_id)).edition)
    found = await work.imports.get(import_id)
    if found.plan_token != plan_token:
        raise PlanRefused(["the plan: a newer dry run has replaced it"])
    if found.state is not ImportState.COMMITTED:
        expect_taking(edition)
    return edition, found


async def _mapping_of(found: ResponseImport, work: EnrolmentWork) -> FormMapping:
    mapping = await work.forms.get(found.edition, found.form)
    if mapping is None:
        raise FormNotMapped(found.form)
    return mapping


async def _conclude(
    found: ResponseImport, edition: Edition, created: int, work: EnrolmentWork
) -> None:
    """Keep and tell that an import is committed."""
    await work.imports.save(found)
    edition.imports += 1
    await work.editions.advance(edition)
    await work.outbox.put(events.ResponsesImported(found.id, edition.id, created))
    await work.trail.append("import", found.id, before="planned", after="committed")


async def take_back_import(
    edition_id: UUID,
    import_id: UUID,
    *,
    likeness: Likeness,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> ResponseImport:
    """Take out again what an import brought, as one step, while the list is provisional.

    Registrations that only this import brought end; those that had other responses say again what
    these say. Raises EditionNotFound, ImportNotFound, NotAllowed, AlreadyPublished,
    ImportStateError.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        require(
            PERMISSIONS,
            caller,
            "take_back_import",
            edition.place,
            see="get_import",
            missing=ImportNotFound(import_id),
        )
        found = await work.imports.get(import_id)
        if found.edition != edition.id:
            raise ImportNotFound(import_id)
        if edition.is_binding:
            raise AlreadyPublished
        found.taken_back()
        brought = await work.registrations.brought_by(edition.id, import_id)
        await work.responses.remove(edition.id, import_id)
        timed = await _with_changed_time(import_id, work)
        ended = await _end_orphans(brought, edition, found, work, caller, clock)
        await _settle(brought, ended, timed, edition, found, likeness, work)
        edition.imports += 1
        await work.editions.advance(edition)
        await work.imports.save(found)
        await work.outbox.put(events.ImportTakenBack(import_id, edition.id, len(ended)))
        await work.trail.append("import", import_id, before="committed", after="taken_back")
    return found


async def _with_changed_time(import_id: UUID, work: EnrolmentWork) -> set[UUID]:
    """Registrations for which the import said another time."""
    found: set[UUID] = set()
    after = 0
    while rows := await work.imports.rows(import_id, buckets=None, after=after, limit=_ROWS):
        found |= {
            row.registration
            for row in rows
            if row.reason == Reason.TIME_CHANGED.value and row.registration is not None
        }
        after = rows[-1].row
    return found


async def _end_orphans(
    brought: Sequence[KnownEntry],
    edition: Edition,
    found: ResponseImport,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> set[UUID]:
    orphans = [
        entry.registration
        for entry in brought
        if entry.registration.is_live
        and entry.registration.imported_by is not None
        and all(response.brought_by == found.id for response in entry.responses)
    ]
    allocation = Allocation(edition, work, caller.actor, clock.now())
    await allocation.end_all(orphans, State.CANCELLED, Reason.IMPORT_TAKEN_BACK)
    return {registration.id for registration in orphans}


async def _settle(
    brought: Sequence[KnownEntry],
    ended: set[UUID],
    timed: set[UUID],
    edition: Edition,
    found: ResponseImport,
    likeness: Likeness,
    work: EnrolmentWork,
) -> None:
    identities = {entry.person.identity for entry in brought}
    known: list[KnownEntry] = list(await related(edition.id, found.form, set(), identities, work))
    seen = {entry.registration.id for entry in known}
    for registration in await work.registrations.many(timed - seen):
        person = await person_of(registration, work)
        known.append(KnownEntry(registration, person))
    for entry in known:
        if entry.registration.id in timed:
            entry.registration.pending = None
    spellings = await spellings_of(work)
    reader = Reader(Matcher(spellings, likeness), spellings, edition.no_institution)
    left = {entry.registration.id for entry in brought} - ended
    changed: list[Entry] = settle_again(known, left, edition=edition, reader=reader)
    await work.persons.respell([entry.person for entry in changed if entry.person_changed])
    registrations = {e.registration.id: e.registration for e in changed if e.changed}
    registrations |= {
        e.registration.id: e.registration for e in known if e.registration.id in timed
    }
    for one in known:
        registration = one.registration
        if registration.id in left and registration.imported_by == found.id:
            registration.imported_by = one.responses[0].brought_by
            registrations[registration.id] = registration
    await work.registrations.save(edition, list(registrations.values()))
