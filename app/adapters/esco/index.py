"""Any set of ESCO concepts, held in memory, behind the `Skills` port."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.vocabulary.skills import (
    Match,
    MatchKind,
    Resolution,
    Skill,
    SkillNote,
    SkillNotFound,
    SkillType,
    label_key,
    resolution,
)
from app.domain.vocabulary.text import in_language

NEAR = 5
"""How many concepts at most are offered for a wording that is no label."""

_ENGLISH = "en"
_STOP_WORDS = frozenset(
    ["a", "an", "and", "by", "for", "in", "of", "on", "or", "the", "to", "with"]
)


@dataclass(frozen=True)
class EscoConcept:
    """A concept as ESCO publishes it, with the labels of all languages."""

    uri: str
    label: Mapping[str, str]
    """Preferred labels by language."""
    alt: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Alternative labels by language, the preferred one left out."""
    type: SkillType | None = None
    reuse: str | None = None
    code: str | None = None
    """Of groups only."""
    broader: Sequence[str] = ()
    """URIs of the groups and skills right above it."""
    collections: Sequence[str] = ()


@dataclass(frozen=True)
class Note:
    """A curated note of ours on a concept, in several languages."""

    code: str
    text: Mapping[str, str]
    instead: Sequence[str] = ()


class SkillIndex:
    """Concepts of one ESCO version, looked up by URI and by label."""

    def __init__(
        self,
        version: str,
        concepts: Iterable[EscoConcept],
        notes: Mapping[str, Note] | None = None,
    ) -> None:
        self.version = version
        self._concepts = {concept.uri: concept for concept in concepts}
        self._notes = notes or {}
        self._by_key: dict[tuple[str, str], dict[str, MatchKind]] = defaultdict(dict)
        for concept in self._concepts.values():
            for language, label, kind in _labels(concept):
                found = self._by_key[language, label_key(label)]
                # A concept found by two of its labels counts by the better one, which comes first.
                found.setdefault(concept.uri, kind)

    def uris(self) -> Sequence[str]:
        """The URIs of all concepts, groups included."""
        return list(self._concepts)

    async def resolve(self, labels: Sequence[str], language: str) -> list[Resolution]:
        """See `Skills.resolve`."""
        return [self._resolve(label, language) for label in labels]

    async def get(self, uri: str, language: str) -> Skill:
        """See `Skills.get`."""
        concept = self._concepts.get(uri)
        if concept is None:
            raise SkillNotFound(uri)
        return self._skill(concept, language)

    async def search(
        self, text: str, language: str, limit: int, *, include_groups: bool = False
    ) -> list[Skill]:
        """See `Skills.search`."""
        key = label_key(text)
        words = key.split()
        if not words or limit < 1:
            return []
        ranked = []
        for concept in self._concepts.values():
            if concept.type is SkillType.GROUP and not include_groups:
                continue
            ranks = [
                _rank(key, words, label_key(label), kind)
                for spoken, label, kind in _labels(concept)
                if spoken in (language, _ENGLISH)
            ]
            best = min((rank for rank in ranks if rank is not None), default=None)
            if best is not None:
                ranked.append((best, self._skill(concept, language)))
        ranked.sort(
            key=lambda hit: (hit[0], hit[1].label.casefold(), hit[1].code or "", hit[1].uri)
        )
        return [skill for _, skill in ranked[:limit]]

    def _resolve(self, wording: str, language: str) -> Resolution:
        key = label_key(wording)
        spoken = language
        found = self._by_key.get((language, key), {})
        if not found and language != _ENGLISH:
            spoken = _ENGLISH
            found = self._by_key.get((_ENGLISH, key), {})
        matches = [Match(self._skill(self._concepts[u], language), k) for u, k in found.items()]
        matches.sort(key=lambda match: (match.skill.code or "", match.skill.uri))
        return resolution(
            wording,
            matches,
            near=() if matches else self._near(key, language),
            notes={uri: self._note(uri, language) for uri in found if uri in self._notes},
            in_english=bool(matches) and spoken != language,
        )

    def _near(self, key: str, language: str) -> list[Skill]:
        """Concepts of which a label has every meaningful word of the wording, in any form."""
        words = [word for word in key.replace(",", " ").split() if word not in _STOP_WORDS]
        hits: dict[str, tuple[tuple[bool, tuple[bool, int], str], Skill]] = {}
        for concept in self._concepts.values():
            extra = [
                (kind is MatchKind.ALTERNATIVE, len(label.split()) - len(words))
                for spoken, label, kind in _labels(concept)
                if spoken in (language, _ENGLISH)
                and words
                and _has_all(label_key(label).replace(",", " ").split(), words)
            ]
            if extra:
                skill = self._skill(concept, language)
                rank = (skill.is_group, min(extra), skill.code or "")
                # Groups repeat their name on the level below: the widest one stands for them.
                name = skill.label if skill.is_group else skill.uri
                if name not in hits or rank < hits[name][0]:
                    hits[name] = (rank, skill)
        ordered = sorted(hits.values(), key=lambda hit: (hit[0], hit[1].uri))
        return [skill for _, skill in ordered[:NEAR]]

    def _skill(self, concept: EscoConcept, language: str) -> Skill:
        spoken = language if language in concept.label else _ENGLISH
        group = self._group_of(concept)
        path = self._path(group)
        return Skill(
            uri=concept.uri,
            label=in_language(concept.label, language),
            language=spoken,
            version=self.version,
            type=concept.type,
            reuse_level=concept.reuse,
            code=concept.code or (group.code if group else None),
            group_path=tuple(in_language(g.label, language) for g in path),
            alt_labels=tuple(concept.alt.get(spoken, ())),
            collections=tuple(concept.collections),
        )

    def _group_of(self, concept: EscoConcept) -> EscoConcept | None:
        """The group right above a concept, or above the nearest skill that has one."""
        level = [concept]
        seen = {concept.uri}
        while level:
            above = [self._concepts[u] for c in level for u in c.broader if u in self._concepts]
            groups = [c for c in above if c.type is SkillType.GROUP]
            if groups:
                return min(groups, key=lambda c: (c.code or "", c.uri))
            level = [c for c in above if c.uri not in seen]
            seen.update(c.uri for c in level)
        return None

    def _path(self, group: EscoConcept | None) -> list[EscoConcept]:
        path: list[EscoConcept] = []
        while group is not None and group not in path:
            path.insert(0, group)
            group = self._group_of(group)
        return path

    def _note(self, uri: str, language: str) -> SkillNote:
        note = self._notes[uri]
        return SkillNote(note.code, in_language(note.text, language), tuple(note.instead))


