"""Cells of a spreadsheet or a CSV file, and the times that people see in them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Cell = str | float | int | bool | datetime | date | time | timedelta | None

_SERIAL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # day 0 of spreadsheets, in local time
_LAST_YEAR = 2999
_NUMBERS = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp]\.?\s?[Mm]\.?)?$"
)


def local_time(cell: Cell, *, day_first: bool | None) -> datetime | None:
    """A time as a spreadsheet or a CSV file shows it, to the second; naive unless it has a zone.

    Numbers are days since 30 December 1899. A date with the day or the month first is read by
    `day_first`; None reads only those that leave no doubt. Years of no living person are no times:
    beyond them, instants cannot be reckoned with either.
    """
    found = _time_of(cell, day_first)
    return found if found is not None and 1900 <= found.year <= _LAST_YEAR else None


def _time_of(cell: Cell, day_first: bool | None) -> datetime | None:
    if isinstance(cell, datetime):
        return _to_second(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _to_second(_SERIAL_EPOCH + timedelta(days=cell)) if 0 < cell < 200_000 else None
    if not isinstance(cell, str):
        return None
    text = " ".join(cell.split())
    try:
        return _to_second(datetime.fromisoformat(text)) if len(text) > 10 else None
    except ValueError:
        return _from_numbers(text, day_first)


def _from_numbers(text: str, day_first: bool | None) -> datetime | None:
    found = _NUMBERS.match(text)
    if found is None:
        return None
    first, second, third, hour, minute = (int(found[i]) for i in range(1, 6))
    seconds = int(found[6] or 0)
    if found[7]:
        afternoon = found[7][0] in "pP"
        hour = hour % 12 + (12 if afternoon else 0)
    if len(found[1]) == 4:
        year, month, day = first, second, third
    else:
        year = third if third > 99 else 2000 + third
        if day_first is None:
            if first <= 12 and second <= 12 and first != second:
                return None
            day_first = first > 12
        day, month = (first, second) if day_first else (second, first)
    try:
        return datetime(year, month, day, hour, minute, seconds)  # noqa: DTZ001  # zone: mapping
    except ValueError:
        return None


def days_come_first(cells: Iterator[Cell]) -> bool | None:
    """Which of day and month a file's written dates put first; None when they do not tell."""
    for cell in cells:
        found = _NUMBERS.match(" ".join(cell.split())) if isinstance(cell, str) else None
        if found and len(found[1]) < 4:
            if int(found[1]) > 12:
                return True
            if int(found[2]) > 12:
                return False
    return None


def _to_second(moment: datetime) -> datetime:
    """To the nearest second: serial numbers of spreadsheets are off by microseconds."""
    if moment.microsecond == 0 or moment.year > _LAST_YEAR:
        return moment
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0)


def to_instant(local: datetime, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The instant of a local time, and whether the clock change makes it doubtful.

    A time that came twice is taken for its first coming; one that the clocks skipped is moved on.
    """
    first = local.replace(tzinfo=zone)
    second = first.replace(fold=1)
    instant = first.astimezone(UTC)
    return instant, first.utcoffset() != second.utcoffset()
