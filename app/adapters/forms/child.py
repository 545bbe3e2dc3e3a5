"""Reads a workbook in a process of its own, so that a hostile one costs nothing but that process.

Run as a script with the workbook on standard input; writes a pickled dictionary to standard output:
either `{"refused": code}`, or what `read_workbook` returns. Imports nothing of the application, so
that it starts fast, and gives itself limits of memory and time before it looks at the file.
"""

import io
import pickle
import re
import sys
import zipfile
import zlib
from typing import Any

MEMORY = 1_500_000_000
"""Bytes of address space."""
SECONDS = 60
"""Of processor time."""
PARTS = 1_000
"""Files inside the workbook."""
UNPACKED = 300_000_000
"""Bytes of all parts together."""
RATIO = 300
"""How much smaller than its content a part may be; spreadsheets get to about 30."""
SMALL = 1_000_000
"""Bytes up to which a part may be as small as it likes."""
CELLS = 8_000_000
ROWS = 200_000
COLUMNS = 700
"""Forms has up to 200 questions, each with points and feedback in a quiz."""

_PARTS_REFUSED = (
    (re.compile(r"vbaproject|/macrosheets/|/vbadata", re.IGNORECASE), "macros"),
    (re.compile(r"/externallinks/", re.IGNORECASE), "external_links"),
    (
        re.compile(r"/(embeddings|activex|ctrlprops)/|oleobject|customui", re.IGNORECASE),
        "embedded_objects",
    ),
    (
        re.compile(r"/(connections\.xml|querytables/|customdata|webextensions)", re.IGNORECASE),
        "external_data",
    ),
)
_FORMULA_CELL = re.compile(
    rb'<c [^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<f(?:\s[^>]*)?(?:/>|>([^<]*)</f>)'
)
_ENTITIES = (
    (b"&lt;", b"<"),
    (b"&gt;", b">"),
    (b"&quot;", b'"'),
    (b"&apos;", b"'"),
    (b"&amp;", b"&"),
)


class Refused(Exception):
    """The workbook is not read; the argument is a stable code."""


