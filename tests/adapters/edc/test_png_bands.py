"""Pictures of which most rows stay the same: every reader sees what was drawn."""

import random
import zlib
from io import BytesIO

import pytest
from PIL import Image

from app.adapters.edc.image.png_bands import BandedPicture, Rows, Sheet


def a_ground(width: int = 97, height: int = 120, seed: int = 1) -> Image.Image:
    """Noise in a palette of eight colours."""
    noise = random.Random(seed)
    ground = Image.new("P", (width, height))
    ground.putpalette([noise.randrange(256) for _ in range(3 * 8)])
    ground.putdata([noise.randrange(8) for _ in range(width * height)])
    return ground


@pytest.mark.parametrize(
    "bands",
    [
        [(0, 5)],
        [(10, 30), (30, 31), (60, 119)],
        [(1, 2), (117, 120)],
        [],
    ],
)
def test_what_was_drawn_is_there_and_the_rest_as_it_was(bands: list[Rows]) -> None:
    ground = a_ground()
    picture = BandedPicture(ground, bands)
    for seed in range(3):
        expected = ground.copy()
        drawn = {}
        for rows in bands:
            band = picture.band(rows)
            band.paste(a_ground(40, band.height, seed + 7), (20, 0))
            expected.paste(band, (0, rows[0]))
            drawn[rows] = band
        read = Image.open(BytesIO(picture.png(drawn)))
        read.load()
        assert (read.mode, read.size) == ("P", ground.size)
        assert read.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


def test_checksums_are_those_of_the_whole_stream() -> None:
    picture = BandedPicture(a_ground(), [(50, 60)])
    png = picture.png({(50, 60): picture.band((50, 60))})
    at, stream = 8, b""
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + content) == int.from_bytes(png[at + 8 + length :][:4], "big")
        stream += content if kind == b"IDAT" else b""
        at += 12 + length
    # Raises an error when the checksum (RFC 1950) is not that of the rows.
    assert len(zlib.decompress(stream)) == 120 * 98


def test_drawing_on_a_band_leaves_the_ground_alone() -> None:
    picture = BandedPicture(a_ground(), [(0, 10)])
    before = picture.ground.tobytes()
    picture.band((0, 10)).paste(0, (0, 0, 97, 10))
    assert picture.ground.tobytes() == before


@pytest.mark.parametrize("touched", [(0, 20), (3, 9), (19, 20), (-4, 2), (18, 25), (7, 7)])
def test_rows_that_nothing_was_drawn_on_are_compressed_once_and_are_all_there(
    touched: Rows,
) -> None:
    ground, rows = a_ground(), (10, 30)
    picture = BandedPicture(ground, [rows])
    sheet = Sheet(picture.band(rows))
    for seed in range(2):
        drawn, expected = sheet.copy(), ground.copy()
        top, bottom = max(0, touched[0]), min(20, touched[1])
        if bottom > top:
            drawn.paste(a_ground(40, bottom - top, seed + 7), (20, top))
        expected.paste(drawn, (0, rows[0]))
        read = Image.open(BytesIO(picture.png({rows: sheet.bands(drawn, touched)})))
        read.load()
        assert read.convert("RGB").tobytes() == expected.convert("RGB").tobytes()
