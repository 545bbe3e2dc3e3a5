"""An award that is ready to be certified: what the credential will say of one learner."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from app.domain.vocabulary.concepts import Concept


@dataclass(frozen=True)
class Holder:
    """The learner, as they confirmed it for the credential. Personal data."""

    full_name: str = field(repr=False)
    """The legal name as it shall stand."""
    given_name: str | None = field(default=None, repr=False)
    family_name: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    student_identifier: str | None = field(default=None, repr=False)
    """For example a European Student Identifier,
    `urn:schac:personalUniqueCode:int:esi:uniovi.es:UO000000`."""
    email: str | None = field(default=None, repr=False)
    """Where the credential is delivered; not part of it unless the learner asks."""
    language: str = "en"
    """BCP 47 tag of the language the learner reads."""


@dataclass(frozen=True)
class AssessmentResult:
    """The grade of one assessment of the specification."""

    assessment: str
    """Its code there, `A1`."""
    grade: str
    assessed_on: date
    id_verification: Concept | None = None
    """How the person was identified in fact; never more than the evidence says."""


@dataclass(frozen=True)
class Award:
    """Everything about one learner that goes into the credential."""

    registration: UUID
    edition: UUID
    edition_code: str
    edition_start: date
    edition_end: date
    proposal: UUID
    proposal_version: int
    holder: Holder
    grade: str
    """The overall grade, in the scheme of the specification."""
    awarded_on: date
    """The day on which the results were confirmed."""
    results: tuple[AssessmentResult, ...] = ()


@dataclass(frozen=True)
class NotReady:
    """A learner who passed but whose credential cannot be made yet, and why."""

    registration: UUID
    reasons: tuple[str, ...]
    """Codes: `result_not_confirmed`, `objection_open`, `objection_window_open`,
    `credential_data_missing`, `student_identifier_contested`, `email_not_confirmed`,
    `no_participation` …"""
    until: datetime | None = None
    """The end of the objection window, while it is open. Waiting alone helps where that is the
    only reason."""
    full_name: str | None = field(default=None, repr=False, compare=False)
    """Whom it is about: as they confirmed it for the credential, else as they registered."""
