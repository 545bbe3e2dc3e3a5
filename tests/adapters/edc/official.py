"""The Commission's own contexts and shapes, from the reference data: what we are held against."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import rdflib
from pyld import jsonld
from pyshacl import validate as shacl_validate
from rdflib.compare import to_isomorphic

from app.adapters.edc.elm.context import document_loader
from tests.reference_data import reference_file

CREDENTIALS = "https://www.w3.org/2018/credentials/v1"
PROFILE = "http://data.europa.eu/snb/model/context/edc-ap"
CREDENTIAL = rdflib.URIRef("http://data.europa.eu/snb/model/elm/EuropeanDigitalCredential")
OWL_IMPORTS = rdflib.URIRef("http://www.w3.org/2002/07/owl#imports")

Loader = Callable[..., dict[str, Any]]

SEALED_SAMPLES = (
    "elm/samples/AA-Annex1-MC-signed.jsonld",
    "elm/samples/Sample-CertOfPart-signed.jsonld",
    "elm/samples/Sample-MC-Annex1-signed.jsonld",
)
SEALED_EXAMPLES = (
    "elm/examples/ingenium-mc-full.sealed-TEST-iat.jsonld",
    "elm/examples/ingenium-mc-full.sealed-TEST-sigT.jsonld",
)
UNSEALED = (
    "elm/samples/Sample-MC-Annex1-unsigned.jsonld",
    "elm/examples/ingenium-mc-full.json",
    "elm/examples/ingenium-mc-minimal.json",
)
DOCUMENTS = (*SEALED_SAMPLES, *SEALED_EXAMPLES, *UNSEALED)


def document(relative: str) -> dict[str, Any]:
    """A credential of the reference data, taken out of its seal if it has one."""
    outer: dict[str, Any] = json.loads(reference_file(relative).read_bytes())
    if "payload" in outer:
        inner: dict[str, Any] = json.loads(outer["payload"])
        return inner
    return outer


@cache
def official_loader() -> Loader:
    """A loader of the official context files that refuses everything else."""
    served = {
        CREDENTIALS: json.loads(
            reference_file("elm/contexts/w3c-credentials-v1.jsonld").read_bytes()
        ),
        PROFILE: json.loads(reference_file("elm/contexts/edc-ap-context.jsonld").read_bytes()),
    }

    def load(iri: str, _options: object = None) -> dict[str, Any]:
        return {"document": served[iri], "documentUrl": iri, "contextUrl": None}

    return load


def graph(credential: dict[str, Any], loader: Loader) -> rdflib.Graph:
    """The graph that a document stands for under some contexts."""
    nquads = jsonld.to_rdf(
        credential,
        {"documentLoader": loader, "format": "application/n-quads", "base": ""},
    )
    # Credentials name no graphs, so their N-Quads are N-Triples.
    return rdflib.Graph().parse(data=nquads, format="nt")


def same_graph(one: rdflib.Graph, other: rdflib.Graph) -> bool:
    """Whether two graphs differ in nothing but the names of blank nodes."""
    return bool(to_isomorphic(one) == to_isomorphic(other))


def our_graph(credential: dict[str, Any]) -> rdflib.Graph:
    return graph(credential, document_loader())


def official_graph(credential: dict[str, Any]) -> rdflib.Graph:
    return graph(credential, official_loader())


@cache
def generic_full() -> rdflib.Graph:
    """The shapes of generic-full with everything that they import, from local files."""
    files = sorted(Path(reference_file("elm/shapes/edc/EDC-generic-full.ttl")).parent.glob("*.ttl"))
    by_iri = {}
    for file in files:
        parsed = rdflib.Graph().parse(file, format="turtle")
        for ontology in parsed.subjects(
            rdflib.RDF.type, rdflib.URIRef("http://www.w3.org/2002/07/owl#Ontology")
        ):
            by_iri[str(ontology)] = parsed
    wanted, shapes = ["http://data.europa.eu/snb/model/ap/edc-generic-full"], rdflib.Graph()
    while wanted:
        part = by_iri.pop(wanted.pop(), None)
        if part is not None:
            wanted.extend(str(o) for o in part.objects(None, OWL_IMPORTS))
            shapes += part
    shapes.remove((None, OWL_IMPORTS, None))
    return shapes


def shacl_results(credential: dict[str, Any]) -> int:
    """How many violations the official shapes find under the official contexts."""
    data = official_graph(credential)
    conforms, report, _ = shacl_validate(
        data, shacl_graph=generic_full(), inference="none", do_owl_imports=False, advanced=False
    )
    violations = set(
        report.subjects(
            rdflib.RDF.type, rdflib.URIRef("http://www.w3.org/ns/shacl#ValidationResult")
        )
    )
    assert conforms == (not violations)
    return len(violations)


REFUSED = -1
"""The document is no JSON-LD at all, or its graph holds no credential."""


def verdict_of_the_shapes(credential: dict[str, Any]) -> int:
    """The number of violations, or REFUSED."""
    try:
        return shacl_results(credential) if credentials_in(credential) == 1 else REFUSED
    except jsonld.JsonLdError:
        return REFUSED


def credentials_in(credential: dict[str, Any]) -> int:
    """How many credentials the graph holds: a document that says nothing conforms as well."""
    return len(set(official_graph(credential).subjects(rdflib.RDF.type, CREDENTIAL)))


def unknown_terms(credential: dict[str, Any]) -> set[str]:
    """Keys and types that no official context knows; they would be dropped without a word."""
    catching = dict(credential)
    catching["@context"] = [{"@vocab": "urn:unknown:"}, *credential["@context"]]
    expanded = json.dumps(
        jsonld.expand(catching, {"documentLoader": official_loader(), "base": ""})
    )
    return {part.split('"')[0] for part in expanded.split("urn:unknown:")[1:]}
