"""Entering the results of a whole edition from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.errors import Finding
from app.domain.results.entry import grading_of
from app.domain.results.errors import InvalidResult, ResultIsConfirmed, SheetInvalid
from app.domain.results.grading import outcome_of
from app.domain.results.moves import expect_open
from app.domain.results.ports import Participant, ResultsWork
from app.domain.results.result import Result
from app.domain.results.sheet import SheetRow, read_sheet, write_sheet
from app.domain.results.use_cases.entering import account_of, keep, of_edition
from app.domain.results.views import ResultsList, ResultView, place_of
from app.domain.vocabulary.specification import AcademicData, GradingScheme


class Verdict(StrEnum):
    """What a line of the file does."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    """Nothing is entered in it: it is left alone."""
    REFUSED = "refused"


@dataclass(frozen=True)
class RowReport:
    """What became, or would become, of one line."""

    line: int
    registration: UUID
    verdict: Verdict


@dataclass(frozen=True)
class ImportReport:
    """What a file of results did, or would do."""

    rows: tuple[RowReport, ...]
    findings: tuple[Finding, ...]
    """Why lines were refused. One refused line keeps the whole file out."""
    ignored_columns: tuple[str, ...]
    not_in_file: tuple[UUID, ...]
    """Registrations that take part and are not in the file."""
    dry_run: bool


async def import_results(
    edition_id: UUID,
    content: bytes,
    *,
    dry_run: bool,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> ImportReport:
    """Take over a CSV file of results, all of it or nothing (see `sheet.py` for its columns).

    With `dry_run` nothing is kept, and refused lines are reported instead of raised. Raises
    EditionNotFound, NotAllowed, NotGrading, NoGradingScheme, SheetInvalid.
    """
    async with work:
        edition, micro_credential = await of_edition(edition_id, work=work, caller=caller)
        require(PERMISSIONS, caller, "import_results", place_of(edition, micro_credential))
        account = account_of(caller)
        expect_open("import_results", edition.state)
        academic = micro_credential.specification.academic
        sheet = read_sheet(content, [assessment.code for assessment in academic.assessments])
        last_day = min(edition.end, clock.now().date())
        participants = {p.registration: p for p in await work.participants.of_edition(edition_id)}
        results = {r.registration: r for r in await work.results.of_edition(edition_id, lock=True)}
        found = list(sheet.findings)
        reports: list[RowReport] = []
        changed: list[Result] = []
        for row in sheet.rows:
            result = results.get(row.registration, Result(row.registration, edition_id))
            verdict = _judge(row, result, participants, academic, last_day, account, clock, found)
            reports.append(RowReport(row.line, row.registration, verdict))
            if verdict in (Verdict.NEW, Verdict.CHANGED):
                changed.append(result)
        if not dry_run:
            if found:
                raise SheetInvalid(
                    "Nothing was taken over, because lines of the file cannot be; `errors` says "
                    "which and why.",
                    found,
                )
            for result in sorted(changed, key=lambda r: r.registration):
                await keep(result, work=work)
    named = {row.registration for row in sheet.rows}
    return ImportReport(
        tuple(reports),
        tuple(found),
        sheet.ignored,
        tuple(registration for registration in participants if registration not in named),
        dry_run,
    )


def _judge(
    row: SheetRow,
    result: Result,
    participants: Mapping[UUID, Participant],
    academic: AcademicData,
    last_day: date,
    account: UUID,
    clock: Clock,
    found: list[Finding],
) -> Verdict:
    """Enter one line into its result, or say in `found` why not."""
    pointer = f"/rows/{row.line}"
    if row.registration not in participants:
        found.append(
            Finding(
                f"{pointer}/registration",
                "not_a_participant",
                "This registration holds no place in the edition.",
            )
        )
        return Verdict.REFUSED
    if row.is_empty:
        return Verdict.EMPTY
    if row.version is not None and row.version != result.version:
        found.append(
            Finding(
                f"{pointer}/version",
                "result_changed",
                "The result has changed since the file was made. Fetch the list again.",
                {"current": result.version},
            )
        )
        return Verdict.REFUSED
    now = clock.now()
    try:
        grading = grading_of(row.entry(result.grading, last_day), academic, today=now.date())
        is_new = result.version == 0
        if not result.record(grading, by=account, at=now):
            return Verdict.UNCHANGED
    except InvalidResult as refused:
        found += [
            Finding(f"{pointer}{f.pointer}", f.code, f.detail, f.params) for f in refused.findings
        ]
        return Verdict.REFUSED
    except ResultIsConfirmed as refused:
        found.append(Finding(pointer, refused.code, refused.detail))
        return Verdict.REFUSED
    return Verdict.NEW if is_new else Verdict.CHANGED


def sheet_of(listed: ResultsList) -> bytes:
    """The list as a file that `import_results` takes back, with names for those who fill it in."""
    academic = listed.micro_credential.specification.academic
    codes = [assessment.code for assessment in academic.assessments]
    header = ["registration", "name", "institution", "version"]
    for code in codes:
        header += [code, f"{code}_assessed_on", f"{code}_identity", f"{code}_supervised"]
    header += ["grade", "outcome", "state", "corrected_at"]
    return write_sheet(
        header, (_cells(line, codes, academic.grading_scheme) for line in listed.lines)
    )


def _cells(line: ResultView, codes: Sequence[str], scheme: GradingScheme | None) -> list[str]:
    participant, result = line.participant, line.result
    cells = [
        str(participant.registration),
        participant.full_name,
        participant.institution or "",
        str(result.version),
    ]
    grades = {grade.assessment: grade for grade in result.grading.grades}
    for code in codes:
        grade = grades.get(code)
        if grade is None:
            cells += [""] * 4
        else:
            watched = "yes" if grade.identity.supervised else "no"
            cells += [
                grade.grade, grade.assessed_on.isoformat(), grade.identity.check, watched,
            ]  # fmt: skip
    overall, outcome = result.grading.grade, result.outcome
    if overall is not None and scheme is not None and outcome_of(scheme, overall) is not None:
        # It follows from the grade; beside a grade that somebody corrects it would only be in the
        # way.
        outcome = None
    corrected = result.corrected_at.isoformat() if result.corrected_at else ""
    return [*cells, overall or "", outcome or "", result.state, corrected]
