"""What a micro-credential certifies: the fields that enter the European Digital Credential.

These are the fields of blocks C (certified academic data) and R (rights) of a proposal, and the
two of block G that are certified as well. Authors fill them in one by one, so that every field may
still be empty here; which ones may not be empty any more, and when, is for
`app.domain.proposals.checks` to say. Each field's place in the credential is in
`app.domain.credentials.paths`.

Controlled values are `Concept`s; institutions are given by their code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from annotated_types import Ge, Le, MultipleOf

from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.text import LanguageMap, language_tag

STRICT: Mapping[str, object] = {"extra": "forbid", "use_attribute_docstrings": True}
"""How outer layers read these classes from JSON: unknown keys are refused, docstrings kept."""

Hours = Annotated[int, Ge(0), Le(100_000)]
"""Whole hours. The bounds here and below only keep numbers writable; rules are in the checks."""
Credits = Annotated[Decimal, Ge(0), Le(1_000), MultipleOf(Decimal("0.01"))]


class SkillDecision(StrEnum):
    """What the author has decided about a skill that an outcome names."""

    UNDECIDED = "undecided"
    LINKED = "linked"
    OWN_WORDING = "own_wording"
    DROPPED = "dropped"


class LinkMethod(StrEnum):
    """How the person came from the author's wording to the concept."""

    EXACT = "exact"
    """The wording is the concept's preferred label."""
    ALT_LABEL = "alt_label"
    """The wording is another label of the concept."""
    CHOSEN = "chosen"
    """A person chose it, whatever it is called: from suggestions, a search, the tree."""
    WRITTEN = "written"
    """It came with the section as a whole, from whatever the author writes with."""


@dataclass(frozen=True)
class SkillLink:
    """A concept of ESCO, as it was when a person linked it."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    uri: str
    """IRI of the skill, `http://data.europa.eu/esco/skill/{uuid}`."""
    label: str
    """Its preferred label, as shown when it was linked."""
    language: str
    """BCP 47 tag of that label."""
    version: str
    """ESCO version it was looked up in, for example `1.1.1`."""
    method: LinkMethod | None = None
    """How it was found. Set by us, ignored on input; unknown for links older than this field."""
    linked_by: UUID | None = None
    """Account of the person who linked it. Set by us, ignored on input, not published."""
    linked_at: datetime | None = None
    """When it was linked. Set by us, ignored on input."""
    labels: LanguageMap = field(default_factory=dict, hash=False)
    """ESCO's preferred labels in the display languages, as far as they are known, from when the
    proposal was submitted. Set by us, ignored on input."""

    @property
    def what(self) -> tuple[str, str, str, str]:
        """What it links to and how that is shown: all that is certified of it."""
        return self.uri, self.label, self.language, self.version


@dataclass(frozen=True)
class OutcomeSkill:
    """A skill that a learning outcome names: the author's wording, and what was decided on it."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    wording: str
    """What the author wrote. It is kept, whatever it is linked to."""
    decision: SkillDecision = SkillDecision.UNDECIDED
    link: SkillLink | None = None
    """The concept, exactly when the decision is `linked`."""
    reason: str | None = None
    """Why the wording is kept without a link (needed for `own_wording`) or dropped."""


@dataclass(frozen=True)
class LearningOutcome:
    """What a learner knows, understands and can do on completion (ELM LearningOutcome)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    code: str
    """`LO1`, `LO2`, …: unique within the proposal."""
    title: LanguageMap
    """The outcome in one sentence, beginning with an action verb; at most 300 characters."""
    skills: tuple[OutcomeSkill, ...] = ()
    other_skills: tuple[Concept, ...] = ()
    """Concepts of other frameworks, such as DigComp."""
    type: Concept | None = None
    """EU list skill-type: knowledge, or skill and competence."""
    reuse_level: Concept | None = None
    """EU list skill-reuse-level."""


@dataclass(frozen=True)
class WorkloadPart:
    """A share of the notional workload spent in one kind of activity."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    title: LanguageMap
    kind: Concept
    """EU list learning-activity."""
    hours: Hours
    contact: bool = False
    """Whether teachers and learners meet in these hours, online or on site."""


