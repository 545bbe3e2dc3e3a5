"""What veraPDF, the PDF Association's validator, says of the documents: PDF/A-3a and PDF/UA-1.

Opt-in with MC_VERAPDF=1 (`make conformance`): Maven fetches the library, and Java has to start.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.edc.pki.certificates import issuer_from_certificate
from app.adapters.edc.seal.development_seal import development_seal
from app.domain.vocabulary.lists import language_concept
from tests.adapters.edc.credentials import a_credential
from tests.adapters.edc.material import ISSUED, OVIEDO, PICTURE, a_course, a_holder, an_outcome
from tests.adapters.edc.seals import sealed, warned
from tests.adapters.pdf.test_document import LANGUAGES, NAMES, document, pages, sealed_for
from tests.maven import built, needs_maven, told

HERE = Path(__file__).parent / "verapdf"

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not os.environ.get("MC_VERAPDF"), reason="opt-in: MC_VERAPDF=1 asks it"),
    needs_maven,
]

STANDARDS = ("3a", "ua1")
FEWEST_CHECKS = 10_000
"""Of one document by one standard: a validator that looked at nothing would find nothing."""


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program that asks, compiled, with everything that it needs."""
    return built(HERE, tmp_path_factory.mktemp("verapdf"), "veraPDF")


def findings(
    classpath: str, folder: Path, standard: str, documents: Sequence[bytes]
) -> Sequence[str]:
    """What is wrong with each of the documents by one standard; empty where nothing is."""
    files = []
    for place, drawn in enumerate(documents):
        files.append(folder / f"{place}.pdf")
        files[-1].write_bytes(drawn)
    answer = told(classpath, "Opinion", standard, *files).splitlines()
    parted = [line.partition("\t") for line in answer]
    assert len(parted) == len(documents)
    assert [count for count, _, _ in parted if int(count) < FEWEST_CHECKS] == []
    return [found for _, _, found in parted]


def in_language(tag: str) -> bytes:
    concept, course = language_concept(tag), a_course()
    academic = replace(course.academic, display_languages=(concept,), primary_language=concept)
    course = replace(course, academic=academic)
    return pages(sealed_for(a_holder(), course, images={tag: PICTURE}), tag)


def with_many_outcomes() -> bytes:
    course = a_course()
    many = tuple(an_outcome(n, f"Outcome {n}. " + "Do it well. " * 12, "Sí") for n in range(1, 81))
    academic = replace(course.academic, outcomes=many)
    return pages(sealed_for(a_holder(), replace(course, academic=academic)))


def of_a_development_seal(folder: Path) -> bytes:
    with warned():
        key = development_seal(folder, OVIEDO, ISSUED)
    issuer = issuer_from_certificate(key.certificate_chain[0], OVIEDO)
    return pages(sealed(key, a_credential(issuer=issuer)))


@pytest.mark.parametrize("standard", STANDARDS)
def test_nothing_is_found_in_any_kind_of_document(
    classpath: str, tmp_path: Path, standard: str
) -> None:
    undrawn = ("李小龍", "محمد الفاسي", "🎓 Ana", "Wolfeschlegelstein " * 21)
    documents = [
        pages(document(full=True)),
        pages(document(full=True), "es"),
        with_many_outcomes(),
        of_a_development_seal(tmp_path),
        *map(in_language, LANGUAGES),
        *(pages(document(name)) for name in (*NAMES, *undrawn)),
    ]
    assert findings(classpath, tmp_path, standard, documents) == [""] * len(documents)


@pytest.mark.parametrize(
    ("standard", "written", "instead", "clause"),
    [
        ("3a", b"/AFRelationship", b"/AFRelationshiq", "6.8"),
        ("3a", b"/Marked true", b"/Marked null", "6.7.2.2"),
        ("3a", b"<pdfaid:part>3", b"<pdfaid:part>2", "6.6.4"),
        ("ua1", b"/Alt(QR", b"/Alu(QR", "7.3"),
        ("ua1", b"/DisplayDocTitle", b"/DisplayDocTitlf", "7.1"),
    ],
)
def test_what_we_leave_out_on_purpose_is_found(
    classpath: str, tmp_path: Path, standard: str, written: bytes, instead: bytes, clause: str
) -> None:
    whole = pages(document(full=True))
    assert written in whole
    [found] = findings(classpath, tmp_path, standard, [whole.replace(written, instead)])
    assert found.startswith(f"{clause}/")
