"""Turns concepts into the sections that look-up and suggestion read."""

import gc
from array import array
from collections.abc import Iterable, Mapping, Sequence

from app.adapters.esco.build_labels import LanguageWords, write_labels
from app.adapters.esco.concepts import EscoConcept, EscoOccupation
from app.adapters.esco.sections import SectionsWriter
from app.adapters.esco.words import words_of
from app.domain.vocabulary.skills import SkillType

UNTYPED, SKILL, KNOWLEDGE, GROUP, OCCUPATION = range(5)
"""Kinds of concepts."""
REUSE_LEVELS = ("transversal", "cross-sector", "sector-specific", "occupation-specific")

_KIND = {
    None: UNTYPED,
    SkillType.SKILL: SKILL,
    SkillType.KNOWLEDGE: KNOWLEDGE,
    SkillType.GROUP: GROUP,
}


def build(
    version: str,
    concepts: Iterable[EscoConcept],
    occupations: Iterable[EscoOccupation] = (),
) -> SectionsWriter:
    """The index of one version. Takes some seconds for all of ESCO."""
    # Millions of small objects without a cycle among them: looking for cycles takes a third longer.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _build(version, concepts, occupations)
    finally:
        if collecting:
            gc.enable()


def _build(
    version: str, concepts: Iterable[EscoConcept], occupations: Iterable[EscoOccupation]
) -> SectionsWriter:
    rows: list[EscoConcept | EscoOccupation] = sorted(
        [*concepts, *occupations], key=lambda concept: concept.uri
    )
    number = {concept.uri: index for index, concept in enumerate(rows)}
    languages = sorted({tag for concept in rows for tag in (*concept.label, *concept.alt)})
    described = sorted(
        {tag for row in rows if isinstance(row, EscoConcept) for tag in row.description}
    )
    words = {language: LanguageWords(language) for language in languages}
    for language in languages:
        words[language].settle(
            text
            for row in rows
            for text in (*filter(None, [row.label.get(language)]), *row.alt.get(language, ()))
        )
    out = SectionsWriter({"version": version, "languages": languages, "described": described})
    _concepts(out, rows, number)
    write_labels(out, rows, words)
    _descriptions(out, rows, described, words)
    for language in languages:
        _language(out, words[language], len(rows))
    return out


def _concepts(
    out: SectionsWriter, rows: Sequence[EscoConcept | EscoOccupation], number: Mapping[str, int]
) -> None:
    collections = sorted(
        {name for row in rows if isinstance(row, EscoConcept) for name in row.collections}
    )
    out.texts("collections", collections)
    out.texts("uri", (row.uri for row in rows))
    out.texts("code", (row.code or "" for row in rows))
    kinds = array("B")
    reuse = array("B")
    member = array("I")
    broader: list[list[int]] = []
    narrower: list[list[int]] = [[] for _ in rows]
    essential: list[list[int]] = [[] for _ in rows]
    optional: list[list[int]] = [[] for _ in rows]
    needed: list[list[int]] = [[] for _ in rows]
    for index, row in enumerate(rows):
        above: list[int] = []
        if isinstance(row, EscoOccupation):
            kinds.append(OCCUPATION)
            reuse.append(0)
            member.append(0)
            essential[index] = [number[uri] for uri in row.essential if uri in number]
            optional[index] = [number[uri] for uri in row.optional if uri in number]
            for skill in (*essential[index], *optional[index]):
                needed[skill].append(index)
        else:
            kinds.append(_KIND[row.type])
            reuse.append(REUSE_LEVELS.index(row.reuse) + 1 if row.reuse in REUSE_LEVELS else 0)
            member.append(sum(1 << collections.index(name) for name in row.collections))
            above = [number[uri] for uri in row.broader if uri in number]
            for one in above:
                narrower[one].append(index)
        broader.append(above)
    out.numbers("kind", "B", kinds)
    out.numbers("reuse", "B", reuse)
    out.numbers("member", "I", member)
    out.lists("broader", broader)
    out.lists("narrower", narrower)
    out.lists("essential", essential)
    out.lists("optional", optional)
    out.lists("needed", needed)


def _descriptions(
    out: SectionsWriter,
    rows: Sequence[EscoConcept | EscoOccupation],
    described: Sequence[str],
    words: Mapping[str, LanguageWords],
) -> None:
    for language in described:
        texts = [
            row.description.get(language, "") if isinstance(row, EscoConcept) else ""
            for row in rows
        ]
        out.texts(f"description.{language}", texts)
        speech = words.get(language)
        if speech is not None:
            for index, text in enumerate(texts):
                if text:
                    for one in dict.fromkeys(speech.content_stems(words_of(text))):
                        speech.described[one].append(index)


def _language(out: SectionsWriter, speech: LanguageWords, concepts: int) -> None:
    tag = speech.language
    ordered = sorted(speech.words)
    out.texts(f"word.{tag}", ordered)
    out.lists(f"word.labels.{tag}", [speech.words[word] for word in ordered])
    stems = sorted({*speech.stems, *speech.described})
    at = {one: index for index, one in enumerate(stems)}
    out.texts(f"stem.{tag}", stems)
    out.lists(f"stem.labels.{tag}", [speech.stems.get(one, ()) for one in stems])
    out.lists(f"stem.concepts.{tag}", [speech.described.get(one, ()) for one in stems])
    unseen = speech.rarity(0)
    out.numbers(f"stem.weight.{tag}", "f", [speech.weights.get(one, unseen) for one in stems])
    synonyms = speech.synonyms()
    rows = [[(at[other], w) for other, w in synonyms.get(one, ())] for one in stems]
    out.lists(f"stem.like.{tag}", [[other for other, _ in row] for row in rows])
    out.numbers(f"stem.likeness.{tag}", "f", [w for row in rows for _, w in row])
    lengths = array("f", bytes(4 * concepts))
    for one, found in speech.described.items():
        weight = speech.weights.get(one, unseen)
        for concept in found:
            lengths[concept] += weight
    out.numbers(f"described.mass.{tag}", "f", lengths)
