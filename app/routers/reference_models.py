"""Controlled lists and skills as the API shows them."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.domain.vocabulary.lists import ControlledList, ListedConcept
from app.domain.vocabulary.skills import (
    ATTRIBUTION,
    Resolution,
    ResolutionStatus,
    ResolutionWarning,
    Skill,
    SkillType,
)

LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$"
"""BCP 47, as far as it matters here."""


def writable(text: str) -> str:
    """The text, unless it has the one character that no database column can hold."""
    if "\0" in text:
        raise ValueError("leave out the character U+0000")
    return text


Writable = Annotated[str, AfterValidator(writable)]


class VocabularyOut(BaseModel):
    """One controlled list."""

    name: str = Field(examples=["eqf"])
    scheme: str = Field(
        description="IRI of the concept scheme",
        examples=["http://data.europa.eu/snb/eqf/25831c2"],
    )
    enforced: bool = Field(description="whether EDC refuses a value of another scheme")
    size: int = Field(examples=[8])

    @classmethod
    def of(cls, known: ControlledList) -> Self:
        """From the list."""
        return cls(name=known.name, scheme=known.scheme, enforced=known.enforced, size=len(known))


class VocabulariesOut(BaseModel):
    """All controlled lists."""

    items: list[VocabularyOut]


class ListedConceptOut(BaseModel):
    """One value of a list."""

    uri: str = Field(examples=["http://data.europa.eu/snb/eqf/6"])
    label: dict[str, str] = Field(description="by language", examples=[{"en": "Level 6"}])
    notation: str | None = Field(None, description="what EDC writes as `skos:notation`")
    code: str | None = Field(
        None, description="the short code people use: ISO 3166-1 alpha-2, BCP 47", examples=["ES"]
    )

    @classmethod
    def of(cls, concept: ListedConcept) -> Self:
        """From the value."""
        return cls(
            uri=concept.uri,
            label=dict(concept.label),
            notation=concept.notation,
            code=concept.code,
        )


class VocabularyDetailOut(VocabularyOut):
    """One controlled list with all its values."""

    concepts: list[ListedConceptOut]

    @classmethod
    def of(cls, known: ControlledList) -> Self:
        """From the list."""
        return cls(
            name=known.name,
            scheme=known.scheme,
            enforced=known.enforced,
            size=len(known),
            concepts=[ListedConceptOut.of(concept) for concept in known],
        )


class SkillOut(BaseModel):
    """A concept of ESCO in the words of one language."""

    uri: str = Field(
        examples=["http://data.europa.eu/esco/skill/60c78287-22eb-4103-9c8c-28deaa460da0"]
    )
    label: str = Field(description="its preferred label", examples=["work in teams"])
    language: str = Field(
        description="of the labels: the one asked for, or English where that has none",
        examples=["en"],
    )
    version: str = Field(description="ESCO version", examples=["1.1.1"])
    type: SkillType | None = Field(
        None, description="`group` is no skill; null where ESCO says nothing", examples=["skill"]
    )
    reuse_level: str | None = Field(None, examples=["transversal"])
    code: str | None = Field(
        None,
        description="of a group its own code, of a skill that of the group it stands in",
        examples=["T4.3"],
    )
    group_path: list[str] = Field(
        description="labels of the groups around it, the widest first",
        examples=[["transversal skills and competences", "collaborating in teams and networks"]],
    )
    alt_labels: list[str] = Field(examples=[["team-working"]])
    collections: list[str] = Field(
        description="`digital`, `digcomp`, `green`, `transversal`, `research`, `language`",
        examples=[["transversal"]],
    )

    @classmethod
    def of(cls, skill: Skill) -> Self:
        """From the skill."""
        return cls(
            uri=skill.uri,
            label=skill.label,
            language=skill.language,
            version=skill.version,
            type=skill.type,
            reuse_level=skill.reuse_level,
            code=skill.code,
            group_path=list(skill.group_path),
            alt_labels=list(skill.alt_labels),
            collections=list(skill.collections),
        )


class _Attributed(BaseModel):
    attribution: str = Field(ATTRIBUTION, description="to be shown beside the data")


class SkillDetailOut(SkillOut, _Attributed):
    """A concept of ESCO."""


class SkillsOut(_Attributed):
    """Concepts that were found, best first."""

    items: list[SkillOut]


class ResolveIn(BaseModel):
    """Wordings to resolve, as authors write them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"labels": ["work in teams", "evaluate data"], "language": "en"}]
        },
    )

    labels: list[Annotated[Writable, Field(min_length=1, max_length=300)]] = Field(
        min_length=1, max_length=200
    )
    language: str = Field("en", pattern=LANGUAGE_TAG, description="BCP 47")


class ResolutionWarningOut(BaseModel):
    """Something to know before linking."""

    code: str = Field(examples=["sense_differs"])
    detail: str
    uri: str | None = Field(None, description="the concept that it is about")
    instead: list[str] = Field(description="URIs of concepts to look at instead")

    @classmethod
    def of(cls, warning: ResolutionWarning) -> Self:
        """From the warning."""
        return cls(
            code=warning.code,
            detail=warning.detail,
            uri=warning.uri,
            instead=list(warning.instead),
        )


class ResolutionOut(BaseModel):
    """What one wording turned out to be."""

    wording: str = Field(examples=["work in teams"])
    status: ResolutionStatus = Field(examples=["exact"])
    candidates: list[SkillOut] = Field(
        description="concepts that bear the wording by the best kind of label; for `not_found` "
        "those that come near, to choose from"
    )
    also: list[SkillOut] = Field(description="concepts that bear it by a lesser kind of label")
    warnings: list[ResolutionWarningOut]

    @classmethod
    def of(cls, resolution: Resolution) -> Self:
        """From the resolution."""
        return cls(
            wording=resolution.wording,
            status=resolution.status,
            candidates=[SkillOut.of(skill) for skill in resolution.candidates],
            also=[SkillOut.of(skill) for skill in resolution.also],
            warnings=[ResolutionWarningOut.of(warning) for warning in resolution.warnings],
        )


class ResolutionsOut(_Attributed):
    """What the wordings turned out to be, in the order they were given."""

    items: list[ResolutionOut]
