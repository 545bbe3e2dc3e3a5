"""Judges credentials by the official SHACL shapes, in a process of its own.

Run as a script. The first line of standard input is JSON, `{"folder": …, "contexts": {name: {IRI:
…}}}`; it is answered with `{"shapes": {IRI: [what it imports that the folder has not]}}`. Then each
question is a line `{"shapes": IRI, "contexts": name, "bytes": n}` and the n bytes of a credential,
and each answer a line: `{"credentials": n, "results": [[focus node, path, constraint], …]}` or
`{"refused": code}`. Values of the credential are in no answer, for they may be somebody's name.

Contexts are those that were given and imports are those of the folder: nothing is fetched, and an
attempt to reach the network ends in an error.
"""

import json
import logging
import sys
from math import ceil
from pathlib import Path
from time import process_time
from typing import Any

import rdflib
from pyld import jsonld
from pyshacl import validate
from rdflib.namespace import OWL, RDF, SH

MEMORY = 2_000_000_000
"""Bytes of address space."""
SECONDS = 60
"""Of processor time for one credential; real ones take one or two."""
RESULTS = 100
"""More than these help nobody."""
CREDENTIAL = "EuropeanDigitalCredential"

Graphs = dict[str, rdflib.Graph]
Contexts = dict[str, Any]


def limit_memory_and_files() -> None:
    """Give up what an honest credential does not need."""
    try:
        import resource  # not everywhere
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def limit_time() -> None:
    """From now on SECONDS are left."""
    try:
        import resource
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(process_time()) + SECONDS, most))


def no_network(event: str, _arguments: object) -> None:
    """An audit hook: whatever would leave this machine fails."""
    if event.startswith("socket."):
        raise PermissionError("nothing is fetched")


def shapes_of(folder: Path) -> Graphs:
    """Every file of shapes, by the IRI that it gives itself."""
    found: Graphs = {}
    for file in sorted(folder.glob("*.ttl")):
        graph = rdflib.Graph().parse(file, format="turtle")
        for ontology in graph.subjects(RDF.type, OWL.Ontology):
            found[str(ontology)] = graph
    return found


def with_imports(first: str, files: Graphs) -> tuple[rdflib.Graph, list[str]]:
    """The shapes of a file with everything that they import, and what is not there of it."""
    wanted, met, missing, shapes = [first], {first}, [], rdflib.Graph()
    while wanted:
        iri = wanted.pop()
        part = files.get(iri)
        if part is None:
            missing.append(iri)
            continue
        shapes += part
        imported = {str(other) for other in part.objects(None, OWL.imports)} - met
        wanted.extend(imported)
        met |= imported
    shapes.remove((None, OWL.imports, None))
    return shapes, missing


def graph_of(document: Any, contexts: Contexts) -> rdflib.Graph:
    """What a document means under the contexts."""

    def load(iri: str, _options: object = None) -> dict[str, Any]:
        return {"document": contexts[iri], "documentUrl": iri, "contextUrl": None}

    options = {"documentLoader": load, "format": "application/n-quads", "base": ""}
    # Credentials name no graphs, so their N-Quads are N-Triples.
    return rdflib.Graph().parse(data=jsonld.to_rdf(document, options), format="nt")


def judged(raw: bytes, shapes: rdflib.Graph, contexts: Contexts) -> dict[str, Any]:
    """What the shapes say of a credential."""
    try:
        graph = graph_of(json.loads(raw), contexts)
    except (ValueError, KeyError, jsonld.JsonLdError):
        return {"refused": "not_json_ld"}
    credentials = {
        subject
        for subject, kind in graph.subject_objects(RDF.type)
        if str(kind).endswith(f"/{CREDENTIAL}")
    }
    _, report, _ = validate(
        graph, shacl_graph=shapes, inference="none", do_owl_imports=False, advanced=False
    )
    results = {
        (
            str(report.value(result, SH.focusNode) or ""),
            str(report.value(result, SH.resultPath) or ""),
            str(report.value(result, SH.sourceConstraintComponent) or "").partition("#")[2],
        )
        # What one result says in detail of another node is in the report as well.
        for result in report.subjects(RDF.type, SH.ValidationResult)
    }
    return {"credentials": len(credentials), "results": sorted(results)[:RESULTS]}


def main() -> None:
    """Answer until standard input ends."""
    # Warnings of the libraries quote values.
    logging.disable(logging.CRITICAL)
    limit_memory_and_files()
    questions, answers = sys.stdin.buffer, sys.stdout.buffer

    def answer(value: object) -> None:
        answers.write(json.dumps(value).encode() + b"\n")
        answers.flush()

    order = json.loads(questions.readline())
    sys.addaudithook(no_network)
    contexts: dict[str, Contexts] = order["contexts"]
    try:
        files = shapes_of(Path(order["folder"]))
    except Exception:
        answer({"refused": "unreadable"})
        return
    shapes = {iri: with_imports(iri, files) for iri in files}
    answer({"shapes": {iri: missing for iri, (_, missing) in shapes.items()}})
    while line := questions.readline():
        question = json.loads(line)
        raw = questions.read(question["bytes"])
        limit_time()
        try:
            answer(judged(raw, shapes[question["shapes"]][0], contexts[question["contexts"]]))
        except (MemoryError, RecursionError):
            answer({"refused": "excessive"})


if __name__ == "__main__":
    main()
