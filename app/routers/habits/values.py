"""Values that every body may hold, checked before they reach a database."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _storable(instant: datetime) -> datetime:
    """The instant, unless it lies where no calendar of ours reaches: in another zone it could
    fall out of time altogether."""
    if not _EARLIEST <= instant < _LATEST:
        raise ValueError("give an instant between the years 1900 and 2200")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_storable)]
"""A point in time, with its zone."""


def writable(text: str) -> str:
    """The text, unless it has characters that no database column and no answer can hold."""
    if "\0" in text:
        raise ValueError("leave out the character U+0000")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("leave out halves of surrogate pairs")
    return text


Writable = Annotated[str, AfterValidator(writable)]
"""A text that can be kept and answered."""
