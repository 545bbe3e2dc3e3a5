"""Use cases of looking: nothing is changed."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.proposals.access import acts_for_alliance, allow, scope_of
from app.domain.proposals.agreement import Review
from app.domain.proposals.checks import Report
from app.domain.proposals.content import map_concepts
from app.domain.proposals.errors import Incomplete
from app.domain.proposals.esco import with_labels
from app.domain.proposals.history import HistoryEntry
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.ports import CredentialPreview, PreviewedCredential, ProposalWork
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import State
from app.domain.proposals.use_cases.agreeing import report_on
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.lists import labelled
from app.domain.vocabulary.micro_credential import (
    MicroCredential,
    MicroCredentialNotFound,
    NotPublished,
)
from app.domain.vocabulary.skills import Skills


async def get_proposal(
    proposal_id: UUID, *, action: str = "get_proposal", work: ProposalWork, caller: Caller
) -> Proposal:
    """One proposal. `action` names what is looked at, for the permission table.

    Raises ProposalNotFound.
    """
    async with work:
        proposal = await work.proposals.read(proposal_id)
        allow(action, proposal, caller)
    return proposal


async def list_proposals(
    *,
    state: State | None,
    institution: InstitutionCode | None,
    after: UUID | None,
    limit: int,
    work: ProposalWork,
    caller: Caller,
) -> Sequence[Proposal]:
    """The proposals that the caller may see, the newest first."""
    require(PERMISSIONS, caller, "list_proposals")
    async with work:
        return await work.proposals.page(
            scope_of(caller), state=state, institution=institution, after=after, limit=limit
        )


async def get_proposal_history(
    proposal_id: UUID, *, work: ProposalWork, caller: Caller
) -> Sequence[HistoryEntry]:
    """What happened to a proposal, in order. Raises ProposalNotFound.

    Who reviewed is told to those who act for the alliance; to others it says `reviewer`.
    """
    async with work:
        proposal = await work.proposals.read(proposal_id)
        allow("get_proposal_history", proposal, caller)
        entries = await work.proposals.history(proposal_id)
    if acts_for_alliance(caller):
        return entries
    return [replace(e, actor="reviewer") if e.action == "review_proposal" else e for e in entries]


def visible_reviews(proposal: Proposal, caller: Caller) -> Sequence[Review]:
    """The reviews that the caller may read: all for those who act for the alliance; for others
    those of submissions on which the panel has concluded."""
    if acts_for_alliance(caller):
        return proposal.reviews
    in_progress = proposal.round if proposal.state is State.ALLIANCE_REVIEW else None
    return [review for review in proposal.reviews if review.round != in_progress]


async def check_proposal(
    proposal_id: UUID,
    *,
    policy: ProposalPolicy,
    skills: Skills,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> tuple[Proposal, Report]:
    """What is missing or wrong now: the list with which `submit` would refuse, and warnings.

    Raises ProposalNotFound, SkillsUnavailable.
    """
    async with work:
        proposal = await work.proposals.read(proposal_id)
        allow("check_proposal", proposal, caller)
        return proposal, await report_on(
            proposal, at=clock.now(), policy=policy, skills=skills, work=work
        )


async def preview_credential(
    proposal_id: UUID,
    *,
    policy: ProposalPolicy,
    skills: Skills,
    preview: CredentialPreview,
    work: ProposalWork,
    caller: Caller,
    clock: Clock,
) -> PreviewedCredential:
    """The credential that the proposal would lead to, of a fictitious holder.

    Raises ProposalNotFound, and Incomplete while certified fields are missing or wrong: what is
    wrong outside of them does not matter here.
    """
    now = clock.now()
    async with work:
        proposal = await work.proposals.read(proposal_id)
        allow("preview_credential", proposal, caller)
        report = await report_on(proposal, at=now, policy=policy, skills=skills, work=work)
        alliance = await work.institutions.alliance()
        institutions = {i.code: i for i in await work.institutions.all()}
    certified = ("/academic", "/rights", "/general/summary_public", "/general/target_groups")
    blocking = [f for f in report.errors if f.pointer.startswith(certified)]
    if blocking:
        raise Incomplete(blocking)
    general, shown = proposal.content.general, proposal.content.specification
    shown = replace(shown, academic=await with_labels(shown.academic, skills))
    return await preview.preview(
        map_concepts(shown, labelled),
        code=proposal.code,
        start=general.planned_start or now.date(),
        end=general.planned_end or now.date(),
        institutions=institutions,
        alliance=alliance,
        at=now,
    )


async def list_micro_credentials(
    *, after: UUID | None, limit: int, work: ProposalWork, caller: Caller
) -> Sequence[MicroCredential]:
    """Published micro-credentials, the newest first."""
    require(PERMISSIONS, caller, "list_micro_credentials")
    async with work:
        return await work.micro_credentials.page(after=after, limit=limit)


async def get_micro_credential(
    proposal_id: UUID, *, work: ProposalWork, caller: Caller
) -> MicroCredential:
    """One published micro-credential. Raises MicroCredentialNotFound, also while it is not
    published: whoever may know of the proposal reads the proposal."""
    require(PERMISSIONS, caller, "get_micro_credential")
    async with work:
        try:
            return await work.micro_credentials.get(proposal_id)
        except NotPublished as error:
            raise MicroCredentialNotFound(proposal_id) from error
