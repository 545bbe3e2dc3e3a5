"""Use cases of agreeing: submit, consent, withdraw."""

from datetime import datetime
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.proposals.access import allow
from app.domain.proposals.agreement import ConsentDecision
from app.domain.proposals.checks import Judged, Report, judge
from app.domain.proposals.esco import esco_facts, with_labels
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.ports import ProposalWork
from app.domain.proposals.proposal import Proposal
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.skills import Skills


async def report_on(
    proposal: Proposal,
    *,
    at: datetime,
    policy: ProposalPolicy,
    skills: Skills,
    work: ProposalWork,
) -> Report:
    """What is missing or wrong in a proposal now, within an open unit of work."""
    return judge(
        Judged(
            content=proposal.content,
            lead=proposal.lead,
            today=at.date(),
            policy=policy,
            institutions={i.code: i for i in await work.institutions.all()},
            esco=await esco_facts(proposal.content, skills),
        )
    )


async def submit_proposal(
    proposal_id: UUID,
    version: int,
    *,
    dry_run: bool,
    policy: ProposalPolicy,
    skills: Skills,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Check that it is complete, freeze it, and ask for the consents that are missing.

    With `dry_run` nothing is kept; the answer is what would be. Raises ProposalNotFound,
    NotAllowed, StaleProposal, MoveNotAllowed, Incomplete with every finding, SkillsUnavailable.
    """
    now = clock.now()
    async with work:
        proposal = await work.proposals.get(proposal_id)
        allow("submit_proposal", proposal, caller)
        proposal.expect(version)
        report = await report_on(proposal, at=now, policy=policy, skills=skills, work=work)
        if not report.errors:
            # What partners will see is frozen with the words of every language it is shown in.
            named = await with_labels(proposal.content.academic, skills)
            proposal.content = proposal.content.with_section(named)
        proposal.submit(report.errors, caller=caller, at=now)
        if not dry_run:
            await work.proposals.save(proposal)
    return proposal


async def give_consent(
    proposal_id: UUID,
    institution: InstitutionCode,
    certified_hash: str,
    decision: ConsentDecision,
    reason: str | None,
    *,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Answer for an institution: consent, refuse, or step back to recognising.

    The last consent that was missing makes the proposal submitted; the other answers make it a
    draft again. Raises ProposalNotFound, NotAllowed and what `Proposal.answer` raises.
    """
    async with work:
        proposal = await work.proposals.get(proposal_id)
        allow("give_consent", proposal, caller)
        before = proposal.consents
        proposal.answer(
            institution, decision, certified_hash, reason, caller=caller, at=clock.now()
        )
        if proposal.consents != before:
            await work.proposals.save(proposal)
    return proposal


async def withdraw_proposal(
    proposal_id: UUID,
    version: int,
    reason: str,
    *,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Give a proposal up. Raises ProposalNotFound, NotAllowed, StaleProposal, MoveNotAllowed,
    ReasonNeeded."""
    async with work:
        proposal = await work.proposals.get(proposal_id)
        allow("withdraw_proposal", proposal, caller)
        proposal.expect(version)
        proposal.withdraw(reason, caller=caller, at=clock.now())
        await work.proposals.save(proposal)
    return proposal
