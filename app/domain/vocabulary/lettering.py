"""What can be drawn of a text: not every script has letters where pages are made."""

from collections.abc import Collection, Mapping
from typing import Protocol

from app.domain.errors import Finding


class Lettering(Protocol):
    """Knows the fonts that pictures and documents are drawn with."""

    async def undrawn(self, texts: Collection[str]) -> Mapping[str, str]:
        """Of each text of which something cannot be drawn, the first such character."""
        ...


def not_drawable(pointer: str, character: str) -> Finding:
    """That a name will not stand in full on the page that people look at."""
    return Finding(
        pointer,
        "name_not_drawable",
        f"The picture and the document of the credential cannot show \N{LEFT DOUBLE QUOTATION MARK}"
        f"{character}\N{RIGHT DOUBLE QUOTATION MARK}: an empty box stands in its place. The "
        "credential itself holds the name in full. A name that stands in Latin letters in a "
        "passport can be given so.",
    )