def _labels(concept: EscoConcept) -> Iterable[tuple[str, str, MatchKind]]:
    group = concept.type is SkillType.GROUP
    for language, label in concept.label.items():
        yield language, label, MatchKind.GROUP if group else MatchKind.PREFERRED
    for language, labels in concept.alt.items():
        for label in labels:
            yield language, label, MatchKind.GROUP if group else MatchKind.ALTERNATIVE


def _rank(key: str, words: Sequence[str], label: str, kind: MatchKind) -> tuple[int, int] | None:
    """How well a label answers a search; less is better, None is not at all."""
    if label == key:
        return (1 if kind is MatchKind.ALTERNATIVE else 0, 0)
    have = label.split()
    if not all(any(part.startswith(word) for part in have) for word in words):
        return None
    return (2 if label.startswith(key) else 3, len(have) - len(words))


def _has_all(have: Sequence[str], wanted: Sequence[str]) -> bool:
    return all(any(_same_stem(a, b) for a in have) for b in wanted)


def _same_stem(one: str, other: str) -> bool:
    """Whether two English words are likely forms of one: `evaluate`, `evaluating`, `evaluation`."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    stem = max(4, len(shorter) - 3)
    return len(longer) - len(shorter) <= 3 and longer[:stem] == shorter[:stem]
