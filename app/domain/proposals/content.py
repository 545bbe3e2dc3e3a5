"""What is written in a proposal: three sections, each edited under its own version."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar, cast

from annotated_types import Ge, Le

from app.domain.canonical import content_hash
from app.domain.plain import to_plain
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import NoInstitutionRule, PartnerRole
from app.domain.vocabulary.specification import (
    STRICT,
    AcademicData,
    OutcomeSkill,
    Right,
    SkillDecision,
    Specification,
)
from app.domain.vocabulary.text import LanguageMap

T = TypeVar("T")


class Section(StrEnum):
    """A part of the proposal that is read and edited on its own."""

    GENERAL = "general"
    ACADEMIC = "academic"
    RIGHTS = "rights"


class Model(StrEnum):
    """How partners make the micro-credential together."""

    REALIGNED = "realigned"
    """An existing course, described anew to the standard of micro-credentials."""
    JOINT = "joint"
    """Designed and delivered by two partners or more."""
    DECENTRALISED = "decentralised"
    """One specification; each partner runs and awards its own editions."""


@dataclass(frozen=True)
class Partner:
    """An institution that takes part, and as what."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    institution: InstitutionCode
    role: PartnerRole


@dataclass(frozen=True)
class RegistrationWindow:
    """When registration is meant to be open. Instants carry their offset from UTC."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    opens: datetime
    closes: datetime
    time_zone: str
    """IANA name of the zone in which people are told these times, `Europe/Madrid`."""

    def __post_init__(self) -> None:
        if self.opens.tzinfo is None or self.closes.tzinfo is None:
            raise ValueError("opens and closes need an offset from UTC, such as +02:00 or Z")


@dataclass(frozen=True)
class General:
    """Block G, general information. Two of its fields are certified: summary and target groups."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    model: Model
    partners: tuple[Partner, ...]
    """Lead included, each once. Only the lead's coordinators change them."""
    working_title: LanguageMap = field(default_factory=dict)
    """At most 150 characters per language; English is needed."""
    summary_public: LanguageMap = field(default_factory=dict)
    """Certified. 50 to 2000 characters per language."""
    target_groups: tuple[Concept, ...] = ()
    """Certified. EU list target-group."""
    source_course: str | None = None
    """The course that is described anew, exactly when the model is `realigned`."""
    planned_start: date | None = None
    planned_end: date | None = None
    places: Annotated[int, Ge(1), Le(100_000)] | None = None
    """Places of an edition, unless the edition says otherwise."""
    min_participants: Annotated[int, Ge(1), Le(100_000)] | None = None
    """An edition with fewer does not run."""
    quota_per_institution: Annotated[int, Ge(1), Le(100_000)] | None = None
    """How many people of one institution get a place at most."""
    no_institution_rule: NoInstitutionRule | None = None
    """How people from outside the partners count against the quota."""
    registration_window: RegistrationWindow | None = None
    contact_email: str | None = None
    """A mailbox for questions, better a role's than a person's."""


@dataclass(frozen=True)
class Rights:
    """Block R, rights that the credential gives."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT

    has_rights: bool | None = None
    """An author's answer; the list below is empty exactly when it is no."""
    rights: tuple[Right, ...] = ()
    """Certified."""


SectionContent = General | AcademicData | Rights


@dataclass(frozen=True)
class Content:
    """All sections."""

    general: General
    academic: AcademicData = field(default_factory=AcademicData)
    rights: Rights = field(default_factory=Rights)

    def section(self, name: Section) -> SectionContent:
        """One section."""
        match name:
            case Section.GENERAL:
                return self.general
            case Section.ACADEMIC:
                return self.academic
            case Section.RIGHTS:
                return self.rights

    def with_section(self, content: SectionContent) -> "Content":
        """The same with one section replaced, labels of controlled values taken out."""
        bare = without_labels(content)
        match bare:
            case General():
                return replace(self, general=bare)
            case AcademicData():
                return replace(self, academic=bare)
            case Rights():
                return replace(self, rights=bare)

    def partners(self, *roles: PartnerRole) -> Sequence[InstitutionCode]:
        """Partners with one of those roles; without any, all partners."""
        return [p.institution for p in self.general.partners if not roles or p.role in roles]

    @property
    def specification(self) -> Specification:
        """The certified fields together, in the form that other capabilities know."""
        return Specification(
            summary_public=self.general.summary_public,
            target_groups=self.general.target_groups,
            academic=self.academic,
            rights=self.rights.rights,
        )

    @property
    def certified_hash(self) -> str:
        """Hash over exactly what is certified: what partners consent to."""
        return content_hash(certified(self.specification))


def certified(specification: Specification) -> dict[str, Any]:
    """What of a specification enters the credential, as plain data.

    Left out are the fields that only serve the checks, skills that nobody has decided on or that
    were dropped, the reasons behind decisions, and labels, which belong to the lists they come
    from: none of them voids a consent when it changes.
    """
    plain: dict[str, Any] = to_plain(without_labels(specification))
    academic = plain["academic"]
    del academic["hours_per_ects"]
    for assessment in academic["assessments"]:
        del assessment["outcomes"]
    for outcome, described in zip(
        specification.academic.outcomes, academic["outcomes"], strict=True
    ):
        described["skills"] = [_certified_skill(s) for s in outcome.skills if _counts(s)]
    for right in plain["rights"]:
        del right["legal_basis"]
    return plain


def _counts(skill: OutcomeSkill) -> bool:
    return skill.decision in {SkillDecision.LINKED, SkillDecision.OWN_WORDING}


def _certified_skill(skill: OutcomeSkill) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(skill)
    del plain["reason"]
    if plain["link"] is not None:
        for told_by_us in ("method", "linked_by", "linked_at", "labels"):
            del plain["link"][told_by_us]
    if skill.decision is SkillDecision.LINKED:
        # The concept is what is certified; how the author first put it is not.
        del plain["wording"]
    return plain


def map_concepts(value: T, change: Callable[[Concept], Concept]) -> T:
    """The same tree of dataclasses and tuples with every controlled value changed."""
    return cast(T, _map(value, change))


def _map(value: Any, change: Callable[[Concept], Concept]) -> Any:
    match value:
        case Concept():
            return change(value)
        case tuple():
            return tuple(_map(item, change) for item in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(
                value, **{f.name: _map(getattr(value, f.name), change) for f in fields(value)}
            )
    return value


def without_labels(value: T) -> T:
    """The same with controlled values by IRI alone: labels are ignored on input."""
    return map_concepts(value, lambda concept: Concept(concept.uri))


def repeated(values: Sequence[str]) -> set[str]:
    """Those that occur more than once."""
    return {value for value, count in Counter(values).items() if count > 1}
