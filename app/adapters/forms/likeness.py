"""How like two names are, by RapidFuzz."""

from collections.abc import Sequence

from rapidfuzz import fuzz, process


class RapidLikeness:
    """See `app.domain.enrolment.affiliation.Likeness`."""

    def best(self, text: str, choices: Sequence[str], limit: int) -> Sequence[tuple[int, float]]:
        """The choices most like `text`; words in another order make no difference."""
        scores: dict[int, float] = {}
        for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
            for _, score, index in process.extract(text, choices, scorer=scorer, limit=limit):
                scores[index] = max(score / 100, scores.get(index, 0.0))
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        return ranked[:limit]
