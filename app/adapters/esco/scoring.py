"""Which concepts a sentence speaks of.

A sentence is long and a label is short, so what matters is how much of the *label* the sentence
covers. For each label: m = the weight of its stems that the sentence has (or has a synonym of);
score = m · (m / weight of the whole label)^p, raised for preferred labels and for words that stand
together; a concept counts by its best label. Then concepts are weighed against one another: by
what their description shares with the sentence, by how many occupations need them, and by the
company they keep.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log2

from app.adapters.esco.build import GROUP, OCCUPATION
from app.adapters.esco.build_labels import HIDDEN, PREFERRED
from app.adapters.esco.reader import Reader, Speech
from app.adapters.esco.words import clauses_of, is_stop_word, words_of


@dataclass(frozen=True)
class Weights:
    """How much each sign counts. Tuned on one half of the development set."""

    coverage: float = 1.3
    """Power of the share of the label that is covered."""
    preferred: float = 1.1
    hidden: float = 0.9
    synonym: float = 0.9
    """Of a synonym's sureness."""
    synonyms_at_most: int = 5
    apart: float = 0.4
    """Taken off when the words of the label lie in several clauses or far apart."""
    described: float = 0.15
    """Of what the description shares with the sentence."""
    needed: float = 0.04
    """For each doubling of the occupations that need the skill."""
    company: float = 0.2
    """Of the support by other candidates in the same group."""
    group: float = 0.8
    """Groups, where they are wanted at all: a skill says more."""
    english: float = 0.8
    """Of English words in a sentence of another language."""


DEFAULT = Weights()
_COMMON = 2_500
"""A stem in more labels than this only adds to labels that another word has found."""
_KEPT = 400
"""Labels that are looked at closely."""
_NEIGHBOURS = 40
"""Candidates that support others of their group."""


@dataclass
class Scored:
    """A concept, how well it fits, and by which label."""

    concept: int
    score: float
    label: int
    matched: tuple[str, ...] = ()
    """Words of the sentence, as folded."""


@dataclass
class _Heard:
    """A stem that the sentence has, or one that may stand for it."""

    strength: float
    word: str
    places: list[int] = field(default_factory=list)


def score(
    reader: Reader,
    sentence: str,
    language: str,
    *,
    weights: Weights = DEFAULT,
    wanted: Callable[[int], bool] | None = None,
    limit: int = 50,
) -> list[Scored]:
    """Concepts that the sentence speaks of, the best first; occupations never."""
    best: dict[int, Scored] = {}
    spoken = [tag for tag in dict.fromkeys((language, "en")) if tag in reader.speech]
    for tag in spoken:
        factor = 1.0 if tag == spoken[0] else weights.english
        for found in _by_labels(reader, reader.speech[tag], sentence, language, weights, wanted):
            found.score *= factor
            known = best.get(found.concept)
            if known is None or found.score > known.score:
                best[found.concept] = found
    ranked = sorted(best.values(), key=lambda one: -one.score)[: max(200, 2 * limit)]
    _weigh(reader, ranked, sentence, spoken, weights)
    ranked.sort(key=lambda one: (-one.score, reader.uri[one.concept]))
    return ranked[:limit]


def _hear(speech: Speech, sentence: str, language: str, weights: Weights) -> dict[int, _Heard]:
    """The stems of a sentence by number, with the places where they stand.

    `language` is the sentence's own: German `die` is no English tool.
    """
    heard: dict[int, _Heard] = {}
    place = 0
    for clause in clauses_of(sentence):
        for word in words_of(clause):
            place += 1
            if is_stop_word(word, speech.tag) or is_stop_word(word, language):
                continue
            for one in speech.stems_of_word(word):
                number = speech.stem_number(one)
                if number is None:
                    continue
                _note(heard, number, 1.0, word, place)
                for other, sureness in speech.synonyms(number)[: weights.synonyms_at_most]:
                    _note(heard, other, weights.synonym * sureness, word, place)
        place += 6
    return heard


def _note(heard: dict[int, _Heard], number: int, strength: float, word: str, place: int) -> None:
    known = heard.get(number)
    if known is None or strength > known.strength:
        heard[number] = _Heard(strength, word, [place])
    elif strength == known.strength:
        known.places.append(place)


