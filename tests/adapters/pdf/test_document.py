"""The PDF of a credential: the sealed file inside, pages for eyes and for ears around it."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.adapters.edc.image.branding import Branding
from app.adapters.edc.pki.certificates import issuer_from_certificate
from app.adapters.edc.seal.development_seal import development_seal
from app.adapters.pdf.rendering import ATTACHMENT, credential_pdf, document_languages
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.award import Holder
from app.domain.vocabulary.lists import language_concept
from app.domain.vocabulary.specification import Specification
from tests.adapters.edc.credentials import a_credential
from tests.adapters.edc.material import (
    CREDENTIAL,
    ISSUED,
    OVIEDO,
    PICTURE,
    a_course,
    a_full_course,
    a_holder,
    an_award,
    an_outcome,
)
from tests.adapters.edc.seals import a_seal, sealed, warned

PUBLIC = "https://credentials.example"
LANGUAGES = ("en", "es", "de", "it", "fr", "sv", "el", "ro", "bg", "fi", "ga")


@cache
def document(name: str = "Ana Ejemplo García", *, full: bool = False) -> bytes:
    course = a_full_course() if full else a_course()
    return sealed_for(replace(a_holder(), full_name=name), course)


def sealed_for(holder: Holder, course: Specification, **more: Any) -> bytes:
    key = a_seal()
    issuer = issuer_from_certificate(key.certificate_chain[0], OVIEDO)
    return sealed(key, a_credential(course, an_award(holder), issuer=issuer, **more))


def pages(raw: bytes, language: str = "en", **more: Any) -> bytes:
    return credential_pdf(raw, language, public_url=PUBLIC, **more)


def run(tmp_path: Path, pdf: bytes, *command: str) -> str:
    """What a program that was not written here says of the file `@`."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    path = tmp_path / "credential.pdf"
    path.write_bytes(pdf)
    arguments = [str(path) if part == "@" else part for part in command]
    done = subprocess.run(arguments, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8")


def words(tmp_path: Path, pdf: bytes) -> str:
    return " ".join(run(tmp_path, pdf, "pdftotext", "@", "-").split())


def metadata(pdf: bytes) -> str:
    """XMP, which PDF/A wants uncompressed."""
    return pdf.partition(b"<?xpacket begin")[2].partition(b"<?xpacket end")[0].decode("utf-8")


def test_the_sealed_file_comes_out_byte_for_byte(tmp_path: Path) -> None:
    raw = document(full=True)
    pdf = pages(raw)
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    path = tmp_path / "credential.pdf"
    path.write_bytes(pdf)
    command = ["qpdf", f"--show-attachment={ATTACHMENT}", str(path)]
    assert subprocess.run(command, capture_output=True, check=True).stdout == raw


def test_qpdf_finds_nothing_wrong_and_the_attachment_as_its_source(tmp_path: Path) -> None:
    pdf = pages(document(full=True))
    assert "No syntax or stream encoding errors found" in run(tmp_path, pdf, "qpdf", "--check", "@")
    objects = json.loads(run(tmp_path, pdf, "qpdf", "--json", "@"))["qpdf"][1].values()
    values = [o["value"] for o in objects if isinstance(o.get("value"), dict)]
    streams = [o["stream"]["dict"] for o in objects if "stream" in o]
    [file] = [v for v in values if v.get("/Type") == "/Filespec"]
    [catalog] = [v for v in values if v.get("/Type") == "/Catalog"]
    [kept] = [s for s in streams if s.get("/Type") == "/EmbeddedFile"]
    assert (file["/AFRelationship"], file["/UF"]) == ("/Source", f"u:{ATTACHMENT}")
    assert kept["/Subtype"] == "/application/ld+json"
    assert len(catalog["/AF"]) == 1
    assert catalog["/MarkInfo"]["/Marked"] is True
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"] is True
    assert catalog["/Lang"] == "u:en"
    assert "/OutputIntents" in catalog


def test_it_says_that_it_is_made_for_archives_and_for_everybody() -> None:
    said = metadata(pages(document(), "es"))
    assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in said
    assert "<pdfuaid:part>1</pdfuaid:part>" in said
    assert "<rdf:li>es</rdf:li>" in said
    assert "Hacia un marco INGENIUM de microcredenciales" in said
    assert f"urn:credential:{CREDENTIAL}" in said


def test_name_and_headings_are_read_in_their_order(tmp_path: Path) -> None:
    text = words(tmp_path, pages(document(full=True)))
    order = [
        "INGENIUM European University",
        "JOINT MICRO-CREDENTIAL",
        "This is to certify that",
        "Ana Ejemplo García",
        "has successfully completed",
        "Towards INGENIUM Micro-credentials Framework",
        "1 ECTS",
        "EQF 6",
        "25 hours",
        "AWARDED JOINTLY BY",
        "University of Oviedo",
        "Karlsruhe University of Applied Sciences",
        "20 November 2026",
        "Learning outcomes",
        "Interpret and apply European and institutional rules for micro-credentials",
        "apply system organisational policies",
        "Results",
        "Quiz on the rules",
        "Overall result",
        "About the course",
        "Rights that come with it",
        "Awarding bodies",
        "Hochschule Karlsruhe",
        "Authenticity",
        f"{PUBLIC}/verify/{CREDENTIAL}",
        "VATES-Q0000000X",
    ]
    at = 0
    for phrase in order:
        found = text.find(phrase, at)
        assert found >= 0, f"{phrase!r} does not follow"
        at = found


def test_headings_lists_and_tables_are_tagged_as_such(tmp_path: Path) -> None:
    tree = run(tmp_path, pages(document(full=True)), "pdfinfo", "-struct", "@")
    kinds = re.findall(r"^ *(\w+)", tree, re.MULTILINE)
    assert kinds.count("H1") == 1
    assert kinds.count("H2") == 8
    assert kinds.count("Table") == 3
    assert kinds.count("TH") == 5 + 3 + 3
    assert kinds.count("Figure") == 2
    assert kinds.count("Link") >= 3 + 3 + 2


def test_a_column_of_which_nothing_is_known_is_left_out(tmp_path: Path) -> None:
    course = a_full_course()
    academic = course.academic
    unweighted = tuple(replace(one, weight=None) for one in academic.assessments)
    raw = sealed_for(
        a_holder(), replace(course, academic=replace(academic, assessments=unweighted))
    )
    tree = run(tmp_path, pages(raw), "pdfinfo", "-struct", "@")
    assert re.findall(r"^ *(\w+)", tree, re.MULTILINE).count("TH") == 4 + 3 + 3
    assert "Weight" in words(tmp_path, pages(document(full=True)))
    assert "Weight" not in words(tmp_path, pages(raw))


def test_a_long_label_begins_on_the_line_of_its_value(tmp_path: Path) -> None:
    raw = document(full=True)
    boxes = run(tmp_path, pages(raw), "pdftotext", "-bbox", "@", "-")
    places = {
        word: (float(top), float(bottom))
        for top, bottom, word in re.findall(r'yMin="([\d.]+)"[^>]*yMax="([\d.]+)">([^<]+)<', boxes)
    }
    label = places["Fingerprint"]
    (value,) = [at for word, at in places.items() if re.fullmatch("[0-9a-f]{64}", word)]
    assert label[0] < sum(value) / 2 < label[1]
    assert places["(SHA-256)"][0] > value[1]


NAMES = ["Ναυσικά Παπαδοπούλου", "Стоян Йорданов-Щерев", "Ștefan Țuțuianu", "Åsa Öström",
         "Óisín Ó Súilleabháin"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_kept_letter_by_letter(name: str, tmp_path: Path) -> None:
    assert words(tmp_path, pages(document(name))).count(name) >= 2


@pytest.mark.parametrize("name", ["李小龍", "محمد الفاسي", "ᠮᠣᠩᠭᠣᠯ", "a\u0000b", "🎓 Ana"])
def test_a_name_that_no_font_has_still_gives_a_document_with_the_file_inside(name: str) -> None:
    pdf = pages(document(name))
    assert "<pdfaid:part>3" in metadata(pdf)


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        "*bold* $x$ @ref <label> \\ // [",
        '"}],"sealed":"',
        "Wolfeschlegelstein " * 21,
    ],
)
def test_what_a_person_typed_is_text_and_stays_on_the_page(name: str, tmp_path: Path) -> None:
    text = run(tmp_path, pages(document(name)), "pdftotext", "@", "-")
    assert "".join(name.split()) in "".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_document_in_every_language_of_the_partners(language: str) -> None:
    concept = language_concept(language)
    course = a_course()
    course = replace(
        course,
        academic=replace(
            course.academic, display_languages=(concept,), primary_language=concept
        ),
    )  # fmt: skip
    raw = sealed_for(a_holder(), course, images={language: PICTURE})
    assert list(document_languages(raw)) == [language]
    assert f"<rdf:li>{language}</rdf:li>" in metadata(pages(raw, language))


