"""The official shapes in a second engine, Apache Jena: the same verdicts as the first.

Opt-in with MC_JENA=1: Maven fetches the engine, and a Java machine has to start.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld

from tests.adapters.edc.credentials import a_credential, a_full_credential
from tests.adapters.edc.official import (
    DOCUMENTS,
    document,
    generic_full,
    official_graph,
    shacl_results,
)
from tests.adapters.edc.seals import a_seal, sealed
from tests.adapters.edc.test_conformance import MUTATIONS
from tests.maven import built, needs_maven, told

HERE = Path(__file__).parent / "jena"

pytestmark = [
    pytest.mark.reference,
    pytest.mark.conformance,
    pytest.mark.slow,
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(not os.environ.get("MC_JENA"), reason="opt-in: MC_JENA=1 asks Apache Jena"),
    needs_maven,
]

Documents = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program that asks, compiled, with everything that it needs."""
    return built(HERE, tmp_path_factory.mktemp("jena"), "Apache Jena")


def jena(classpath: str, folder: Path, documents: Documents) -> dict[str, bool]:
    """Whether Jena says that each document conforms, all asked in one go."""
    shapes = folder / "shapes.ttl"
    generic_full().serialize(shapes, format="turtle")
    files = []
    for place, one in enumerate(documents.values()):
        files.append(folder / f"{place}.nt")
        official_graph(one).serialize(files[-1], format="nt", encoding="utf-8")
    answer = told(classpath, "Verdicts", shapes, *files).split()
    assert set(answer) <= {"conforms", "violates"}
    return dict(zip(documents, (word == "conforms" for word in answer), strict=True))


def pyshacl(documents: Documents) -> dict[str, bool]:
    return {name: shacl_results(one) == 0 for name, one in documents.items()}


def sealed_here(**seal: Any) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(json.loads(sealed(a_seal(**seal)))["payload"])
    return payload


def test_what_we_seal_conforms_in_both_engines(classpath: str, tmp_path: Path) -> None:
    ours = {
        "sealed with RSA": sealed_here(),
        "sealed with an elliptic curve": sealed_here(alg="ES256"),
        "the smallest": a_credential(),
        "with everything": a_full_credential(),
    }
    assert jena(classpath, tmp_path, ours) == dict.fromkeys(ours, True) == pyshacl(ours)


def test_both_engines_agree_about_every_sample(classpath: str, tmp_path: Path) -> None:
    samples = {name: document(name) for name in DOCUMENTS}
    verdicts = jena(classpath, tmp_path, samples)
    assert verdicts == pyshacl(samples)
    assert set(verdicts.values()) == {True, False}


CHOSEN = sorted(MUTATIONS)[:: 1 if os.environ.get("MC_ALL_MUTATIONS") else 17]
"""Every seventeenth wrong, unless MC_ALL_MUTATIONS is set: all of them take minutes."""


def is_json_ld(one: dict[str, Any]) -> bool:
    try:
        official_graph(one)
    except jsonld.JsonLdError:
        return False
    return True


def test_both_engines_agree_about_what_was_made_wrong(classpath: str, tmp_path: Path) -> None:
    made = {name: MUTATIONS[name].made() for name in CHOSEN}
    # What is no JSON-LD never gets as far as shapes.
    wrong = {name: one for name, one in made.items() if is_json_ld(one)}
    verdicts = jena(classpath, tmp_path, wrong)
    assert verdicts == pyshacl(wrong)
    assert len(wrong) > len(CHOSEN) / 2
    assert list(verdicts.values()).count(False) > len(wrong) / 4
