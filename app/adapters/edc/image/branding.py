"""How an institution's credentials look: two colours and a logo."""

import re
from dataclasses import dataclass

from app.domain.errors import Invalid

LEAST_CONTRAST = 4.5
"""Of text against its ground (WCAG 2.2, criterion 1.4.3)."""
GROUNDS = ("#ffffff", "#fdfcf9")
"""What the colours are written on: white and the paper of a diploma."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)


class BrandingUnusable(Invalid):
    """Colours or a logo that cannot be used."""

    code = "branding_unusable"


@dataclass(frozen=True)
class Logo:
    """A logo that is safe to draw."""

    name: str
    """Whose it is: its text alternative names them."""
    drawing: str
    """SVG without anything active (`image.drawings`, `image.pictures`)."""


@dataclass(frozen=True)
class Branding:
    """The colours of headings and rules, and the logos at the top."""

    primary: str = "#1f3a6e"
    accent: str = "#8a6516"
    logos: tuple[Logo, ...] = ()

    def __post_init__(self) -> None:
        for name, colour in (("primary", self.primary), ("accent", self.accent)):
            if not _COLOUR.fullmatch(colour):
                raise BrandingUnusable(f"The colour {name} is not written like #1f3a6e.")
            least = min(contrast(colour, ground) for ground in GROUNDS)
            if least < LEAST_CONTRAST:
                raise BrandingUnusable(
                    f"The colour {name} ({colour}) has a contrast of {least:.1f} to the paper. "
                    f"Choose a darker one: at least {LEAST_CONTRAST} is readable for everybody."
                )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#rrggbb` (WCAG 2.2): from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


PLAIN = Branding()
"""For whoever has chosen nothing."""
