"""Responses that come live: signed, judged and imported in one transaction, exactly once."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.access import allow
from app.domain.enrolment.carrying_out import carry_out
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors_forms import HeldNotTaken, MappingInvalid, NotOpenYet
from app.domain.enrolment.forms.codes import RowReason
from app.domain.enrolment.forms.imports import (
    ImportFile,
    ImportRow,
    ImportSource,
    ImportState,
    ResponseImport,
    Verdict,
)
from app.domain.enrolment.forms.live import (
    DeliveredResponse,
    DeliveredVerdict,
    delivered_in,
    export_of,
    reads,
)
from app.domain.enrolment.forms.mapping import FormMapping
from app.domain.enrolment.forms.planned import Plan, PlannedRow
from app.domain.enrolment.forms.report import report
from app.domain.enrolment.forms.responses import Export, Response, read_responses
from app.domain.enrolment.planning import Tools, foresee, make_plan, note_late, ranks_there
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.errors import DomainError, Unavailable
from app.domain.ids import new_id

log = logging.getLogger(__name__)

NOT_MAPPED = RowReason.FORM_NOT_MAPPED.value
_OURS = "Importing it failed for a reason of ours, which has been logged."


@dataclass(frozen=True)
class Answered:
    """What one delivered response is answered with. No personal data."""

    import_id: UUID
    verdict: DeliveredVerdict


async def import_responses(
    edition_id: UUID,
    form: str,
    delivered: Sequence[DeliveredResponse],
    body: bytes,
    *,
    secret: UUID,
    work: EnrolmentWork,
    tools: Tools,
    clock: Clock,
) -> list[Answered]:
    """Import what a form's flow delivers; the caller has checked its signature.

    One transaction under the edition's lock: all of the delivery or nothing, and two of the same
    one after the other. What came before, with the same answers, is answered as it was then.
    Raises EditionNotFound, NotOpenYet.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        keys = [one.key for one in delivered]
        known = dict(await work.deliveries.known(edition_id, form, set(keys)))
        await work.form_secrets.used(secret, clock.now())
        # Those that are known leave their row empty; of two that are the same, one is read.
        fresh = [
            one if one.key not in known and one.key not in keys[:index] else None
            for index, one in enumerate(delivered)
        ]
        if any(fresh):
            new = ResponseImport(
                id=new_id(),
                edition=edition_id,
                form=form,
                filename="delivery.json",
                file_hash=f"sha256:{sha256(body).hexdigest()}",
                uploaded_by=f"webhook:{secret}",
                uploaded_at=clock.now(),
                source=ImportSource.WEBHOOK,
            )
            await work.imports.add(new, ImportFile(new.filename, body))
            taking = _Taking(edition, new, work, tools, clock)
            for key, verdict in (await taking.take(fresh)).items():
                known[key] = new.id, verdict
    return [Answered(*known[key]) for key in keys]


