"""What the operations of proposals take."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.domain.proposals.agreement import (
    ConsentDecision,
    PanelDecision,
    Recommendation,
    ValidationDecision,
)
from app.domain.proposals.content import Model
from app.domain.vocabulary.micro_credential import PartnerRole
from app.domain.vocabulary.specification import SkillDecision

_NO_NUL = r"^[^\x00]*$"
HASH = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_NO_NUL)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=_NO_NUL)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_NUL)]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
CertifiedHash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


def _body(**example: Any) -> ConfigDict:
    return ConfigDict(
        extra="forbid", use_attribute_docstrings=True, json_schema_extra={"examples": [example]}
    )


class PartnerIn(BaseModel):
    """An institution that takes part, and as what."""

    model_config = _body(institution="HKA", role="awarding")

    institution: Code
    role: PartnerRole


class ProposalIn(BaseModel):
    """What a proposal begins with."""

    model_config = _body(
        working_title={"en": "Towards INGENIUM Micro-credentials Framework"},
        model="joint",
        lead_institution="UNIOVI",
        partners=[
            {"institution": "UNIOVI", "role": "awarding"},
            {"institution": "HKA", "role": "awarding"},
            {"institution": "UDA", "role": "awarding"},
        ],
    )

    working_title: Annotated[dict[Tag, Line], Field(max_length=30)]
    """By BCP 47 tag."""
    model: Model
    lead_institution: Code
    """Of which the caller is a coordinator."""
    partners: Annotated[list[PartnerIn], Field(max_length=100)] = []
    """A lead that is not among them takes part as awarding."""


class SkillDecisionIn(BaseModel):
    """What is decided on a skill that an outcome names."""

    model_config = _body(
        outcome="LO2",
        wording="apply quality standards",
        decision="linked",
        uri="http://data.europa.eu/esco/skill/35ebe444-9ece-4fbc-a55d-e99ea37267ae",
        reason="ESCO knows these words as another name of this skill.",
    )

    outcome: Code
    """Code of the outcome, `LO1`."""
    wording: Words
    """The skill in exactly the words in which the outcome names it."""
    decision: SkillDecision
    uri: Line | None = None
    """The ESCO skill, exactly when it is linked."""
    reason: Words | None = None
    """Needed for a wording of one's own."""


class ConsentIn(BaseModel):
    """A signatory's answer for their institution."""

    model_config = _body(institution="HKA", certified_hash=HASH, decision="consent")

    institution: Code
    certified_hash: CertifiedHash
    """`certified_hash` of the proposal that the signatory has seen."""
    decision: ConsentDecision
    reason: Words | None = None
    """Needed unless the answer is consent."""


class BeginValidationIn(BaseModel):
    """A deadline of its own."""

    model_config = _body(due="2027-03-31")

    due: date | None = None
    """Without it, the alliance's own deadline counts."""


class ValidationIn(BaseModel):
    """A quality officer's decision for their institution."""

    model_config = _body(institution="HKA", certified_hash=HASH, decision="positive")

    institution: Code
    certified_hash: CertifiedHash
    decision: ValidationDecision
    comment: Words | None = None
    """Needed unless the decision is positive."""


class ReviewIn(BaseModel):
    """A review."""

    model_config = _body(
        no_conflict=True,
        recommendation="approve",
        comment="The outcomes can be assessed, and the workload is plausible.",
        certified_hash=HASH,
    )

    no_conflict: bool
    """The reviewer declares to have no conflict of interest; without that there is no review."""
    recommendation: Recommendation
    comment: Words
    certified_hash: CertifiedHash


class ConclusionIn(BaseModel):
    """The panel's conclusion."""

    model_config = _body(decision="approve", reason="All reviewers recommend approval.")

    decision: PanelDecision
    reason: Words
    votes_in_favour: Annotated[int, Field(ge=0, le=1000)] | None = None
    """Partners that voted for it; needed to approve where the reviewers disagree."""


class ReasonIn(BaseModel):
    """Why."""

    model_config = _body(reason="The partners decided to offer a full course instead.")

    reason: Words


class PastEditionIn(BaseModel):
    """An edition that ran before this system was used."""

    model_config = _body(start="2026-05-10", end="2026-06-30", places=50)

    start: date
    end: date
    places: Annotated[int, Field(ge=1, le=100_000)]


Severity = Literal["error", "warning"]