@dataclass(frozen=True)
class Assessment:
    """How outcomes are assessed (ELM LearningAssessmentSpecification)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    code: str
    """`A1`, `A2`, …: unique within the proposal."""
    title: LanguageMap
    type: Concept
    """EU list assessment."""
    mode: tuple[Concept, ...] = ()
    """EU list learning-assessment: online, blended, presential …"""
    languages: tuple[Concept, ...] = ()
    """EU authority list language."""
    weight: Annotated[int, Ge(0), Le(100)] | None = None
    """Percentage of the grade; the weights of a graded micro-credential add up to 100."""
    outcomes: tuple[str, ...] = ()
    """Codes of the outcomes that it assesses. Not part of the credential."""
    id_verification: Concept | None = None
    """EU list supervision-verification; the course's value counts when it is empty."""


class Scale(StrEnum):
    """The family that a grading scheme belongs to."""

    PASS_FAIL = "pass_fail"
    NATIONAL = "national"
    ZERO_TO_TEN = "0-10"
    A_TO_F = "A-F"


@dataclass(frozen=True)
class GradingScheme:
    """The scheme that every grade is read by (ELM GradingScheme)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    title: LanguageMap
    scale: Scale
    passing: str
    """The lowest grade that passes, for example `Pass`, `5.0`, `E`."""
    description: LanguageMap = field(default_factory=dict)


@dataclass(frozen=True)
class QualityRecord:
    """A quality-assurance decision that covers the micro-credential (ELM Accreditation)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    title: LanguageMap
    type: Concept
    """EU list accreditation."""
    agency: LanguageMap
    """Legal name of the body that decided."""
    agency_country: Concept | None = None
    """EU authority list country: where the agency is seated."""
    decision: str | None = None
    """The decision in words, for example `passed`."""
    issued_on: date | None = None
    valid_until: date | None = None
    report_url: str | None = None
    """https address of the published report."""


class Stackability(StrEnum):
    """Whether it combines with others (Council Recommendation 2022/C 243/02, Annex I)."""

    STANDALONE = "standalone"
    STACKABLE = "stackable"
    INTEGRATED = "integrated"


@dataclass(frozen=True)
class StackTarget:
    """A larger programme that it counts towards."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    programme: LanguageMap
    institution: str
    """Code of the partner that offers the programme."""
    ects: Credits | None = None


@dataclass(frozen=True)
class Media:
    """A picture, carried inside the credential."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    content_type: Concept
    """EU authority list file-type: PNG or JPEG."""
    content: str
    """The file's bytes in base64 (RFC 4648 section 4)."""
    alternative_text: LanguageMap = field(default_factory=dict)