class _Taking:
    """One delivery on its way into an edition; the edition's lock is held."""

    def __init__(
        self,
        edition: Edition,
        found: ResponseImport,
        work: EnrolmentWork,
        tools: Tools,
        clock: Clock,
    ) -> None:
        self._edition = edition
        self._found = found
        self._work = work
        self._tools = tools
        self._clock = clock

    async def take(
        self, delivered: Sequence[DeliveredResponse | None]
    ) -> Mapping[tuple[int, str], DeliveredVerdict]:
        """Judge and import, and keep all that is to be known of it later."""
        found, work = self._found, self._work
        export = export_of(delivered)
        mapping = await work.forms.get(self._edition.id, found.form)
        if mapping is not None and reads(mapping, export):
            found.unknown_columns = tuple(mapping.unknown(export.columns))
            rows = await self._import(export, mapping)
        else:
            found.unknown_columns = tuple(c.header for c in export.columns if c.system is None)
            rows = self._hold(export)
        return await self._note(delivered, rows)

    @property
    def is_done(self) -> bool:
        """Whether it waits no more."""
        return self._found.state is not ImportState.NEEDS_MAPPING

    async def put_off(self, delivered: Sequence[DeliveredResponse | None], why: str) -> None:
        """Keep it, with the reason, to be tried again."""
        rows = [
            ImportRow(
                row=row,
                response=one.number,
                verdict=Verdict.NEEDS_DECISION,
                reason=RowReason.IMPORT_FAILED.value,
                full_name="",
                email="",
                stated="",
                received_at=None,
            )
            for row, one in enumerate(delivered, start=1)
            if one is not None
        ]
        self._found.failed(RowReason.IMPORT_FAILED.value, why, rows)
        await self._note(delivered, rows)

    async def _note(
        self, delivered: Sequence[DeliveredResponse | None], rows: Sequence[ImportRow]
    ) -> Mapping[tuple[int, str], DeliveredVerdict]:
        """Keep what became of each, and tell it."""
        found, work = self._found, self._work
        verdicts = {
            one.key: DeliveredVerdict(one.number, row.verdict, row.reason, row.row)
            for row in rows
            if (one := delivered[row.row - 1]) is not None
        }
        await work.imports.save_rows(found.id, rows)
        await work.imports.save(found)
        await work.deliveries.save(self._edition.id, found.form, found.id, verdicts)
        await work.trail.append("import", found.id, after=found.state.value, note=found.uploaded_by)
        return verdicts

    def _hold(self, export: Export) -> list[ImportRow]:
        """Keep them until somebody has said how the form is read."""
        mapping = FormMapping(
            self._edition.id, self._found.form, "UTC", {}, self._clock.now(), "nobody"
        )
        rows = self._without_plan(export, mapping, Verdict.NEEDS_DECISION, lambda _: NOT_MAPPED)
        self._found.needs_mapping(rows)
        return rows

    async def _import(self, export: Export, mapping: FormMapping) -> list[ImportRow]:
        edition, found, work = self._edition, self._found, self._work
        if edition.state not in (EditionState.OPEN, EditionState.CLOSED):
            rows = self._without_plan(export, mapping, Verdict.REJECTED, self._why_not_now)
            found.received(rows, self._clock.now())
            return rows
        plan, basis, _ = await make_plan(
            export, mapping, edition, found, work, self._tools, self._clock, to_commit=True
        )
        standings = {} if edition.is_binding else await foresee(plan, edition, work, self._tools)
        await note_late(plan, edition, work)
        await carry_out(plan, edition, work, found.uploaded_by, self._clock)
        ranks = await ranks_there(plan, edition, work)
        rows = report(plan, standings, committed=True, ranks=ranks)
        found.received(rows, self._clock.now(), basis)
        # Not counted among the imports that make plans out of date: like somebody who registers
        # meanwhile, it only shows in rows that turn out differently.
        await work.editions.advance(edition)
        await work.outbox.put(events.ResponsesImported(found.id, edition.id, len(plan.new)))
        return rows

    def _why_not_now(self, response: Response) -> str:
        """Why an edition that takes nobody does not take this one. Raises NotOpenYet."""
        outside = (
            self._edition.window.verdict(response.completed_at) if response.completed_at else None
        )
        if outside is not None:
            return outside.value
        if self._edition.state is EditionState.PLANNED:
            raise NotOpenYet
        return RowReason.EDITION_STATE.value

    def _without_plan(
        self,
        export: Export,
        mapping: FormMapping,
        verdict: Verdict,
        reason: Callable[[Response], str],
    ) -> list[ImportRow]:
        rows = [
            PlannedRow(response, verdict, reason(response))
            for response in read_responses(export, mapping, self._tools.names)
        ]
        return report(Plan(rows, [], []), {}, committed=True)


