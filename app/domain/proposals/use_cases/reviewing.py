"""Use cases of deciding: validation, review, conclusion, publication."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.ids import new_id
from app.domain.proposals import decisions
from app.domain.proposals.access import allow
from app.domain.proposals.agreement import PanelDecision, Recommendation, ValidationDecision
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.ports import ProposalWork
from app.domain.proposals.proposal import Proposal
from app.domain.vocabulary.institutions import InstitutionCode


async def begin_validation(
    proposal_id: UUID,
    version: int,
    due: date | None,
    *,
    policy: ProposalPolicy,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Ask the awarding partners to validate, until a day; by default the alliance's deadline.

    Raises ProposalNotFound, NotAllowed, StaleProposal, DeadlineInvalid, MoveNotAllowed.
    """

    def act(proposal: Proposal, now: datetime) -> None:
        proposal.expect(version)
        decisions.begin_validation(proposal, due, policy=policy, caller=caller, at=now)

    return await _act("begin_validation", proposal_id, act, work, caller, clock)


async def validate_proposal(
    proposal_id: UUID,
    institution: InstitutionCode,
    decision: ValidationDecision,
    certified_hash: str,
    comment: str | None,
    *,
    policy: ProposalPolicy,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Decide for an awarding partner, as its quality officer.

    Raises ProposalNotFound, NotAllowed and what `decisions.validate` raises.
    """

    def act(proposal: Proposal, now: datetime) -> None:
        decisions.validate(
            proposal,
            institution,
            decision,
            certified_hash,
            comment,
            policy=policy,
            caller=caller,
            at=now,
        )

    return await _act("validate_proposal", proposal_id, act, work, caller, clock)


async def review_proposal(
    proposal_id: UUID,
    recommendation: Recommendation,
    comment: str,
    certified_hash: str,
    *,
    no_conflict: bool,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Review as somebody from outside who declares to have no conflict of interest.

    Raises ProposalNotFound, NotAllowed and what `decisions.review` raises.
    """

    def act(proposal: Proposal, now: datetime) -> None:
        decisions.review(
            proposal,
            new_id(),
            recommendation,
            comment,
            certified_hash,
            no_conflict=no_conflict,
            caller=caller,
            at=now,
        )

    return await _act("review_proposal", proposal_id, act, work, caller, clock)


async def conclude_review(
    proposal_id: UUID,
    version: int,
    decision: PanelDecision,
    reason: str,
    votes_in_favour: int | None,
    *,
    policy: ProposalPolicy,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Conclude the alliance review, as the panel's chair.

    Raises ProposalNotFound, NotAllowed, StaleProposal and what `decisions.conclude` raises.
    """

    def act(proposal: Proposal, now: datetime) -> None:
        proposal.expect(version)
        decisions.conclude(
            proposal, decision, reason, votes_in_favour, policy=policy, caller=caller, at=now
        )

    return await _act("conclude_review", proposal_id, act, work, caller, clock)


async def publish_proposal(
    proposal_id: UUID, version: int, *, work: ProposalWork, caller: Caller, clock: Clock
) -> Proposal:
    """Publish what was approved, so that editions can open.

    Raises ProposalNotFound, NotAllowed, StaleProposal, MoveNotAllowed.
    """

    def act(proposal: Proposal, now: datetime) -> None:
        proposal.expect(version)
        decisions.publish(proposal, caller=caller, at=now)

    return await _act("publish_proposal", proposal_id, act, work, caller, clock)


async def retire_proposal(
    proposal_id: UUID,
    version: int,
    reason: str,
    *,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    """Let no new edition open; what was awarded stays.

    Raises ProposalNotFound, NotAllowed, StaleProposal, MoveNotAllowed, ReasonNeeded.
    """

    def act(proposal: Proposal, now: datetime) -> None:
        proposal.expect(version)
        decisions.retire(proposal, reason, caller=caller, at=now)

    return await _act("retire_proposal", proposal_id, act, work, caller, clock)


async def _act(
    action: str,
    proposal_id: UUID,
    act: Callable[[Proposal, datetime], None],
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> Proposal:
    async with work:
        proposal = await work.proposals.get(proposal_id)
        allow(action, proposal, caller)
        act(proposal, clock.now())
        await work.proposals.save(proposal)
    return proposal