@dataclass(frozen=True)
class Visual:
    """Pictures of the awarding side for the display image."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    logo: Media | None = None
    background: Media | None = None


@dataclass(frozen=True)
class AcademicData:
    """Block C, the certified academic data. Frozen on approval, transferred unchanged."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    title: LanguageMap = field(default_factory=dict)
    """At most 150 characters per language."""
    description: LanguageMap = field(default_factory=dict)
    """At most 2000 characters per language."""
    credential_profile: Concept | None = None
    """EU list credential; Generic unless another is needed."""
    opportunity_type: Concept | None = None
    """EU list learning-opportunity, for example short learning programme."""
    awarding_bodies: tuple[str, ...] = ()
    """Codes of the partners in whose name the credential is awarded."""
    issuer: str | None = None
    """Code of the partner that seals."""
    eqf_level: Concept | None = None
    """EU list eqf; 5 to 8 in higher education."""
    cycle: str | None = None
    """QF-EHEA cycle: `short`, `1`, `2` or `3`."""
    nqf_levels: tuple[Concept, ...] = ()
    """EU list qdr: levels of national frameworks, of the same EQF level."""
    isced_f: tuple[Concept, ...] = ()
    """One to three fields of ISCED-F 2013."""
    ects: Credits | None = None
    """Credits, in steps of a half."""
    credit_framework: Concept | None = None
    """EU list education-credit: ECTS."""
    hours_per_ects: Hours | None = None
    """25 to 30 (ECTS Users' Guide). Not part of the credential."""
    workload_hours: Hours | None = None
    """Notional workload in hours; credits times hours per credit."""
    workload_parts: tuple[WorkloadPart, ...] = ()
    """Their hours add up to the workload."""
    outcomes: tuple[LearningOutcome, ...] = ()
    """Three to eight learning outcomes."""
    outcome_summary: LanguageMap = field(default_factory=dict)
    mode: tuple[Concept, ...] = ()
    """EU list learning-assessment: the form of participation."""
    learning_setting: Concept | None = None
    """EU list learning-setting: formal or non-formal."""
    schedule: Concept | None = None
    """EU list learning-schedule."""
    max_duration: str | None = None
    """Longest time to completion, ISO 8601 duration such as `P2M`."""
    languages_teaching: tuple[Concept, ...] = ()
    """EU authority list language."""
    assessments: tuple[Assessment, ...] = ()
    grading_scheme: GradingScheme | None = None
    id_verification: Concept | None = None
    """EU list supervision-verification: how the person assessed is known."""
    qa_types: tuple[Concept, ...] = ()
    """EU list accreditation: the kinds of quality assurance that apply."""
    qa_records: tuple[QualityRecord, ...] = ()
    entry_requirements: LanguageMap = field(default_factory=dict)
    """What one must have or know to enter; quotas do not belong here."""
    stackability: Stackability | None = None
    stacks_into: tuple[StackTarget, ...] = ()
    partial_qualification: bool | None = None
    further_information: LanguageMap = field(default_factory=dict)
    homepage: str | None = None
    """https address of the public page."""
    validity_period: str | None = None
    """ISO 8601 duration after which the credential expires; empty means unlimited."""
    display_languages: tuple[Concept, ...] = ()
    """EU authority list language: every certified text exists in each of them."""
    primary_language: Concept | None = None
    """The one of them that is shown first."""
    visual: Visual | None = None

    @property
    def display_tags(self) -> tuple[str, ...]:
        """BCP 47 tags of the languages that it is shown in, the primary one first."""
        shown_in = (self.primary_language, *self.display_languages)
        tags = (language_tag(language.uri) for language in shown_in if language)
        return tuple(dict.fromkeys(tag for tag in tags if tag))


@dataclass(frozen=True)
class Right:
    """Block R: a right that the credential gives (ELM LearningEntitlementSpecification)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    title: LanguageMap
    type: Concept
    """EU list entitlement: occupation, learning opportunity or membership."""
    status: Concept
    """EU list entitlement-status: actual or prospective."""
    description: LanguageMap = field(default_factory=dict)
    limit_organisations: tuple[str, ...] = ()
    """Codes of the partners where the right holds; each consents."""
    limit_jurisdiction: tuple[Concept, ...] = ()
    """EU authority lists country and atu."""
    limit_occupation: tuple[Concept, ...] = ()
    """ESCO occupations."""
    legal_basis: str | None = None
    """Where the right comes from. Not part of the credential."""
    expiry: date | None = None


@dataclass(frozen=True)
class Specification:
    """Everything that is certified: what partners consent to and what the credential says."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    summary_public: LanguageMap
    """50 to 2000 characters per language; the credential's own description."""
    target_groups: tuple[Concept, ...]
    """EU list target-group."""
    academic: AcademicData
    rights: tuple[Right, ...] = ()


@dataclass(frozen=True)
class Organisation:
    """An institution as a credential names it (ELM Organisation)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    code: str
    legal_name: LanguageMap
    alternative_name: LanguageMap
    country: Concept
    """EU authority list country, labels included."""
    homepage: str | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Confirmed identifiers only: `erasmus`, `schac`, `pic`, `ror`, `eter`, `deqar`, `vat`."""
