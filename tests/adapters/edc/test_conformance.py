"""Our credentials, contexts and validator against the Commission's files."""

import copy
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.adapters.edc.elm.context import ContextNotServed, document_loader
from app.domain.credentials.profile.validation import against_the_shapes, validate
from tests.adapters.edc.credentials import a_credential, a_full_credential
from tests.adapters.edc.official import (
    DOCUMENTS,
    SEALED_SAMPLES,
    credentials_in,
    document,
    official_graph,
    our_graph,
    same_graph,
    shacl_results,
    unknown_terms,
    verdict_of_the_shapes,
)

pytestmark = [pytest.mark.reference, pytest.mark.conformance]


@pytest.mark.parametrize("make", [a_credential, a_full_credential])
def test_our_credential_satisfies_the_official_shapes_and_is_not_empty(make: Any) -> None:
    credential = make()
    assert shacl_results(credential) == 0
    assert credentials_in(credential) == 1


@pytest.mark.parametrize("make", [a_credential, a_full_credential])
def test_our_credential_has_no_term_that_the_official_contexts_do_not_know(make: Any) -> None:
    assert unknown_terms(make()) == set()


def test_an_unknown_term_would_be_noticed() -> None:
    credential = a_credential()
    credential["credentialSubject"]["hasClame"] = "x"
    assert unknown_terms(credential) == {"hasClame"}


@pytest.mark.parametrize("make", [a_credential, a_full_credential])
def test_our_credential_means_the_same_under_our_contexts(make: Any) -> None:
    assert same_graph(our_graph(make()), official_graph(make()))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_sample_means_the_same_under_our_contexts(name: str) -> None:
    credential = document(name)
    assert same_graph(our_graph(credential), official_graph(credential))
    assert credentials_in(credential) == 1


def test_a_context_that_is_not_ours_is_never_fetched() -> None:
    with pytest.raises(ContextNotServed):
        document_loader()("https://example.org/evil", {})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_validator_and_the_official_shapes_agree_about_every_sample(name: str) -> None:
    credential = document(name)
    ours = against_the_shapes(validate(credential))
    assert bool(ours) == bool(shacl_results(credential))


@pytest.mark.parametrize("name", SEALED_SAMPLES)
def test_the_sealed_samples_are_good(name: str) -> None:
    assert against_the_shapes(validate(document(name))) == []


# Mutations

Path = tuple[str | int, ...]


def objects(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of all objects of a document."""
    if isinstance(value, dict):
        yield path
        for key, item in value.items():
            yield from objects(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, (*path, index))


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def everywhere(credential: dict[str, Any], node: dict[str, Any]) -> list[dict[str, Any]]:
    """All copies of an object: in the graph they are one."""
    return [
        found
        for path in objects(credential)
        if (found := at(credential, path)).get("id") == node.get("id")
        and found.get("type") == node.get("type")
    ]


@dataclass(frozen=True)
class Mutation:
    """One wrong done to a good credential, in all copies of the object at a path."""

    path: Path
    key: str
    change: Callable[[dict[str, Any], str], None]

    def made(self) -> dict[str, Any]:
        credential = copy.deepcopy(ORIGINAL)
        for twin in everywhere(credential, at(credential, self.path)):
            self.change(twin, self.key)
        return credential


def mutations() -> Iterator[tuple[str, Mutation]]:
    """Every wrong done to one example of every key of every class."""
    seen: set[tuple[str, str]] = set()
    for path in objects(ORIGINAL):
        node = at(ORIGINAL, path)
        kind = node.get("type") if path else "credential"
        if not isinstance(kind, str):
            continue
        for key in node.keys() - {"@context", "id"}:
            if (kind, key) not in seen:
                seen.add((kind, key))
                for label, change in CHANGES.items():
                    yield f"{kind}.{key}: {label}", Mutation(path, key, change)


def _drop(node: dict[str, Any], key: str) -> None:
    node.pop(key, None)


def _text(node: dict[str, Any], key: str) -> None:
    node[key] = "nonsense"


def _number(node: dict[str, Any], key: str) -> None:
    node[key] = 7


def _wrong_class(node: dict[str, Any], key: str) -> None:
    node[key] = {"id": "urn:epass:note:9999", "type": "Note", "noteLiteral": {"en": "x"}}


def _twice(node: dict[str, Any], key: str) -> None:
    value = node[key]
    if isinstance(value, dict) and "id" in value:
        node[key] = [value, {**value, "id": value["id"] + "x"}]
    elif isinstance(value, dict) and "en" in value:
        node[key] = {**value, "en": [value["en"], value["en"] + "x"]}
    elif isinstance(value, str):
        node[key] = [value, value + "x"]


CHANGES: dict[str, Callable[[dict[str, Any], str], None]] = {
    "dropped": _drop,
    "a bare text": _text,
    "a number": _number,
    "a note": _wrong_class,
    "twice": _twice,
}

ORIGINAL = a_full_credential()
MUTATIONS = dict(mutations())


def test_there_are_enough_mutations_to_mean_something() -> None:
    assert len(MUTATIONS) > 600


ALL = bool(os.environ.get("MC_ALL_MUTATIONS"))
CHOSEN = sorted(MUTATIONS)[:: 1 if ALL else 23]
"""Every twenty-third, unless MC_ALL_MUTATIONS is set: all of them take minutes."""
PARTS = 4


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("part", range(PARTS))
def test_the_validator_and_the_official_shapes_agree_about_every_mutation(part: int) -> None:
    differing = []
    for name in CHOSEN[part::PARTS]:
        credential = MUTATIONS[name].made()
        findings, theirs = validate(credential), verdict_of_the_shapes(credential)
        if bool(against_the_shapes(findings)) != bool(theirs):
            differing.append((name, theirs, sorted({f.code for f in findings})))
    assert differing == []
