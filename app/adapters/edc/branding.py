"""How an institution's credentials look: two colours and logos."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Logo:
    """A logo that is safe to draw."""

    name: str
    """Whose it is: its text alternative names them."""
    drawing: str
    """SVG, as `app.adapters.edc.pictures` leaves it."""


@dataclass(frozen=True)
class Branding:
    """The colours of headings and rules, and the logos at the top."""

    primary: str = "#1f3a6e"
    accent: str = "#8a6516"
    logos: Sequence[Logo] = ()
