import codecs
from datetime import date
from uuid import UUID

import pytest

from app.domain.results.entry import GradeEntry, ResultEntry
from app.domain.results.errors import SheetInvalid
from app.domain.results.grading import Outcome
from app.domain.results.identity import NO_EVIDENCE, IdentityCheck, IdentityEvidence
from app.domain.results.result import Grade, Grading
from app.domain.results.sheet import (
    MOST_BYTES,
    MOST_ROWS,
    Sheet,
    SheetRow,
    read_sheet,
    write_sheet,
)

ANA = UUID(int=1)
BEN = UUID(int=2)
LAST_DAY = date(2026, 6, 30)


def read(content: str | bytes) -> Sheet:
    raw = content.encode() if isinstance(content, str) else content
    return read_sheet(raw, ["A1", "A2"])


def entry_of(row: SheetRow, stored: Grading | None = None) -> ResultEntry:
    return row.entry(stored or Grading(), LAST_DAY)


def codes(sheet: Sheet) -> list[tuple[str, str]]:
    return [(f.pointer, f.code) for f in sheet.findings]


def test_a_line_holds_the_grades_of_one_learner():
    sheet = read(
        "registration,name,A1,A2,grade,assessed_on,A2_assessed_on,identity,supervised\n"
        f"{ANA},Ana,8,7,7.5,2026-06-01,2026-06-29,document_seen,yes\n"
    )
    evidence = IdentityEvidence(IdentityCheck.DOCUMENT_SEEN, True)
    [row] = sheet.rows
    assert (row.line, row.registration, row.version) == (2, ANA, None)
    assert entry_of(row) == ResultEntry(
        (
            GradeEntry("A1", "8", date(2026, 6, 1), evidence),
            GradeEntry("A2", "7", date(2026, 6, 29), evidence),
        ),
        "7.5",
    )
    assert (sheet.ignored, sheet.findings) == (("name",), ())


def test_where_the_file_gives_no_day_the_last_one_counts_and_no_evidence_means_none():
    [row] = read(f"registration,A1\n{ANA},8\n").rows
    assert entry_of(row).grades == (GradeEntry("A1", "8", LAST_DAY, NO_EVIDENCE),)


def test_a_day_or_evidence_that_the_file_does_not_state_stays_as_it_was():
    seen = IdentityEvidence(IdentityCheck.DOCUMENT_SEEN, True)
    stored = Grading((Grade("A1", "7", date(2026, 6, 1), seen),))
    [kept] = read(f"registration,A1,A1_identity\n{ANA},8,\n").rows
    assert entry_of(kept, stored).grades == (GradeEntry("A1", "8", date(2026, 6, 1), seen),)
    [taken_back] = read(f"registration,A1,A1_identity\n{ANA},8,none\n").rows
    assert entry_of(taken_back, stored).grades == (
        GradeEntry("A1", "8", date(2026, 6, 1), NO_EVIDENCE),
    )


def test_an_empty_line_of_a_learner_says_nothing():
    sheet = read(f"registration,A1,A2,grade,outcome\n{ANA},,,,\n\n,,,,\n")
    assert [row.is_empty for row in sheet.rows] == [True]


def test_who_took_no_part_has_an_outcome_alone():
    [row] = read(f"registration,outcome\n{ANA},Not participated\n").rows
    assert entry_of(row) == ResultEntry(outcome=Outcome.NOT_PARTICIPATED)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("cp1252"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16", "code page 1252"],
)
def test_files_as_spreadsheets_write_them_are_read(delimiter, encode):
    lines = [["registration", "name", "grade"], [str(ANA), "Núñez", "8"]]
    text = "\r\n".join(delimiter.join(cells) for cells in lines)
    assert [row.grade for row in read(encode(text)).rows] == ["8"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "'="])
def test_a_cell_that_begins_like_a_formula_is_refused(start):
    sheet = read(f'registration,grade\n{ANA},"{start}HYPERLINK(8)"\n')
    assert (sheet.rows, codes(sheet)) == ((), [("/rows/2/grade", "formula")])


def test_what_we_write_runs_in_no_spreadsheet():
    written = write_sheet(["registration", "name"], [[str(ANA), '=cmd|"/c calc"!A1']])
    assert written == (
        codecs.BOM_UTF8 + f'registration,name\r\n{ANA},"\'=cmd|""/c calc""!A1"\r\n'.encode()
    )


def test_a_file_that_we_wrote_can_be_read_again():
    written = write_sheet(["registration", "name", "grade"], [[str(ANA), "Ana", "8"]])
    assert [row.grade for row in read(written).rows] == ["8"]


def test_every_line_that_is_wrong_is_named_with_its_column():
    sheet = read(
        "registration,A1,A1_assessed_on,identity,supervised,outcome,version\n"
        f"nonsense,8,,,,,\n"
        f"{ANA},8,30/06/2026,,,,\n"
        f"{BEN},8,,passport,perhaps,good,three\n"
    )
    assert sheet.rows == ()
    assert codes(sheet) == [
        ("/rows/2/registration", "registration_unreadable"),
        ("/rows/3/A1_assessed_on", "date_unreadable"),
        ("/rows/4/version", "version_unreadable"),
        ("/rows/4/identity", "identity_unknown"),
        ("/rows/4/supervised", "yes_or_no"),
        ("/rows/4/outcome", "outcome_unknown"),
    ]


def test_a_learner_who_is_there_twice_is_refused_the_second_time():
    sheet = read(f"registration,grade\n{ANA},8\n{ANA},9\n")
    assert [row.grade for row in sheet.rows] == ["8"]
    assert codes(sheet) == [("/rows/3/registration", "registration_twice")]


def test_an_endless_cell_is_refused():
    sheet = read(f"registration,grade\n{ANA},{'8' * 201}\n")
    assert codes(sheet) == [("/rows/2/grade", "cell_too_long")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"name,grade\nAna,8\n", "registration"),
        (b"registration,grade,grade\n", "twice"),
        (b"\x00\x01\x02" * 10, "no text"),
        (b"PK\x03\x04\x00\x00xl/workbook.xml", "no text"),
        (b'registration,grade\n"unclosed', "no CSV"),
        (b"registration," + b"x," * 200, "columns"),
        (b"registration\n" + b"1\n" * (MOST_ROWS + 1), "lines"),
        (b"registration\n" + b"x" * MOST_BYTES, "bytes"),
        (b"registration,grade\n" + b"9" * 200_000, "no CSV"),
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(content, says):
    with pytest.raises(SheetInvalid, match=says):
        read(content)