def limit_this_process() -> None:
    """Give up memory and time that an honest workbook does not need."""
    try:
        import resource  # not everywhere
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def unpack(content: bytes) -> dict[str, bytes]:
    """Every part of the workbook, no more than the limits allow. Raises Refused.

    Unpacks by itself: the sizes that a ZIP file declares may be lies, and whoever believes them
    sees other parts than the next reader.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    # NotImplementedError is zipfile's word for a ZIP version that it cannot read.
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Refused("unreadable") from None
    if len(entries) > PARTS:
        raise Refused("too_many_parts")
    if len({entry.filename for entry in entries}) != len(entries):
        raise Refused("unreadable")
    if sum(entry.file_size for entry in entries) > UNPACKED:
        raise Refused("too_large_unpacked")
    parts: dict[str, bytes] = {}
    left = UNPACKED
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise Refused("encrypted")
        for pattern, code in _PARTS_REFUSED:
            if pattern.search(f"/{entry.filename}"):
                raise Refused(code)
        if entry.file_size > SMALL and entry.file_size > RATIO * max(1, entry.compress_size):
            raise Refused("too_large_unpacked")
        part = _unpacked(content, entry, left)
        left -= len(part)
        parts[entry.filename] = part
    return parts


def _unpacked(content: bytes, entry: zipfile.ZipInfo, left: int) -> bytes:
    head = content[entry.header_offset : entry.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise Refused("unreadable")
    name_and_extra = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    start = entry.header_offset + 30 + name_and_extra
    packed = memoryview(content)[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        if entry.compress_size != entry.file_size:
            raise Refused("unreadable")
        return bytes(packed)
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise Refused("unreadable")
    inflating = zlib.decompressobj(-15)
    try:
        part = inflating.decompress(packed, min(left, entry.file_size) + 1)
    except zlib.error:
        raise Refused("unreadable") from None
    if len(part) != entry.file_size or not inflating.eof:
        # More, or less, than it says of itself.
        raise Refused("too_large_unpacked" if len(part) > entry.file_size else "unreadable")
    return part


def check_parts(parts: dict[str, bytes]) -> None:
    """Raise Refused for what no export of Forms has."""
    types = parts.get("[Content_Types].xml")
    if types is None or "xl/workbook.xml" not in parts:
        raise Refused("no_workbook")
    if b"macroenabled" in types.lower():
        raise Refused("macros")
    for name, part in parts.items():
        if name.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in part or b"<!ENTITY" in part):
            raise Refused("document_type")


def _sheet_part(parts: dict[str, bytes], number: int) -> bytes:
    """The part of the n-th sheet of the workbook, in the order in which it lists them."""
    sheets = re.findall(rb"<(?:\w+:)?sheet [^>]*>", parts["xl/workbook.xml"])
    relations = parts.get("xl/_rels/workbook.xml.rels", b"")
    if number >= len(sheets):
        return b""
    found = re.search(rb'\b\w+:id="([^"]+)"', sheets[number])
    if found is None:
        return b""
    for relation in re.findall(rb"<Relationship [^>]*>", relations):
        if b'Id="' + found[1] + b'"' in relation:
            target = re.search(rb'Target="([^"]+)"', relation)
            if target:
                path = target[1].decode("utf-8", "replace")
                return parts.get(path.lstrip("/"), parts.get(f"xl/{path}", b""))
    return b""


def formulas_of(sheet: bytes) -> dict[tuple[int, int], str]:
    """The formulas of a sheet as text, by row and column from 0."""
    if b"<f" not in sheet:
        return {}
    found = {}
    for letters, row, formula in _FORMULA_CELL.findall(sheet):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        for entity, character in _ENTITIES:
            formula = formula.replace(entity, character)
        found[int(row) - 1, column - 1] = "=" + formula.decode("utf-8", "replace")
    return found


def read_workbook(content: bytes) -> dict[str, Any]:
    """The first visible sheet: its cells row by row, where it begins, and its formulas.

    Raises Refused.
    """
    parts = unpack(content)
    check_parts(parts)
    import python_calamine  # after the checks: what they refuse costs no import

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [
            number
            for number, sheet in enumerate(workbook.sheets_metadata)
            if sheet.typ is python_calamine.SheetTypeEnum.WorkSheet
            and sheet.visible is python_calamine.SheetVisibleEnum.Visible
        ]
        if not visible:
            raise Refused("no_sheet")
        part = _sheet_part(parts, visible[0])
        if part.count(b"<c ") + part.count(b"<c>") + part.count(b"<c/>") > CELLS:
            raise Refused("too_many_cells")
        parts.clear()
        sheet = workbook.get_sheet_by_index(visible[0])
    except (python_calamine.CalamineError, ValueError, IndexError):
        raise Refused("unreadable") from None
    if sheet.height > ROWS or sheet.width > COLUMNS or sheet.height * sheet.width > CELLS:
        raise Refused("too_many_cells")
    first_row, first_column = sheet.start or (0, 0)
    return {
        "rows": sheet.to_python(),
        "first_row": first_row,
        "first_column": first_column,
        "formulas": formulas_of(part),
    }


def main() -> None:
    """Read the workbook on standard input."""
    limit_this_process()
    answer: dict[str, Any]
    try:
        answer = read_workbook(sys.stdin.buffer.read())
    except Refused as refused:
        answer = {"refused": refused.args[0]}
    except MemoryError:
        answer = {"refused": "too_large_unpacked"}
    pickler = pickle.Pickler(sys.stdout.buffer, protocol=5)
    # Without looking for cells that repeat: there are millions, and none refers to another.
    pickler.fast = True
    pickler.dump(answer)


if __name__ == "__main__":
    main()
