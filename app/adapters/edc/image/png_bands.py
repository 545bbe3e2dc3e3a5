"""Pictures of which most rows stay the same, written as PNG without compressing those again.

A PNG (ISO/IEC 15948) holds one zlib stream (RFC 1950). Bands of rows are compressed each by itself
and end on a whole byte, so that a band that was compressed once goes into any number of pictures.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PIL import Image

_MODULUS = 65_521
"""Of the checksum Adler-32 (RFC 1950, section 8.2)."""
_THOROUGH, _QUICK = 9, 2
"""How hard to try: what is compressed once pays for all; the rest is done for each picture."""

Rows = tuple[int, int]
"""From one row to another, the second not included."""


@dataclass(frozen=True)
class Band:
    """Compressed rows, with what the checksum of the whole needs to know of them."""

    data: bytes = field(repr=False)
    checksum: int
    length: int


class BandedPicture:
    """A picture in a palette, of which some bands of rows are put in anew each time."""

    def __init__(self, ground: Image.Image, changing: Sequence[Rows]) -> None:
        """`ground` is in mode P; `changing` are bands in order that do not overlap."""
        self.ground = ground
        self.changing = tuple(changing)
        edges = [0, *(edge for rows in changing for edge in rows), ground.height]
        self._still: list[Band] = []
        for number in range(0, len(edges), 2):
            top, bottom = edges[number], edges[number + 1]
            last = number + 2 == len(edges)
            self._still.append(_compressed(_rows(ground, (top, bottom)), _THOROUGH, last=last))
        self._head = b"\x89PNG\r\n\x1a\n" + b"".join(
            (
                # 8 bits, palette, the only methods there are, not interlaced.
                _chunk(b"IHDR", struct.pack(">2I5B", ground.width, ground.height, 8, 3, 0, 0, 0)),
                _chunk(b"PLTE", bytes((ground.getpalette() or [])[: 3 * 256])),
            )
        )

    def band(self, rows: Rows) -> Image.Image:
        """A copy of the ground in those rows, to draw upon."""
        top, bottom = rows
        return self.ground.crop((0, top, self.ground.width, bottom))

    def png(self, drawn: Mapping[Rows, Image.Image | Sequence[Band]]) -> bytes:
        """The picture as PNG, with what was drawn in each band that changes.

        What was compressed before comes in bands, one below the other.
        """
        bands = [self._still[0]]
        for number, rows in enumerate(self.changing):
            fresh = drawn[rows]
            bands += [compressed(fresh, _QUICK)] if isinstance(fresh, Image.Image) else fresh
            bands.append(self._still[number + 1])
        checksum = 1
        for band in bands:
            checksum = _joined(checksum, band)
        stream = b"\x78\x9c" + b"".join(b.data for b in bands) + struct.pack(">I", checksum)
        return self._head + _chunk(b"IDAT", stream) + _chunk(b"IEND", b"")


class Sheet:
    """A band to draw upon, of which the rows above and below what is drawn are compressed once."""

    def __init__(self, blank: Image.Image) -> None:
        self._blank = blank
        self._parts: dict[Rows, Band] = {}

    def copy(self) -> Image.Image:
        """The band, to draw upon."""
        return self._blank.copy()

    def bands(self, drawn: Image.Image, touched: Rows) -> list[Band]:
        """A copy that was drawn upon in those rows alone."""
        top, bottom = max(0, touched[0]), min(drawn.height, touched[1])
        fresh = _compressed(_rows(drawn, (top, bottom)), _QUICK, last=False)
        return [self._part((0, top)), fresh, self._part((bottom, drawn.height))]

    def _part(self, rows: Rows) -> Band:
        # As many as there are heights of what is drawn: no more than rows.
        found = self._parts.get(rows)
        if found is None:
            found = _compressed(_rows(self._blank, rows), _THOROUGH, last=False)
            self._parts[rows] = found
        return found


def compressed(drawn: Image.Image, level: int = _THOROUGH) -> Band:
    """What was drawn in a band, for any number of pictures that have the same in it."""
    return _compressed(_rows(drawn, (0, drawn.height)), level, last=False)


def _rows(picture: Image.Image, rows: Rows) -> bytes:
    """Rows as PNG has them: one byte for the filter (none) before each."""
    top, bottom = rows
    with_filter = Image.new("P", (picture.width + 1, bottom - top))
    with_filter.paste(picture.crop((0, top, picture.width, bottom)), (1, 0))
    return with_filter.tobytes()


def _compressed(rows: bytes, level: int, *, last: bool) -> Band:
    # Of pages with few letters, looking for repetitions of one colour alone finds nearly all.
    strategy = zlib.Z_RLE if level == _QUICK else zlib.Z_DEFAULT_STRATEGY
    compressor = zlib.compressobj(
        level, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy
    )
    data = compressor.compress(rows)
    data += compressor.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)
    return Band(data, zlib.adler32(rows), len(rows))


def _joined(checksum: int, band: Band) -> int:
    """The checksum of what came before and the band after it."""
    low, high = checksum & 0xFFFF, checksum >> 16
    after_low, after_high = band.checksum & 0xFFFF, band.checksum >> 16
    joined_low = (low + after_low - 1) % _MODULUS
    joined_high = (high + after_high + band.length * (low - 1)) % _MODULUS
    return joined_high << 16 | joined_low


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
