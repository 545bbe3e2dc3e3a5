"""The application profile that we write and read: European Digital Credential, ELM v3, family A.

Source: EDC application profile 1.1.0 and its generic-full shapes (2023-07). Two families of IRIs
exist; every sealed credential seen so far belongs to A. Another family is another folder of
tables, not other code.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from app.domain.credentials.profile_model import Key, Kind, NodeClass, Profile, UnusableTerm
from app.domain.errors import InternalInconsistency

TABLES = ("credential", "agents", "claims", "specifications", "opportunities", "values")
"""The files of a profile, in reading order."""


@cache
def edc_profile() -> Profile:
    """The profile of family A, application profile 1.1.0."""
    return read_profile(resources.files("app.data") / "elm" / "edc-ap-1.1")


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
