"""An index as look-up and suggestion read it: concepts, labels and words by number."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from app.adapters.esco.build import GROUP, KNOWLEDGE, OCCUPATION, REUSE_LEVELS, SKILL
from app.adapters.esco.build_labels import HIDDEN, PREFERRED, key_hash
from app.adapters.esco.sections import Sections
from app.adapters.esco.words import compounds, parts, stem
from app.domain.vocabulary.skills import Skill, SkillType

ENGLISH = "en"
_TYPES = {SKILL: SkillType.SKILL, KNOWLEDGE: SkillType.KNOWLEDGE, GROUP: SkillType.GROUP}


class Speech:
    """Words and stems of one language."""

    def __init__(self, sections: Sections, tag: str) -> None:
        self.tag = tag
        self.words = sections.texts(f"word.{tag}")
        self.word_labels = sections.lists(f"word.labels.{tag}")
        self.stems = sections.texts(f"stem.{tag}")
        self.stem_labels = sections.lists(f"stem.labels.{tag}")
        self.stem_concepts = sections.lists(f"stem.concepts.{tag}")
        self.weight = sections.numbers(f"stem.weight.{tag}")
        self.like = sections.lists(f"stem.like.{tag}")
        self._like_at = sections.numbers(f"stem.like.{tag}.at")
        self._likeness = sections.numbers(f"stem.likeness.{tag}")
        self.described_mass = sections.numbers(f"described.mass.{tag}")
        self._all_words: list[str] | None = None
        self.stem_number = lru_cache(maxsize=20_000)(self._stem_number)
        self.stems_of_word = lru_cache(maxsize=20_000)(self._stems_of_word)

    def synonyms(self, number: int) -> list[tuple[int, float]]:
        """Stems that ESCO uses in place of this one, and how surely."""
        start = self._like_at[number]
        others = self.like[number]
        return [(other, self._likeness[start + at]) for at, other in enumerate(others)]

    def word_number(self, word: str) -> int | None:
        """The number of a folded word, if a label has it."""
        at = bisect_left(self.words, word)
        return at if at < len(self.words) and self.words[at] == word else None

    def all_words(self) -> list[str]:
        """Every word, for comparing letters; kept by the process once somebody mistypes."""
        if self._all_words is None:
            self._all_words = list(self.words)
        return self._all_words

    def beginning_with(self, start: str) -> range:
        """The numbers of all words with that beginning."""
        return range(bisect_left(self.words, start), bisect_left(self.words, start + "\U0010ffff"))

    def _stem_number(self, one: str) -> int | None:
        at = bisect_left(self.stems, one)
        return at if at < len(self.stems) and self.stems[at] == one else None

    def _is_known(self, word: str) -> bool:
        number = self.word_number(word) if len(word) > 3 else None
        return number is not None and self.word_labels.size(number) > 1

    def _stems_of_word(self, word: str) -> tuple[str, ...]:
        pieces = parts(word, self.tag, self._is_known) if compounds(self.tag) else (word,)
        return tuple(stem(piece, self.tag) for piece in pieces)


class Reader:
    """Concepts and labels of one ESCO version."""

    def __init__(self, sections: Sections) -> None:
        self.version: str = sections.facts["version"]
        self.languages: list[str] = sections.facts["languages"]
        self.uri = sections.texts("uri")
        self.code = sections.texts("code")
        self.kind = sections.numbers("kind")
        self.reuse = sections.numbers("reuse")
        self.member = sections.numbers("member")
        self.collections = list(sections.texts("collections"))
        self.broader = sections.lists("broader")
        self.narrower = sections.lists("narrower")
        self.essential = sections.lists("essential")
        self.optional = sections.lists("optional")
        self.needed = sections.lists("needed")
        self.label = sections.texts("label")
        self.label_concept = sections.numbers("label.concept")
        self.label_language = sections.numbers("label.language")
        self.label_kind = sections.numbers("label.kind")
        self.label_mass = sections.numbers("label.mass")
        self._labels_at = sections.numbers("concept.labels")
        self._keys = sections.numbers("key")
        self._key_label = sections.numbers("key.label")
        self.language_code = {tag: code for code, tag in enumerate(self.languages)}
        self.speech = {tag: Speech(sections, tag) for tag in self.languages}
        self._described = {
            tag: sections.texts(f"description.{tag}") for tag in sections.facts["described"]
        }
        self.group_of = lru_cache(maxsize=20_000)(self._group_of)
        self.below = lru_cache(maxsize=200)(self._below)

    def __len__(self) -> int:
        return len(self.uri)

    @cached_property
    def groups_by_code(self) -> dict[str, list[int]]:
        """The groups that bear each code, in upper case."""
        found: dict[str, list[int]] = {}
        for number in range(len(self)):
            if self.is_group(number):
                found.setdefault(self.code[number].upper(), []).append(number)
        return found

    def number(self, uri: str) -> int | None:
        """The number of a concept."""
        at = bisect_left(self.uri, uri)
        return at if at < len(self.uri) and self.uri[at] == uri else None

    def labels(self, concept: int) -> range:
        """The numbers of all labels of a concept, by language, the preferred one first."""
        return range(self._labels_at[concept], self._labels_at[concept + 1])

    def with_key(self, language: str, key: str) -> Iterator[int]:
        """The numbers of labels that fold to `key`."""
        wanted = key_hash(language, key)
        at = bisect_left(self._keys, wanted)
        while at < len(self._keys) and self._keys[at] == wanted:
            yield self._key_label[at]
            at += 1

    def preferred(self, concept: int, language: str) -> tuple[str, str]:
        """The preferred label and its language: the one asked for, else English, else any."""
        found: dict[int, str] = {}
        for label in self.labels(concept):
            if self.label_kind[label] == PREFERRED:
                found[self.label_language[label]] = self.label[label]
        for tag in (language, ENGLISH, *self.languages):
            code = self.language_code.get(tag)
            if code in found:
                return found[code], tag
        return "", language

    def skill(self, concept: int, language: str) -> Skill:
        """A concept in the words of a language."""
        label, spoken = self.preferred(concept, language)
        group = self.group_of(concept)
        description, described = self.description(concept, language)
        code = self.language_code.get(spoken)
        return Skill(
            uri=self.uri[concept],
            label=label,
            language=spoken,
            version=self.version,
            type=_TYPES.get(self.kind[concept]),
            reuse_level=REUSE_LEVELS[self.reuse[concept] - 1] if self.reuse[concept] else None,
            code=self.code[concept] or (self.code[group] if group is not None else "") or None,
            group_path=tuple(self.preferred(one, language)[0] for one in self.path(concept)),
            alt_labels=tuple(
                self.label[at]
                for at in self.labels(concept)
                if self.label_language[at] == code
                and self.label_kind[at] not in (PREFERRED, HIDDEN)
            ),
            collections=tuple(
                name for bit, name in enumerate(self.collections) if self.member[concept] >> bit & 1
            ),
            description=description or None,
            description_language=described if description else None,
        )

    def description(self, concept: int, language: str) -> tuple[str, str]:
        """The description and its language, both empty when there is none."""
        for tag in dict.fromkeys((language, ENGLISH)):
            texts = self._described.get(tag)
            if texts is not None and (text := texts[concept]):
                return text, tag
        return "", ""

    def path(self, concept: int) -> list[int]:
        """The groups around a concept, the widest first."""
        found: list[int] = []
        group = self.group_of(concept)
        while group is not None and group not in found:
            found.insert(0, group)
            group = self.group_of(group)
        return found

    def is_group(self, concept: int) -> bool:
        """Whether it is a group."""
        return bool(self.kind[concept] == GROUP)

    def is_occupation(self, concept: int) -> bool:
        """Whether it is an occupation."""
        return bool(self.kind[concept] == OCCUPATION)

    def _group_of(self, concept: int) -> int | None:
        level: Sequence[int] = [concept]
        seen = {concept}
        while level:
            above = [one for concept in level for one in self.broader[concept]]
            groups = [one for one in above if self.is_group(one)]
            if groups:
                return min(groups, key=lambda one: (self.code[one], self.uri[one]))
            level = [one for one in above if one not in seen]
            seen.update(level)
        return None

    def _below(self, concept: int) -> frozenset[int]:
        """Everything under a concept, at any depth."""
        found: set[int] = set()
        waiting = [concept]
        while waiting:
            for one in self.narrower[waiting.pop()]:
                if one not in found:
                    found.add(one)
                    waiting.append(one)
        return frozenset(found)
