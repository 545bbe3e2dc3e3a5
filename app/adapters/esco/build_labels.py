"""Labels in an index: where each word and stem occurs, what weighs how much, which words are alike.

Two words are alike when ESCO itself uses one for the other: labels of one concept that differ in
a single word (`manage musical staff`, `direct musical staff`) teach it, in every language that has
alternative labels.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b

from app.adapters.esco.concepts import EscoConcept, EscoOccupation
from app.adapters.esco.sections import SectionsWriter
from app.adapters.esco.words import (
    compounds,
    is_stop_word,
    parts,
    stem,
    words_of,
    words_of_key,
)
from app.domain.vocabulary.skill_wordings import label_key

PREFERRED, ALTERNATIVE, HIDDEN = range(3)
"""Kinds of labels."""

_ALIKE = 10
"""How many words a word is taken for at most."""
_DOUBT = 6.0
"""Added to the number of times a word was replaced, so that a single case proves little."""


def key_hash(language: str, key: str) -> int:
    """A number for a folded label in one language."""
    digest = blake2b(f"{language}\0{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


class LanguageWords:
    """Words and stems of one language: where they occur, and what they mean to one another."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words: dict[str, array[int]] = defaultdict(lambda: array("I"))
        """Labels of each word."""
        self.stems: dict[str, array[int]] = defaultdict(lambda: array("I"))
        """Labels of each stem; those of occupations left out."""
        self.described: dict[str, array[int]] = defaultdict(lambda: array("I"))
        """Concepts whose description has the stem."""
        self.weights: dict[str, float] = {}
        """How much a stem says: the rarer, the more."""
        self._spoken: Counter[str] = Counter()
        self._total = 0
        self._known: set[str] = set()
        self._stems_of: dict[str, tuple[str, ...]] = {}
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._replaced: Counter[str] = Counter()

    def settle(self, texts: Iterable[str]) -> None:
        """Learn which words exist, so that compounds can be taken apart."""
        if not compounds(self.language):
            return
        known = Counter(word for text in texts for word in words_of(text))
        self._known = {word for word, times in known.items() if times > 1 and len(word) > 3}

    def stems_of_word(self, word: str) -> tuple[str, ...]:
        """The stem of a word; of a compound, those of its parts; none of a word like `the`."""
        found = self._stems_of.get(word)
        if found is None:
            if is_stop_word(word, self.language):
                found = ()
            else:
                pieces = parts(word, self.language, self._known.__contains__)
                found = tuple([stem(piece, self.language) for piece in pieces])
            self._stems_of[word] = found
        return found

    def content_stems(self, words: Iterable[str]) -> list[str]:
        """The stems of the words that say something."""
        return [one for word in words for one in self.stems_of_word(word)]

    def hear(self, labels: Sequence[tuple[str, ...]]) -> None:
        """Take in all labels of one concept, as stems."""
        self._total += 1
        for one in {one for stems in labels for one in stems}:
            self._spoken[one] += 1
        if len(labels) == 1:
            return
        slots: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for stems in labels:
            if 1 < len(stems) < 9:
                for at in range(len(stems)):
                    slots[(*stems[:at], "_", *stems[at + 1 :])].add(stems[at])
        pairs = {
            (one, other)
            for fitting in slots.values()
            if 1 < len(fitting) < 12
            for one in fitting
            for other in fitting
            if one != other
        }
        self._pairs.update(pairs)
        self._replaced.update({one for one, _ in pairs})

    def rarity(self, times: int) -> float:
        """What a stem weighs that occurs in so many concepts."""
        return math.log(1 + (self._total - times + 0.5) / (times + 0.5))

    def weigh(self) -> None:
        """Fix the weights when all labels have been heard."""
        self.weights = {one: self.rarity(times) for one, times in self._spoken.items()}

    def synonyms(self) -> dict[str, list[tuple[str, float]]]:
        """For each stem those it may stand for, and how surely (0 to 1), the surest first."""
        found: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for (one, other), times in self._pairs.items():
            if times > 1:
                found[one].append((other, times / (self._replaced[one] + _DOUBT)))
        return {
            one: sorted(others, key=lambda other: (-other[1], other[0]))[:_ALIKE]
            for one, others in found.items()
        }


def labels_of(
    row: EscoConcept | EscoOccupation,
) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The labels of a concept by language, the preferred one first."""
    hidden = row.hidden if isinstance(row, EscoConcept) else {}
    for language in dict.fromkeys([*row.label, *row.alt, *hidden]):
        labels = [(PREFERRED, row.label[language])] if language in row.label else []
        labels += [(ALTERNATIVE, text) for text in row.alt.get(language, ())]
        labels += [(HIDDEN, text) for text in hidden.get(language, ())]
        yield language, labels


def write_labels(
    out: SectionsWriter,
    rows: Sequence[EscoConcept | EscoOccupation],
    words: Mapping[str, LanguageWords],
) -> None:
    """Number all labels, and write them with their keys and weights."""
    languages = list(words)
    code_of = {tag: index for index, tag in enumerate(languages)}
    texts: list[str] = []
    concept_of, language_of, kind_of = array("I"), array("B"), array("B")
    starts = array("I", [0])
    keys: list[tuple[int, int]] = []
    stems_of: list[tuple[str, ...]] = []
    for index, row in enumerate(rows):
        is_skill = isinstance(row, EscoConcept)
        for language, labels in labels_of(row):
            speech = words[language]
            heard: list[tuple[str, ...]] = []
            for kind, text in labels:
                label = len(texts)
                texts.append(text)
                concept_of.append(index)
                language_of.append(code_of[language])
                kind_of.append(kind)
                key = label_key(text)
                keys.append((key_hash(language, key), label))
                found = words_of_key(key)
                for word in dict.fromkeys(found):
                    speech.words[word].append(label)
                stems = tuple(speech.content_stems(found)) if is_skill else ()
                for one in dict.fromkeys(stems):
                    speech.stems[one].append(label)
                stems_of.append(stems)
                heard.append(stems)
            if is_skill:
                speech.hear(heard)
        starts.append(len(texts))
    for speech in words.values():
        speech.weigh()
    keys.sort()
    out.texts("label", texts)
    out.numbers("label.concept", "I", concept_of)
    out.numbers("label.language", "B", language_of)
    out.numbers("label.kind", "B", kind_of)
    out.numbers("concept.labels", "I", starts)
    out.numbers("key", "Q", [key for key, _ in keys])
    out.numbers("key.label", "I", [label for _, label in keys])
    out.numbers(
        "label.mass",
        "f",
        [
            sum(words[languages[language_of[label]]].weights[one] for one in set(stems))
            for label, stems in enumerate(stems_of)
        ],
    )
