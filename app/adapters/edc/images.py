"""The display image of a credential: the page that a viewer shows and a graduate shows around.

Rendered by typst, with the fonts that come with it: its serif has Latin, Greek and Cyrillic. What a
person typed reaches the page as data, never as markup.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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
from app.adapters.edc.words import word
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.lists import labelled
from app.domain.vocabulary.specification import AcademicData, Organisation, Specification
from app.domain.vocabulary.text import LanguageMap, in_language

PIXELS_PER_INCH = 150
"""An A4 page of 1240 by 1754 pixels: sharp on a screen, small enough to travel in a credential."""
_COLOURS = 64
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
    CPU work of some tens of milliseconds per page, without the interpreter's lock: call it in a
    thread.
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
    return {tag: _render(_content(page, tag)) for tag in display_languages(specification)}


def _render(content: Mapping[str, Any]) -> bytes:
    # The template goes in anew each time: a compiler forgets an input that it got as bytes.
    drawn = _compiler().compile(
        input=_template(),
        format="png",
        ppi=PIXELS_PER_INCH,
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
    )
    if not isinstance(drawn, bytes):
        raise InternalInconsistency("The display image does not fit on one page")
    return _in_few_colours(drawn)


@cache
def _template() -> bytes:
    return (resources.files("app.data") / "elm" / "diploma.typ").read_bytes()


def _compiler() -> typst.Compiler:
    """One per thread: making one loads all fonts, and one may not be used by two threads."""
    compiler: typst.Compiler | None = getattr(_local, "compiler", None)
    if compiler is None:
        compiler = _local.compiler = typst.Compiler(ignore_system_fonts=True)
    return compiler


def _in_few_colours(png: bytes) -> bytes:
    """The picture with a palette, a third of the size; the eye sees no difference on print."""
    with Image.open(BytesIO(png)) as picture:
        reduced = picture.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
    small = BytesIO()
    # Level 9 takes ten times as long for seven per cent less.
    reduced.save(small, format="PNG", compress_level=5)
    return small.getvalue()


def _content(page: _Page, tag: str) -> dict[str, Any]:
    academic = page.academic
    visual = academic.visual
    joint = len(page.bodies) > 1
    return {
        "language": tag,
        "alliance": in_language(page.alliance, tag),
        "kind": word("joint-kind" if joint else "kind", tag),
        "holder": page.award.holder.full_name,
        "title": in_language(academic.title, tag),
        "facts": _facts(page, tag),
        "outcomes": [in_language(outcome.title, tag) for outcome in academic.outcomes],
        "bodies": [
            {
                "name": in_language(body.legal_name, tag),
                "country": in_language(labelled(body.country).label, tag),
            }
            for body in page.bodies
        ],
        "notes": _notes(page, tag),
        "number": f"urn:credential:{page.credential_id}",
        "code": page.code,
        "logo": embedded(visual.logo) if visual and visual.logo else None,
        "background": embedded(visual.background) if visual and visual.background else None,
        "development": word("development", tag) if page.development else None,
        "words": {
            "certifies": word("certifies", tag),
            "completed": word("completed", tag),
            "outcomes": word("outcomes", tag),
            "awarded": word("awarded-jointly-by" if joint else "awarded-by", tag),
            "verify": word("verify", tag),
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
    facts.append((page.award.grade, word("result", tag)))
    return [{"value": value, "label": label} for value, label in facts]


def _notes(page: _Page, tag: str) -> list[dict[str, str]]:
    date = format_date(page.award.awarded_on, "long", locale=_LOCALES.get(tag, tag))
    sealer = in_language(page.issuer.legal_name, tag)
    return [
        {"label": word("date", tag), "value": date},
        {"label": "", "value": word("sealed-by", tag, issuer=sealer)},
    ]


def _qr_code(address: str) -> str:
    """A QR code as SVG, error correction M, with the quiet zone that readers need."""
    drawn = BytesIO()
    segno.make_qr(address, error="m").save(
        drawn, kind="svg", border=2, dark="#1b2540", light="#ffffff", xmldecl=False
    )
    return drawn.getvalue().decode("utf-8")
