"""Results of a whole edition from a file, all of it or nothing."""

import csv
import io
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller
from app.domain.errors import NotAuthenticated
from app.domain.results.entry import ResultEntry
from app.domain.results.errors import SheetInvalid
from app.domain.results.identity import IdentityCheck, IdentityEvidence
from app.domain.results.result import ResultState
from app.domain.results.use_cases.entering import confirm_results, list_results, record_result
from app.domain.results.use_cases.importing import ImportReport, Verdict, import_results, sheet_of
from tests.contracts.results_house import course as course  # a fixture
from tests.contracts.results_house import planned_course as planned_course  # a fixture
from tests.results_course import POLICY, Course, entry


async def upload(
    course: Course, content: str | bytes, *, dry_run: bool = False, by: Caller | None = None
) -> ImportReport:
    caller = by or course.teo
    return await import_results(
        course.edition.id,
        content.encode() if isinstance(content, str) else content,
        dry_run=dry_run,
        work=course.work(caller, "import_results"),
        caller=caller,
        clock=course.clock,
    )


async def grades(course: Course) -> dict[UUID, tuple[str | None, str]]:
    listed = await list_results(
        course.edition.id, work=course.work(), caller=course.rosa, clock=course.clock
    )
    return {
        line.participant.registration: (line.result.grading.grade, line.result.state.value)
        for line in listed.lines
    }


def sheet(*lines: str) -> str:
    return "\n".join(["registration,A1,A2,grade,outcome", *lines, ""])


def verdicts(report: ImportReport) -> list[Verdict]:
    return [row.verdict for row in report.rows]


async def test_a_file_is_tried_first_and_then_taken_over(course: Course):
    ana, ben, eva, kim = await course.learners(4)
    content = sheet(f"{ana},8,8,8,", f"{ben},4,4,4,", f"{eva},,,,not_participated", f"{kim},,,,")
    tried = await upload(course, content, dry_run=True)
    assert (verdicts(tried), tried.dry_run) == (
        [Verdict.NEW, Verdict.NEW, Verdict.NEW, Verdict.EMPTY],
        True,
    )
    assert set((await grades(course)).values()) == {(None, "none")}
    taken = await upload(course, content)
    assert (verdicts(taken), taken.dry_run) == (verdicts(tried), False)
    assert await grades(course) == {
        ana: ("8", "provisional"),
        ben: ("4", "provisional"),
        eva: (None, "provisional"),
        kim: (None, "none"),
    }


async def test_the_same_file_again_changes_nothing(course: Course):
    [ana] = await course.learners(1)
    await upload(course, sheet(f"{ana},8,8,8,"))
    again = await upload(course, sheet(f"{ana},8,8,8,"))
    assert verdicts(again) == [Verdict.UNCHANGED]
    changed = await upload(course, sheet(f"{ana},8,9,8.6,"))
    assert verdicts(changed) == [Verdict.CHANGED]


async def test_one_wrong_line_keeps_the_whole_file_out(course: Course):
    ana, ben = await course.learners(2)
    content = sheet(f"{ana},8,8,8,", f"{ben},11,8,8,")
    tried = await upload(course, content, dry_run=True)
    assert verdicts(tried) == [Verdict.NEW, Verdict.REFUSED]
    assert [(f.pointer, f.code) for f in tried.findings] == [
        ("/rows/3/grades/0/grade", "grade_scale")
    ]
    with pytest.raises(SheetInvalid) as refused:
        await upload(course, content)
    assert refused.value.findings == tried.findings
    assert await grades(course) == {ana: (None, "none"), ben: (None, "none")}


async def test_strangers_and_people_without_a_place_are_refused(course: Course):
    [ana] = await course.learners(1)
    stranger = UUID(int=7)
    report = await upload(course, sheet(f"{stranger},8,8,8,"), dry_run=True)
    assert [(f.pointer, f.code) for f in report.findings] == [
        ("/rows/2/registration", "not_a_participant")
    ]
    assert report.not_in_file == (ana,)


async def test_the_downloaded_list_is_the_file_that_is_uploaded(course: Course):
    ana, ben = await course.learners(2)
    seen = IdentityEvidence(IdentityCheck.DOCUMENT_SEEN, supervised=True)
    await record_result(
        ana,
        ResultEntry(tuple(replace(grade, identity=seen) for grade in entry().grades), "8"),
        0,
        work=course.work(course.teo, "record_result"),
        caller=course.teo,
        clock=course.clock,
    )
    listed = await list_results(
        course.edition.id, work=course.work(), caller=course.teo, clock=course.clock
    )
    rows = list(csv.DictReader(io.StringIO(sheet_of(listed).decode("utf-8-sig"))))
    columns = ("registration", "version", "A1", "A1_identity", "A1_supervised", "grade", "outcome")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (str(ana), "1", "8", "document_seen", "yes", "8", ""),
        (str(ben), "0", "", "", "", "", ""),
    ]
    rows[1] |= {"A1": "9", "A2": "9", "grade": "9"}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    report = await upload(course, out.getvalue())
    assert report.ignored_columns == ("name", "institution", "state", "corrected_at")
    assert verdicts(report) == [Verdict.UNCHANGED, Verdict.NEW]


async def test_a_line_from_before_somebody_elses_change_is_refused(course: Course):
    [ana] = await course.learners(1)
    await upload(course, sheet(f"{ana},8,8,8,"))
    stale = f"registration,A1,A2,grade,version\n{ana},9,9,9,0\n"
    report = await upload(course, stale, dry_run=True)
    assert [(f.pointer, f.code, f.params) for f in report.findings] == [
        ("/rows/2/version", "result_changed", {"current": 1})
    ]


async def test_a_confirmed_result_is_not_overwritten(course: Course):
    [ana] = await course.learners(1)
    await upload(course, sheet(f"{ana},8,8,8,"))
    seen = await list_results(
        course.edition.id, work=course.work(), caller=course.rosa, clock=course.clock
    )
    await confirm_results(
        course.edition.id,
        seen.results_hash,
        work=course.work(course.rosa, "confirm_results"),
        caller=course.rosa,
        clock=course.clock,
        policy=POLICY,
    )
    report = await upload(course, sheet(f"{ana},9,9,9,"), dry_run=True)
    assert [f.code for f in report.findings] == ["result_is_confirmed"]
    assert await grades(course) == {ana: ("8", ResultState.CONFIRMED.value)}


async def test_only_teachers_upload(course: Course):
    [ana] = await course.learners(1)
    for caller in (course.rosa, course.learner(ana), Caller(uuid4())):
        with pytest.raises(NotAllowed):
            await upload(course, sheet(), by=caller)
    with pytest.raises(NotAuthenticated):
        await upload(course, sheet(), by=Caller(None))


async def test_a_hostile_file_changes_nothing(course: Course):
    [ana] = await course.learners(1)
    for content in (
        b"\x00" * 1000,
        b"PK\x03\x04\x00",
        b"registration,grade\n" + b"8" * 1_000_000,
        f'registration,grade\n{ana},"=HYPERLINK(""http://evil.example"")"\n'.encode(),
    ):
        with pytest.raises(SheetInvalid):
            await upload(course, content)
    assert await grades(course) == {ana: (None, "none")}
