"""The skills of a whole proposal: those of all its outcomes, each once."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.vocabulary.skills import Skill, Suggestion


@dataclass(frozen=True)
class Spoken:
    """A concept, and which sentences speak of it."""

    skill: Skill
    weight: float
    """Sum over the sentences of its score as a share of the best score there."""
    sentences: tuple[int, ...]
    """Their numbers, from 0."""


def together(rankings: Sequence[Sequence[Suggestion]]) -> list[Spoken]:
    """All suggestions, each concept once, the weightiest first.

    Scores of different sentences cannot be compared, so each counts by its share of the best.
    """
    weights: dict[str, float] = {}
    places: dict[str, list[int]] = {}
    skills: dict[str, Skill] = {}
    for number, ranking in enumerate(rankings):
        best = max((one.score for one in ranking), default=0.0)
        for one in ranking:
            uri = one.skill.uri
            skills.setdefault(uri, one.skill)
            weights[uri] = weights.get(uri, 0.0) + (one.score / best if best else 0.0)
            places.setdefault(uri, []).append(number)
    ordered = sorted(skills, key=lambda uri: (-weights[uri], places[uri][0], uri))
    return [Spoken(skills[uri], round(weights[uri], 3), tuple(places[uri])) for uri in ordered]
