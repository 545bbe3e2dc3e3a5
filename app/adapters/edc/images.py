"""The display image of a credential: the page that a viewer shows and a graduate shows around.

Rendered by typst, with the fonts that come with it: its serif has Latin, Greek and Cyrillic. What a
person typed reaches the page as data, never as markup. What all learners of a course share is drawn
once; only the pieces that differ are drawn for each of them.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from math import ceil
from typing import Any
from uuid import UUID

import segno
import typst
from babel.dates import format_date
from babel.numbers import format_decimal
from PIL import Image

from app.adapters.edc.branding import PLAIN, Branding
from app.adapters.edc.elm_sources import display_languages
from app.adapters.edc.pictures import embedded
from app.adapters.edc.png_bands import Band, BandedPicture, Rows, compressed
from app.adapters.edc.words import capitals, word
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.lists import labelled
from app.domain.vocabulary.specification import AcademicData, Organisation, Specification
from app.domain.vocabulary.text import LanguageMap, in_language

PIXELS_PER_INCH = 150
"""An A4 page of 1240 by 1754 pixels: sharp on a screen, small enough to travel in a credential."""
_MILLIMETRE = PIXELS_PER_INCH / 25.4
_COLOURS = 128
_MARGIN, _WIDTH = 25.0, 160.0
_CODE, _QUIET, _MASK = 22.4, 2, 3
"""The largest side of the QR code in millimetres, its quiet zone in modules, and its mask."""
_Colour = tuple[int, int, int]
_INK: _Colour = (0x1B, 0x25, 0x40)
_SOFT: _Colour = (0x59, 0x61, 0x77)
_PAINTED = [0] + [255] * 255
_LOCALES = {"en": "en_IE"}
"""Dates are written as in Europe: day, month, year."""

_local = threading.local()


@dataclass(frozen=True)
class _Place:
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


def _places(facts: int) -> dict[str, _Place]:
    """Where what differs has its place; the result is the last fact."""
    cell = _WIDTH / facts
    return {
        "holder": _Place(_MARGIN, 64.0, _WIDTH, 19.0),
        "result": _Place(_MARGIN + _WIDTH - cell, 127.0, cell, 8.0),
        "foot": _Place(_MARGIN, 250.0, _WIDTH, 27.0),
        "date": _Place(_MARGIN, 252.2, 110.0, 5.4),
        "number": _Place(_MARGIN, 264.0, 110.0, 4.4),
        "code": _Place(_MARGIN + _WIDTH - _CODE, 250.0, _CODE, _CODE),
    }


@dataclass(frozen=True)
class _Page:
    """What one credential's pages have in common."""

    specification: Specification
    award: Award
    issuer: Organisation
    bodies: Sequence[Organisation]
    alliance: LanguageMap
    credential_id: UUID
    code: Image.Image
    development: bool
    branding: Branding

    @property
    def academic(self) -> AcademicData:
        return self.specification.academic


def display_images(
    *,
    specification: Specification,
    award: Award,
    issuer: Organisation,
    awarding_bodies: Sequence[Organisation],
    alliance: LanguageMap,
    credential_id: UUID,
    verification_url: str,
    development: bool,
    branding: Branding = PLAIN,
) -> dict[str, bytes]:
    """One A4 page as PNG per display language, by BCP 47 tag, the primary language first.

    `verification_url` is what the QR code leads to; `development` puts a watermark over the page.
    CPU work of some tens of milliseconds: call it in a thread. Raises PictureUnusable for
    a logo or background that is no picture.
    """
    page = _Page(
        specification,
        award,
        issuer,
        awarding_bodies,
        alliance,
        credential_id,
        _qr_code(verification_url),
        development,
        branding,
    )
    return _images(page, display_languages(specification))


