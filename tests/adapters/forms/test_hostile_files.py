"""Files that would do harm are refused with a reason, before they cost anything."""

import io
import struct
import zipfile

import pytest
from openpyxl import Workbook

from app.adapters.forms import child
from app.adapters.forms.reader import MicrosoftForms
from app.domain.enrolment.errors_forms import FileRefused
from tests.forms_workbooks import NOON, Row, saved, workbook

HONEST = workbook([Row(1, NOON, "Ana", "a@b.org", "HKA")])
SHEET = "xl/worksheets/sheet1.xml"


def refusal(content: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        MicrosoftForms().read(content, "responses.xlsx")
    assert refused.value.findings[0].code == refused.value.reason
    return refused.value.reason


def parts(content: bytes = HONEST) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return file.getvalue()


def with_part(name: str, part: bytes) -> bytes:
    return packed({**parts(), name: part})


def test_an_honest_file_packed_again_is_read():
    assert len(MicrosoftForms().read(packed(parts()), "x").rows) == 1


def test_a_bomb_that_says_how_large_it_is():
    assert refusal(with_part("xl/sharedStrings.xml", b"a" * 40_000_000)) == "too_large_unpacked"


def test_a_bomb_of_many_middling_parts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(child, "UNPACKED", 3_000_000)
    many = {f"xl/media/{n}.bin": bytes([n]) * 900_000 for n in range(4)}
    with pytest.raises(child.Refused, match="too_large_unpacked"):
        child.unpack(packed({**parts(), **many}))


def test_a_bomb_that_lies_about_its_size():
    content = bytearray(with_part("xl/sharedStrings.xml", b"b" * 5_000_000))
    # Both places where the size stands, and a checksum of what the lie would unpack to.
    lie = struct.pack("<I", 100)
    for signature, size_at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.find(b"xl/sharedStrings.xml")
        while at != -1:
            head = content.rfind(signature, 0, at)
            if head != -1 and at - head in (30, 46):
                content[head + size_at : head + size_at + 4] = lie
            at = content.find(b"xl/sharedStrings.xml", at + 1)
    assert refusal(bytes(content)) == "too_large_unpacked"


def test_too_many_parts():
    many = {f"xl/media/{n}": b"" for n in range(child.PARTS + 1)}
    assert refusal(packed({**parts(), **many})) == "too_many_parts"


def test_two_parts_of_one_name():
    file = io.BytesIO(HONEST)
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<worksheet/>")
    assert refusal(file.getvalue()) == "unreadable"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("xl/vbaProject.bin", "macros"),
        ("xl/macrosheets/sheet1.xml", "macros"),
        ("xl/externalLinks/externalLink1.xml", "external_links"),
        ("xl/embeddings/oleObject1.bin", "embedded_objects"),
        ("xl/activeX/activeX1.xml", "embedded_objects"),
        ("xl/connections.xml", "external_data"),
        ("xl/queryTables/queryTable1.xml", "external_data"),
    ],
)
def test_parts_that_no_export_has(name: str, code: str):
    assert refusal(with_part(name, b"<x/>")) == code


def test_a_workbook_that_admits_macros():
    types = parts()["[Content_Types].xml"].replace(
        b"spreadsheetml.sheet.main", b"macroEnabled.main"
    )
    assert refusal(with_part("[Content_Types].xml", types)) == "macros"


def test_entities_of_its_own():
    sheet = parts()[SHEET].replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1)
    assert refusal(with_part(SHEET, sheet)) == "document_type"


def test_a_dimension_that_is_wrong_loses_no_row():
    sheet = parts()[SHEET]
    wrong = sheet.replace(b'<dimension ref="A1:J2"', b'<dimension ref="A1"')
    assert wrong != sheet
    assert len(MicrosoftForms().read(with_part(SHEET, wrong), "x").rows) == 1


def test_a_dimension_of_the_whole_sheet_costs_nothing():
    huge = parts()[SHEET].replace(b'<dimension ref="A1:J2"', b'<dimension ref="A1:XFD1048576"')
    assert len(MicrosoftForms().read(with_part(SHEET, huge), "x").rows) == 1


def test_two_cells_in_the_furthest_corners():
    far = parts()[SHEET].replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    assert refusal(with_part(SHEET, far)) in ("too_many_cells", "too_large_unpacked")


def test_more_columns_than_a_form_has_questions():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["ID"] * (child.COLUMNS + 1))
    assert refusal(saved(book)) == "too_many_cells"


def test_a_password_and_an_old_format():
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert refusal(compound + "EncryptedPackage".encode("utf-16-le")) == "encrypted"
    assert refusal(compound) == "old_format"


def test_a_zip_with_a_password_bit():
    content = bytearray(HONEST)
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 0x1
    assert refusal(bytes(content)) == "encrypted"


@pytest.mark.parametrize("length", [0, 2, 10, 100, 2_000, -30])
def test_a_file_that_was_cut_off(length: int):
    assert refusal(HONEST[:length]) in ("unreadable", "no_header")


def test_a_zip_that_is_no_workbook():
    assert refusal(packed({"readme.txt": b"hello"})) == "no_workbook"


def test_bytes_that_are_no_text():
    assert refusal(b"ID\0Name\0") == "no_table"
    assert refusal(b"") == "no_header"


def test_a_csv_field_without_end():
    assert refusal(b'ID,Start time\n1,"' + b"x" * 200_000) == "unreadable"


def test_the_child_that_runs_out_of_memory_is_refused_and_nothing_else_happens(
    monkeypatch: pytest.MonkeyPatch, tmp_path
):
    from app.adapters.forms import workbook as parent

    source = parent._CHILD.read_text().replace("MEMORY = 1_500_000_000", "MEMORY = 1_000_000")
    small = tmp_path / "child.py"
    small.write_text(source)
    monkeypatch.setattr(parent, "_CHILD", small)
    # An unpacker may call what it has no memory for a broken file.
    assert refusal(HONEST) in ("too_large_unpacked", "unreadable")


def test_a_child_that_was_taken_over_can_only_hand_out_cells():
    import pickle

    from app.adapters.forms.workbook import _CellsOnly

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            import os

            return os.system, ("true",)

    with pytest.raises(pickle.UnpicklingError, match="is no cell"):
        _CellsOnly(io.BytesIO(pickle.dumps(Evil()))).load()
