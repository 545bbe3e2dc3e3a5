"""Use cases of writing: begin a proposal, edit its sections, decide on skills."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from app.domain.access.permissions import At, Place, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.errors import Finding
from app.domain.ids import new_id
from app.domain.plain import to_plain
from app.domain.proposals.access import allow
from app.domain.proposals.checks.academic import ECTS, GENERIC
from app.domain.proposals.content import Content, General, Model, Partner, Section
from app.domain.proposals.errors import (
    PartnersInvalid,
    PastEditionInvalid,
    ReasonNeeded,
    SkillNotNamed,
)
from app.domain.proposals.esco import author_language, link_to, with_provenance
from app.domain.proposals.merge import merged
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.ports import ProposalWork, ReadSection
from app.domain.proposals.proposal import Proposal, begin
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.lists import SNB
from app.domain.vocabulary.micro_credential import PartnerRole, PastEdition
from app.domain.vocabulary.skills import Skills
from app.domain.vocabulary.specification import (
    AcademicData,
    LearningOutcome,
    OutcomeSkill,
    SkillDecision,
)
from app.domain.vocabulary.text import LanguageMap

SHORT_PROGRAMME = Concept(f"{SNB}learning-opportunity/74a4a268e8")


async def create_proposal(
    working_title: LanguageMap,
    model: Model,
    lead: InstitutionCode,
    partners: Sequence[Partner],
    *,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Begin a proposal, led by an institution of which the caller is a coordinator.

    A lead that is not listed takes part as awarding. What most proposals have is filled in: the
    generic credential profile, short learning programme, ECTS, and the awarding partners as
    awarding bodies. Raises NotAllowed, PartnersInvalid.
    """
    require(PERMISSIONS, caller, "create_proposal", Place(at={At.LEAD: [lead]}))
    if all(partner.institution != lead for partner in partners):
        partners = [Partner(lead, PartnerRole.AWARDING), *partners]
    now = clock.now()
    async with work:
        await _refuse_strangers(partners, work)
        alliance = await work.institutions.alliance()
        number = await work.proposals.next_number(now.year)
        content = Content(
            general=General(model=model, partners=tuple(partners), working_title=working_title),
            academic=AcademicData(
                credential_profile=Concept(GENERIC),
                opportunity_type=SHORT_PROGRAMME,
                credit_framework=Concept(ECTS),
                awarding_bodies=tuple(
                    p.institution for p in partners if p.role is PartnerRole.AWARDING
                ),
            ),
        )
        code = f"{alliance.code_prefix}-{now.year}-{number:03d}"
        proposal = begin(new_id(), code, lead, content, caller=caller, at=now)
        await work.proposals.add(proposal)
    return proposal


async def edit_proposal_section(
    proposal_id: UUID,
    section: Section,
    version: int,
    patch: Mapping[str, Any],
    *,
    read: ReadSection,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Apply a merge patch to a section. `version` is the section's.

    Raises ProposalNotFound, NotAllowed, StaleSection, Frozen, ContentInvalid, PartnersInvalid,
    PartnersAreForTheLead.
    """
    async with work:
        proposal = await work.proposals.get(proposal_id)
        allow("edit_proposal_section", proposal, caller)
        proposal.expect_section(section, version)
        before = proposal.content.section(section)
        after = read(section, merged(to_plain(before), patch))
        now = clock.now()
        if isinstance(after, General):
            await _refuse_strangers(after.partners, work)
        if isinstance(after, AcademicData):
            academic = proposal.content.academic
            after = with_provenance(academic, after, by=caller.account, at=now)
        if proposal.edit(section, version, after, caller=caller, at=now):
            await work.proposals.save(proposal)
    return proposal


async def decide_skill(
    proposal_id: UUID,
    version: int,
    outcome: str,
    wording: str,
    decision: SkillDecision,
    uri: str | None,
    reason: str | None,
    *,
    policy: ProposalPolicy,
    skills: Skills,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Decide on a skill that an outcome names. `version` is that of the academic section.

    Linking takes the label that ESCO shows now. Raises ProposalNotFound, NotAllowed,
    StaleSection, Frozen, SkillNotNamed, SkillDecisionInvalid, ReasonNeeded, SkillsUnavailable.
    """
    async with work:
        proposal = await work.proposals.get(proposal_id)
        allow("decide_skill", proposal, caller)
        proposal.expect_section(Section.ACADEMIC, version)
        academic = proposal.content.academic
        named = _find(academic.outcomes, outcome, wording)
        if decision is SkillDecision.OWN_WORDING and not (reason or "").strip():
            raise ReasonNeeded("/reason")
        link = None
        if decision is SkillDecision.LINKED:
            language = author_language(proposal.content)
            link = await link_to(
                uri,
                wording,
                language,
                skills=skills,
                policy=policy,
                by=caller.account,
                at=clock.now(),
            )
            if named.link is not None and named.link.what == link.what:
                link = named.link
        decided = replace(named, decision=decision, link=link, reason=reason)
        outcomes = tuple(
            replace(o, skills=tuple(decided if s is named else s for s in o.skills))
            for o in academic.outcomes
        )
        changed = proposal.edit(
            Section.ACADEMIC,
            version,
            replace(academic, outcomes=outcomes),
            caller=caller,
            at=clock.now(),
            action="decide_skill",
        )
        if changed:
            await work.proposals.save(proposal)
    return proposal


async def record_past_edition(
    proposal_id: UUID,
    start: date,
    end: date,
    places: int,
    *,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Remember an edition that ran before this system was used; once is enough.

    Raises ProposalNotFound, NotAllowed, PastEditionInvalid.
    """
    now = clock.now()
    if end < start:
        raise PastEditionInvalid(Finding("/end", "dates_order", "The end comes after the start."))
    if end >= now.date():
        raise PastEditionInvalid(
            Finding(
                "/end",
                "not_past",
                "This edition is not over. Open it as an edition once the proposal is published.",
            )
        )
    async with work:
        proposal = await work.proposals.get(proposal_id)
        allow("record_past_edition", proposal, caller)
        if proposal.record_past_edition(PastEdition(start, end, places), caller=caller, at=now):
            await work.proposals.save(proposal)
    return proposal


def _find(outcomes: Sequence[LearningOutcome], code: str, wording: str) -> OutcomeSkill:
    outcome = next((o for o in outcomes if o.code == code), None)
    if outcome is None:
        raise SkillNotNamed("/outcome", f"There is no outcome {code} in this proposal.")
    skill = next((s for s in outcome.skills if s.wording == wording), None)
    if skill is None:
        raise SkillNotNamed(
            "/wording",
            f"{code} names no skill in exactly these words. Read the academic section for the "
            "words that it names.",
        )
    return skill


async def _refuse_strangers(partners: Sequence[Partner], work: ProposalWork) -> None:
    known = {institution.code for institution in await work.institutions.all()}
    findings = [
        Finding(
            f"/partners/{n}/institution",
            "not_a_partner",
            f"{partner.institution} is no partner of the alliance. See /v1/institutions.",
        )
        for n, partner in enumerate(partners)
        if partner.institution not in known
    ]
    if findings:
        raise PartnersInvalid("Some institutions are not known.", findings=findings)
