"""The application profiles that we write and read: European Digital Credential, ELM v3.

Source of family A: EDC application profile 1.1.0 and its generic-full shapes (2023-07). Two
families of IRIs exist; every sealed credential seen so far belongs to A. Another family, or a newer
version, is another folder of tables beside the first, not other code: a document is read by the
profile whose contexts it names, and a setting says which one is issued.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from app.domain.credentials.profile.model import Key, Kind, NodeClass, Profile, UnusableTerm
from app.domain.errors import InternalInconsistency

TABLES = ("credential", "agents", "claims", "specifications", "opportunities", "values")
"""The files of a profile, in reading order."""


ISSUED = "edc-ap-1.1"
"""Folder of the profile that is issued unless a setting names another."""


class Profiles:
    """The profiles that are known, each by the name of its folder."""

    def __init__(self, named: Mapping[str, Profile], default: str = ISSUED) -> None:
        """Raises InternalInconsistency where two profiles have one family and version."""
        if len({profile.key for profile in named.values()}) < len(named):
            raise InternalInconsistency("two profiles have the same family and version")
        self.named = dict(named)
        self.default = named[default]
        """The profile that is meant where a document does not say."""

    def of(self, document: Any) -> Profile:
        """The profile that a document is to be read by, as its `@context` says.

        Where several versions of a family share their contexts, one whose schema the document
        names comes first, then the newest. The default where no profile has such contexts: what
        it finds then is that they are others.
        """
        stated = document.get("@context") if isinstance(document, dict) else None
        fitting = [one for one in self.named.values() if one.contexts == stated]
        if not fitting:
            return self.default
        schemas = set(schemas_of(document))
        return max(
            fitting,
            key=lambda one: (bool(schemas & set(one.schemas.values())), _numbers(one.version)),
        )

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.named.values())


@cache
def known_profiles() -> Profiles:
    """All profiles of this service: the folders of `app/data/elm` that hold a profile."""
    return read_profiles(resources.files("app.data") / "elm")


def edc_profile() -> Profile:
    """The profile that is issued unless a setting names another: family A, version 1.1.0."""
    return known_profiles().default


def read_profiles(root: Traversable, default: str = ISSUED) -> Profiles:
    """The profiles whose folders lie in a folder, beside whatever else.

    Raises InternalInconsistency where one of them contradicts itself.
    """
    folders = [folder for folder in root.iterdir() if (folder / "profile.json").is_file()]
    return Profiles({folder.name: read_profile(folder) for folder in folders}, default)


def schemas_of(document: Mapping[str, Any]) -> list[str]:
    """The ids of the schemas that a credential names, as far as they are texts."""
    return _ids(document.get("credentialSchema"))


def kinds_of(document: Mapping[str, Any]) -> list[str]:
    """The IRIs of the credential profiles that a credential names, as far as they are texts."""
    return _ids(document.get("credentialProfiles"))


def _ids(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    found = (item.get("id") if isinstance(item, dict) else item for item in listed)
    return list(dict.fromkeys(one for one in found if isinstance(one, str)))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def read_profile(folder: Traversable) -> Profile:
    """The profile whose tables lie in a folder.

    Raises InternalInconsistency where the tables contradict themselves.
    """
    record: dict[str, Any] = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    schemes = _Schemes(record["default_scheme"], record["schemes"])
    classes: dict[str, NodeClass] = {}
    for table in TABLES:
        text = (folder / f"{table}.table").read_text(encoding="utf-8")
        for name, iri, rows in _blocks(text):
            keys = [_key(row, schemes) for row in rows]
            classes[name] = NodeClass(name, iri, {key.name: key for key in keys})
    profile = Profile(
        name=record["name"],
        family=record["family"],
        version=record["version"],
        credentials_context=record["contexts"]["credentials"],
        profile_context=record["contexts"]["profile"],
        types=tuple(record["types"]),
        verifiable_credential=record["verifiable_credential"],
        prefixes=record["prefixes"],
        schema_type=record["schema_type"],
        schemas=record["schemas"],
        generic=record["generic"],
        classes=classes,
        unusable=_unusable((folder / "unusable.table").read_text(encoding="utf-8")),
    )
    _insist_on_consistency(profile)
    return profile


class _Schemes:
    def __init__(self, default: str, named: Mapping[str, str]) -> None:
        self._default = default
        self._named = named

    def of(self, list_name: str) -> str:
        return self._named.get(list_name) or self._default.format(list=list_name)


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _blocks(text: str) -> Iterator[tuple[str, str, list[str]]]:
    name, iri, rows = "", "", list[str]()
    for line in _lines(text):
        if line.startswith(" "):
            rows.append(line)
            continue
        if name:
            yield name, iri, rows
        name, _, iri = (part.strip() for part in line.partition("="))
        rows = []
    if name:
        yield name, iri, rows


def _key(row: str, schemes: _Schemes) -> Key:
    name, iri, count, *value = row.split()
    list_name = None
    words = [word for word in value if word != "|"]
    if words[0] == "Concept" and len(words) > 1:
        list_name = words.pop()
    kind = Kind.NODE if words[0][0].isupper() else Kind(words[0])
    minimum, _, maximum = count.partition("..")
    return Key(
        name=name,
        iri=iri,
        kind=kind,
        minimum=int(minimum),
        maximum=None if maximum == "*" else int(maximum),
        classes=frozenset(words) if kind is Kind.NODE else frozenset(),
        scheme=schemes.of(list_name.rstrip("!")) if list_name else None,
        list_name=list_name.rstrip("!") if list_name else None,
        enforced=bool(list_name and list_name.endswith("!")),
    )


def _unusable(text: str) -> dict[str, UnusableTerm]:
    found = {}
    for line in _lines(text):
        name, iri, kind, effect, reason = line.split(maxsplit=4)
        found[name] = UnusableTerm(name, iri, Kind(kind), effect == "breaks", reason)
    return found


def _insist_on_consistency(profile: Profile) -> None:
    """A key has one IRI and one datatype wherever it occurs, for JSON-LD gives it only one."""
    if profile.generic not in profile.schemas:
        raise InternalInconsistency("the profile has no schema for generic credentials")
    meaning: dict[str, tuple[str, bool, str | None]] = {}
    for cls in profile.classes.values():
        for key in cls.keys.values():
            links = key.kind in (Kind.NODE, Kind.IRI)
            texts = key.kind in (Kind.TEXT, Kind.TEXTS)
            this = (key.iri, links, "text" if texts else key.kind.datatype)
            if meaning.setdefault(key.name, this) != this:
                raise InternalInconsistency(f"{key.name} has two meanings in the profile")
            unknown = key.classes - profile.classes.keys()
            if unknown or key.name in profile.unusable:
                raise InternalInconsistency(f"{cls.name}.{key.name} is not possible: {unknown}")
