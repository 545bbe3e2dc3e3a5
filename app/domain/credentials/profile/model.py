"""What an application profile of the European Learning Model says, as value objects.

The profile itself is data: the tables of `app/data/elm/`, one line per key of a class. From them
derive the JSON-LD contexts (`app.adapters.edc.elm.context`), the validator
(`app.domain.credentials.profile.validation`) and what both know of allowed lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Kind(StrEnum):
    """What a key holds."""

    NODE = "node"
    """An embedded object of one of the key's classes."""
    IRI = "iri"
    TEXT = "text"
    """A language map with one text per language (`rdf:langString`, unique languages)."""
    TEXTS = "texts"
    """A language map in which the shapes allow several texts per language; we write one."""
    STRING = "string"
    LITERAL = "literal"
    """A string without a declared datatype (`skos:notation`)."""
    BOOLEAN = "boolean"
    INTEGER = "integer"
    POSITIVE_INTEGER = "positiveInteger"
    PERCENT = "percent"
    """A whole number from 1 to 100, typed as `xsd:positiveInteger`."""
    DECIMAL = "decimal"
    DATE_TIME = "dateTime"
    """A full date and time; we insist on the zone."""
    DURATION = "duration"
    """ISO 8601: `PT25H` is 25 hours, `P2M` two months."""
    ANY_URI = "anyURI"

    @property
    def datatype(self) -> str | None:
        """The XML Schema datatype that JSON-LD gives the value; None where it gives none."""
        if self is Kind.PERCENT:
            return "xsd:positiveInteger"
        if self in _UNTYPED:
            return None
        return f"xsd:{self.value}"


_UNTYPED = {Kind.NODE, Kind.IRI, Kind.TEXT, Kind.TEXTS, Kind.LITERAL}


@dataclass(frozen=True)
class Key:
    """One key of a class: one line of the table."""

    name: str
    iri: str
    """Compact, `elm:awardedBy`."""
    kind: Kind
    minimum: int = 0
    maximum: int | None = None
    """None: any number."""
    classes: frozenset[str] = frozenset()
    """For nodes: the classes allowed, by name."""
    scheme: str | None = None
    """IRI of the concept scheme that values belong to."""
    list_name: str | None = None
    enforced: bool = False
    """Whether the official shapes refuse a value of another scheme."""


@dataclass(frozen=True)
class NodeClass:
    """A class of the profile."""

    name: str
    iri: str
    keys: Mapping[str, Key]


@dataclass(frozen=True)
class UnusableTerm:
    """A term of the official context that loses its value or breaks the shapes."""

    name: str
    iri: str
    kind: Kind
    breaks: bool
    """Whether a document that uses it fails the official shapes."""
    reason: str


@dataclass(frozen=True, eq=False)
class Profile:
    """One version of the application profile, with everything that differs between versions.

    Each is read once, so that one is another only if it is the same object.
    """

    name: str
    family: str
    """`A`: terms under `…/snb/model/elm/`; a newer family has other IRIs, contexts and shapes."""
    version: str
    credentials_context: str
    profile_context: str
    types: tuple[str, ...]
    """The exact `type` of a credential."""
    verifiable_credential: str
    """IRI of the type whose scoped context holds the terms under `cred:`."""
    prefixes: Mapping[str, str]
    schema_type: str
    schemas: Mapping[str, str]
    """`credentialSchema.id` by the IRI of the credential profile."""
    generic: str
    """IRI of the credential profile that asks nothing beyond these tables: it is what we issue."""
    classes: Mapping[str, NodeClass]
    unusable: Mapping[str, UnusableTerm]

    @property
    def key(self) -> tuple[str, str]:
        """Family and version: what verdicts are kept by."""
        return self.family, self.version

    @property
    def generic_schema(self) -> str:
        """`credentialSchema.id` of a generic credential."""
        return self.schemas[self.generic]

    @property
    def contexts(self) -> list[str]:
        """The exact `@context` of a credential."""
        return [self.credentials_context, self.profile_context]

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """Every key by name, as one of the classes that have it declares it."""
        return {key.name: key for cls in self.classes.values() for key in cls.keys.values()}

    def expand(self, compact: str) -> str:
        """`elm:title` as a full IRI."""
        prefix, _, local = compact.partition(":")
        return self.prefixes[prefix] + local
