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

import segno
import typst
from babel.dates import format_date
from babel.numbers import format_decimal
from PIL import Image

from app.adapters.edc.elm_sources import display_languages
from app.adapters.edc.pictures import embedded
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


def _places(facts: int) -> dict[str, _Place]:
    """The pieces that differ, in the order in which they are drawn; the result is the last fact."""
    cell = _WIDTH / facts
    return {
        "holder": _Place(_MARGIN, 64.0, _WIDTH, 19.0),
        "result": _Place(_MARGIN + _WIDTH - cell, 127.0, cell, 8.0),
        "foot": _Place(_MARGIN, 250.0, _WIDTH, 27.0),
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
    code: str
    development: bool

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
) -> dict[str, bytes]:
    """One A4 page as PNG per display language, by BCP 47 tag, the primary language first.

    `verification_url` is what the QR code leads to; `development` puts a watermark over the page.
    CPU work of some tens of milliseconds per page: call it in a thread. Raises PictureUnusable for
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
    )
    return {tag: _image(page, tag) for tag in display_languages(specification)}


def _image(page: _Page, tag: str) -> bytes:
    facts = _facts(page, tag)
    places = _places(len(facts) + 1)
    frame = {
        "language": tag,
        "places": {
            name: {"x": p.x, "y": p.y, "width": p.width, "height": p.height}
            for name, p in places.items()
        },
    }
    drawn = _shared_part(_as_json({**frame, "part": "page", **_shared(page, tag, facts)})).copy()
    pieces = _draw(_as_json({**frame, "part": "personal", **_personal(page, tag)}))
    for place, piece in zip(places.values(), pieces, strict=True):
        _lay_over(drawn, piece, place.corner)
    written = BytesIO()
    # Level 9 takes ten times as long for eight per cent less.
    drawn.save(written, format="PNG", compress_level=4)
    return written.getvalue()


@lru_cache(maxsize=24)
def _shared_part(content: str) -> Image.Image:
    """The page without what differs, in a palette: a third of the size, and looking the same."""
    [drawn] = _draw(content)
    return drawn.convert("RGB").quantize(
        _COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )


def _lay_over(page: Image.Image, piece: Image.Image, corner: tuple[int, int]) -> None:
    """Paint a piece with transparency onto a page in its palette."""
    box = (*corner, corner[0] + piece.width, corner[1] + piece.height)
    opacity = piece.getchannel("A")
    ground = page.crop(box).convert("RGB")
    ground.paste(piece, mask=opacity)
    # Only where something was painted: looking a colour up may find its neighbour instead.
    painted = opacity.point([0] + [255] * 255)
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
        "logo": embedded(visual.logo) if visual and visual.logo else None,
        "background": embedded(visual.background) if visual and visual.background else None,
        "development": word("development", tag) if page.development else None,
        "words": {
            "certifies": word("certifies", tag),
            "completed": word("completed", tag),
            "outcomes": capitals(word("outcomes", tag)),
            "awarded": capitals(word("awarded-jointly-by" if joint else "awarded-by", tag)),
            "result": capitals(word("result", tag)),
        },
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


def _personal(page: _Page, tag: str) -> dict[str, Any]:
    date = format_date(page.award.awarded_on, "long", locale=_LOCALES.get(tag, tag))
    sealer = in_language(page.issuer.legal_name, tag)
    return {
        "holder": page.award.holder.full_name,
        "result": page.award.grade,
        "notes": [
            {"label": word("date", tag), "value": date},
            {"label": "", "value": word("sealed-by", tag, issuer=sealer)},
        ],
        "number": f"urn:credential:{page.credential_id}",
        "code": page.code,
        "words": {"verify": word("verify", tag)},
    }


def _qr_code(address: str) -> str:
    """A QR code as SVG, error correction M, with the quiet zone that readers need."""
    drawn = BytesIO()
    segno.make_qr(address, error="m").save(
        drawn, kind="svg", border=2, dark="#1b2540", light="#ffffff", xmldecl=False
    )
    return drawn.getvalue().decode("utf-8")
