"""What single cells of a response say."""

import unicodedata
from datetime import date, datetime, time, timedelta

from app.domain.enrolment.forms.cells import Cell
from app.domain.vocabulary.text import is_writable, only_writable


def recorded(cell: Cell) -> str:
    """What Forms itself recorded of somebody; nothing for people whom it does not name."""
    name = text_in(cell)
    return "" if name.casefold() in _ANONYMOUS else name


FORMULA_SIGNS = frozenset("=+-@")
"""What a spreadsheet takes for the beginning of a formula."""


_ANONYMOUS = frozenset({"anonymous", "anónimo", "anonyme", "anonym", "anonimo"})


def whole(cell: Cell) -> int | None:
    """A whole number, however the spreadsheet wrote it; None for anything else."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int):
        return cell if cell >= 0 else None
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and 0 <= cell < 2**53 else None
    if isinstance(cell, str):
        text = cell.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    return None


def is_unwritable(cell: Cell) -> bool:
    """Whether a text has characters that no database, table or page can hold."""
    return isinstance(cell, str) and not cell.isprintable() and not is_writable(cell)


def text_in(cell: Cell) -> str:
    """What a person wrote, in one line without odd spaces and invisible characters."""
    if isinstance(cell, str):
        if cell.isascii() and cell.isprintable():
            return " ".join(cell.split())
    elif cell is None or isinstance(cell, bool | datetime | date | time | timedelta):
        return ""
    if isinstance(cell, float):
        cell = int(cell) if cell.is_integer() else cell
    kept = unicodedata.normalize("NFC", str(cell))
    if not kept.isprintable():
        # Characters that are printable hold no space but the ordinary one and nothing invisible.
        kept = "".join(
            " " if c.isspace() else c
            for c in kept
            if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")
        )
        kept = only_writable(kept)
    return " ".join(kept.split())


def first_choice(text: str) -> str:
    """The first of the choices that Forms joins by semicolons; of two institutions, the first."""
    if ";" not in text:
        return text
    return next((choice.strip() for choice in text.split(";") if choice.strip()), "")
