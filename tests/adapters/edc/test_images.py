"""The display image: for everybody, in every language of the partners, and never mistaken."""

import base64
import struct
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
import segno
import typst
from PIL import Image

from app.adapters.edc.elm.words import Topic, phrase, word
from app.adapters.edc.image.branding import Branding, Logo
from app.adapters.edc.image.images import display_images
from app.adapters.edc.image.pictures import PictureUnusable
from app.domain.vocabulary.award import Holder
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import AUTHORITY, language_concept
from app.domain.vocabulary.specification import Media, Specification, Visual
from tests.adapters.edc.material import (
    ALLIANCE,
    CHIETI,
    CREDENTIAL,
    ISSUER,
    KARLSRUHE,
    OVIEDO,
    PARTNERS,
    a_course,
    an_award,
)

LANGUAGES = ("en", "es", "de", "it", "fr", "sv", "el", "ro", "bg", "fi", "ga")
A4 = (1240, 1754)


def images(
    course: Specification | None = None, holder: Holder | None = None, **changes: Any
) -> dict[str, bytes]:
    arguments: dict[str, Any] = {
        "specification": course or in_languages("en"),
        "award": an_award(holder),
        "issuer": ISSUER,
        "awarding_bodies": (OVIEDO, KARLSRUHE, CHIETI),
        "alliance": ALLIANCE,
        "credential_id": CREDENTIAL,
        "verification_url": f"https://credentials.example/{CREDENTIAL}",
        "development": False,
    }
    return display_images(**(arguments | changes))


def in_languages(*tags: str, course: Specification | None = None) -> Specification:
    course = course or a_course()
    concepts = tuple(language_concept(tag) for tag in tags)
    return replace(
        course,
        academic=replace(course.academic, display_languages=concepts, primary_language=concepts[0]),
    )


def pixels(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


def differing(one: bytes, other: bytes, box: tuple[int, int, int, int] | None = None) -> int:
    """How many pixels differ, in the whole page or a part of it."""
    first, second = (pixels(png).crop(box or (0, 0, *A4)).tobytes() for png in (one, other))
    return sum(first[i : i + 3] != second[i : i + 3] for i in range(0, len(first), 3))


def test_there_is_one_per_display_language_the_primary_one_first() -> None:
    made = images(in_languages("es", "en", "el"))
    assert list(made) == ["es", "en", "el"]
    assert len(set(made.values())) == 3


def test_it_is_a_page_of_a4_that_is_small_enough_to_travel() -> None:
    [png] = images(development=True).values()
    assert pixels(png).size == A4
    assert len(png) < 250_000


def test_the_same_award_gives_the_same_bytes() -> None:
    assert images() == images()


def test_another_name_changes_the_page_where_the_name_stands_and_nowhere_else() -> None:
    one, other = images()["en"], images(holder=Holder(full_name="Ben Beispiel"))["en"]
    name = (140, 372, 1_100, 495)
    assert differing(one, other, name) > 1_000
    assert differing(one, other) == differing(one, other, name)


NAMES = [
    "Ναυσικά Παπαδοπούλου",
    "Стоян Йорданов-Щерев",
    "Ștefan Țuțuianu",
    "Óisín Ó Súilleabháin",
    "Åsa Öström",
    "Łukasz Żółć",
    "Jürgen Weißgerber",
    "D’Annunzio, “G.” – Nº 1",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_the_scripts_of_the_partners_has_a_glyph_for_every_letter(name: str) -> None:
    nothing = drawn_alone("\N{MONGOLIAN LETTER A}")
    assert [letter for letter in name if drawn_alone(letter) == nothing] == []
    named, nameless = images(holder=Holder(full_name=name)), images(holder=Holder(full_name="."))
    assert differing(named["en"], nameless["en"], (140, 372, 1_100, 495)) > 1_000


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        '#read("/etc/passwd")',
        "*bold* _it_ $x^2$ @ref <label> \\ // /* [",
        "Robert'); DROP TABLE students;--",
        '"}]},"part":"page',
        "a\u202eb\u0000c",
    ],
)
def test_what_a_person_typed_is_never_run(name: str) -> None:
    [png] = images(holder=Holder(full_name=name)).values()
    assert pixels(png).size == A4


@pytest.mark.parametrize("length", [1, 40, 120, 400])
def test_a_name_of_any_length_stays_in_its_place(length: int) -> None:
    name = ("Wolfeschlegelstein " * 30)[:length]
    one, other = images()["en"], images(holder=Holder(full_name=name))["en"]
    assert differing(one, other) == differing(one, other, (140, 372, 1_100, 495))


def red(png: bytes) -> int:
    """How many pixels are reddish, as nothing on the page is but the mark."""
    data = pixels(png).tobytes()
    return sum(
        data[i] > 150 and data[i] > data[i + 1] + 25 and abs(data[i + 1] - data[i + 2]) < 25
        for i in range(0, len(data), 3)
    )


def test_a_development_image_is_marked_all_over() -> None:
    real, marked = images()["en"], images(development=True)["en"]
    assert red(real) < 2_000 < 20_000 < red(marked)
    thirds = [(0, top, A4[0], top + 500) for top in (100, 600, 1_100)]
    assert all(differing(real, marked, third) > 2_000 for third in thirds)


def test_the_code_leads_to_where_verification_is() -> None:
    one = images(verification_url="https://one.example/")["en"]
    other = images(verification_url="https://other.example/")["en"]
    corner = (930, 1_470, 1_110, 1_600)
    assert differing(one, other) == differing(one, other, corner) > 0


