"""Operations of agreeing on proposals and deciding about them, up to what is published."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.domain.proposals.proposal import Proposal
from app.domain.proposals.use_cases import agreeing, reading, reviewing
from app.routers.habits import (
    CallerDep,
    CursorDep,
    HabitRoute,
    IfMatch,
    LimitDep,
    Page,
    PortsDep,
    page_of,
    set_etag,
)
from app.routers.proposals.bodies import (
    BeginValidationIn,
    ConclusionIn,
    ConsentIn,
    ReasonIn,
    ReviewIn,
    ValidationIn,
)
from app.routers.proposals.proposals import PolicyDep
from app.routers.proposals.proposals_models import ConsentsOut, MicroCredentialOut, ProposalOut

router = APIRouter(prefix="/v1/proposals/{proposal}", tags=["proposals"], route_class=HabitRoute)
published_router = APIRouter(
    prefix="/v1/micro-credentials", tags=["proposals"], route_class=HabitRoute
)


@router.post("/submit", operation_id="submit_proposal", summary="Submit a proposal")
async def submit_proposal(
    proposal: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
    dry_run: Annotated[
        bool, Query(description="say what would happen, and change nothing")
    ] = False,
) -> ProposalOut:
    """Freeze a complete proposal and ask for the consents that are missing.

    Refused with a list that points at each missing or wrong field. Where all consents are there
    already it is submitted at once.
    """
    submitted = await agreeing.submit_proposal(
        proposal,
        version,
        dry_run=dry_run,
        policy=policy,
        skills=ports.skills,
        work=ports.work(caller, "submit_proposal"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, submitted.version)
    return ProposalOut.of(submitted, caller, policy)


@router.post("/consents", operation_id="give_consent", summary="Answer for an institution")
async def give_consent(
    proposal: UUID,
    body: ConsentIn,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> ProposalOut:
    """Consent, refuse, or step back to recognising, for an institution whose signatory one is.

    Bound to `certified_hash`, which stands in for If-Match: 412 when what is certified has changed.
    The last consent that was missing makes the proposal submitted.
    """
    answered = await agreeing.give_consent(
        proposal,
        body.institution,
        body.certified_hash,
        body.decision,
        body.reason,
        work=ports.work(caller, "give_consent"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, answered.version)
    return ProposalOut.of(answered, caller, policy)


@router.get("/consents", operation_id="list_consents", summary="List consents")
async def list_consents(proposal: UUID, caller: CallerDep, ports: PortsDep) -> ConsentsOut:
    """Whose consent is asked, whose is missing, and every answer in order."""
    found: Proposal = await reading.get_proposal(
        proposal, action="list_consents", work=ports.reading(), caller=caller
    )
    return ConsentsOut.of(found)


@router.post("/begin-validation", operation_id="begin_validation", summary="Begin validation")
async def begin_validation(
    proposal: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
    body: BeginValidationIn | None = None,
) -> ProposalOut:
    """Ask every awarding partner for its decision, until a day."""
    begun = await reviewing.begin_validation(
        proposal,
        version,
        body.due if body else None,
        policy=policy,
        work=ports.work(caller, "begin_validation"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, begun.version)
    return ProposalOut.of(begun, caller, policy)


@router.post(
    "/validations", operation_id="validate_proposal", summary="Validate for an institution"
)
async def validate_proposal(
    proposal: UUID,
    body: ValidationIn,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> ProposalOut:
    """Decide for an awarding partner, as its quality officer. Bound to `certified_hash`.

    The last positive decision opens the alliance review.
    """
    validated = await reviewing.validate_proposal(
        proposal,
        body.institution,
        body.decision,
        body.certified_hash,
        body.comment,
        policy=policy,
        work=ports.work(caller, "validate_proposal"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, validated.version)
    return ProposalOut.of(validated, caller, policy)


@router.post("/reviews", operation_id="review_proposal", summary="Review a proposal")
async def review_proposal(
    proposal: UUID,
    body: ReviewIn,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> ProposalOut:
    """Review, as somebody from outside without a conflict of interest. Bound to
    `certified_hash`."""
    reviewed = await reviewing.review_proposal(
        proposal,
        body.recommendation,
        body.comment,
        body.certified_hash,
        no_conflict=body.no_conflict,
        work=ports.work(caller, "review_proposal"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, reviewed.version)
    return ProposalOut.of(reviewed, caller, policy)


@router.post("/conclude", operation_id="conclude_review", summary="Conclude the review")
async def conclude_review(
    proposal: UUID,
    body: ConclusionIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> ProposalOut:
    """Conclude the alliance review, as the panel's chair. An approval fixes what is certified."""
    concluded = await reviewing.conclude_review(
        proposal,
        version,
        body.decision,
        body.reason,
        body.votes_in_favour,
        policy=policy,
        work=ports.work(caller, "conclude_review"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, concluded.version)
    return ProposalOut.of(concluded, caller, policy)


@router.post("/publish", operation_id="publish_proposal", summary="Publish a proposal")
async def publish_proposal(
    proposal: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> ProposalOut:
    """Publish what was approved, so that editions can open."""
    published = await reviewing.publish_proposal(
        proposal,
        version,
        work=ports.work(caller, "publish_proposal"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, published.version)
    return ProposalOut.of(published, caller, policy)


@router.post("/retire", operation_id="retire_proposal", summary="Retire a proposal")
async def retire_proposal(
    proposal: UUID,
    body: ReasonIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> ProposalOut:
    """Let no new edition open. What was awarded stays."""
    retired = await reviewing.retire_proposal(
        proposal,
        version,
        body.reason,
        work=ports.work(caller, "retire_proposal"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, retired.version)
    return ProposalOut.of(retired, caller, policy)


@router.post("/withdraw", operation_id="withdraw_proposal", summary="Withdraw a proposal")
async def withdraw_proposal(
    proposal: UUID,
    body: ReasonIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> ProposalOut:
    """Give a proposal up."""
    withdrawn = await agreeing.withdraw_proposal(
        proposal,
        version,
        body.reason,
        work=ports.work(caller, "withdraw_proposal"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, withdrawn.version)
    return ProposalOut.of(withdrawn, caller, policy)


@published_router.get(
    "", operation_id="list_micro_credentials", summary="List published micro-credentials"
)
async def list_micro_credentials(
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
) -> Page[MicroCredentialOut]:
    """Published micro-credentials, the newest first, for everybody."""
    found = await reading.list_micro_credentials(
        after=cursor.after_id, limit=limit + 1, work=ports.reading(), caller=caller
    )
    shown, following = page_of(request, response, found, limit, lambda m: (m.proposal,))
    return Page(items=[MicroCredentialOut.of(published) for published in shown], next=following)


@published_router.get(
    "/{proposal}", operation_id="get_micro_credential", summary="Read a micro-credential"
)
async def get_micro_credential(
    proposal: UUID, caller: CallerDep, ports: PortsDep
) -> MicroCredentialOut:
    """A published micro-credential, for everybody."""
    return MicroCredentialOut.of(
        await reading.get_micro_credential(proposal, work=ports.reading(), caller=caller)
    )
