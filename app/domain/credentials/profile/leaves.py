"""Judging what is one learner's own in a credential whose form has been judged already.

Validation (`app.domain.credentials.profile.validation`) asks three things of a document: its form
(which objects with which keys, ids and links), each single value, and a few rules of the whole. Two
documents that differ in nothing but single values have the same form; so when one of them has been
validated without a finding, the other has none if its own values have none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.credentials.profile.limits import DEFAULT_LIMITS
from app.domain.credentials.profile.model import Key, Kind
from app.domain.credentials.profile.rules import rules_of_the_whole
from app.domain.credentials.profile.values import literal_faults, text_faults


@dataclass(frozen=True)
class Leaf:
    """A place of a document where a single text stands."""

    key: Key
    """What the profile says of the key that holds it."""
    tag: str | None = None
    """Its language, where the key holds a language map."""

    def holds(self, value: str) -> bool:
        """Whether validation has nothing against this value in this place."""
        if self.tag is not None:
            return not any(text_faults(self.key, {self.tag: value}))
        return not any(literal_faults(self.key, value))


_JUDGED_ALONE = frozenset(Kind) - {Kind.NODE, Kind.IRI}


def leaf_of(key: Key | None, tag: str | None) -> Leaf | None:
    """The leaf of such a key; None where a value means more than itself: an id, a link."""
    texts = key is not None and key.kind in (Kind.TEXT, Kind.TEXTS)
    if key is None or key.kind not in _JUDGED_ALONE or texts != (tag is not None):
        return None
    return Leaf(key, tag)


def are_sound(
    leaves: Iterable[tuple[Leaf, str]],
    *,
    outline: Mapping[str, str],
    media: Iterable[Mapping[str, Any]],
    size: int,
) -> bool:
    """Whether validation would have nothing against a document of a form that it has passed.

    `leaves` are the values that differ from the document that was validated; `outline` are all
    texts directly in the document, its id and dates among them; `media` its files; `size` the
    number of its bytes. False says only that the whole has to be looked at.
    """
    return (
        size <= DEFAULT_LIMITS.text
        and all(leaf.holds(value) for leaf, value in leaves)
        and not any(rules_of_the_whole(dict(outline), (("", dict(file)) for file in media)))
    )
