"""How others decide about a proposal: validation, review, conclusion, publication.

Functions on the aggregate of `proposal.py`, in the order in which they happen. Whoever decides in
alliance review comes from outside: their account has not written in the proposal nor consented to
it, and holds no role at an institution that answers for it.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from app.domain.access.roles import Caller, Role
from app.domain.proposals import events as facts
from app.domain.proposals.agreement import (
    DecisionRecord,
    PanelDecision,
    Recommendation,
    Review,
    Validation,
    ValidationDecision,
)
from app.domain.proposals.errors import (
    AlreadyDecided,
    ChangeRoundsUsedUp,
    ConflictOfInterest,
    DeadlineInvalid,
    NoConsensus,
    NoDecisionNeeded,
    NotThatPartner,
    OwnProposal,
    OwnWork,
    ReasonNeeded,
    ReviewsMissing,
)
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import MoveNotAllowed, State
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import PartnerRole


def working_days_after(day: date, count: int) -> date:
    """The day that comes `count` working days (Monday to Friday) after `day`."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day


def begin_validation(
    proposal: Proposal,
    due: date | None,
    *,
    policy: ProposalPolicy,
    caller: Caller,
    at: datetime,
) -> None:
    """Ask the awarding partners' quality officers, with a deadline.

    Raises DeadlineInvalid, MoveNotAllowed.
    """
    if due is not None and due <= at.date():
        raise DeadlineInvalid
    proposal.move(State.INSTITUTIONAL_VALIDATION)
    proposal.validation_due = due or working_days_after(at.date(), policy.validation_working_days)
    due_text = proposal.validation_due.isoformat()
    proposal.happened(facts.ValidationBegan(proposal.id, due_text))
    proposal.note_down("begin_validation", caller, at, note=due_text)


def awaited_validations(proposal: Proposal) -> list[InstitutionCode]:
    """The awarding partners that have not decided on this submission."""
    decided = {v.institution for v in proposal.validations if v.round == proposal.round}
    return [c for c in proposal.content.partners(PartnerRole.AWARDING) if c not in decided]


def validate(
    proposal: Proposal,
    institution: InstitutionCode,
    decision: ValidationDecision,
    certified_hash: str,
    comment: str | None,
    *,
    policy: ProposalPolicy,
    caller: Caller,
    at: datetime,
) -> None:
    """Take the decision of one awarding partner, by its quality officer.

    The last positive one opens the alliance review; any other ends the validation. Raises
    NotThatPartner, OwnWork, MoveNotAllowed, NoDecisionNeeded, AlreadyDecided,
    CertifiedHashDiffers, ReasonNeeded, ChangeRoundsUsedUp.
    """
    account = caller.account
    if account is None or not caller.has(Role.QUALITY_OFFICER, institution):
        raise NotThatPartner(institution, Role.QUALITY_OFFICER)
    if account in proposal.authors:
        raise OwnWork
    if proposal.state is not State.INSTITUTIONAL_VALIDATION:
        raise MoveNotAllowed(proposal.state, State.ALLIANCE_REVIEW)
    if institution not in proposal.content.partners(PartnerRole.AWARDING):
        raise NoDecisionNeeded(institution)
    if institution not in awaited_validations(proposal):
        raise AlreadyDecided(f"{institution} has decided on this submission already.")
    proposal.expect_hash(certified_hash)
    if decision is not ValidationDecision.POSITIVE and not (comment or "").strip():
        raise ReasonNeeded("/comment")
    if decision is ValidationDecision.CHANGES_REQUESTED:
        _refuse_another_round(proposal, policy)
    proposal.validations = (
        *proposal.validations,
        Validation(institution, decision, certified_hash, account, at, proposal.round, comment),
    )
    match decision:
        case ValidationDecision.CHANGES_REQUESTED:
            _send_back(proposal, "validation")
        case ValidationDecision.REJECTED:
            _reject(proposal, "validation")
        case ValidationDecision.POSITIVE if not awaited_validations(proposal):
            proposal.move(State.ALLIANCE_REVIEW)
            proposal.happened(facts.ReviewBegan(proposal.id, certified_hash))
        case ValidationDecision.POSITIVE:
            pass
    proposal.note_down(
        "validate_proposal",
        caller,
        at,
        institution=institution,
        decision=decision.value,
        note=comment,
    )


def refuse_insiders(proposal: Proposal, caller: Caller) -> None:
    """Let people from outside pass; others get OwnWork or OwnProposal."""
    if caller.account in proposal.authors:
        raise OwnWork
    held_at = {grant.institution for grant in caller.grants}
    if not held_at.isdisjoint(proposal.answering()) or proposal.has_decided(caller.account):
        raise OwnProposal


def reviews_of_round(proposal: Proposal) -> list[Review]:
    """The reviews of the current submission."""
    return [r for r in proposal.reviews if r.round == proposal.round]


