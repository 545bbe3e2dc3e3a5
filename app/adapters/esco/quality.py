"""A development set for suggestions, made from ESCO itself, and how rankings score on it.

No public set maps learning outcomes to ESCO. So three kinds of questions, each with its answers:

* *described*: the description of a skill, whose description is left out of the index;
* *composed*: one to three skills of an occupation in a sentence, each by an alternative label
  that is left out of the index, the one least like the labels that stay;
* *judged*: sentences of ours with the skills that we would choose.

The first halves of the first two are for tuning, the second halves for reporting. The judged ones
were seen while tuning, and are reported apart.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from random import Random

from app.adapters.esco.concepts import EscoConcept, EscoOccupation
from app.adapters.esco.words import is_stop_word, stem, words_of
from app.domain.vocabulary.skills import SkillType

_FRAMES = {
    1: (
        "{}.",
        "You will {}.",
        "Experience with {}.",
        "The learner is able to {}.",
        "We expect you to {}, and to be motivated.",
    ),
    2: (
        "You will {} and {}.",
        "Students learn to {} as well as to {}.",
        "Responsible for: {}, {}.",
        "We are looking for somebody who can {}, and {} in a dynamic environment.",
    ),
    3: ("The learner can {}, {} and {}.", "Your tasks: {}; {}; {}. We offer a good salary."),
}


@dataclass(frozen=True)
class Question:
    """A sentence, and the URIs of the skills that it speaks of."""

    sentence: str
    answers: frozenset[str]


@dataclass(frozen=True)
class DevelopmentSet:
    """Questions, and the concepts without what the questions were made from."""

    described: Sequence[Question]
    composed: Sequence[Question]
    judged: Sequence[Question]
    concepts: Sequence[EscoConcept]


def development_set(
    concepts: Sequence[EscoConcept], occupations: Sequence[EscoOccupation], *, seed: int = 7
) -> DevelopmentSet:
    """400 described, 300 composed, 60 judged questions in English; the same for one seed."""
    chance = Random(seed)  # noqa: S311  # a sample, not a secret
    skills = {one.uri: one for one in concepts if one.type is not SkillType.GROUP}
    tellable = [one for one in skills.values() if len(one.description.get("en", "")) > 60]
    chosen = chance.sample(tellable, 400)
    told = {one.uri for one in chosen}
    described = [Question(one.description["en"], frozenset([one.uri])) for one in chosen]
    held: dict[str, str] = {}
    composed: list[Question] = []
    rich = [one for one in occupations if len(one.essential) > 6]
    while len(composed) < 300:
        count = chance.choice([1, 1, 2, 2, 3])
        pool = [
            uri
            for uri in chance.choice(rich).essential
            if uri in skills and uri not in told and len(skills[uri].alt.get("en", ())) > 1
        ]
        if len(pool) < count:
            continue
        picked = chance.sample(pool, count)
        for uri in picked:
            held.setdefault(uri, _least_alike(skills[uri]))
        frame = chance.choice(_FRAMES[count])
        sentence = frame.format(*(held[uri] for uri in picked))
        composed.append(Question(sentence, frozenset(picked)))
    return DevelopmentSet(
        described, composed, _judged(), [_without(one, told, held) for one in concepts]
    )


def _least_alike(concept: EscoConcept) -> str:
    labels = [concept.label["en"], *concept.alt["en"]]
    stems = {label: _stems(label) for label in labels}

    def likeness(label: str) -> float:
        mine = stems[label]
        return max(
            len(mine & stems[other]) / max(1, len(mine | stems[other]))
            for other in labels
            if other != label
        )

    return min(concept.alt["en"], key=likeness)


def _stems(text: str) -> set[str]:
    return {stem(word, "en") for word in words_of(text) if not is_stop_word(word, "en")}


def _without(one: EscoConcept, told: set[str], held: dict[str, str]) -> EscoConcept:
    if one.uri in told:
        one = replace(one, description={})
    if one.uri in held:
        kept = [label for label in one.alt["en"] if label != held[one.uri]]
        one = replace(one, alt={**one.alt, "en": kept})
    return one


def _judged() -> list[Question]:
    file = resources.files("app.data") / "esco" / "judged.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    return [
        Question(one["sentence"], frozenset(known["base"] + tail for tail in one["skills"]))
        for one in known["sentences"]
    ]


def rank_precision(
    questions: Sequence[Question], ranked: Callable[[str], Sequence[str]], at: int
) -> float:
    """RP@k: of the answers that fit into the first k places, how many stand there; the mean."""
    total = 0.0
    for question in questions:
        first = ranked(question.sentence)[:at]
        total += sum(uri in question.answers for uri in first) / min(at, len(question.answers))
    return total / len(questions)