async def import_held_responses(
    edition_id: UUID,
    form: str,
    *,
    open_work: Callable[[], EnrolmentWork],
    tools: Tools,
    clock: Clock,
) -> int:
    """Import the deliveries that waited for the form to be mapped, in the order of their coming.

    Runs in a job, each delivery in a transaction of its own; how many there were. One that fails
    for a reason that nobody foresaw goes on waiting, with that reason, and holds up none behind
    it; at the end HeldNotTaken is raised. Stops at the first that the mapping still does not read.
    """
    done = 0
    failed: list[UUID] = []
    while (held := await _next_held(edition_id, form, failed, open_work)) is not None:
        try:
            is_taken = await _take_held(held, open_work, tools, clock)
        except (MappingInvalid, Unavailable):
            raise  # the same for all of them
        except Exception as error:
            log.error("held delivery failed: %s", type(error).__name__, exc_info=error)
            why = error.detail if isinstance(error, DomainError) else _OURS
            await _put_off(held, why, open_work, tools, clock)
            failed.append(held)
            continue
        if not is_taken:
            break
        done += 1
    if failed:
        raise HeldNotTaken(len(failed))
    return done


async def _next_held(
    edition_id: UUID, form: str, failed: Sequence[UUID], open_work: Callable[[], EnrolmentWork]
) -> UUID | None:
    """The oldest delivery that waits, without those that have just failed."""
    async with open_work() as work:
        held = await work.deliveries.held(edition_id, form, len(failed) + 1)
        return next((one for one in held if one not in failed), None)


async def _take_held(
    held: UUID, open_work: Callable[[], EnrolmentWork], tools: Tools, clock: Clock
) -> bool:
    """Import a delivery that waits; whether it does so no more."""
    async with open_work() as work:
        taking, delivered = await _opened(held, work, tools, clock)
        if taking is not None:
            await taking.take(delivered)
        return taking is None or taking.is_done


async def _put_off(
    held: UUID, why: str, open_work: Callable[[], EnrolmentWork], tools: Tools, clock: Clock
) -> None:
    async with open_work() as work:
        taking, delivered = await _opened(held, work, tools, clock)
        if taking is not None:
            await taking.put_off(delivered, why)


async def _opened(
    held: UUID, work: EnrolmentWork, tools: Tools, clock: Clock
) -> tuple[_Taking | None, list[DeliveredResponse | None]]:
    """A delivery that waits, with its edition held; None for one that somebody has taken."""
    edition = await work.editions.get((await work.imports.read(held)).edition)
    found = await work.imports.get(held)
    if found.state is not ImportState.NEEDS_MAPPING:
        return None, []
    body = (await work.imports.file(found.id)).content
    delivered = await _still_held(delivered_in(body), found, work)
    return _Taking(edition, found, work, tools, clock), delivered


async def _still_held(
    delivered: Sequence[DeliveredResponse], found: ResponseImport, work: EnrolmentWork
) -> list[DeliveredResponse | None]:
    """The responses of a kept delivery that it brought itself, at their rows."""
    known = await work.deliveries.known(found.edition, found.form, {one.key for one in delivered})
    return [
        one if known[one.key][0] == found.id and known[one.key][1].row == row else None
        for row, one in enumerate(delivered, start=1)
    ]


async def list_responses(
    edition_id: UUID,
    form: str,
    *,
    after: tuple[UUID, int] | None,
    limit: int,
    work: EnrolmentWork,
    caller: Caller,
) -> Sequence[tuple[UUID, ImportState, ImportRow]]:
    """Every response that was delivered live, with its verdict, its import and how that
    stands. Raises EditionNotFound, NotAllowed."""
    async with work:
        edition = await work.editions.read(edition_id)
        allow("list_responses", edition, caller)
        return await work.deliveries.rows(edition_id, form, after=after, limit=limit)


async def list_imports(
    edition_id: UUID,
    *,
    form: str | None,
    source: ImportSource | None,
    before: UUID | None,
    limit: int,
    work: EnrolmentWork,
    caller: Caller,
) -> tuple[Edition, Sequence[ResponseImport]]:
    """Imports of an edition, files and deliveries. Raises EditionNotFound, NotAllowed."""
    async with work:
        edition = await work.editions.read(edition_id)
        allow("list_imports", edition, caller)
        found = await work.imports.page(
            edition_id, form=form, source=source, before=before, limit=limit
        )
        return edition, found