def _images(page: _Page, tags: Sequence[str]) -> dict[str, bytes]:
    facts = {tag: _facts(page, tag) for tag in tags}
    # As many facts in every language, so that the pieces have the same places.
    places = _places(len(facts[tags[0]]) + 1)
    frame = {
        "places": {
            name: {"x": p.x, "y": p.y, "width": p.width, "height": p.height}
            for name, p in places.items()
        },
        "colours": {"primary": page.branding.primary, "accent": page.branding.accent},
    }
    shared = {
        tag: _as_json({**frame, "language": tag, "part": "page", **_shared(page, tag, facts[tag])})
        for tag in tags
    }
    common = {
        "language": tags[0],
        "part": "common",
        "result": page.award.grade,
        "dates": [_date(page, tag) for tag in tags],
    }
    personal = {
        "language": tags[0],
        "part": "personal",
        "holder": page.award.holder.full_name,
        "number": f"urn:credential:{page.credential_id}",
    }
    alike = _as_json({**frame, **common})
    holder, number = _draw(_as_json({**frame, **personal}))
    return {
        tag: _composed(
            _ground(shared[tag], alike, len(facts[tag]) + 1, which),
            places,
            page.code,
            holder=(holder, _INK),
            number=(number, _SOFT),
        )
        for which, tag in enumerate(tags)
    }


@lru_cache(maxsize=256)
def _shades(palette: bytes, ground: int, ink: _Colour) -> list[int]:
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
    return [ground, *nearest.tobytes()[1:]]


@dataclass(frozen=True)
class _Ground:
    """A page without what is one learner's own."""

    picture: BandedPicture
    result: Band
    foot: Image.Image
    """With the date on it."""


@lru_cache(maxsize=96)
def _ground(shared: str, common: str, facts: int, which: int) -> _Ground:
    """The page of all learners with one grade and one date, in the language of that number."""
    places = _places(facts)
    picture = _shared_part(
        shared, tuple(places[name].rows for name in ("holder", "result", "foot"))
    )
    _, result_rows, foot_rows = picture.changing
    result, *dates = _common_pieces(common)
    fact, foot = picture.band(result_rows), picture.band(foot_rows)
    _lay_over(fact, result, _corner(places["result"], result_rows, result.width))
    _lay_over(foot, dates[which], _corner(places["date"], foot_rows))
    return _Ground(picture, compressed(fact), foot)


def _composed(
    ground: _Ground,
    places: Mapping[str, _Place],
    code: Image.Image,
    *,
    holder: tuple[Image.Image, _Colour],
    number: tuple[Image.Image, _Colour],
) -> bytes:
    """The page with what differs laid over it, as PNG. Pieces come with the colour of their ink."""
    picture = ground.picture
    top_rows, result_rows, foot_rows = picture.changing
    top, foot = picture.band(top_rows), ground.foot.copy()
    _lay_over(top, holder[0], _corner(places["holder"], top_rows, holder[0].width), holder[1])
    _lay_over(foot, number[0], _corner(places["number"], foot_rows), number[1])
    _stamp(foot, code, _corner(places["code"], foot_rows))
    return picture.png({top_rows: top, result_rows: ground.result, foot_rows: foot})


def _corner(place: _Place, rows: Rows, centred: int | None = None) -> tuple[int, int]:
    """Where a piece goes in a band; `centred` is its width if it stands in the middle."""
    x, y = place.corner
    if centred is not None:
        x += (round(place.width * _MILLIMETRE) - centred) // 2
    return x, y - rows[0]


def _stamp(page: Image.Image, code: Image.Image, corner: tuple[int, int]) -> None:
    """Put the QR code onto a page in its palette, right-aligned in its place."""
    x = corner[0] + round(_CODE * _MILLIMETRE) - code.width
    colours = Image.new("RGB", (2, 1))
    colours.putdata([_INK, (255, 255, 255)])
    nearest = colours.quantize(palette=page, dither=Image.Dither.NONE)
    ink, white = nearest.tobytes()
    page.paste(code.point([ink] * 128 + [white] * 128), (x, corner[1]))


