"""Proposals for tests: complete ones with short texts, and the people who work on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from app.domain.access.roles import Caller, Grant, Role
from app.domain.ids import new_id
from app.domain.proposals import decisions
from app.domain.proposals.agreement import (
    ConsentDecision,
    PanelDecision,
    Recommendation,
    ValidationDecision,
)
from app.domain.proposals.checks import EscoFacts, Judged
from app.domain.proposals.content import (
    Content,
    General,
    Model,
    Partner,
    RegistrationWindow,
    Rights,
)
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.proposal import Proposal, begin
from app.domain.proposals.states import State
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.institutions import Institution
from app.domain.vocabulary.lists import language_concept
from app.domain.vocabulary.micro_credential import NoInstitutionRule, PartnerRole
from app.domain.vocabulary.skills import Skill, SkillType
from app.domain.vocabulary.specification import (
    AcademicData,
    Assessment,
    GradingScheme,
    LearningOutcome,
    OutcomeSkill,
    QualityRecord,
    Right,
    Scale,
    SkillDecision,
    SkillLink,
    Specification,
    Stackability,
    WorkloadPart,
)

NOW = datetime(2027, 1, 15, 9, 0, tzinfo=UTC)
POLICY = ProposalPolicy()
SNB = "http://data.europa.eu/snb/"
ESCO = "http://data.europa.eu/esco/skill/"

TEAMS = SkillLink(f"{ESCO}60c78287-22eb-4103-9c8c-28deaa460da0", "work in teams", "en", "1.1.1")
GROUP = SkillLink(
    f"{ESCO}1034004c-0347-4765-8794-b65d2c92b379",
    "documenting and recording information",
    "en",
    "1.1.1",
)


def listed(name: str) -> Concept:
    """A value of a list under data.europa.eu/snb, such as `eqf/6`."""
    return Concept(SNB + name)


def _language(tag: str) -> Concept:
    return Concept(language_concept(tag).uri)


def a_linked_skill() -> OutcomeSkill:
    """A skill that is linked to ESCO's “work in teams”."""
    return OutcomeSkill("work in teams", SkillDecision.LINKED, TEAMS)


def an_outcome(code: str, /, **changes: Any) -> LearningOutcome:
    """An outcome with a linked skill."""
    outcome = LearningOutcome(
        code, {"en": f"Design the part {code} of a micro-credential."}, (a_linked_skill(),)
    )
    return replace(outcome, **changes)


def academic_data(**changes: Any) -> AcademicData:
    """Complete certified data of two awarding partners, in English."""
    data = AcademicData(
        title={"en": "Joint practice", "es": "Práctica conjunta", "de": "Gemeinsame Praxis"},
        description={"en": "What learners do in this micro-credential."},
        credential_profile=listed("credential/e34929035b"),
        opportunity_type=listed("learning-opportunity/74a4a268e8"),
        awarding_bodies=("UNIOVI", "HKA"),
        issuer="UNIOVI",
        eqf_level=listed("eqf/6"),
        cycle="1",
        isced_f=(listed("isced-f/0188"),),
        ects=Decimal(1),
        credit_framework=listed("education-credit/6fcec5c5af"),
        hours_per_ects=25,
        workload_hours=25,
        workload_parts=(
            WorkloadPart({"en": "Teaching"}, listed("learning-activity/bf2e3a7bae"), 14, True),
            WorkloadPart({"en": "Group work"}, listed("learning-activity/3c8bd58d62"), 11),
        ),
        outcomes=(an_outcome("LO1"), an_outcome("LO2"), an_outcome("LO3")),
        mode=(listed("learning-assessment/920fbb3cbe"),),
        learning_setting=listed("learning-setting/6fd4685715"),
        languages_teaching=(_language("en"),),
        assessments=(
            Assessment(
                code="A1",
                title={"en": "Quiz"},
                type=listed("assessment/b1b68f6735"),
                mode=(listed("learning-assessment/920fbb3cbe"),),
                languages=(_language("en"),),
                outcomes=("LO1", "LO2", "LO3"),
            ),
        ),
        grading_scheme=GradingScheme({"en": "Pass or fail"}, Scale.PASS_FAIL, "Pass"),
        id_verification=listed("supervision-verification/c598449d64"),
        qa_types=(listed("accreditation/bb4618238e"),),
        qa_records=(
            QualityRecord(
                title={"en": "Institutional audit"},
                type=listed("accreditation/bb4618238e"),
                agency={"en": "Test agency"},
                issued_on=date(2025, 3, 1),
                valid_until=date(2030, 3, 1),
            ),
        ),
        stackability=Stackability.STANDALONE,
        partial_qualification=False,
        display_languages=(_language("en"),),
        primary_language=_language("en"),
    )
    return replace(data, **changes)


