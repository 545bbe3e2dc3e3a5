"""What becomes of a link when ESCO moves on.

A link keeps the version, label and language that it was made with. Another version may lack the
concept, call it something else or count it as something else; a person then decides. Nothing is
rewritten, and credentials that were issued are never touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class VersionChange(StrEnum):
    """How a linked concept differs."""

    REMOVED = "removed"
    RELABELLED = "relabelled"
    TYPE_CHANGED = "type_changed"


@dataclass(frozen=True)
class LinkedSkill:
    """A link in a proposal, as it was made."""

    proposal: str
    """The proposal's code."""
    outcome: str
    """Code of the learning outcome."""
    uri: str
    label: str
    language: str
    version: str


@dataclass(frozen=True)
class ConceptState:
    """A concept as one version has it."""

    uri: str
    label: str
    """In English."""
    kind: str
    """`skill`, `knowledge`, `untyped` or `group`."""
    code: str | None = None


@dataclass(frozen=True)
class LinkChange:
    """A link that stands differently in another version."""

    link: LinkedSkill
    changes: tuple[VersionChange, ...]
    label: str | None
    """What the concept is called now, in the link's language; None when it is gone."""
    kind_before: str | None
    kind_now: str | None
    successors: tuple[ConceptState, ...] = ()
    """Concepts to look at instead of one that is gone; to choose from, never taken unasked."""


@dataclass(frozen=True)
class ConceptChange:
    """A concept that stands differently in another version."""

    before: ConceptState
    now: ConceptState | None
    changes: tuple[VersionChange, ...]
    successors: tuple[ConceptState, ...] = ()


MOST_SUCCESSORS = 5
"""How many concepts are offered instead of one that is gone."""


def comes_near(candidate: ConceptState, gone: ConceptState | None) -> bool:
    """Whether it may be offered instead: no occupation, and a group for a group alone."""
    if candidate.kind == "group":
        return gone is not None and gone.kind == "group"
    return candidate.kind != "occupation"


def changes(
    link: LinkedSkill,
    before: ConceptState | None,
    now: ConceptState | None,
    label_now: str | None,
    candidates: Sequence[ConceptState] = (),
) -> LinkChange | None:
    """How the link differs, or None.

    `before` is the concept in the link's own version, if that is imported; `label_now` its
    preferred label in the link's language, None where the new version has none in it.
    """
    if now is None:
        successors = tuple(one for one in candidates if one.uri != link.uri)
        return LinkChange(
            link, (VersionChange.REMOVED,), None, before.kind if before else None, None, successors
        )
    found = []
    if label_now is not None and label_now != link.label:
        found.append(VersionChange.RELABELLED)
    if before is not None and before.kind != now.kind:
        found.append(VersionChange.TYPE_CHANGED)
    if not found:
        return None
    return LinkChange(link, tuple(found), label_now, before.kind if before else None, now.kind)


def differences(before: ConceptState, now: ConceptState | None) -> tuple[VersionChange, ...]:
    """How a concept differs between two versions, by its English label and its kind."""
    if now is None:
        return (VersionChange.REMOVED,)
    told = {
        VersionChange.RELABELLED: before.label != now.label,
        VersionChange.TYPE_CHANGED: before.kind != now.kind,
    }
    return tuple(change for change, holds in told.items() if holds)
