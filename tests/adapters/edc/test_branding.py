"""Colours and logos of institutions: readable for everybody, and harmless to draw."""

import json
import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.adapters.edc.image.branding import PLAIN, Branding, BrandingUnusable, contrast
from app.adapters.edc.image.branding_folder import ALLIANCE, FolderBranding, branded_names
from app.adapters.edc.image.drawings import safe_drawing
from app.adapters.edc.image.pictures import PictureUnusable

NAMES = {ALLIANCE: "INGENIUM", "UNIOVI": "Universidad de Oviedo", "HKA": "Hochschule Karlsruhe"}
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def svg(inside: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>'.encode()


def put(folder: Path, name: str, content: bytes | dict[str, str]) -> None:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = folder / name
    known = path.stat().st_mtime_ns if path.exists() else 0
    path.write_bytes(data)
    os.utime(path, ns=(known + 10**9, known + 10**9))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#777777", "#ffffff", 4.478)],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("colour", ["#777777", "#ffd700", "red", "#1f3a6", "#1f3a6e;}", ""])
def test_colours_that_cannot_be_read_or_are_none_are_refused(colour: str) -> None:
    with pytest.raises(BrandingUnusable):
        Branding(primary=colour)
    with pytest.raises(BrandingUnusable):
        Branding(accent=colour)


def test_without_a_folder_everybody_looks_alike() -> None:
    assert FolderBranding(None, NAMES)("UNIOVI") == PLAIN


def test_an_institution_has_its_colours_and_the_alliance_lends_the_others(tmp_path: Path) -> None:
    put(tmp_path, "ALLIANCE.json", {"primary": "#00504a", "accent": "#7a4a00"})
    put(tmp_path, "UNIOVI.json", {"primary": "#005689"})
    put(tmp_path, "ALLIANCE.svg", LOGO)
    put(tmp_path, "UNIOVI.svg", LOGO)
    branding = FolderBranding(tmp_path, NAMES)
    oviedo, karlsruhe = branding("UNIOVI"), branding("HKA")
    assert (oviedo.primary, oviedo.accent) == ("#005689", "#7a4a00")
    assert [logo.name for logo in oviedo.logos] == ["INGENIUM", "Universidad de Oviedo"]
    assert (karlsruhe.primary, karlsruhe.accent) == ("#00504a", "#7a4a00")
    assert [logo.name for logo in karlsruhe.logos] == ["INGENIUM"]
    assert branding("../UNIOVI") == PLAIN


def test_a_changed_file_is_noticed_and_a_faulty_one_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, "HKA.json", {"primary": "#005689"})
    branding = FolderBranding(tmp_path, NAMES)
    assert branding("HKA").primary == "#005689"
    put(tmp_path, "HKA.json", {"primary": "#7a0019"})
    assert branding("HKA").primary == "#7a0019"
    put(tmp_path, "HKA.json", {"primary": "#ffff00"})
    assert branding("HKA").primary == "#7a0019"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("UNIOVI.json", {"primary": "#ffffff"}),
        ("UNIOVI.json", {"font": "Comic Sans"}),
        ("UNIOVI.json", b"{"),
        ("UNIOVI.svg", b"no drawing"),
        ("UNIOVI.png", b""),
        ("ALLIANCE.png", LOGO),
    ],
)
def test_a_faulty_folder_is_told_at_the_start_by_the_name_of_the_file(
    tmp_path: Path, name: str, content: bytes | dict[str, str]
) -> None:
    put(tmp_path, name, content)
    with pytest.raises(BrandingUnusable, match=name):
        FolderBranding(tmp_path, NAMES)


def test_a_png_is_taken_as_pixels(tmp_path: Path) -> None:
    drawn = BytesIO()
    Image.new("RGB", (40, 20), "#005689").save(drawn, "PNG")
    put(tmp_path, "UNIOVI.png", drawn.getvalue())
    [logo] = FolderBranding(tmp_path, NAMES)("UNIOVI").logos
    assert "data:image/png;base64," in logo.drawing


def test_all_partners_may_have_one() -> None:
    assert len(branded_names()) == 11


def test_a_drawing_keeps_shapes_and_loses_what_its_editor_noted() -> None:
    kept = safe_drawing(
        svg(
            '<title>Logo</title><metadata><x xmlns="urn:editor">secret</x></metadata>'
            '<g style="fill:#005689;font-family:X" onclick="go()"><path d="M0 0h9v9z"/></g>'
        )
    )
    assert kept == (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g fill="#005689">'
        '<path d="M0 0h9v9z"/></g></svg>'
    )


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<image href="http://example.org/x.png"/>',
        '<use href="other.svg#a"/>',
        "<foreignObject><p>text</p></foreignObject>",
        "<style>@import url(http://example.org)</style>",
        '<path fill="url(http://example.org/x#a)" d="M0 0"/>',
        '<path style="fill:url( file:///etc/passwd )" d="M0 0"/>',
        "<text>words</text>",
        "<path d='M0 0'/>" * 5_000,
    ],
)
def test_a_drawing_with_more_in_it_than_shapes_is_refused(inside: str) -> None:
    with pytest.raises(PictureUnusable):
        safe_drawing(svg(inside))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg/>",
        b"<html/>",
        b"\x89PNG",
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
        LOGO + b" " * 400_000,
    ],
)
def test_what_is_no_small_plain_drawing_is_refused(data: bytes) -> None:
    with pytest.raises(PictureUnusable):
        safe_drawing(data)
