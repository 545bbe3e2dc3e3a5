"""The Commission's shapes, run by the service itself where an operator has them."""

import copy
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.edc.elm.format_cache import FormatVerdicts
from app.adapters.edc.elm.official_shapes import OFFICIAL, OfficialShapes, ShapesUnusable
from app.adapters.edc.verification.verify import verify
from app.domain.credentials.profile.validation import UNANSWERED
from app.domain.credentials.verification import Check, CheckName, CheckStatus
from app.domain.errors import Finding
from tests.adapters.edc.credentials import a_credential, a_full_credential, as_bytes
from tests.adapters.edc.seals import NOW, TRUST, sealed
from tests.reference_data import reference_file

pytestmark = [pytest.mark.reference, pytest.mark.conformance]


def folder() -> Path:
    return Path(reference_file("elm/shapes/edc/EDC-generic-full.ttl")).parent


@pytest.fixture(scope="module")
def shapes() -> Iterator[OfficialShapes]:
    made = OfficialShapes(folder())
    yield made
    made.close()


def found(shapes: OfficialShapes, document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in shapes.findings(as_bytes(document), document)]


def without_claim() -> dict[str, Any]:
    document = copy.deepcopy(a_credential())
    del document["credentialSubject"]["hasClaim"]
    return document


def test_what_we_issue_passes_the_shapes_that_an_operator_has(shapes: OfficialShapes) -> None:
    assert found(shapes, a_full_credential()) == []


def test_what_they_refuse_is_a_finding_at_its_place_without_any_value(
    shapes: OfficialShapes,
) -> None:
    document = without_claim()
    document["credentialSubject"]["dateOfBirth"] = "born on a Tuesday"
    findings = shapes.findings(as_bytes(document), document)
    assert sorted((one.code, one.pointer) for one in findings) == [
        (OFFICIAL, "/credentialSubject/dateOfBirth"),
        (OFFICIAL, "/credentialSubject/hasClaim"),
    ]
    assert not any("Tuesday" in one.detail for one in findings)


def test_a_document_that_says_nothing_to_them_does_not_pass(shapes: OfficialShapes) -> None:
    document = a_credential() | {"type": "Nonsense"}
    assert (OFFICIAL, "") in found(shapes, document)


def test_shapes_that_ask_for_more_than_generic_ones_are_those_of_the_schema(
    shapes: OfficialShapes,
) -> None:
    document = copy.deepcopy(a_credential())
    document["credentialSchema"]["id"] = "http://data.europa.eu/snb/model/ap/edc-accredited"
    assert (OFFICIAL, "/evidence") in found(shapes, document)


def test_what_there_are_no_shapes_for_is_not_called_good(shapes: OfficialShapes) -> None:
    document = copy.deepcopy(a_credential())
    document["credentialSchema"]["id"] = "https://example.org/shapes"
    assert found(shapes, document) == [(UNANSWERED, "/credentialSchema")]


def test_an_engine_that_is_killed_is_replaced(shapes: OfficialShapes) -> None:
    assert found(shapes, a_credential()) == []
    killed = shapes.process
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert found(shapes, a_credential()) == [(UNANSWERED, "")]
    assert found(shapes, a_credential()) == []
    assert shapes.process != killed


def test_a_context_that_was_not_given_is_never_fetched(shapes: OfficialShapes) -> None:
    document = a_credential()
    document["@context"] = [*document["@context"], "http://127.0.0.1:9/context"]
    assert found(shapes, document) == [(UNANSWERED, "")]


def test_a_folder_without_what_the_shapes_import_is_refused_at_the_start(tmp_path: Path) -> None:
    shutil.copy(folder() / "EDC-generic-full.ttl", tmp_path)
    with pytest.raises(ShapesUnusable, match="edc-generic-full"):
        OfficialShapes(tmp_path)


def test_a_folder_with_a_broken_file_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "broken.ttl").write_text("this is no Turtle")
    with pytest.raises(ShapesUnusable):
        OfficialShapes(tmp_path)


class Asked:
    """Counts what the shapes are asked."""

    def __init__(self, *answers: Finding) -> None:
        self.times = 0
        self._answers = answers

    def __call__(self, payload: bytes, document: object) -> tuple[Finding, ...]:
        self.times += 1
        return self._answers


def format_of(verdicts: FormatVerdicts, *, own_issue: bool) -> Check:
    return verify(
        sealed(),
        trust=TRUST,
        now=NOW,
        recognised=lambda _: None,
        verdicts=verdicts,
        own_issue=own_issue,
    ).check(CheckName.FORMAT)


def test_their_verdict_counts_for_what_was_issued_here_and_is_asked_once() -> None:
    asked = Asked(Finding("/issuer", OFFICIAL, "Otherwise."))
    verdicts = FormatVerdicts(official=asked)
    assert format_of(verdicts, own_issue=False).status is CheckStatus.OK
    assert asked.times == 0
    for _ in range(2):
        check = format_of(verdicts, own_issue=True)
        assert (check.status, check.code) == (CheckStatus.ERROR, "profile_not_followed")
    assert asked.times == 1


def test_no_answer_is_no_verdict_and_is_asked_for_again() -> None:
    asked = Asked(Finding("", UNANSWERED, "Not now."))
    verdicts = FormatVerdicts(official=asked)
    for _ in range(2):
        assert format_of(verdicts, own_issue=True).status is CheckStatus.OK
    assert asked.times == 2
