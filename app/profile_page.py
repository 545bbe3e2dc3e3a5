"""The application profiles as a page for people: docs/profile.md."""

from collections.abc import Iterator

from app.domain.credentials.profile.model import Key, Kind, NodeClass, Profile
from app.domain.credentials.profile.tables import Profiles, known_profiles

_HEAD = """# The application profile

What a European Digital Credential may say, class by class: written from the tables in
`app/data/elm/` by `make openapi`. The JSON-LD contexts and the validator derive from the same
tables.

A **type** in capitals is an embedded object of that class; `text` is a language map with one text
per language, `texts` one in which the official shapes allow several per language (we write one);
the others are XML Schema datatypes, `percent` a whole number from 1 to 100. **How many** is what
the official shapes ask for. A **list** is the concept scheme that a value belongs to: those marked
*enforced* are demanded by the official shapes, the others by us alone.
"""

_KINDS = {
    Kind.IRI: "IRI",
    Kind.LITERAL: "string without a datatype",
    Kind.PERCENT: "percent (`xsd:positiveInteger`)",
    Kind.TEXT: "text",
    Kind.TEXTS: "texts",
}


def _count(key: Key) -> str:
    return f"{key.minimum}..{'*' if key.maximum is None else key.maximum}"


def _type(key: Key) -> str:
    if key.kind is Kind.NODE:
        return ", ".join(f"[{name}](#{_anchor(name)})" for name in sorted(key.classes))
    return _KINDS.get(key.kind) or f"`{key.kind.datatype}`"


def _anchor(name: str) -> str:
    return name.lower()


def _list(key: Key) -> str:
    if key.list_name is None:
        return ""
    return f"{key.list_name}{', enforced' if key.enforced else ''}"


def _table(cls: NodeClass) -> Iterator[str]:
    yield f"\n#### {cls.name}\n\n`{cls.iri}`\n"
    if not cls.keys:
        yield "\nIt has no keys of its own.\n"
        return
    yield "\n| key | IRI | how many | type | list |\n|---|---|---|---|---|\n"
    for key in cls.keys.values():
        yield f"| {key.name} | `{key.iri}` | {_count(key)} | {_type(key)} | {_list(key)} |\n"


def _profile(folder: str, profile: Profile) -> Iterator[str]:
    yield f"\n## {profile.name} {profile.version}\n\n"
    yield f"Family {profile.family}, in `app/data/elm/{folder}`. `@context` is exactly "
    yield " and ".join(f"`{context}`" for context in profile.contexts)
    yield f"; `type` is exactly {' and '.join(f'`{name}`' for name in profile.types)}.\n"
    yield "\n### Prefixes\n\n| prefix | IRI |\n|---|---|\n"
    for prefix, iri in sorted(profile.prefixes.items()):
        yield f"| {prefix} | `{iri}` |\n"
    yield "\n### Credential profiles and their schemas\n\nOnly the generic one is issued.\n"
    yield "\n| `credentialProfiles` | `credentialSchema` | |\n|---|---|---|\n"
    for kind, schema in profile.schemas.items():
        yield f"| `{kind}` | `{schema}` | {'generic' if kind == profile.generic else ''} |\n"
    yield "\n### Lists\n\n| list | concept scheme |\n|---|---|\n"
    keys = (key for cls in profile.classes.values() for key in cls.keys.values())
    for name, scheme in sorted(
        {key.list_name: key.scheme for key in keys if key.list_name}.items()
    ):
        yield f"| {name} | `{scheme}` |\n"
    yield "\n### Classes\n"
    for cls in profile.classes.values():
        yield from _table(cls)
    yield "\n### Terms that cannot be used\n\nThey exist and are never written.\n"
    yield "\n| term | IRI | what it does | why |\n|---|---|---|---|\n"
    for term in profile.unusable.values():
        effect = "breaks the official shapes" if term.breaks else "its value is lost"
        yield f"| {term.name} | `{term.iri}` | {effect} | {term.reason} |\n"


def profile_page(profiles: Profiles | None = None) -> str:
    """The page, in Markdown, of all profiles that are known unless others are given."""
    named = (profiles or known_profiles()).named
    return _HEAD + "".join(
        part for folder in sorted(named) for part in _profile(folder, named[folder])
    )
