"""How logs are written: where something went wrong, and never with which values."""

import logging
import time
import traceback
from types import TracebackType
from typing import cast

_FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"


class Discreet(logging.Formatter):
    """Leaves the messages of exceptions out.

    Drivers and libraries repeat in them what they were given: `Key (email)=(…) already exists`,
    `invalid input for query argument $3: …`. The kinds of the exceptions and the lines of code
    that they passed are enough to find a defect.
    """

    def __init__(self, fmt: str) -> None:
        super().__init__(fmt)
        self._second = (-1, "")

    def formatTime(  # noqa: N802 - the name that logging calls
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """As it is usual, but the calendar is asked once a second and not for each line."""
        if datefmt is not None:
            return super().formatTime(record, datefmt)
        second = int(record.created)
        if self._second[0] != second:
            written = time.strftime(self.default_time_format, self.converter(second))
            self._second = (second, written)
        return f"{self._second[1]},{int(record.msecs):03d}"

    def formatException(  # noqa: N802 - the name that logging calls
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """The traceback, with the names of the exceptions alone; causes first."""
        chain: list[BaseException] = []
        error = ei[1]
        while error is not None and error not in chain:
            chain.append(error)
            error = error.__cause__ or (
                None if error.__suppress_context__ else cast("BaseException", error.__context__)
            )
        parts = []
        for one in reversed(chain):
            lines = "".join(traceback.format_tb(one.__traceback__))
            parts.append(f"{lines}{type(one).__module__}.{type(one).__qualname__}")
        return "\n\n".join(parts)


def set_up(level: str) -> None:
    """Write the logs of this process to standard error."""
    # Nothing of what a line does not say is looked up: not the caller's frame, not the thread.
    logging._srcfile = None  # the documented way
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet(_FORM))
    logging.basicConfig(level=level, handlers=[handler])
    # It names the address of each request, and addresses may hold e-mail addresses and tokens.
    logging.getLogger("httpx").setLevel(logging.WARNING)
