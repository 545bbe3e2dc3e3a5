"""Runs `child.py` on a workbook and takes what it found, or why it refused."""

import io
import pickle
from pathlib import Path
from typing import Any

from app.adapters.children import ChildFell, answer_of
from app.domain.enrolment.errors_forms import FileRefused

_CHILD = Path(__file__).with_name("child.py")
_PATIENCE = 120
"""Seconds by the clock; the child's own limit is one of processor time."""

REFUSALS = {
    "unreadable": "The file is damaged or not a workbook. Download it from Forms again.",
    "too_many_parts": "The file has more parts than a workbook of responses can have.",
    "too_large_unpacked": "Unpacked, the file is far larger than responses of a form can be.",
    "too_many_cells": "The sheet has more rows or columns than responses of a form can have.",
    "encrypted": "The file is protected by a password. Remove the protection and upload it again.",
    "macros": "The file contains macros. Save it as a workbook without macros (.xlsx).",
    "external_links": "The file refers to other workbooks. Download it from Forms again.",
    "embedded_objects": "The file has objects embedded in it. Download it from Forms again.",
    "external_data": "The file fetches data from elsewhere. Download it from Forms again.",
    "document_type": "The file declares entities of its own, which no workbook of Forms does.",
    "no_workbook": "The file is a ZIP archive but not a workbook (.xlsx).",
    "no_sheet": "The workbook has no visible sheet.",
    "old_format": "The file is in an old format. Save it as a workbook (.xlsx) or CSV.",
    "no_table": "The file is not a workbook (.xlsx) or CSV. Download the responses from Forms, "
    "and send that file as it is.",
    "no_header": "The file has no row of headers.",
    "no_columns": "The file is a table but no export of Forms: it lacks the columns ID and "
    "Completion time that every export has.",
}


def refused(code: str) -> FileRefused:
    """The refusal with its sentence."""
    return FileRefused(code, REFUSALS.get(code, REFUSALS["unreadable"]))


class _CellsOnly(pickle.Unpickler):
    """Takes cells and nothing else, whatever has become of the child."""

    _ALLOWED = frozenset({"datetime", "date", "time", "timedelta"})

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in self._ALLOWED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no cell")


def read_workbook(content: bytes) -> dict[str, Any]:
    """What `child.read_workbook` returns. Raises FileRefused. Blocks: call it in a thread."""
    try:
        found = answer_of(_CHILD, content, _PATIENCE)
    except ChildFell:
        raise refused("too_large_unpacked") from None
    answer: dict[str, Any] = _CellsOnly(io.BytesIO(found)).load()
    if "refused" in answer:
        raise refused(answer["refused"])
    return answer