def _by_labels(
    reader: Reader,
    speech: Speech,
    sentence: str,
    language: str,
    weights: Weights,
    wanted: Callable[[int], bool] | None,
) -> list[Scored]:
    heard = _hear(speech, sentence, language, weights)
    if not heard:
        return []
    mass: dict[int, float] = {}
    sizes = {number: speech.stem_labels.size(number) for number in heard}
    rarest = min((s for s in sizes.values() if s), default=0)
    for number in sorted(heard, key=lambda one: sizes[one]):
        gain = heard[number].strength * speech.weight[number]
        labels = speech.stem_labels[number]
        if sizes[number] > max(_COMMON, rarest):
            for label in labels:
                if label in mass:
                    mass[label] += gain
        else:
            get = mass.get
            for label in labels:
                mass[label] = get(label, 0.0) + gain
    whole = reader.label_mass
    power = weights.coverage
    scores: list[tuple[float, int]] = []
    for label, got in mass.items():
        share = got / whole[label]
        if share > 0.34:
            scores.append((got * (share if share < 1 else 1.0) ** power, label))
    scores.sort(reverse=True)
    if len(scores) < 100:
        rest = [(got * (got / whole[label]) ** power, label) for label, got in mass.items()]
        rest.sort(reverse=True)
        scores = rest[:_KEPT]
    concept_of, kind = reader.label_concept, reader.kind
    best: dict[int, Scored] = {}
    looked_at = 0
    for value, label in scores:
        concept = concept_of[label]
        if kind[concept] == OCCUPATION or (wanted is not None and not wanted(concept)):
            continue
        looked_at += 1
        if looked_at > _KEPT:
            break
        label_kind = reader.label_kind[label]
        if label_kind == PREFERRED:
            value *= weights.preferred
        elif label_kind == HIDDEN:
            value *= weights.hidden
        if kind[concept] == GROUP:
            value *= weights.group
        known = best.get(concept)
        if known is not None and known.score >= value:
            continue
        nearness, matched = _together(reader, speech, heard, label)
        value *= 1 - weights.apart * (1 - nearness)
        if known is None or value > known.score:
            best[concept] = Scored(concept, value, label, matched)
    return list(best.values())


def _together(
    reader: Reader, speech: Speech, heard: dict[int, _Heard], label: int
) -> tuple[float, tuple[str, ...]]:
    """How near one another the matched words stand in the sentence (1: side by side)."""
    found: list[_Heard] = []
    for word in words_of(reader.label[label]):
        for one in speech.stems_of_word(word):
            number = speech.stem_number(one)
            if number is not None and number in heard and heard[number] not in found:
                found.append(heard[number])
    matched = tuple(dict.fromkeys(one.word for one in found))
    if len(found) < 2:
        return 1.0, matched
    span = _span([one.places for one in found])
    return min(1.0, (len(found) + 1) / (span + 1)), matched


def _span(places: Sequence[Sequence[int]]) -> int:
    """The shortest stretch that has one place of each list."""
    shortest = 1_000
    for start in sorted({place for listed in places for place in listed}):
        reach = start
        for listed in places:
            after = [place for place in listed if place >= start]
            if not after:
                return shortest
            reach = max(reach, min(after))
        shortest = min(shortest, reach - start + 1)
    return shortest


def _weigh(
    reader: Reader,
    ranked: Sequence[Scored],
    sentence: str,
    spoken: Sequence[str],
    weights: Weights,
) -> None:
    if not ranked:
        return
    shared: dict[int, float] = defaultdict(float)
    total = 0.0
    speech = reader.speech[spoken[0]]
    candidates = {one.concept for one in ranked}
    if weights.described:
        for number, heard in _hear(speech, sentence, spoken[0], weights).items():
            if heard.strength < 1:
                continue
            gain = speech.weight[number]
            total += gain
            for concept in speech.stem_concepts[number]:
                if concept in candidates:
                    shared[concept] += gain
    company: dict[int | None, float] = defaultdict(float)
    top = max(one.score for one in ranked)
    for one in ranked[:_NEIGHBOURS]:
        company[reader.group_of(one.concept)] += one.score
    for index, one in enumerate(ranked):
        own = one.score if index < _NEIGHBOURS else 0.0
        support = company.get(reader.group_of(one.concept), 0.0) - own
        if total:
            got = shared[one.concept]
            mass = speech.described_mass[one.concept]
            if mass:
                one.score *= 1 + weights.described * got / (0.5 * total + 0.5 * min(mass, total))
        one.score *= 1 + weights.company * min(1.0, support / top)
        needed = reader.needed.size(one.concept)
        one.score *= 1 + weights.needed * log2(1 + needed)
