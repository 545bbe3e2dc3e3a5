"""Imports as stories tell them: rows in, verdicts out, on any store."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from app.adapters.forms.names import CldrNames
from app.adapters.forms.reader import MicrosoftForms
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.cells import Cell
from app.domain.enrolment.forms.imports import ImportRow, ResponseImport
from app.domain.enrolment.forms.mapping import Answer, ExportColumn, SystemColumn
from app.domain.enrolment.forms.responses import Export
from app.domain.enrolment.planning import Tools
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.commit import commit_import
from app.domain.enrolment.use_cases.imports import map_form, plan_received, receive_import
from tests.enrolment_builders import LIKENESS, OpenWork, officer
from tests.forms_workbooks import Row, mapping_questions
from tests.memory_ports import StoryClock

FORM = "v4j5cvGGr0GRqy180BHbR"
PHOTOGRAPHS = "I agree to photographs"


async def at_once(function: Any, *arguments: Any) -> Any:
    """Computes here: stories are short."""
    return function(*arguments)


TOOLS = Tools(MicrosoftForms(), CldrNames(), LIKENESS, asyncio.to_thread)


class GivenRows:
    """Stands for the file: hands out the rows of a story, as the reader would read them."""

    COLUMNS = (
        ExportColumn(0, "ID", SystemColumn.ID),
        ExportColumn(1, "Completion time", SystemColumn.COMPLETION),
        ExportColumn(2, "Last modified time", SystemColumn.LAST_MODIFIED),
        ExportColumn(3, "Full name", None, Answer.FULL_NAME),
        ExportColumn(4, "E-mail address", None, Answer.EMAIL),
        ExportColumn(5, "Home institution", None, Answer.INSTITUTION),
        ExportColumn(6, "Country", None, Answer.COUNTRY),
    )

    tells_edits = True
    """Whether the files have a column for the last edit that is filled."""

    def __init__(self) -> None:
        self._files: list[Export] = []

    def glance(self, content: bytes) -> None:
        """What stands for a file is never refused."""

    def file(self, rows: Sequence[Row]) -> bytes:
        """The bytes that stand for these rows."""
        columns: tuple[ExportColumn, ...] = self.COLUMNS
        cells: list[list[Cell]] = [
            [r.number, r.at, r.modified, r.name, r.email, r.institution, r.country] for r in rows
        ]
        if any(row.consent is not None for row in rows):
            columns = (*columns, ExportColumn(7, PHOTOGRAPHS, None, Answer.CONSENT))
            for row, there in zip(rows, cells, strict=True):
                there.append(row.consent)
        self._files.append(Export(columns, cells, tells_edits=self.tells_edits))
        return str(len(self._files) - 1).encode()

    def read(self, content: bytes, filename: str) -> Export:
        """See `app.domain.enrolment.ports_forms.FormsReader`."""
        return self._files[int(content)]


class Importer:
    """One officer at Oviedo and the form of one edition."""

    asks_consent = False
    """Whether the form's mapping reads a question for consent."""

    def __init__(self, work: OpenWork, clock: StoryClock, edition: Edition) -> None:
        self.work = work
        self.clock = clock
        self.edition = edition
        self.officer = officer()
        self.given = GivenRows()
        self.tools = Tools(self.given, CldrNames(), LIKENESS, at_once)

    async def map(self, time_zone: str = "Europe/Madrid", form: str = FORM) -> None:
        """Say how the form is read."""
        questions = {q: Answer(a) for q, a in mapping_questions("en").items()}
        if self.asks_consent:
            questions[PHOTOGRAPHS] = Answer.CONSENT
        await map_form(
            self.edition.id,
            form,
            time_zone,
            questions,
            work=self.work(),
            caller=self.officer,
            clock=self.clock,
        )

    async def plan(self, rows: Sequence[Row], form: str = FORM) -> ResponseImport:
        """Upload and dry run."""
        new, _ = await receive_import(
            self.edition.id,
            form,
            "responses.xlsx",
            self.given.file(rows),
            work=self.work(),
            caller=self.officer,
            clock=self.clock,
        )
        return await plan_received(new.id, open_work=self.work, tools=self.tools, clock=self.clock)

    async def commit(self, planned: ResponseImport) -> ResponseImport:
        """Carry the plan out."""
        return await commit_import(
            planned.id,
            planned.plan_token or "",
            open_work=self.work,
            tools=self.tools,
            actor=self.officer.actor,
            clock=self.clock,
        )

    async def take(self, rows: Sequence[Row], form: str = FORM) -> list[ImportRow]:
        """Dry run and commit; the rows of the final report."""
        done = await self.commit(await self.plan(rows, form))
        return await self.rows(done)

    async def rows(self, of: ResponseImport) -> list[ImportRow]:
        """The report."""
        async with self.work() as w:
            return list(await w.imports.rows(of.id, buckets=None, after=0, limit=10_000))

    async def standing(self) -> list[tuple[str, str, str]]:
        """Who waits, in order of rank: name, institution, when it was received."""
        async with self.work() as w:
            waiting = await w.registrations.in_states(self.edition.id, (State.WAITING,))
            people = await w.persons.of([r.person for r in waiting])
        return [
            (people[r.person].full_name, r.bucket or "", f"{r.receipt.received_at:%H:%M:%S}")
            for r in waiting
        ]


def verdicts(rows: Sequence[ImportRow]) -> list[str]:
    """Verdict and reason of each row."""
    return [" ".join(filter(None, (row.verdict.value, row.reason))) for row in rows]


def at(clock: StoryClock, minutes: float) -> datetime:
    """So many minutes after registration opened; the edition opened a day ago."""
    return clock.now() - timedelta(days=1) + timedelta(minutes=minutes)