def general_information(**changes: Any) -> General:
    """Complete general information; the start lies far enough after `NOW`."""
    general = General(
        model=Model.JOINT,
        partners=(
            Partner("UNIOVI", PartnerRole.AWARDING),
            Partner("HKA", PartnerRole.AWARDING),
            Partner("XAMK", PartnerRole.CO_DELIVERING),
            Partner("MTU", PartnerRole.RECOGNISING),
        ),
        working_title={"en": "Joint practice"},
        summary_public={"en": "A short course about practice that partners teach together."},
        target_groups=(listed("target-group/e7627913ad"),),
        planned_start=date(2027, 5, 10),
        planned_end=date(2027, 6, 30),
        places=50,
        min_participants=10,
        quota_per_institution=5,
        no_institution_rule=NoInstitutionRule.OWN_BUCKET,
        registration_window=RegistrationWindow(
            opens=datetime(2027, 4, 1, 10, tzinfo=UTC),
            closes=datetime(2027, 4, 30, 10, tzinfo=UTC),
            time_zone="Europe/Madrid",
        ),
        contact_email="practice@example.org",
    )
    return replace(general, **changes)


def a_right(**changes: Any) -> Right:
    """A right to enter a course of the lead."""
    right = Right(
        title={"en": "Entry to the next course"},
        type=listed("entitlement/64aad92881"),
        status=listed("entitlement-status/5b8d6b34fb"),
        description={"en": "Holders enter the next course without an interview."},
        limit_organisations=("UNIOVI",),
    )
    return replace(right, **changes)


def complete_content(
    general: General | None = None,
    academic: AcademicData | None = None,
    rights: Rights | None = None,
) -> Content:
    """Content without anything missing or wrong, unless a part is given that has it."""
    return Content(
        general or general_information(),
        academic or academic_data(),
        rights or Rights(has_rights=False),
    )


def a_complete_specification() -> Specification:
    """What a complete proposal certifies, with a right."""
    return complete_content(rights=Rights(True, (a_right(),))).specification


def partners_of_the_alliance() -> dict[str, Institution]:
    """Four partners and two more universities of the alliance, as facts of no source."""
    facts = [
        ("UNIOVI", "ES", "es"),
        ("HKA", "DE", "de"),
        ("XAMK", "FI", "fi"),
        ("MTU", "IE", "ga"),
        ("UOC", "GR", "el"),
        ("TUIASI", "RO", "ro"),
    ]
    return {
        code: Institution(code, code, tag, code, "City", country, "https://example.org", ())
        for code, country, tag in facts
    }


def esco_of(*links: SkillLink) -> EscoFacts:
    """ESCO as it knows these links; `GROUP` is a group."""
    return EscoFacts(
        linked={
            (link.uri, link.language): Skill(
                link.uri,
                link.label,
                link.language,
                link.version,
                SkillType.GROUP if link == GROUP else SkillType.SKILL,
            )
            for link in links
        }
    )


def judged(content: Content, **changes: Any) -> Judged:
    """Content as the rules see it on the day of `NOW`."""
    seen = Judged(
        content=content,
        lead="UNIOVI",
        today=NOW.date(),
        policy=POLICY,
        institutions=partners_of_the_alliance(),
        esco=esco_of(TEAMS),
    )
    return replace(seen, **changes)


_PEOPLE = UUID("6f1c2f6e-1d3a-4f0b-9f55-0a4f6d3a2b10")


def person(name: str, *roles: tuple[Role, str | None]) -> Caller:
    """Somebody with roles; the same name is the same account."""
    granted = datetime(2026, 1, 1, tzinfo=UTC)
    return Caller(
        account=uuid5(_PEOPLE, name),
        grants=tuple(Grant(role, institution, granted) for role, institution in roles),
    )


