"""The API's answers as our concepts. Absent relations are left out there, and single ones are no
list; a language may be missing, or English be keyed `en-us`."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.adapters.esco.concepts import EscoConcept
from app.domain.vocabulary.skills import SkillType

SCHEME = "http://data.europa.eu/esco/concept-scheme/"
COLLECTIONS: Mapping[str, str] = {
    f"{SCHEME}green": "green",
    f"{SCHEME}digcomp": "digcomp",
    f"{SCHEME}research": "research",
    f"{SCHEME}skill-transversal-groups": "transversal",
    f"{SCHEME}skill-language-groups": "language",
    f"{SCHEME}6c930acd-c104-4ece-acf7-f44fd7333036": "digital",
}
HIERARCHY = f"{SCHEME}skills-hierarchy"
LANGUAGES = (
    *("ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu"),
    *("is", "it", "lt", "lv", "mt", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sv", "uk"),
)
_TYPES = {"skill": SkillType.SKILL, "knowledge": SkillType.KNOWLEDGE}


def listed(value: Any) -> list[Any]:
    """One or many as many; none for what is absent."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def by_language(value: Any) -> dict[str, Any]:
    """A map by language, regions of English and empty values left out."""
    if not isinstance(value, Mapping):
        return {}
    found = {str(tag): text for tag, text in value.items() if text}
    for tag in [tag for tag in found if tag.startswith("en-")]:
        found.setdefault("en", found.pop(tag))
    return found


def links(resource: Mapping[str, Any], relation: str) -> list[Mapping[str, Any]]:
    """The links of one relation, given as URIs or as objects, in the resource or below `_links`."""
    found = resource.get(relation)
    if found is None:
        found = (resource.get("_links") or {}).get(relation)
    return [
        {"uri": one} if isinstance(one, str) else one
        for one in listed(found)
        if isinstance(one, str) or (isinstance(one, Mapping) and one.get("uri"))
    ]


def uris(resource: Mapping[str, Any], *relations: str) -> list[str]:
    """The URIs behind links, each once."""
    return list(
        dict.fromkeys(str(one["uri"]) for name in relations for one in links(resource, name))
    )


def skill_type(resource: Mapping[str, Any]) -> SkillType | None:
    """What a concept is."""
    if resource.get("className") == "Concept":
        return SkillType.GROUP
    tails = [uri.rsplit("/", 1)[-1] for uri in uris(resource, "hasSkillType")]
    return next((_TYPES[tail] for tail in tails if tail in _TYPES), None)


def concept(resource: Mapping[str, Any]) -> EscoConcept:
    """A skill or group, in all languages that the answer has."""
    label = {tag: " ".join(str(t).split()) for tag, t in _preferred(resource).items()}
    alternatives = {
        tag: _cleaned(texts, label.get(tag))
        for tag, texts in by_language(resource.get("alternativeLabel")).items()
    }
    described = {
        tag: " ".join(str(text.get("literal") if isinstance(text, Mapping) else text).split())
        for tag, text in by_language(resource.get("description")).items()
    }
    reuse = [uri.rsplit("/", 1)[-1] for uri in uris(resource, "hasReuseLevel")]
    code = resource.get("code")
    kind = skill_type(resource)
    return EscoConcept(
        uri=str(resource["uri"]),
        label=label,
        alt={tag: texts for tag, texts in alternatives.items() if texts},
        type=kind,
        reuse=reuse[0] if reuse else None,
        code=str(code) if code and kind is SkillType.GROUP else None,
        broader=uris(resource, "broaderHierarchyConcept", "broaderSkill", "broaderConcept"),
        collections=[
            COLLECTIONS[uri] for uri in uris(resource, "isInScheme") if uri in COLLECTIONS
        ],
        description=described,
    )


def _preferred(resource: Mapping[str, Any]) -> dict[str, Any]:
    found = by_language(resource.get("preferredLabel"))
    if not found and resource.get("title"):
        found = {"en": resource["title"]}
    return found


def _cleaned(texts: Any, preferred: str | None) -> Sequence[str]:
    plain = (" ".join(str(text).split()) for text in listed(texts))
    return [text for text in dict.fromkeys(plain) if text and text != preferred]
