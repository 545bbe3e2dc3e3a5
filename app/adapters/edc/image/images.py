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
from typing import Any
from uuid import UUID

from babel.dates import format_date
from babel.numbers import format_decimal
from PIL import Image

from app.adapters.edc.elm.sources import display_languages
from app.adapters.edc.elm.words import capitals, word
from app.adapters.edc.image.branding import PLAIN, Branding
from app.adapters.edc.image.composing import (
    INK,
    PIXELS_PER_INCH,
    SOFT,
    Colour,
    Place,
    corner_in,
    lay_over,
    places_of,
    qr_code,
    stamp,
)
from app.adapters.edc.image.lettering import compiler
from app.adapters.edc.image.pictures import embedded
from app.adapters.edc.image.png_bands import Band, BandedPicture, Rows, Sheet, compressed
from app.domain.credentials.credential_id import credential_urn
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.lists import labelled
from app.domain.vocabulary.specification import AcademicData, Organisation, Specification
from app.domain.vocabulary.text import LanguageMap, in_language

_COLOURS = 128
_LOCALES = {"en": "en_IE"}
"""Dates are written as in Europe: day, month, year."""

_local = threading.local()


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
        qr_code(verification_url),
        development,
        branding,
    )
    return _images(page, display_languages(specification))


def draw_ahead(specification: Specification, names: Sequence[str]) -> None:
    """Draw together the names in the images that this thread will be asked for next.

    Starting the typesetter takes longer than drawing a name.
    """
    tag = display_languages(specification)[0]
    _local.ahead = dict(zip(((tag, name) for name in names), _names(tag, names), strict=True))


def _name(tag: str, name: str) -> Image.Image:
    ahead: dict[tuple[str, str], Image.Image]
    ahead = getattr(_local, "ahead", {})
    found = ahead.pop((tag, name), None)
    return found or _names(tag, [name])[0]


def _names(tag: str, names: Sequence[str]) -> list[Image.Image]:
    return pieces_of(tag, "personal", people=names)


def pieces_of(tag: str, part: str, **texts: Sequence[str]) -> list[Image.Image]:
    """Texts that stand alone, each as a piece."""
    frame = _frame(places_of(1), PLAIN)
    return _draw(_as_json({**frame, "language": tag, "part": part, **texts}))


def number_piece(credential: UUID) -> Image.Image:
    """The number of one credential as a piece, put together from digits that were drawn once.

    They are set in letters of one width, so that a digit in one place looks the same whatever
    stands beside it.
    """
    lines = _digits()
    number, nought = credential_urn(credential), credential_urn(UUID(int=0))
    piece = lines["0"].copy()
    width = piece.width / len(number)
    for place, (digit, before) in enumerate(zip(number, nought, strict=True)):
        if digit != before:
            box = (round(place * width), 0, round((place + 1) * width), piece.height)
            piece.paste(lines[digit].crop(box), box)
    return piece


@cache
def _digits() -> Mapping[str, Image.Image]:
    """By each digit, the number that has it in every place."""
    numbers = {f"{n:x}": credential_urn(UUID(f"{n:x}" * 32)) for n in range(16)}
    drawn = dict(
        zip(numbers, pieces_of("en", "numbers", numbers=list(numbers.values())), strict=True)
    )
    for line in drawn.values():
        # Read now, not by whichever of several threads looks first.
        line.load()
    return drawn


def _frame(places: Mapping[str, Place], branding: Branding) -> dict[str, Any]:
    return {
        "places": {
            name: {"x": p.x, "y": p.y, "width": p.width, "height": p.height}
            for name, p in places.items()
        },
        "colours": {"primary": branding.primary, "accent": branding.accent},
    }


def _images(page: _Page, tags: Sequence[str]) -> dict[str, bytes]:
    facts = {tag: _facts(page, tag) for tag in tags}
    # As many facts in every language, so that the pieces have the same places.
    places = places_of(len(facts[tags[0]]) + 1)
    frame = _frame(places, page.branding)
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
    alike = _as_json({**frame, **common})
    holder, number = _name(tags[0], page.award.holder.full_name), number_piece(page.credential_id)
    return {
        tag: _composed(
            _ground(shared[tag], alike, len(facts[tag]) + 1, which),
            places,
            page.code,
            holder=(holder, INK),
            number=(number, SOFT),
        )
        for which, tag in enumerate(tags)
    }


@dataclass(frozen=True)
class _Ground:
    """A page without what is one learner's own."""

    picture: BandedPicture
    top: Sheet
    """Where the name goes."""
    result: Band
    foot: Sheet
    """With the date on it."""


@lru_cache(maxsize=96)
def _ground(shared: str, common: str, facts: int, which: int) -> _Ground:
    """The page of all learners with one grade and one date, in the language of that number."""
    places = places_of(facts)
    picture = _shared_part(
        shared, tuple(places[name].rows for name in ("holder", "result", "foot"))
    )
    top_rows, result_rows, foot_rows = picture.changing
    result, *dates = _common_pieces(common)
    fact, foot = picture.band(result_rows), picture.band(foot_rows)
    lay_over(fact, result, corner_in(places["result"], result_rows, result.width))
    lay_over(foot, dates[which], corner_in(places["date"], foot_rows))
    return _Ground(picture, Sheet(picture.band(top_rows)), compressed(fact), Sheet(foot))


def _composed(
    ground: _Ground,
    places: Mapping[str, Place],
    code: Image.Image,
    *,
    holder: tuple[Image.Image, Colour],
    number: tuple[Image.Image, Colour],
) -> bytes:
    """The page with what differs laid over it, as PNG. Pieces come with the colour of their ink."""
    picture = ground.picture
    top_rows, result_rows, foot_rows = picture.changing
    top, foot = ground.top.copy(), ground.foot.copy()
    name, ink = holder
    middle = corner_in(places["holder"], top_rows, name.width, high=name.height)
    lay_over(top, name, middle, ink)
    place_of_number, place_of_code = (
        corner_in(places[each], foot_rows) for each in ("number", "code")
    )
    lay_over(foot, number[0], place_of_number, number[1])
    stamp(foot, code, place_of_code)
    begin = min(place_of_number[1], place_of_code[1])
    end = max(place_of_number[1] + number[0].height, place_of_code[1] + code.height)
    return picture.png(
        {
            top_rows: ground.top.bands(top, (middle[1], middle[1] + name.height)),
            result_rows: [ground.result],
            foot_rows: ground.foot.bands(foot, (begin, end)),
        }
    )


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


def _draw(content: str) -> list[Image.Image]:
    # The template goes in anew each time: a compiler forgets an input that it got as bytes.
    drawn = compiler().compile(
        input=_template(), format="png", ppi=PIXELS_PER_INCH, sys_inputs={"data": content}
    )
    if drawn is None:
        raise InternalInconsistency("The display image came out empty")
    pages = [drawn] if isinstance(drawn, bytes) else drawn
    return [Image.open(BytesIO(page)) for page in pages]


@cache
def _template() -> bytes:
    return (resources.files("app.data") / "elm" / "diploma.typ").read_bytes()


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
