"""How logs are written: where something went wrong, and never with which values."""

import logging
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
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet(_FORM))
    logging.basicConfig(level=level, handlers=[handler])
    # It names the address of each request, and addresses may hold e-mail addresses and tokens.
    logging.getLogger("httpx").setLevel(logging.WARNING)
