"""Importing a workbook beside merely reading it, in a process of its own:

    python -m app.bench.enrolment.importing DATABASE_URL EDITION WORKBOOK

reads the workbook with the service's reader, then imports it into the edition as the jobs of the
service do, dry run and commit, and prints what each took and how much memory was needed, as JSON.
"""

import io
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import TypeVar
from uuid import UUID

from openpyxl import Workbook

from app import reactions
from app.adapters.forms.tools import forms_tools
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.bench.load import run_fast
from app.bench.seed import HOMES
from app.domain.access.roles import SYSTEM, Caller, Grant, Role
from app.domain.clock import SystemClock
from app.domain.enrolment.forms.imports import ImportState
from app.domain.enrolment.forms.mapping import Answer
from app.domain.enrolment.use_cases.commit import commit_import
from app.domain.enrolment.use_cases.imports import map_form, plan_received, receive_import
from app.domain.ids import new_id

T = TypeVar("T")

FORM = "bench"
_HEADER = (
    "ID", "Start time", "Completion time", "Email", "Name", "Last modified time", "Full name",
    "E-mail address", "Home institution", "Country", "Field of study", "Level of study",
    "Year of study", "How well do you read English?", "Which topics interest you most?",
    "How did you hear of this course?", "Do you need support to take part?",
    "When could you begin?", "What do you expect of the course?",
    "I have read the privacy notice",
)  # fmt: skip
"""Twenty columns, as a form has that asks what such forms ask."""
_FIELDS = ("Engineering", "Law", "Nursing", "Music", "Economics", "Biology", "History")
_TOPICS = ("Energy;Water;", "Mobility;", "Energy;Circular economy;Food systems;", "Food systems;")
_HEARD = ("A teacher told me", "University web site", "Social media", "A friend", "Newsletter")
_QUESTIONS = {
    "Full name": Answer.FULL_NAME,
    "E-mail address": Answer.EMAIL,
    "Home institution": Answer.INSTITUTION,
    "Country": Answer.COUNTRY,
}


def workbook(rows: int) -> bytes:
    """An export with so many responses, all of different people, within the last hours: twenty
    columns, of which four are read, and the others are what forms ask besides."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(_HEADER)
    first = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=20)
    for number, home in enumerate(islice(cycle(HOMES), rows), 1):
        at = first + timedelta(seconds=number)
        name = f"{_word(number * 7919)} {_word(number * 104_729)} {_word(number)}"
        address = f"person-{number}@example.org"
        sheet.append([
            number, at, at, "anonymous", None, None, name, address, home, "Spain",
            _FIELDS[number % 7], "Bachelor" if number % 3 else "Master", 1 + number % 4,
            f"{number % 5} of 5", _TOPICS[number % 4], _HEARD[number % 5],
            "No" if number % 9 else "Yes, a quiet room", at.date(),
            f"To learn about {_word(number * 31)} and to meet people from elsewhere", "Yes",
        ])  # fmt: skip
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _word(number: int) -> str:
    """A word that stands for a number, so that no two people are called alike."""
    syllables = []
    while number:
        number, rest = divmod(number, 100)
        syllables.append("bcdfghjklmnprstvwxyz"[rest // 5] + "aeiou"[rest % 5])
    return "".join(syllables).title()


@dataclass(frozen=True)
class _Took:
    """Seconds."""

    wall: float
    cpu: float
    """Of this process and of those that it started and waited for, without the database's."""


async def _timed(work: Callable[[], Awaitable[T]]) -> tuple[_Took, T]:
    began, cpu = time.perf_counter(), _cpu()
    found = await work()
    return _Took(time.perf_counter() - began, _cpu() - cpu), found


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


async def measured(url: str, edition: UUID, content: bytes, officer: UUID) -> dict[str, float]:
    """Seconds for reading, dry run and commit; MB of memory at most, before the import and in all.

    Raises RuntimeError when the import does not take every row.
    """
    engine = make_engine(url, pool_size=2)
    outbox, clock, tools = PostgresOutbox(reactions.NAMES), SystemClock(), forms_tools()
    caller = Caller(
        officer, (Grant(Role.ENROLMENT_OFFICER, "UNIOVI", datetime(2020, 1, 1, tzinfo=UTC)),)
    )

    def work(by: Caller = SYSTEM, action: str = "import") -> PostgresWork:
        return PostgresWork(engine, outbox, clock, by, action)

    async def read() -> int:
        return len((await tools.in_thread(tools.reader.read, content, "responses.xlsx")).rows)

    await map_form(edition, FORM, "UTC", _QUESTIONS, work=work(caller), caller=caller, clock=clock)
    rows = await read()
    before = _peak_mb()
    readings = [(await _timed(read))[0] for _ in range(3)]
    received, _ = await receive_import(
        edition, FORM, "responses.xlsx", content, work=work(caller), caller=caller, clock=clock
    )
    planning, planned = await _timed(
        lambda: plan_received(received.id, open_work=work, tools=tools, clock=clock)
    )
    committing, done = await _timed(
        lambda: commit_import(
            received.id,
            planned.plan_token or "",
            open_work=work,
            tools=tools,
            actor=caller.actor,
            clock=clock,
        )
    )
    await engine.dispose()
    if done.state is not ImportState.COMMITTED or dict(done.counts) != {"create": rows}:
        raise RuntimeError(f"{done.state}: {dict(done.counts)} instead of {rows} rows created")
    return {
        "rows": rows,
        "read_s": median(one.wall for one in readings),
        "plan_s": planning.wall,
        "commit_s": committing.wall,
        "read_cpu_s": median(one.cpu for one in readings),
        "import_cpu_s": planning.cpu + committing.cpu,
        "mb_before": before,
        "mb": _peak_mb(),
    }


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def main(arguments: Sequence[str]) -> None:
    """Measure once; print a line of JSON."""
    url, edition, file = arguments
    content = Path(file).read_bytes()
    print(json.dumps(run_fast(lambda: measured(url, UUID(edition), content, new_id()))))


if __name__ == "__main__":
    main(sys.argv[1:])
