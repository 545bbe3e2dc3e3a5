"""Skills as the API shows them."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.domain.skills.together import Spoken
from app.domain.vocabulary.skills import (
    ATTRIBUTION,
    Occupation,
    OccupationSkills,
    Resolution,
    ResolutionStatus,
    ResolutionWarning,
    ReuseLevel,
    Skill,
    SkillFilter,
    SkillsInUse,
    SkillType,
    Suggestion,
)
from app.routers.habits.values import Writable
from app.routers.platform.reference_models import LANGUAGE_TAG


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
    description: str | None = Field(
        None, description="what ESCO says it means, where descriptions are imported"
    )
    description_language: str | None = Field(None, examples=["en"])

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
            description=skill.description,
            description_language=skill.description_language,
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


class SuggestIn(BaseModel):
    """Sentences to find skills for: the learning outcomes of a proposal, or one of them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "sentences": ["Learners work in a team and evaluate data."],
                    "language": "en",
                    "limit": 5,
                }
            ]
        },
    )

    sentences: list[Annotated[Writable, Field(min_length=1, max_length=2_000)]] = Field(
        min_length=1, max_length=50
    )
    language: str = Field("en", pattern=LANGUAGE_TAG, description="BCP 47, of sentences and labels")
    limit: int = Field(10, ge=1, le=50, description="suggestions for each sentence")
    types: list[SkillType] = Field(default_factory=list, max_length=3)
    reuse_levels: list[ReuseLevel] = Field(
        default_factory=list, max_length=4, examples=[["transversal", "cross-sector"]]
    )
    collections: list[Annotated[str, Field(max_length=30)]] = Field(
        default_factory=list, max_length=10, examples=[["digital"]]
    )
    group: str | None = Field(
        None, max_length=300, description="URI or code of a group", examples=["S2"]
    )
    occupation: str | None = Field(None, max_length=300, description="URI of an occupation")
    include_groups: bool = Field(False, description="groups of skills as well, which are no skills")

    def where(self) -> SkillFilter:
        """Which concepts are wanted."""
        return SkillFilter(
            frozenset(self.types),
            frozenset(self.reuse_levels),
            frozenset(self.collections),
            self.group,
            self.occupation,
            self.include_groups,
        )


class SuggestionOut(BaseModel):
    """A concept that a sentence seems to speak of."""

    skill: SkillOut
    score: float = Field(description="comparable within one sentence alone", examples=[12.4])
    reason: str = Field(examples=["its label has: work, teams"])
    matched_label: str = Field(examples=["work in teams"])
    matched_words: list[str] = Field(examples=[["work", "team"]])
    fell_back: bool = Field(description="the label is not in the language that was asked for")
    folded: list[SkillOut] = Field(
        description="broader or narrower concepts that the same words speak of, less well"
    )

    @classmethod
    def of(cls, suggestion: Suggestion, language: str) -> Self:
        """From the suggestion."""
        return cls(
            skill=SkillOut.of(suggestion.skill),
            score=suggestion.score,
            reason=suggestion.reason,
            matched_label=suggestion.matched_label,
            matched_words=list(suggestion.matched_words),
            fell_back=suggestion.skill.language != language,
            folded=[SkillOut.of(skill) for skill in suggestion.folded],
        )


class SentenceOut(BaseModel):
    """What one sentence speaks of, the best first."""

    sentence: str
    suggestions: list[SuggestionOut]


class TogetherOut(BaseModel):
    """A concept that sentences of the same request speak of, each concept once."""

    skill: SkillOut
    weight: float = Field(description="1 for each sentence that it fits best", examples=[1.8])
    sentences: list[int] = Field(description="their places in the request, from 0")

    @classmethod
    def of(cls, spoken: Spoken) -> Self:
        """From what was put together."""
        return cls(
            skill=SkillOut.of(spoken.skill),
            weight=spoken.weight,
            sentences=list(spoken.sentences),
        )


class SuggestionsOut(_Attributed):
    """Suggestions for each sentence in the order given, and all of them together."""

    items: list[SentenceOut]
    together: list[TogetherOut]


class OccupationOut(BaseModel):
    """An occupation of ESCO."""

    uri: str = Field(
        examples=["http://data.europa.eu/esco/occupation/c40a2919-48a9-40ea-b506-1f34f693496d"]
    )
    label: str = Field(examples=["web developer"])
    language: str = Field(examples=["en"])
    version: str = Field(examples=["1.1.1"])
    code: str | None = Field(None, description="group in ISCO-08", examples=["2513"])

    @classmethod
    def of(cls, occupation: Occupation) -> Self:
        """From the occupation."""
        return cls(
            uri=occupation.uri,
            label=occupation.label,
            language=occupation.language,
            version=occupation.version,
            code=occupation.code,
        )


class OccupationsOut(_Attributed):
    """Occupations that were found, best first."""

    items: list[OccupationOut]


class OccupationSkillsOut(_Attributed):
    """What an occupation needs."""

    occupation: OccupationOut
    essential: list[SkillOut]
    optional: list[SkillOut]

    @classmethod
    def of(cls, needs: OccupationSkills) -> Self:
        """From what it needs."""
        return cls(
            attribution=ATTRIBUTION,
            occupation=OccupationOut.of(needs.occupation),
            essential=[SkillOut.of(skill) for skill in needs.essential],
            optional=[SkillOut.of(skill) for skill in needs.optional],
        )


class SkillsInUseOut(_Attributed):
    """Which data answers."""

    version: str = Field(examples=["1.1.1"])
    languages: list[str] = Field(examples=[["de", "en", "es", "fr", "sv"]])
    skills: int = Field(examples=[13896])
    source: str = Field(description="`built_in`, `imported` or `api`", examples=["imported"])

    @classmethod
    def of(cls, known: SkillsInUse) -> Self:
        """From the facts."""
        return cls(
            attribution=ATTRIBUTION,
            version=known.version,
            languages=list(known.languages),
            skills=known.skills,
            source=known.source,
        )