def test_the_code_is_read_module_by_module() -> None:
    address = f"https://credentials.example/verify/{CREDENTIAL}"
    page = pixels(images(verification_url=address)["en"])
    # Whatever mask was taken: the standard's own reading begins by undoing it.
    codes = [segno.make_qr(address, error="m", boost_error=False, mask=m) for m in range(8)]
    size, quiet, millimetre = len(codes[0].matrix), 2, 150 / 25.4
    scale = round(22.4 * millimetre) // (size + 2 * quiet)
    right = round((185 - 22.4) * millimetre) + round(22.4 * millimetre)
    left, top = right - scale * (size + quiet), round(250 * millimetre) + scale * quiet
    middle = scale // 2
    read = tuple(
        bytes(
            page.getpixel((left + scale * x + middle, top + scale * y + middle))[0] < 128  # type: ignore[index]
            for x in range(size)
        )
        for y in range(size)
    )
    assert [code for code in codes if tuple(bytes(row) for row in code.matrix) == read] != []


def test_colours_and_logo_of_the_institution_are_on_the_page() -> None:
    square = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z"/></svg>'
    )
    look = Branding("#7a0019", "#00695c", (Logo("Universidad de Oviedo", square),))
    plain, branded = images()["en"], images(branding=look)["en"]
    assert differing(plain, branded, (0, 100, A4[0], 230)) > 1_000
    data = pixels(branded).tobytes()
    chosen = bytes((0x7A, 0x00, 0x19))
    near = min(
        sum(abs(a - b) for a, b in zip(data[i : i + 3], chosen, strict=True))
        for i in range(0, len(data) // 6, 3)
    )
    assert near < 12


@pytest.mark.parametrize("bodies", [1, 2, 3, 4])
def test_every_number_of_awarding_bodies_has_its_page(bodies: int) -> None:
    chosen = list(PARTNERS.values())[:bodies]
    [png] = images(awarding_bodies=chosen).values()
    assert pixels(png).size == A4


def test_eight_long_outcomes_fit() -> None:
    course = in_languages("en")
    long = replace(course.academic.outcomes[0], title={"en": "Interpret and apply rules, " * 11})
    outcomes = tuple(replace(long, code=f"LO{i}") for i in range(8))
    full = replace(course, academic=replace(course.academic, outcomes=outcomes))
    [png] = images(full).values()
    # What stands below the outcomes stands where it always does, and nothing ran into it.
    above_the_foot = (400, 1_433, 1_100, 1_447)
    assert darkest(png, above_the_foot) > 200
    assert darkest(png, (140, 1_200, 1_100, 1_400)) < 80


def darkest(png: bytes, box: tuple[int, int, int, int]) -> int:
    """Brightness of the darkest pixel in a part of the page."""
    return min(pixels(png).crop(box).convert("L").tobytes())


def a_picture(colour: tuple[int, int, int], form: str = "PNG") -> Media:
    drawn = BytesIO()
    Image.new("RGB", (40, 40), colour).save(drawn, form)
    return Media(
        Concept(f"{AUTHORITY}file-type/{form}"), base64.b64encode(drawn.getvalue()).decode()
    )


def shown_with(visual: Visual) -> Image.Image:
    course = in_languages("en")
    return pixels(images(replace(course, academic=replace(course.academic, visual=visual)))["en"])


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_logo_stands_at_the_head_in_its_own_colour(form: str) -> None:
    page = shown_with(Visual(logo=a_picture((0, 160, 60), form)))
    green = page.getpixel((A4[0] // 2, 160))
    assert isinstance(green, tuple)
    assert all(abs(a - b) < 16 for a, b in zip(green, (0, 160, 60), strict=True))


def test_a_background_shines_through_the_paper() -> None:
    page = shown_with(Visual(background=a_picture((0, 0, 255))))
    red_, _, blue = page.getpixel((200, 600))  # type: ignore[misc]
    assert blue - red_ > 20


@pytest.mark.parametrize(
    "content",
    ["", "%%%", base64.b64encode(b"<svg/>").decode(), base64.b64encode(b"GIF89a" * 9).decode()],
)
def test_what_is_no_picture_is_refused(content: str) -> None:
    with pytest.raises(PictureUnusable):
        shown_with(Visual(logo=Media(Concept(f"{AUTHORITY}file-type/PNG"), content)))


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(
        ">I4sIIBBBBB", 13, b"IHDR", 60_000, 60_000, 8, 2, 0, 0, 0
    )
    bomb = base64.b64encode(header + b"\x00" * 64).decode()
    with pytest.raises(PictureUnusable):
        shown_with(Visual(logo=Media(Concept(f"{AUTHORITY}file-type/PNG"), bomb)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_words_exist_in_every_language_of_the_partners(language: str) -> None:
    names = (*Topic, "overall-result", "kind", "certifies", "completed", "outcomes", "date",
             "verify", "development", "awarded-by", "awarded-jointly-by")  # fmt: skip
    for name in names:
        assert phrase(name, [language]).keys() == {language}
        assert word(name, language).strip()


def test_a_language_that_we_have_no_words_in_falls_back_to_english() -> None:
    assert word("outcomes", "mt") == "Learning outcomes"
    assert phrase("outcomes", ["mt"]) == {"en": "Learning outcomes"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_can_be_drawn_in_every_language_of_the_partners(language: str) -> None:
    [(tag, png)] = images(in_languages(language)).items()
    assert tag == language
    assert len(png) > 50_000


def drawn_alone(letter: str) -> bytes:
    """One letter as the page draws letters."""
    page = f'#set page(width: 20mm, height: 20mm)\n#set text(font: {FONTS})\n#"{letter}"'
    made = typst.Compiler(ignore_system_fonts=True).compile(input=page.encode(), format="png")
    assert isinstance(made, bytes)
    return made


FONTS = '("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono")'
