"""Names, tables and zones: what is refused at the door, and what is there already."""

import io
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from app.domain.enrolment.errors import RegistrationInvalid
from app.domain.enrolment.person import name_key
from app.domain.enrolment.requests import RegistrationRequest
from app.domain.enrolment.window import RegistrationWindow
from app.domain.vocabulary.text import is_writable, only_writable
from app.routers.habits.tables import CSV, XLSX, table_response

NONCHARACTERS = ["\ufffe", "\uffff", "\ufdd0", "\ufdef", "\U0001fffe", "\U0010ffff"]
INVISIBLE = [
    "\u00ad", "\u061c", "\u180e", "\u034f", "\u200b", "\u200e", "\u200f", "\u202e", "\u2066",
    "\u3164", "\ufeff", "\U000e0041",
]  # fmt: skip


def findings_of(name: str) -> list[tuple[str, str]]:
    try:
        RegistrationRequest(full_name=name, email="a@example.org", privacy_notice=True).check()
    except RegistrationInvalid as refusal:
        return [(finding.pointer, finding.code) for finding in refusal.findings]
    return []


@pytest.mark.parametrize("character", [*NONCHARACTERS, *INVISIBLE, "\ud800", "\x00", "\u2028"])
def test_a_name_with_what_nobody_sees_is_refused(character: str) -> None:
    assert findings_of(f"Ana{character} María") == [("/full_name", "unwritable_text")]


@pytest.mark.parametrize(
    "name",
    ["José Ñandú", "می\u200cخواهم", "\u0b95\u0bcd\u200d\u0bb7", "Ana\u00a0María", "葛\U000e0100城",
     "O’Neill", "Łukasz", "\u0915\u094d"],
)  # fmt: skip
def test_a_name_as_people_write_theirs_is_taken(name: str) -> None:
    assert findings_of(name) == []


@pytest.mark.parametrize("character", [*INVISIBLE, "\u200c", "\u200d", "\ufe0f"])
def test_invisible_letters_hide_no_double(character: str) -> None:
    assert name_key(f"A{character}na Mar{character}ía") == name_key("Ana María")


def test_what_is_no_character_is_known_in_every_plane() -> None:
    assert [c for c in NONCHARACTERS if is_writable(c)] == []
    assert [c for c in ("", "é", "\ufffd", "\ufdcf", "\ufdf0", "\U0001fffd") if only_writable(c)
            != c] == []  # fmt: skip
    assert only_writable("a\ufffeb\ud800c") == "abc"


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\x00", "\x0b", "\ud800"])
def test_a_name_that_is_stored_already_spoils_no_table(character: str) -> None:
    rows: list[list[str | int | None]] = [[f"={character} X", 1], [f"{character}=1", None]]
    book = table_response(XLSX, "list", ["name", "n"], rows)
    sheet = load_workbook(io.BytesIO(bytes(book.body))).active
    assert sheet is not None
    assert [cell.value for cell in sheet["A"]] == ["name", "'=\ufffd X", "\ufffd=1"]
    plain = table_response(CSV, "list", ["name", "n"], rows)
    assert bytes(plain.body).decode("utf-8-sig").splitlines()[1:] == ["'=\ufffd X,1", "\ufffd=1,"]


@pytest.mark.parametrize(
    ("zone", "is_one"),
    [
        ("Europe/Madrid", True), ("America/Argentina/Ushuaia", True), ("UTC", True),
        ("localtime", False), ("Factory", False), ("right/Europe/Madrid", False),
        ("posix/Europe/Madrid", False), ("CET", False), ("Etc/GMT+2", False), ("Europe", False),
        ("../etc/passwd", False), ("Europe/../Factory", False), ("europe/madrid", False),
    ],
)  # fmt: skip
def test_a_zone_is_one_of_a_place_or_utc(zone: str, is_one: bool) -> None:
    opens, closes = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
    found = [finding.code for finding in RegistrationWindow(opens, closes, zone).findings()]
    assert found == ([] if is_one else ["time_zone_unknown"])
