"""Skills of the ESCO classification, and how the wordings that authors use become links to them.

A label is never an identifier: hundreds of ESCO's labels stand for more than one concept. So a
wording is resolved into a status and candidates, and a person decides; nothing is guessed into a
link. Groups of skills are found as well, since authors copy their names, but are no skills.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.domain.errors import Finding, Invalid, NotFound, Unavailable

SKILL_SCHEME = "http://data.europa.eu/esco/concept-scheme/skills"
"""IRI of the concept scheme that ELM wants a related ESCO skill to be in."""

ATTRIBUTION = "This service uses the ESCO classification of the European Commission."
"""The sentence that ESCO asks for wherever its data is shown."""


class SkillNotFound(NotFound):
    """ESCO, in the version that is used here, has no concept with this URI."""

    code = "skill_not_found"

    def __init__(self, uri: str) -> None:
        super().__init__(
            f"There is no ESCO concept {uri} in the version used here. "
            "Look for it by its name with GET /v1/skills?text=."
        )


class SkillsUnavailable(Unavailable):
    """The source of ESCO data does not answer."""

    code = "skills_unavailable"

    def __init__(self) -> None:
        super().__init__("ESCO cannot be asked at the moment. Try again in a few minutes.")


class SkillType(StrEnum):
    """What a concept is: a skill or competence, knowledge, or a group that holds such."""

    SKILL = "skill"
    KNOWLEDGE = "knowledge"
    GROUP = "group"


@dataclass(frozen=True)
class Skill:
    """A concept of ESCO, in the words of one language."""

    uri: str
    label: str
    """Its preferred label."""
    language: str
    """BCP 47 tag of the labels: the one asked for, or English where that has none."""
    version: str
    """ESCO version, `1.1.1`."""
    type: SkillType | None = None
    """None for the few concepts that ESCO itself leaves untyped."""
    reuse_level: str | None = None
    """`transversal`, `cross-sector`, `sector-specific` or `occupation-specific`."""
    code: str | None = None
    """Of a group its own code (`S2.2`); of a skill that of the group it stands in."""
    group_path: tuple[str, ...] = ()
    """Labels of the groups around it, the widest first."""
    alt_labels: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    """Thematic collections: `digital`, `digcomp`, `green`, `transversal`, `research`, …"""
    description: str | None = None
    """What ESCO says it means, where descriptions are imported."""
    description_language: str | None = None

    @property
    def is_group(self) -> bool:
        """Whether it is a group of skills rather than one."""
        return self.type is SkillType.GROUP


class ResolutionStatus(StrEnum):
    """What a wording turned out to be."""

    EXACT = "exact"
    """The preferred label of one concept."""
    ALT_LABEL = "alt_label"
    """An alternative label of one concept."""
    GROUP = "group"
    """The name of a group of skills, and of nothing else."""
    AMBIGUOUS = "ambiguous"
    """A label of several concepts, none of them better than the others."""
    NOT_FOUND = "not_found"
    """No label at all."""


@dataclass(frozen=True)
class ResolutionWarning:
    """Something to know before linking."""

    code: str
    """`sense_differs`, `type_changed`: about the concept's meaning. `homonym`: the same words are
    a lesser label of other concepts, which `also` lists. `other_language`: the words are English.
    `group`: groups cannot be linked unless the alliance allows it."""
    detail: str
    uri: str | None = None
    """The concept that it is about."""
    instead: tuple[str, ...] = ()
    """URIs of concepts to look at instead."""


@dataclass(frozen=True)
class Resolution:
    """What one wording turned out to be. A person decides what to do about it."""

    wording: str
    """As it was asked."""
    status: ResolutionStatus
    candidates: tuple[Skill, ...] = ()
    """The concepts that bear the wording by the best kind of label. For `not_found`, those that
    come near it: to choose from, never to link without asking."""
    also: tuple[Skill, ...] = ()
    """Further concepts that bear it by a lesser kind of label."""
    warnings: tuple[ResolutionWarning, ...] = ()


@dataclass(frozen=True)
class SkillFilter:
    """Which concepts are wanted; what is left empty does not matter."""

    types: frozenset[SkillType] = frozenset()
    reuse_levels: frozenset[str] = frozenset()
    collections: frozenset[str] = frozenset()
    """In at least one of them."""
    group: str | None = None
    """URI or code of a group: whatever stands below it, at any depth."""
    occupation: str | None = None
    """URI of an occupation that needs it, essentially or optionally."""
    include_groups: bool = False
    """Groups of skills as well, which are no skills."""


EVERY_SKILL = SkillFilter()


class ReuseLevel(StrEnum):
    """How widely ESCO says that a skill can be used."""

    TRANSVERSAL = "transversal"
    CROSS_SECTOR = "cross-sector"
    SECTOR_SPECIFIC = "sector-specific"
    OCCUPATION_SPECIFIC = "occupation-specific"


class UnknownSkillFilter(Invalid):
    """The classification that answers has no such collection, group or occupation."""

    code = "skill_filter_unknown"

    def __init__(self, unknown: Sequence[Finding]) -> None:
        super().__init__(
            " ".join(finding.detail for finding in unknown),
            findings=unknown,
        )


class LanguageWithoutLabels(Invalid):
    """The classification that answers has no labels in the language that was asked for."""

    code = "language_without_labels"

    def __init__(self, language: str, languages: Sequence[str]) -> None:
        known = ", ".join(sorted(languages))
        sentence = f"There are no labels to look through in this language. Choose one of {known}."
        super().__init__(
            sentence,
            findings=[Finding("#/query/language", self.code, sentence, {"language": language})],
        )


@dataclass(frozen=True)
class Suggestion:
    """A concept that a sentence seems to speak of. To choose from, never to link without asking."""

    skill: Skill
    score: float
    """The higher the better; comparable within one sentence alone."""
    matched_label: str
    """The label by which it was found."""
    matched_words: tuple[str, ...]
    """Words of the sentence that the label covers, folded."""
    folded: tuple[Skill, ...] = ()
    """Broader or narrower concepts that the same words speak of, less well."""

    @property
    def reason(self) -> str:
        """Why it is suggested, for a person."""
        words = ", ".join(self.matched_words)
        if self.matched_label == self.skill.label:
            return f"its label has: {words}"
        return f"also called “{self.matched_label}”, which has: {words}"


@dataclass(frozen=True)
class Occupation:
    """An occupation of ESCO."""

    uri: str
    label: str
    language: str
    version: str
    code: str | None = None
    """Its group in ISCO-08, `2166`."""


@dataclass(frozen=True)
class OccupationSkills:
    """What an occupation needs."""

    occupation: Occupation
    essential: tuple[Skill, ...]
    optional: tuple[Skill, ...]


@dataclass(frozen=True)
class SkillsInUse:
    """Which data answers."""

    version: str
    languages: tuple[str, ...]
    skills: int
    """How many skills; groups not counted."""
    source: str
    """`built_in`, `imported` or `api`."""


class Skills(Protocol):
    """The ESCO classification, in one version.

    Every method may raise SkillsUnavailable. `language` is a BCP 47 tag; where a concept has no
    label in it, English is used and the answer says so.
    """

    async def in_use(self) -> SkillsInUse:
        """Which version answers, and in which languages it has labels."""
        ...

    async def resolve(self, labels: Sequence[str], language: str) -> list[Resolution]:
        """What each wording is, in the order they were given.

        Comparison ignores case, accents, and blanks around and between words.
        """
        ...

    async def get(self, uri: str, language: str) -> Skill:
        """The concept with that URI. Raises SkillNotFound."""
        ...

    async def search(
        self,
        text: str,
        language: str,
        limit: int,
        *,
        include_groups: bool = False,
        where: SkillFilter = EVERY_SKILL,
    ) -> list[Skill]:
        """Concepts of which a label has all words of the text, as words or their beginnings.

        Best first: equal preferred label, equal alternative label, label beginning with the text,
        the rest by how little else the label says. Where no label has them all, labels that differ
        by a typing error. A URI or the code of a group finds that concept. At most `limit`.
        Raises UnknownSkillFilter.
        """
        ...

    async def suggest(
        self,
        sentences: Sequence[str],
        language: str,
        limit: int,
        *,
        where: SkillFilter = EVERY_SKILL,
    ) -> list[list[Suggestion]]:
        """Concepts that each sentence speaks of, the best first, at most `limit` for each. Raises
        UnknownSkillFilter."""
        ...

    async def below(self, uri: str | None, language: str) -> list[Skill]:
        """The groups and skills right below one; without a URI, the widest groups.

        Raises SkillNotFound.
        """
        ...

    async def occupations(self, text: str, language: str, limit: int) -> list[Occupation]:
        """Occupations of which a label has all words of the text, or their beginnings."""
        ...

    async def needed_for(self, occupation: str, language: str) -> OccupationSkills:
        """What the occupation with that URI needs. Raises SkillNotFound."""
        ...