def review(
    proposal: Proposal,
    id_: UUID,
    recommendation: Recommendation,
    comment: str,
    certified_hash: str,
    *,
    no_conflict: bool,
    caller: Caller,
    at: datetime,
) -> Review:
    """Take the review of one person from outside, as reviewer or as student reviewer.

    Raises OwnWork, OwnProposal, MoveNotAllowed, ConflictOfInterest, AlreadyDecided,
    CertifiedHashDiffers, ReasonNeeded.
    """
    refuse_insiders(proposal, caller)
    if proposal.state is not State.ALLIANCE_REVIEW:
        raise MoveNotAllowed(proposal.state, State.APPROVED)
    account = caller.account
    if not no_conflict or account is None:
        raise ConflictOfInterest
    if any(r.account == account for r in reviews_of_round(proposal)):
        raise AlreadyDecided("You have reviewed this submission already.")
    proposal.expect_hash(certified_hash)
    if not comment.strip():
        raise ReasonNeeded("/comment")
    written = Review(
        id=id_,
        # Who holds both roles counts as a reviewer, never as two people.
        student=not any(grant.role is Role.REVIEWER for grant in caller.grants),
        recommendation=recommendation,
        comment=comment,
        certified_hash=certified_hash,
        account=account,
        at=at,
        round=proposal.round,
    )
    proposal.reviews = (*proposal.reviews, written)
    proposal.note_down("review_proposal", caller, at, decision=recommendation.value)
    return written


def missing_reviews(proposal: Proposal, policy: ProposalPolicy) -> tuple[int, int]:
    """How many reviews of reviewers, and of student reviewers, the panel still waits for."""
    written = reviews_of_round(proposal)
    students = sum(r.student for r in written)
    return (
        max(0, policy.reviewers_needed - (len(written) - students)),
        max(0, policy.student_reviewers_needed - students),
    )


def conclude(
    proposal: Proposal,
    decision: PanelDecision,
    reason: str,
    votes_in_favour: int | None,
    *,
    policy: ProposalPolicy,
    caller: Caller,
    at: datetime,
) -> None:
    """Conclude the alliance review, as the panel's chair. An approval freezes the proposal.

    Raises OwnWork, OwnProposal, MoveNotAllowed, ReviewsMissing, NoConsensus, ReasonNeeded,
    ChangeRoundsUsedUp.
    """
    refuse_insiders(proposal, caller)
    if proposal.state is not State.ALLIANCE_REVIEW:
        raise MoveNotAllowed(proposal.state, State.APPROVED)
    missing = missing_reviews(proposal, policy)
    if any(missing):
        raise ReviewsMissing(*missing)
    if not reason.strip():
        raise ReasonNeeded("/reason")
    written = reviews_of_round(proposal)
    approve = decision is PanelDecision.APPROVE
    if (
        approve
        and any(r.recommendation is not Recommendation.APPROVE for r in written)
        and (votes_in_favour or 0) < policy.votes_needed
    ):
        raise NoConsensus(policy.votes_needed)
    if decision is PanelDecision.REQUEST_CHANGES:
        _refuse_another_round(proposal, policy)
    if caller.account is None:
        raise OwnProposal
    proposal.decision = DecisionRecord(
        decision=decision,
        reason=reason,
        certified_hash=proposal.certified_hash,
        account=caller.account,
        at=at,
        round=proposal.round,
        reviews=len(written),
        votes_in_favour=votes_in_favour,
        valid_until=_years_after(at.date(), policy.approval_valid_years) if approve else None,
    )
    _follow(proposal, decision)
    proposal.note_down("conclude_review", caller, at, decision=decision.value, note=reason)


def publish(proposal: Proposal, *, caller: Caller, at: datetime) -> None:
    """Let editions open. Raises MoveNotAllowed."""
    proposal.move(State.PUBLISHED)
    proposal.happened(facts.MicroCredentialPublished(proposal.id, proposal.certified_hash))
    proposal.note_down("publish_proposal", caller, at)


def retire(proposal: Proposal, reason: str, *, caller: Caller, at: datetime) -> None:
    """Let no new edition open. Raises MoveNotAllowed, ReasonNeeded."""
    if not reason.strip():
        raise ReasonNeeded("/reason")
    proposal.move(State.RETIRED)
    proposal.happened(facts.MicroCredentialRetired(proposal.id))
    proposal.note_down("retire_proposal", caller, at, note=reason)


def _follow(proposal: Proposal, decision: PanelDecision) -> None:
    match decision:
        case PanelDecision.APPROVE:
            proposal.move(State.APPROVED)
            proposal.happened(facts.ProposalApproved(proposal.id, proposal.certified_hash))
        case PanelDecision.REQUEST_CHANGES:
            _send_back(proposal, "panel")
        case PanelDecision.REJECT:
            _reject(proposal, "panel")


def _send_back(proposal: Proposal, by: str) -> None:
    proposal.move(State.CHANGES_REQUESTED)
    proposal.change_requests += 1
    proposal.happened(facts.ChangesRequested(proposal.id, by))


def _reject(proposal: Proposal, by: str) -> None:
    proposal.move(State.REJECTED)
    proposal.happened(facts.ProposalRejected(proposal.id, by))


def _refuse_another_round(proposal: Proposal, policy: ProposalPolicy) -> None:
    if proposal.change_requests >= policy.change_rounds:
        raise ChangeRoundsUsedUp(policy.change_rounds)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)
