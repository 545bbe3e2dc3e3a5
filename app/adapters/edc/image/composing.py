"""Laying pieces over a page in a palette: where they go, and in which of its colours.

Lengths are millimetres on an A4 page. The code that leads to verification is made here as well.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, isqrt
from uuid import UUID

import segno
from PIL import Image

from app.adapters.edc.image.png_bands import Rows

PIXELS_PER_INCH = 150
"""An A4 page of 1240 by 1754 pixels: sharp on a screen, small enough to travel in a credential."""
_MILLIMETRE = PIXELS_PER_INCH / 25.4
_MARGIN, _WIDTH = 25.0, 160.0
_CODE, _QUIET, _MASK = 22.4, 2, 3
"""The largest side of the QR code in millimetres, its quiet zone in modules, and its mask."""
Colour = tuple[int, int, int]
INK: Colour = (0x1B, 0x25, 0x40)
SOFT: Colour = (0x59, 0x61, 0x77)
_PAINTED = [0] + [255] * 255


@dataclass(frozen=True)
class Place:
    """Where a piece lies on the page, in millimetres."""

    x: float
    y: float
    width: float
    height: float

    @property
    def corner(self) -> tuple[int, int]:
        """Its upper left corner in pixels."""
        return round(self.x * _MILLIMETRE), round(self.y * _MILLIMETRE)

    @property
    def rows(self) -> Rows:
        """The rows of pixels that a piece in it may touch."""
        top = self.corner[1]
        return top, top + ceil(self.height * _MILLIMETRE) + 1


def places_of(facts: int) -> dict[str, Place]:
    """Where what differs has its place; the result is the last fact."""
    cell = _WIDTH / facts
    return {
        "holder": Place(_MARGIN, 64.0, _WIDTH, 19.0),
        "result": Place(_MARGIN + _WIDTH - cell, 127.0, cell, 8.0),
        "foot": Place(_MARGIN, 250.0, _WIDTH, 27.0),
        "date": Place(_MARGIN, 252.2, 110.0, 5.4),
        "number": Place(_MARGIN, 264.0, 110.0, 4.4),
        "code": Place(_MARGIN + _WIDTH - _CODE, 250.0, _CODE, _CODE),
    }


def corner_in(
    place: Place, rows: Rows, centred: int | None = None, *, high: int | None = None
) -> tuple[int, int]:
    """Where a piece goes in a band; `centred` is its width if it stands in the middle, `high` its
    height if it stands half way down."""
    x, y = place.corner
    if centred is not None:
        x += (round(place.width * _MILLIMETRE) - centred) // 2
    if high is not None:
        y += (round(place.height * _MILLIMETRE) - high) // 2
    return x, y - rows[0]


@lru_cache(maxsize=256)
def shades_of(palette: bytes, ground: int, ink: Colour) -> bytes:
    """For each opacity of an ink on one colour of a palette, the colour that comes closest."""
    colours = Image.new("P", (1, 1))
    colours.putpalette(palette)
    below = palette[3 * ground : 3 * ground + 3]
    ramp = Image.new("RGB", (256, 1))
    ramp.putdata(
        [
            tuple(round(b + (i - b) * alpha / 255) for i, b in zip(ink, below, strict=True))
            for alpha in range(256)
        ]
    )
    nearest = ramp.quantize(palette=colours, dither=Image.Dither.NONE)
    # Where nothing was painted, its neighbour could be found instead.
    return bytes([ground]) + nearest.tobytes()[1:]


def lay_over(
    page: Image.Image,
    piece: Image.Image,
    corner: tuple[int, int],
    ink: Colour | None = None,
) -> None:
    """Paint a piece with transparency onto a page in its palette.

    `ink` is its colour if it has but one.
    """
    # Only what was painted: a name takes a part of its place.
    inside = piece.getchannel("A").getbbox()
    if inside is None:
        return
    piece = piece.crop(inside)
    x, y = corner[0] + inside[0], corner[1] + inside[1]
    box = (x, y, x + piece.width, y + piece.height)
    opacity = piece.getchannel("A")
    below = page.crop(box)
    pixels = below.tobytes()
    if ink is not None and pixels.count(pixels[:1]) == len(pixels):
        # One ink on one colour: how much of it there is says all.
        shades = shades_of(bytes(page.getpalette() or ()), pixels[0], ink)
        # By a table for bytes, which is quicker than one for a picture.
        painted = opacity.tobytes().translate(shades)
        page.paste(Image.frombytes("P", opacity.size, painted), box)
        return
    ground = below.convert("RGB")
    ground.paste(piece, mask=opacity)
    # Where nothing was painted, looking a colour up could find its neighbour instead.
    mask = opacity.point(_PAINTED)
    page.paste(ground.quantize(palette=page, dither=Image.Dither.NONE), box, mask)


def stamp(page: Image.Image, code: Image.Image, corner: tuple[int, int]) -> None:
    """Put the QR code onto a page in its palette, right-aligned in its place."""
    x = corner[0] + round(_CODE * _MILLIMETRE) - code.width
    colours = Image.new("RGB", (2, 1))
    colours.putdata([INK, (255, 255, 255)])
    nearest = colours.quantize(palette=page, dither=Image.Dither.NONE)
    ink, white = nearest.tobytes()
    page.paste(code.point([ink] * 128 + [white] * 128), (x, corner[1]))


def qr_code(address: str) -> Image.Image:
    """A QR code (ISO/IEC 18004), black on white, error correction M, with its quiet zone.

    One mask for all: trying which of eight looks most even takes longer than all the rest.
    """
    matrix = _modules(address)
    size = isqrt(len(matrix))
    modules = Image.new("L", (size + 2 * _QUIET, size + 2 * _QUIET), 255)
    modules.paste(Image.frombytes("L", (size, size), matrix), (_QUIET, _QUIET))
    # Whole pixels, so that edges are sharp.
    scale = round(_CODE * _MILLIMETRE) // modules.width
    return modules.resize((modules.width * scale,) * 2, Image.Resampling.NEAREST)


def _modules(address: str) -> bytes:
    """The modules of a code, row by row, 0 where they are dark and 255 where they are light.

    For one length and one mask a code is a linear function of its bits, error correction included.
    So codes of addresses that differ in their UUIDs alone are put together from how each bit of it
    changes the code, which is known after some dozens of them.
    """
    head, own = address[: -len(_NIL)], address[-len(_NIL) :]
    # Lower case is written in bytes, whatever comes after it: the mode is the same for all.
    if not _UUID.fullmatch(own) or not any("a" <= character <= "z" for character in head):
        code = _encoded(address)
    else:
        code = _nil_code(head)
        for number, (is_there, was) in enumerate(zip(own, _NIL, strict=True)):
            changed = ord(is_there) ^ ord(was)
            while changed:
                bit = changed & -changed
                code ^= _change(head, number, bit)
                changed ^= bit
    size = (code.bit_length() + 7) // 8
    return code.to_bytes(size, "big")[1:]


_NIL = str(UUID(int=0))
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def _encoded(address: str) -> int:
    """The modules as one number, after a byte that keeps the first of them from being lost."""
    code = segno.make_qr(address, error="m", boost_error=False, mask=_MASK)
    return int.from_bytes(
        b"\xff" + b"".join(bytes(0 if dark else 255 for dark in row) for row in code.matrix), "big"
    )


@lru_cache(maxsize=16)
def _nil_code(head: str) -> int:
    return _encoded(head + _NIL)


@lru_cache(maxsize=2048)
def _change(head: str, number: int, bit: int) -> int:
    """What becomes of the modules when a bit of one character of the nil UUID changes."""
    changed = _NIL[:number] + chr(ord(_NIL[number]) ^ bit) + _NIL[number + 1 :]
    return _nil_code(head) ^ _encoded(head + changed)
