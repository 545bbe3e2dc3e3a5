"""Everything that reading an export needs, put together."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from app.adapters.forms.likeness import RapidLikeness
from app.adapters.forms.names import CldrNames
from app.adapters.forms.reader import MicrosoftForms
from app.domain.enrolment.planning import Tools


class _Unswept:
    """Keeps the collector of cyclic garbage from running.

    A plan is hundreds of thousands of objects that live until it is written. Looking through all of
    them again and again as they come into being takes a third of the time and finds nothing: they
    hold no cycles.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        """No collection until the last of those who are inside has left."""
        with self._lock:
            self._inside += 1
            gc.disable()
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    gc.enable()


_unswept = _Unswept()


@cache
def forms_tools() -> Tools:
    """Reader, names and likeness; what takes long runs in a thread, since it blocks."""
    return Tools(
        reader=MicrosoftForms(),
        names=CldrNames(),
        likeness=RapidLikeness(),
        in_thread=asyncio.to_thread,
        unswept=_unswept.meanwhile,
    )
