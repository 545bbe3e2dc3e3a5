"""Which texts can be drawn with the fonts inside the renderer, found out by asking it.

Pictures and documents are drawn with those fonts alone: with fonts of the machine, a page would
look different on each. A PDF for archiving may hold nothing that cannot be drawn, so that the
renderer itself says of a text what it has no drawing for.
"""

import asyncio
import json
import re
import threading
from collections.abc import Collection, Mapping

import typst

_SAID = re.compile(r"the text `\"(.+)\"` could not be displayed", re.DOTALL)
"""How the renderer names a text for which the fonts that it has hold no drawing."""
_ESCAPED = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_PAGE = b"""#set text(font: ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"))
#set document(title: "t")
#json(bytes(sys.inputs.data))"""
_KEPT = 20_000
_local = threading.local()


def compiler() -> typst.Compiler:
    """The renderer, with the fonts inside it alone.

    One per thread: making one loads those fonts, and two threads may not share one.
    """
    made: typst.Compiler | None = getattr(_local, "compiler", None)
    if made is None:
        made = _local.compiler = typst.Compiler(ignore_system_fonts=True)
    return made


def undrawn_by(error: typst.TypstError) -> str | None:
    """The text that the renderer could not draw; None where something else is wrong."""
    found = _SAID.search(error.message)
    if found is None:
        return None
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), found[1])


class InnerLettering:
    """See `app.domain.vocabulary.lettering.Lettering`. Remembers each character."""

    def __init__(self) -> None:
        self._drawn: set[str] = set()
        self._undrawn: set[str] = set()

    async def undrawn(self, texts: Collection[str]) -> Mapping[str, str]:
        """Of each text of which something cannot be drawn, the first such character."""
        known = {text: self._known(text) for text in texts}
        if "" in known.values():
            return await asyncio.to_thread(self._ask, known)
        return {text: found for text, found in known.items() if found}

    def _known(self, text: str) -> str | None:
        """What is known to be undrawn in a text; None: nothing is; empty: that is not known."""
        bad = [c for c in text if c in self._undrawn]
        if bad:
            return bad[0]
        return None if set(text) <= self._drawn else ""

    def _ask(self, texts: Mapping[str, str | None]) -> Mapping[str, str]:
        found = {}
        for text in texts:
            # Names share most of their characters: what one has told is known of the next.
            known = self._known(text)
            if known == "":
                known = _first_undrawn(text)
                if len(self._drawn) + len(self._undrawn) > _KEPT:
                    self._drawn, self._undrawn = set(), set()
                if known is None:
                    self._drawn = self._drawn | set(text)
                else:
                    self._undrawn = self._undrawn | {known[0]}
            if known is not None:
                found[text] = known
        return found


def _first_undrawn(text: str) -> str | None:
    try:
        compiler().compile(
            input=_PAGE,
            format="pdf",
            pdf_standards=["a-2u"],
            sys_inputs={"data": json.dumps(text, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        undrawn = undrawn_by(error)
        if undrawn is None:
            raise
        return undrawn
    return None
