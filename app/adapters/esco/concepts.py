"""Concepts as ESCO publishes them, in all languages: what an index is built from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.vocabulary.skills import SkillType


@dataclass(frozen=True, slots=True)
class EscoConcept:
    """A skill, or a group of skills."""

    uri: str
    label: Mapping[str, str]
    """Preferred labels by language."""
    alt: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Alternative labels by language, the preferred one left out."""
    type: SkillType | None = None
    reuse: str | None = None
    code: str | None = None
    """Of groups only."""
    broader: Sequence[str] = ()
    """URIs of the groups and skills right above it."""
    collections: Sequence[str] = ()
    description: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Hidden labels by language: they are searched, and not shown."""


@dataclass(frozen=True, slots=True)
class EscoOccupation:
    """An occupation with the skills it needs."""

    uri: str
    label: Mapping[str, str]
    alt: Mapping[str, Sequence[str]] = field(default_factory=dict)
    code: str | None = None
    essential: Sequence[str] = ()
    """URIs of skills."""
    optional: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A curated note of ours on a concept, in several languages."""

    code: str
    text: Mapping[str, str]
    instead: Sequence[str] = ()