ANA = person("ana", (Role.COORDINATOR, "UNIOVI"))
BEN = person("ben", (Role.CO_AUTHOR, "HKA"))
SARA = person("sara", (Role.SIGNATORY, "UNIOVI"))
STEFAN = person("stefan", (Role.SIGNATORY, "HKA"))
SOFIA = person("sofia", (Role.SIGNATORY, "XAMK"))
QUIM = person("quim", (Role.QUALITY_OFFICER, "UNIOVI"))
QUIRIN = person("quirin", (Role.QUALITY_OFFICER, "HKA"))
REA = person("rea", (Role.REVIEWER, "UOC"))
RADU = person("radu", (Role.REVIEWER, "TUIASI"))
SEPPO = person("seppo", (Role.STUDENT_REVIEWER, "TUIASI"))
PETRA = person("petra", (Role.PANEL_CHAIR, None))
OLGA = person("olga", (Role.ALLIANCE_OFFICE, None))
AUD = person("aud", (Role.AUDITOR, None))
NOBODY = person("nobody")

CONSENTS: Sequence[tuple[str, Caller]] = (("UNIOVI", SARA), ("HKA", STEFAN), ("XAMK", SOFIA))


@dataclass
class StoryClock:
    """Tells the time that the story needs, a minute later each time."""

    at: datetime = field(default=NOW)

    def now(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


def a_draft(content: Content | None = None, number: int = 1) -> Proposal:
    """A complete draft by Ana."""
    return begin(
        new_id(), f"IMC-2027-{number:03d}", "UNIOVI", content or complete_content(),
        caller=ANA, at=NOW,
    )  # fmt: skip


def all_consent(proposal: Proposal) -> None:
    """Everybody who is asked consents."""
    for institution, caller in CONSENTS:
        if institution in proposal.missing_consents():
            proposal.answer(
                institution, ConsentDecision.CONSENT, proposal.certified_hash, None,
                caller=caller, at=NOW,
            )  # fmt: skip


def validated(proposal: Proposal) -> None:
    """Every awarding partner is content."""
    for institution, caller in (("UNIOVI", QUIM), ("HKA", QUIRIN)):
        decisions.validate(
            proposal, institution, ValidationDecision.POSITIVE, proposal.certified_hash, None,
            policy=POLICY, caller=caller, at=NOW,
        )  # fmt: skip


def reviewed(proposal: Proposal, recommendation: Recommendation = Recommendation.APPROVE) -> None:
    """Two reviewers and a student recommend the same."""
    for caller in (REA, RADU, SEPPO):
        decisions.review(
            proposal, new_id(), recommendation, "As we see it.", proposal.certified_hash,
            no_conflict=True, caller=caller, at=NOW,
        )  # fmt: skip


def a_proposal(state: State = State.DRAFT, content: Content | None = None) -> Proposal:
    """A complete proposal that has come as far as that state, the straight way."""
    proposal = a_draft(content)
    steps: list[tuple[State, Any]] = [
        (State.CONSENT_PENDING, lambda: proposal.submit([], caller=ANA, at=NOW)),
        (State.SUBMITTED, lambda: all_consent(proposal)),
        (
            State.INSTITUTIONAL_VALIDATION,
            lambda: decisions.begin_validation(proposal, None, policy=POLICY, caller=OLGA, at=NOW),
        ),
        (State.ALLIANCE_REVIEW, lambda: validated(proposal)),
        (State.APPROVED, lambda: approved(proposal)),
        (State.PUBLISHED, lambda: decisions.publish(proposal, caller=OLGA, at=NOW)),
        (
            State.RETIRED,
            lambda: decisions.retire(proposal, "Replaced.", caller=OLGA, at=NOW),
        ),
    ]
    for reached, step in steps:
        if proposal.state is state:
            break
        step()
        assert proposal.state is reached
    assert proposal.state is state
    return proposal


def approved(proposal: Proposal) -> None:
    """The reviewers agree, and so does the panel."""
    reviewed(proposal)
    conclude(proposal)


def conclude(proposal: Proposal, decision: PanelDecision = PanelDecision.APPROVE) -> None:
    """Petra concludes the review."""
    decisions.conclude(
        proposal, decision, "The panel agrees.", None, policy=POLICY, caller=PETRA, at=NOW
    )
