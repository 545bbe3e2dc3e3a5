"""How a wording that an author uses is resolved: which concepts bear it, and by what label.

Two labels that a reader takes for the same one are the same here, and nothing is guessed into a
link; see `app.domain.vocabulary.skills`.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from app.domain.vocabulary.skills import Resolution, ResolutionStatus, ResolutionWarning, Skill


class MatchKind(StrEnum):
    """By which of its labels a concept was found. Best first."""

    PREFERRED = "preferred"
    ALTERNATIVE = "alternative"
    GROUP = "group"


@dataclass(frozen=True)
class Match:
    """A concept that bears the wording as one of its labels."""

    skill: Skill
    kind: MatchKind


@dataclass(frozen=True)
class SkillNote:
    """A note of ours on one concept, for those who are about to link it."""

    code: str
    """`sense_differs`, `type_changed`."""
    detail: str
    instead: tuple[str, ...] = ()
    """URIs of concepts to look at instead."""


_NO_NOTES: Mapping[str, SkillNote] = MappingProxyType({})
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"})


def label_key(text: str) -> str:
    """What two labels have in common that a reader takes for the same one.

    Case, accents, typographic quotes and dashes, and blanks do not count, nor the full stop or
    semicolon with which authors end a list. Other signs do: `C`, `C#` and `C++` are three skills.
    """
    words = " ".join(text.translate(_QUOTES).split()).rstrip(" \"'.;,").lstrip(" \"'")
    folded = words.casefold()
    if folded.isascii():
        return folded
    letters = unicodedata.normalize("NFKD", folded)
    return "".join([c for c in letters if not unicodedata.combining(c)])


def resolution(
    wording: str,
    matches: Sequence[Match],
    *,
    near: Sequence[Skill] = (),
    notes: Mapping[str, SkillNote] = _NO_NOTES,
    in_english: bool = False,
) -> Resolution:
    """Decide what a wording is from the concepts that bear it as a label.

    One concept that prefers the wording wins over all that merely know it; one that knows it wins
    over groups; several of the best kind are ambiguous. `near` is offered when nothing matches,
    `notes` are our own by URI, `in_english` says that the match was made in English although
    another language was asked for.
    """
    if not matches:
        return Resolution(wording, ResolutionStatus.NOT_FOUND, candidates=tuple(near))
    best = min(matches, key=lambda m: _RANK[m.kind]).kind
    candidates = tuple(m.skill for m in matches if m.kind is best)
    also = tuple(m.skill for m in matches if m.kind is not best)
    if best is MatchKind.GROUP:
        status = ResolutionStatus.GROUP
    elif len(candidates) > 1:
        status = ResolutionStatus.AMBIGUOUS
    else:
        status = _SINGLE[best]
    return Resolution(
        wording, status, candidates, also, _warnings(status, candidates, also, notes, in_english)
    )


_RANK = {MatchKind.PREFERRED: 0, MatchKind.ALTERNATIVE: 1, MatchKind.GROUP: 2}
_SINGLE = {
    MatchKind.PREFERRED: ResolutionStatus.EXACT,
    MatchKind.ALTERNATIVE: ResolutionStatus.ALT_LABEL,
}


def _warnings(
    status: ResolutionStatus,
    candidates: Sequence[Skill],
    also: Sequence[Skill],
    notes: Mapping[str, SkillNote],
    in_english: bool,
) -> tuple[ResolutionWarning, ...]:
    found = [
        ResolutionWarning(note.code, note.detail, skill.uri, note.instead)
        for skill in candidates
        if (note := notes.get(skill.uri))
    ]
    if status is ResolutionStatus.GROUP:
        found.append(
            ResolutionWarning(
                "group",
                "This is the name of a group of skills. Groups can be linked only where the "
                "alliance allows it; choose a skill of the group, or keep your own wording.",
                candidates[0].uri,
            )
        )
    if also:
        names = ", ".join(f"“{skill.label}”" for skill in also)
        found.append(
            ResolutionWarning(
                "homonym",
                f"The same words also stand for {names}. Make sure that you mean the one you link.",
                candidates[0].uri,
            )
        )
    if in_english:
        found.append(
            ResolutionWarning("other_language", "Found by its English label, not by yours.")
        )
    return tuple(found)