def test_many_outcomes_run_on_over_further_pages(tmp_path: Path) -> None:
    course = a_course()
    many = tuple(an_outcome(n, f"Outcome {n}. " + "Do it well. " * 12, "Sí") for n in range(1, 81))
    course = replace(course, academic=replace(course.academic, outcomes=many))
    pdf = pages(sealed_for(a_holder(), course))
    text = words(tmp_path, pdf)
    assert [n for n in range(1, 81) if f"Outcome {n}." not in text] == []
    count = int(re.search(r"Pages: +(\d+)", run(tmp_path, pdf, "pdfinfo", "@"))[1])  # type: ignore[index]
    assert count > 5
    assert f"Page {count} of {count}" in text


def test_a_development_seal_is_told_on_every_page(tmp_path: Path) -> None:
    with warned():
        key = development_seal(tmp_path, OVIEDO, ISSUED)
    issuer = issuer_from_certificate(key.certificate_chain[0], OVIEDO)
    raw = sealed(key, a_credential(issuer=issuer))
    mark = "DEVELOPMENT ONLY"
    text = run(tmp_path, pages(raw), "pdftotext", "@", "-")
    assert all(mark in page for page in text.split("\f")[:-1])
    assert mark not in run(tmp_path, pages(document()), "pdftotext", "@", "-")


def test_the_same_document_gives_the_same_bytes() -> None:
    assert pages(document()) == pages(document())


def test_colours_of_the_institution_are_on_the_page() -> None:
    plain, coloured = pages(document()), pages(document(), branding=Branding("#7a0019", "#00695c"))
    assert plain != coloured


def test_what_is_no_sealed_credential_is_refused() -> None:
    with pytest.raises(InternalInconsistency):
        pages(b'{"payload":1}')
