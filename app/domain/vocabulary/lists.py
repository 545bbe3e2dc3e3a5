"""The controlled lists of the European Learning Model, as data of our own form.

Each list is one file of `app/data/vocabularies`: the facts (IRIs, labels, notations) of the lists
that the Commission publishes under http://data.europa.eu/snb/ and the Publications Office under
http://publications.europa.eu/resource/authority/. SHACL checks only that a value names the right
scheme, and that only for the lists marked `enforced`; whether it is a member is for us to check.

Labels beyond English are there for languages and European countries, in the languages of the
alliance's partners.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from app.domain.errors import NotFound
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.text import LanguageMap

AUTHORITY = "http://publications.europa.eu/resource/authority/"
SNB = "http://data.europa.eu/snb/"

_NAMES = (
    "accreditation", "assessment", "atu", "country", "credential", "currency", "dcf",
    "education-credit", "encoding", "entitlement", "entitlement-status", "eqf", "evidence-type",
    "file-type", "isced-f", "language", "learning-activity", "learning-assessment",
    "learning-opportunity", "learning-schedule", "learning-setting", "qdr", "skill-reuse-level",
    "skill-type", "supervision-verification", "target-group", "verification",
    "verification-status",
)  # fmt: skip


class VocabularyNotFound(NotFound):
    """There is no controlled list of that name."""

    code = "vocabulary_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no controlled list {name!r}. GET /v1/vocabularies names them.")


class ConceptNotFound(NotFound):
    """A controlled list has no such value."""

    code = "concept_not_found"

    def __init__(self, name: str, value: str) -> None:
        super().__init__(
            f"The list {name} has no value {value!r}. GET /v1/vocabularies/{name} has all of them."
        )


@dataclass(frozen=True)
class ListedConcept:
    """One value of a controlled list."""

    uri: str
    label: LanguageMap
    notation: str | None = None
    """What EDC writes as `skos:notation`: a code, or for authority lists the list's own name."""
    code: str | None = None
    """The short code that people and other standards use: ISO 3166-1 alpha-2, BCP 47."""

    @property
    def concept(self) -> Concept:
        """As a value of a field."""
        return Concept(self.uri, self.label)


@dataclass(frozen=True)
class ControlledList:
    """A published list of values, by IRI."""

    name: str
    scheme: str
    """IRI of the concept scheme, as credentials write it."""
    enforced: bool
    """Whether EDC's shapes refuse a value of another scheme."""
    concepts: Mapping[str, ListedConcept]
    """By IRI, in the order of the list's codes."""
    scheme_also_written: tuple[str, ...] = ()
    """Other IRIs under which the scheme occurs in the wild; accepted on reading."""
    same_as: Mapping[str, str] = field(default_factory=dict)
    """IRIs of which two mean the same: the second one is what we write."""

    def __iter__(self) -> Iterator[ListedConcept]:
        return iter(self.concepts.values())

    def __len__(self) -> int:
        return len(self.concepts)

    def contains(self, uri: str) -> bool:
        """Whether it is a value of this list."""
        return uri in self.concepts

    def get(self, uri: str) -> ListedConcept | None:
        """The value with that IRI, if it is one."""
        return self.concepts.get(uri)

    def canonical(self, uri: str) -> str:
        """The IRI to write, where two IRIs of the list mean the same."""
        return self.same_as.get(uri, uri)

    def by_code(self, code: str) -> ListedConcept | None:
        """The value with that short code (ISO 3166-1 alpha-2, BCP 47), case ignored."""
        return _by_code(self.name).get(code.casefold())


def list_names() -> tuple[str, ...]:
    """The names of all controlled lists, sorted."""
    return _NAMES


@cache
def controlled_list(name: str) -> ControlledList:
    """The list of that name. Raises VocabularyNotFound."""
    if name not in _NAMES:
        raise VocabularyNotFound(name)
    file = resources.files("app.data") / "vocabularies" / f"{name}.json"
    return _read(name, json.loads(file.read_text(encoding="utf-8")))


def list_with_scheme(scheme: str) -> ControlledList | None:
    """The list with that scheme IRI, in any spelling that occurs in the wild."""
    name = _by_scheme().get(scheme)
    return controlled_list(name) if name else None


def list_of(uri: str) -> ControlledList | None:
    """The list that a value belongs to; None for a value of no list."""
    for base in (SNB, AUTHORITY):
        if uri.startswith(base):
            name = uri.removeprefix(base).split("/", 1)[0]
            if name in _NAMES and controlled_list(name).contains(uri):
                return controlled_list(name)
    return None


def scheme_of(uri: str) -> str | None:
    """IRI of the scheme that a value belongs to; None for a value of no list."""
    found = list_of(uri)
    return found.scheme if found else None


def labelled(concept: Concept) -> Concept:
    """The same value with the labels of its list; as it is where it belongs to none."""
    found = list_of(concept.uri)
    listed = found.get(concept.uri) if found else None
    return listed.concept if listed else concept


def country_concept(alpha_2: str) -> Concept:
    """The EU authority's concept for an ISO 3166-1 alpha-2 code. Raises ConceptNotFound."""
    return _by_short_code("country", alpha_2)


def language_concept(tag: str) -> Concept:
    """The EU authority's concept for a BCP 47 language tag. Raises ConceptNotFound."""
    return _by_short_code("language", tag)


def code_of(uri: str) -> str | None:
    """The short code of a country (`ES`) or language (`es`) given by its authority IRI."""
    found = list_of(uri)
    listed = found.get(uri) if found else None
    return listed.code if listed else None


def _by_short_code(name: str, code: str) -> Concept:
    found = controlled_list(name).by_code(code)
    if found is None:
        raise ConceptNotFound(name, code)
    return found.concept


@cache
def _by_code(name: str) -> Mapping[str, ListedConcept]:
    return {c.code.casefold(): c for c in controlled_list(name) if c.code}


@cache
def _by_scheme() -> Mapping[str, str]:
    found = {}
    for name in _NAMES:
        known = controlled_list(name)
        found[known.scheme] = name
        found.update(dict.fromkeys(known.scheme_also_written, name))
    return found


def _read(name: str, content: Mapping[str, Any]) -> ControlledList:
    base: str = content["base"]
    notations: Mapping[str, str] = content.get("notations", {})
    codes: Mapping[str, str] = content.get("codes", {})
    return ControlledList(
        name=name,
        scheme=content["scheme"],
        enforced=content["enforced"],
        concepts={
            base + tail: ListedConcept(
                uri=base + tail,
                label=label,
                notation=notations.get(tail, content.get("notation")),
                code=codes.get(tail),
            )
            for tail, label in content["concepts"].items()
        },
        scheme_also_written=tuple(content.get("scheme_also_written", ())),
        same_as={base + a: base + b for a, b in content.get("same_as", {}).items()},
    )
