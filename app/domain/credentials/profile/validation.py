"""Whether a credential follows the application profile: the check before every seal.

Two readings at once. As JSON-LD a document is a graph, in which two objects with one id are one
node; that is what the official shapes judge, and every finding that is not in `OWN_RULES` is one
that they would report too. As plain JSON, which is how wallets read it, each object must be whole
in itself; the findings in `OWN_RULES` are stricter than the shapes, and are what an issuer must
not let pass although a verifier may.

The whole profile stands in a folder of `app/data/elm`; this file knows how to judge, not what.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.domain.credentials.profile.limits import DEFAULT_LIMITS, Limits, over_limits
from app.domain.credentials.profile.model import Key, Kind, NodeClass, Profile
from app.domain.credentials.profile.rules import OWN_RULES as RULES_OF_THE_WHOLE
from app.domain.credentials.profile.rules import listed, rules_of_the_whole
from app.domain.credentials.profile.tables import kinds_of, known_profiles, schemas_of
from app.domain.credentials.profile.values import (
    is_absolute_iri,
    literal_faults,
    literal_of,
    text_faults,
    texts_of,
)
from app.domain.errors import Finding
from app.domain.vocabulary.lists import controlled_list, list_names

UNANSWERED = "official_shapes_unanswered"
"""Code of a finding that says only that the official shapes themselves could not be asked."""

OWN_RULES = RULES_OF_THE_WHOLE | {
    "unknown_key", "key_not_of_class", "lost_key", "several_types", "id_missing", "id_not_absolute",
    "empty_value", "nested_list", "other_json_type", "blank_text", "not_a_language",
    "no_time_zone", "not_an_address", "not_embedded", "same_id_other_content", "not_in_list",
    "several_texts", "repeated_value", "not_generic", "schema_of_other_profile", UNANSWERED,
}  # fmt: skip
"""Codes of findings that the official shapes do not make."""

MAX_FINDINGS = 100

_ANCHORS = {"Concept", "ConceptScheme"}
"""Classes whose nodes stand for something published elsewhere: only the IRI is theirs."""
_PARTIAL_LISTS = {"atu", "dcf"}
"""Lists of which we know only a few values, so that absence means nothing."""

Ref = tuple[str, str]


def _may_contain(list_name: str, uri: str) -> bool:
    return list_name in _PARTIAL_LISTS or controlled_list(list_name).contains(uri)


def validate(
    document: Any, *, profile: Profile | None = None, limits: Limits = DEFAULT_LIMITS
) -> list[Finding]:
    """Everything that keeps a document from being a European Digital Credential that we would seal.

    `document` is parsed JSON. Without a profile, it is the one whose contexts the document names.
    At most MAX_FINDINGS are returned, in document order; an empty list means that it follows the
    profile. Never raises on what the document holds.
    """
    if too_large := over_limits(document, limits):
        return [too_large]
    profile = profile or known_profiles().of(document)
    if not isinstance(document, dict):
        return [Finding("", "not_an_object", "A credential is a JSON object.")]
    findings = list(_frame_findings(document, profile))
    if findings:
        return findings
    reading = _Reading(profile)
    reading.root(document)
    findings = [*reading.findings, *reading.graph_findings(), *_kind_findings(document, profile)]
    findings.extend(rules_of_the_whole(document, reading.media))
    return findings[:MAX_FINDINGS]


def against_the_shapes(findings: list[Finding]) -> list[Finding]:
    """Those of the findings that the official shapes would make as well."""
    return [finding for finding in findings if finding.code not in OWN_RULES]


def _frame_findings(document: dict[str, Any], profile: Profile) -> Iterator[Finding]:
    """What turns a document into an empty graph, which any shapes are content with."""
    if document.get("@context") != profile.contexts:
        yield Finding(
            "/@context",
            "context_differs",
            "@context is exactly the two of a European Digital Credential, in their order.",
        )
    if document.get("type") != list(profile.types):
        yield Finding(
            "/type", "type_differs", f"type is exactly {', '.join(profile.types)}, in this order."
        )
    if not is_absolute_iri(document.get("id")):
        yield Finding("/id", "no_absolute_id", "A credential has an absolute id, urn:credential:….")


def _kind_findings(document: dict[str, Any], profile: Profile) -> Iterator[Finding]:
    """The tables are those of generic credentials: what other kinds ask for, they do not know."""
    kinds, schemas = kinds_of(document), schemas_of(document)
    if kinds != [profile.generic]:
        yield Finding(
            "/credentialProfiles",
            "not_generic",
            "Only generic credentials can be issued: what other profiles ask for is not judged.",
        )
    if sorted(schemas) != sorted({profile.schemas.get(kind, "") for kind in kinds}):
        yield Finding(
            "/credentialSchema",
            "schema_of_other_profile",
            "credentialSchema names the shapes of credentialProfiles, and no others.",
        )


@dataclass
class _Node:
    """All objects with one id, as the graph sees them."""

    pointer: str
    types: set[str] = field(default_factory=set)
    values: dict[str, set[Ref]] = field(default_factory=dict)
    copies: list[tuple[str, dict[str, set[Ref]]]] = field(default_factory=list)


class _Reading:
    """One walk through a document."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.findings: list[Finding] = []
        self.nodes: dict[str, _Node] = {}
        self.links: list[tuple[str, Key, str]] = []
        """Pointer, key, id of the node linked to."""
        self.issuers: set[str] = set()
        self.media: list[tuple[str, dict[str, Any]]] = []
        self._blank = 0

    def found(self, pointer: str, code: str, detail: str) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(pointer, code, detail))

    # The tree

    def root(self, document: dict[str, Any]) -> None:
        body = {key: value for key, value in document.items() if key != "@context"}
        self._object(body | {"type": self.profile.types[-1]}, "")

    def _object(self, value: dict[str, Any], pointer: str) -> str:
        """Reads an object; its id in the graph."""
        classes = self._classes_of(value, pointer)
        name = self._id_of(value, pointer)
        node = self.nodes.setdefault(name, _Node(pointer))
        node.types.update(cls.name for cls in classes)
        if "MediaObject" in node.types:
            self.media.append((pointer, value))
        copy: dict[str, set[Ref]] = {}
        for key_name, content in value.items():
            if key_name in ("id", "type"):
                continue
            key = self._key_of(classes, key_name, f"{pointer}/{key_name}")
            if key is not None:
                copy[key_name] = self._values(key, content, f"{pointer}/{key_name}")
                node.values.setdefault(key_name, set()).update(copy[key_name])
                if key_name == "issuer":
                    self.issuers |= {ref for kind, ref in copy[key_name] if kind == "node"}
        node.copies.append((pointer, copy))
        return name

    def _classes_of(self, value: dict[str, Any], pointer: str) -> list[NodeClass]:
        stated = value.get("type")
        if isinstance(stated, list):
            self.found(f"{pointer}/type", "several_types", "type is one name, not a list.")
        names = [name for name in listed(stated) if isinstance(name, str)]
        classes = [self.profile.classes[name] for name in names if name in self.profile.classes]
        if not classes and "type" in value:
            self.found(f"{pointer}/type", "unknown_type", "It is of no class of the profile.")
        elif not classes and set(value) != {"id"}:
            self.found(pointer, "type_missing", "An object says of which class it is.")
        return classes

    def _id_of(self, value: dict[str, Any], pointer: str) -> str:
        stated = value.get("id")
        if is_absolute_iri(stated):
            return str(stated)
        if stated is None:
            self.found(pointer, "id_missing", "An object has an id, so that it can be named.")
        else:
            self.found(f"{pointer}/id", "id_not_absolute", "An id is an absolute IRI.")
        self._blank += 1
        return f"_:{self._blank}"

    def _key_of(self, classes: list[NodeClass], name: str, pointer: str) -> Key | None:
        if name.startswith("@"):
            self.found(pointer, "keyword", f"{name[:40]} has no place inside a credential.")
            return None
        for cls in classes:
            if key := cls.keys.get(name):
                return key
        if unusable := self.profile.unusable.get(name):
            code = "unusable_key" if unusable.breaks else "lost_key"
            self.found(pointer, code, f"{name} cannot be used: {unusable.reason}.")
            return None
        if key := self.profile.keys.get(name):
            if classes:
                self.found(pointer, "key_not_of_class", f"{classes[0].name} has no {name}.")
            return key
        self.found(pointer, "unknown_key", f"{name[:80]!r} means nothing: no context knows it.")
        return None

    def _values(self, key: Key, content: Any, pointer: str) -> set[Ref]:
        if not isinstance(content, list):
            return self._value(key, content, pointer)
        if not content:
            self.found(pointer, "empty_value", f"{key.name} is empty; leave it out.")
        refs: set[Ref] = set()
        for index, item in enumerate(content):
            found = self._value(key, item, f"{pointer}/{index}")
            if found and found <= refs:
                self.found(f"{pointer}/{index}", "repeated_value", f"{key.name} repeats a value.")
            refs |= found
        return refs

    def _value(self, key: Key, value: Any, pointer: str) -> set[Ref]:
        if value is None:
            self.found(pointer, "empty_value", f"{key.name} is null; leave it out.")
            return set()
        if isinstance(value, list):
            self.found(pointer, "nested_list", f"{key.name} is a list of lists.")
            return {ref for item in value for ref in self._value(key, item, pointer)}
        if key.kind is Kind.NODE:
            return self._link(key, value, pointer)
        if key.kind is Kind.IRI:
            if not is_absolute_iri(value):
                self.found(pointer, "not_an_iri", f"{key.name} is an absolute IRI.")
            return {("iri", literal_of(value))}
        texts = key.kind in (Kind.TEXT, Kind.TEXTS)
        for code, detail in (text_faults if texts else literal_faults)(key, value):
            if code == "several_texts" and key.kind is Kind.TEXT:
                code = "several_texts_of_one_language"
            self.found(pointer, code, detail)
        if texts:
            return {(f"text@{tag}", text) for tag, text in texts_of(value)}
        return {("literal", literal_of(value))}

    def _link(self, key: Key, value: Any, pointer: str) -> set[Ref]:
        if isinstance(value, dict):
            ref = self._object(value, pointer)
        elif is_absolute_iri(value):
            self.found(pointer, "not_embedded", f"{key.name} is an embedded object, not its id.")
            ref = str(value)
        else:
            self.found(pointer, "not_an_object", f"{key.name} is an embedded object.")
            return {("literal", literal_of(value))}
        self.links.append((pointer, key, ref))
        return {("node", ref)}

    # The graph

    def graph_findings(self) -> Iterator[Finding]:
        for pointer, key, ref in self.links:
            yield from self._link_findings(pointer, key, ref)
        for name, node in self.nodes.items():
            for type_name in sorted(node.types):
                cls = self.profile.classes[type_name]
                for key in cls.keys.values():
                    yield from self._count_findings(node, cls, key)
            if name in self.issuers and "eIDASIdentifier" not in node.values:
                yield Finding(
                    f"{node.pointer}/eIDASIdentifier",
                    "missing",
                    "The issuer has the identifier of its seal certificate.",
                )
            yield from self._copy_findings(name, node)

    def _link_findings(self, pointer: str, key: Key, ref: str) -> Iterator[Finding]:
        node = self.nodes.get(ref)
        types = node.types if node else set()
        if not types & key.classes:
            wanted = " or ".join(sorted(key.classes))
            yield Finding(pointer, "wrong_class", f"{key.name} is of class {wanted}.")
            return
        if key.scheme is None or node is None:
            return
        listed = key.list_name in list_names()
        schemes = {key.scheme}
        if listed and key.list_name and not key.enforced:
            schemes.update(controlled_list(key.list_name).scheme_also_written)
        stated = {value for kind, value in node.values.get("inScheme", set()) if kind == "node"}
        if not stated & schemes:
            code = "wrong_scheme" if key.enforced else "not_in_list"
            yield Finding(pointer, code, f"{key.name} is a value of the scheme {key.scheme}.")
        elif key.enforced and ref.startswith("_:"):
            yield Finding(pointer, "wrong_scheme", f"{key.name} is named by its IRI.")
        elif listed and key.list_name and not _may_contain(key.list_name, ref):
            yield Finding(pointer, "not_in_list", f"The list {key.list_name} has no such value.")

    def _count_findings(self, node: _Node, cls: NodeClass, key: Key) -> Iterator[Finding]:
        values = node.values.get(key.name, set())
        if len(values) < key.minimum:
            yield Finding(f"{node.pointer}/{key.name}", "missing", f"{cls.name} needs {key.name}.")
            return
        if key.maximum is not None and len(values) > key.maximum:
            yield Finding(
                f"{node.pointer}/{key.name}",
                "too_many",
                f"{cls.name} has {key.name} at most {key.maximum} times.",
            )
        elif key.kind is Kind.TEXT and len({kind for kind, _ in values}) < len(values):
            yield Finding(
                f"{node.pointer}/{key.name}",
                "several_texts_of_one_language",
                f"{key.name} has two texts in one language.",
            )
        if key.minimum and len(node.copies) > 1:
            for pointer, copy in node.copies:
                if not copy.get(key.name):
                    yield Finding(
                        f"{pointer}/{key.name}",
                        "not_embedded",
                        f"{cls.name} has {key.name} elsewhere; readers need it here as well.",
                    )

    def _copy_findings(self, name: str, node: _Node) -> Iterator[Finding]:
        if len(node.types) > 1:
            yield Finding(node.pointer, "same_id_other_content", f"Two classes share {name[:80]}.")
        if node.types <= _ANCHORS or len(node.copies) < 2:
            return
        _, first = node.copies[0]
        for pointer, copy in node.copies[1:]:
            if copy != first:
                yield Finding(
                    pointer, "same_id_other_content", f"{name[:80]} is used for different things."
                )
