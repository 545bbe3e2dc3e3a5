"""Versions of ESCO, and what they change about links, as the API shows them."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from app.domain.skills.changes import ConceptState, LinkChange, VersionChange
from app.domain.skills.ports import EscoVersion
from app.domain.vocabulary.skills import ATTRIBUTION, SkillsInUse

_TEAMS = "http://data.europa.eu/esco/skill/60c78287-22eb-4103-9c8c-28deaa460da0"


class EscoVersionOut(BaseModel):
    """A version of ESCO that was imported, or that answers without having been."""

    version: str = Field(examples=["1.1.1"])
    active: bool = Field(description="whether it is the one that answers")
    source: str = Field(
        description="`imported`, `built_in` (a small set for trying out) or `api`",
        examples=["imported"],
    )
    changed_at: datetime | None = Field(
        description="when something was last imported into it; null for what was not imported"
    )
    labels: dict[str, int] = Field(
        description="how many concepts have a preferred label, by language; for what was not "
        "imported, how many skills there are",
        examples=[{"en": 17577, "es": 13896}],
    )

    @classmethod
    def of(cls, version: EscoVersion) -> Self:
        """A version, as the API shows it."""
        return cls(
            version=version.version,
            active=version.active,
            source="imported",
            changed_at=version.changed_at,
            labels=dict(version.labels),
        )

    @classmethod
    def answering(cls, found: SkillsInUse) -> Self:
        """What answers although it was not imported."""
        return cls(
            version=found.version,
            active=True,
            source=found.source,
            changed_at=None,
            labels=dict.fromkeys(found.languages, found.skills),
        )


class EscoVersionsOut(BaseModel):
    """All imported versions."""

    items: list[EscoVersionOut]
    attribution: str = ATTRIBUTION


class ConceptStateOut(BaseModel):
    """A concept as that version has it."""

    uri: str = Field(examples=[_TEAMS])
    label: str = Field(description="in English", examples=["work in teams"])
    kind: str = Field(description="`skill`, `knowledge`, `untyped` or `group`", examples=["skill"])

    @classmethod
    def of(cls, state: ConceptState) -> Self:
        """A concept, as the API shows it."""
        return cls(uri=state.uri, label=state.label, kind=state.kind)


class LinkChangeOut(BaseModel):
    """A link that stands differently in that version."""

    proposal: str = Field(description="code of the proposal", examples=["IMC-2027-001"])
    outcome: str = Field(description="code of the learning outcome", examples=["LO1"])
    uri: str = Field(examples=[_TEAMS])
    label: str = Field(description="as it was linked", examples=["team work"])
    language: str = Field(examples=["en"])
    linked_version: str = Field(description="ESCO version of the link", examples=["1.1.0"])
    changes: list[VersionChange] = Field(examples=[["relabelled"]])
    label_now: str | None = Field(
        description="in the link's language; null when the concept is gone",
        examples=["work in teams"],
    )
    kind_before: str | None = Field(
        description="null where the link's own version is not imported", examples=["skill"]
    )
    kind_now: str | None = Field(examples=["skill"])
    successors: list[ConceptStateOut] = Field(
        description="what to look at instead of a concept that is gone; never taken unasked"
    )

    @classmethod
    def of(cls, change: LinkChange) -> Self:
        """A change, as the API shows it."""
        return cls(
            proposal=change.link.proposal,
            outcome=change.link.outcome,
            uri=change.link.uri,
            label=change.link.label,
            language=change.link.language,
            linked_version=change.link.version,
            changes=list(change.changes),
            label_now=change.label,
            kind_before=change.kind_before,
            kind_now=change.kind_now,
            successors=[ConceptStateOut.of(state) for state in change.successors],
        )


class LinkChangesOut(BaseModel):
    """What a version changes about links."""

    version: str = Field(examples=["1.2.0"])
    items: list[LinkChangeOut] = Field(description="by proposal; empty when nothing changes")
    attribution: str = ATTRIBUTION