@lru_cache(maxsize=24)
def _shared_part(content: str, changing: tuple[Rows, ...]) -> BandedPicture:
    """The page without what differs, in a palette: a third of the size, and looking the same."""
    [drawn] = _draw(content)
    ground = drawn.convert("RGB").quantize(
        _COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    return BandedPicture(ground, changing)


@lru_cache(maxsize=256)
def _common_pieces(content: str) -> tuple[Image.Image, ...]:
    """The pieces that all learners with one grade and one date of award share."""
    pieces = _draw(content)
    for piece in pieces:
        # Read now, not by whichever of several threads looks first.
        piece.load()
    return tuple(pieces)


def _lay_over(
    page: Image.Image,
    piece: Image.Image,
    corner: tuple[int, int],
    ink: _Colour | None = None,
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
        shades = _shades(bytes(page.getpalette() or ()), pixels[0], ink)
        page.paste(opacity.point(shades), box)
        return
    ground = below.convert("RGB")
    ground.paste(piece, mask=opacity)
    # Where nothing was painted, looking a colour up could find its neighbour instead.
    painted = opacity.point(_PAINTED)
    page.paste(ground.quantize(palette=page, dither=Image.Dither.NONE), box, painted)


def _draw(content: str) -> list[Image.Image]:
    # The template goes in anew each time: a compiler forgets an input that it got as bytes.
    drawn = _compiler().compile(
        input=_template(), format="png", ppi=PIXELS_PER_INCH, sys_inputs={"data": content}
    )
    if drawn is None:
        raise InternalInconsistency("The display image came out empty")
    pages = [drawn] if isinstance(drawn, bytes) else drawn
    return [Image.open(BytesIO(page)) for page in pages]


@cache
def _template() -> bytes:
    return (resources.files("app.data") / "elm" / "diploma.typ").read_bytes()


def _compiler() -> typst.Compiler:
    """One per thread: making one loads all fonts, and one may not be used by two threads."""
    compiler: typst.Compiler | None = getattr(_local, "compiler", None)
    if compiler is None:
        compiler = _local.compiler = typst.Compiler(ignore_system_fonts=True)
    return compiler


def _as_json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)


def _shared(page: _Page, tag: str, facts: list[dict[str, str]]) -> dict[str, Any]:
    academic, joint = page.academic, len(page.bodies) > 1
    visual = academic.visual
    return {
        "alliance": in_language(page.alliance, tag),
        "kind": capitals(word("joint-kind" if joint else "kind", tag)),
        "title": in_language(academic.title, tag),
        "facts": facts,
        "outcomes": [in_language(outcome.title, tag) for outcome in academic.outcomes],
        "bodies": [
            {
                "name": in_language(body.legal_name, tag),
                "country": in_language(labelled(body.country).label, tag),
            }
            for body in page.bodies
        ],
        "logos": [embedded(visual.logo)]
        if visual and visual.logo
        else [logo.drawing for logo in page.branding.logos],
        "background": embedded(visual.background) if visual and visual.background else None,
        "development": word("development", tag) if page.development else None,
        "words": {
            "certifies": word("certifies", tag),
            "completed": word("completed", tag),
            "outcomes": capitals(word("outcomes", tag)),
            "awarded": capitals(word("awarded-jointly-by" if joint else "awarded-by", tag)),
            "result": capitals(word("result", tag)),
            "verify": word("verify", tag),
        },
        "sealed-by": word("sealed-by", tag, issuer=in_language(page.issuer.legal_name, tag)),
    }


def _facts(page: _Page, tag: str) -> list[dict[str, str]]:
    academic = page.academic
    facts = []
    if academic.ects is not None:
        number = format_decimal(academic.ects, locale=tag)
        facts.append((f"{number} ECTS", word("credits", tag)))
    if academic.eqf_level:
        level = academic.eqf_level.uri.rsplit("/", 1)[-1]
        facts.append((word("eqf", tag, level=level), word("level", tag)))
    if academic.workload_hours:
        facts.append((word("hours", tag, hours=academic.workload_hours), word("workload", tag)))
    return [{"value": value, "label": capitals(label)} for value, label in facts]


def _date(page: _Page, tag: str) -> dict[str, str]:
    value = format_date(page.award.awarded_on, "long", locale=_LOCALES.get(tag, tag))
    return {"language": tag, "label": word("date", tag), "value": value}


def _qr_code(address: str) -> Image.Image:
    """A QR code (ISO/IEC 18004), black on white, error correction M, with its quiet zone.

    One mask for all: trying which of eight looks most even takes longer than all the rest.
    """
    code = segno.make_qr(address, error="m", boost_error=False, mask=_MASK)
    matrix = b"".join(bytes(0 if dark else 255 for dark in row) for row in code.matrix)
    size = len(code.matrix)
    modules = Image.new("L", (size + 2 * _QUIET, size + 2 * _QUIET), 255)
    modules.paste(Image.frombytes("L", (size, size), matrix), (_QUIET, _QUIET))
    # Whole pixels, so that edges are sharp.
    scale = round(_CODE * _MILLIMETRE) // modules.width
    return modules.resize((modules.width * scale,) * 2, Image.Resampling.NEAREST)
