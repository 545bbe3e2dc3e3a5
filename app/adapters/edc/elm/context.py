"""The JSON-LD contexts of a credential, made from our profile table and served without a network.

A credential names two contexts. What they say is a matter of fact, fixed by the application
profile, so the profile table is enough to render both: the handful of terms of the W3C credentials
data model 1.1 that hold only inside a `VerifiableCredential` (a type-scoped context), and the terms
of the Learning Model that hold everywhere. Tests compare the graphs with those under the official
files, which are not part of this project.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from app.domain.credentials.profile.model import Key, Kind, Profile, UnusableTerm
from app.domain.credentials.profile.tables import edc_profile

RemoteDocument = dict[str, Any]
"""What PyLD expects of a loader: `document`, `documentUrl`, `contextUrl`, `contentType`."""

_SCOPED = "cred:"
"""Prefix of the terms that exist only inside a credential."""


class ContextNotServed(Exception):
    """A document asks for a context that we do not know. Nothing is ever fetched."""

    def __init__(self, iri: str) -> None:
        super().__init__(f"The context {iri!r} is not one of a European Digital Credential.")
        self.iri = iri


def document_loader(
    profile: Profile | None = None,
) -> Callable[[str, Mapping[str, Any]], RemoteDocument]:
    """A loader for `pyld` that knows a profile's two contexts and refuses every other address.

    Without a profile, it is the one that is issued by default. The loader raises ContextNotServed.
    """
    contexts = rendered_contexts(profile or edc_profile())

    def load(iri: str, _options: Mapping[str, Any] | None = None) -> RemoteDocument:
        if iri not in contexts:
            raise ContextNotServed(iri)
        return {
            "document": contexts[iri],
            "documentUrl": iri,
            "contextUrl": None,
            "contentType": "application/ld+json",
        }

    return load


@cache
def rendered_contexts(profile: Profile) -> dict[str, dict[str, Any]]:
    """Both context documents of a profile, by the IRI under which credentials name them."""
    return {
        profile.credentials_context: {"@context": _credentials_context(profile)},
        profile.profile_context: {"@context": _profile_context(profile)},
    }


def _credentials_context(profile: Profile) -> dict[str, Any]:
    scoped = {
        "@version": 1.1,
        "@protected": True,
        "id": "@id",
        "type": "@type",
        "cred": profile.prefixes["cred"],
        "xsd": profile.prefixes["xsd"],
    }
    return {
        "@version": 1.1,
        "@protected": True,
        "id": "@id",
        "type": "@type",
        "VerifiableCredential": {
            "@id": profile.verifiable_credential,
            "@context": scoped
            | {t.name: _definition(t) for t in _terms(profile) if t.iri.startswith(_SCOPED)},
        },
    }


def _profile_context(profile: Profile) -> dict[str, Any]:
    return (
        dict(profile.prefixes)
        | {cls.name: cls.iri for cls in profile.classes.values()}
        | {t.name: _definition(t) for t in _terms(profile) if not t.iri.startswith(_SCOPED)}
    )


def _terms(profile: Profile) -> list[Key | UnusableTerm]:
    return sorted((*profile.keys.values(), *profile.unusable.values()), key=lambda t: t.name)


def _definition(term: Key | UnusableTerm) -> dict[str, Any]:
    definition: dict[str, Any] = {"@id": term.iri}
    if term.kind in (Kind.NODE, Kind.IRI):
        definition["@type"] = "@id"
    elif term.kind in (Kind.TEXT, Kind.TEXTS):
        definition["@container"] = "@language"
    elif term.kind.datatype:
        definition["@type"] = term.kind.datatype
    return definition
