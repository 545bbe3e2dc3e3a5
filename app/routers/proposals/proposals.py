"""Operations of writing proposals: begin, read, edit, check, decide on skills."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from app.domain.proposals.access import allowed_actions
from app.domain.proposals.content import Partner, Section
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.states import State
from app.domain.proposals.use_cases import editing, reading
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
from app.routers.habits.problems import MEDIA_TYPE
from app.routers.proposals.bodies import Code, PastEditionIn, ProposalIn, SkillDecisionIn
from app.routers.proposals.proposals_models import (
    FindingsOut,
    HistoryEntryOut,
    HistoryOut,
    PreviewOut,
    ProposalOut,
    ProposalSummaryOut,
)
from app.routers.proposals.sections import (
    AcademicSection,
    AnySection,
    MergePatch,
    patch_of,
    read_section,
    show_section,
)

router = APIRouter(prefix="/v1/proposals", tags=["proposals"], route_class=HabitRoute)

_OF_SECTIONS = ("edit_proposal_section", "decide_skill")


async def policy_of(ports: PortsDep) -> ProposalPolicy:
    """What the alliance settles, from the settings of this deployment."""
    return ProposalPolicy(lead_time_days=ports.settings.lead_time_days)


PolicyDep = Annotated[ProposalPolicy, Depends(policy_of)]


@router.post("", status_code=201, operation_id="create_proposal", summary="Begin a proposal")
async def create_proposal(
    body: ProposalIn, response: Response, caller: CallerDep, ports: PortsDep, policy: PolicyDep
) -> ProposalOut:
    """Begin a proposal, led by an institution of which the caller is a coordinator."""
    proposal = await editing.create_proposal(
        body.working_title,
        body.model,
        body.lead_institution,
        [Partner(partner.institution, partner.role) for partner in body.partners],
        work=ports.work(caller, "create_proposal"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, proposal.version)
    response.headers["Location"] = f"/v1/proposals/{proposal.id}"
    return ProposalOut.of(proposal, caller, policy)


@router.get("", operation_id="list_proposals", summary="List proposals")
async def list_proposals(
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    state: Annotated[State | None, Query(description="only those in this state")] = None,
    institution: Annotated[
        Code | None, Query(description="only those in which this partner takes part")
    ] = None,
) -> Page[ProposalSummaryOut]:
    """The proposals that the caller may see, the newest first."""
    found = await reading.list_proposals(
        state=state,
        institution=institution,
        after=cursor.after_id,
        limit=limit + 1,
        work=ports.reading(),
        caller=caller,
    )
    shown, following = page_of(request, response, found, limit, lambda p: (p.id,))
    return Page(
        items=[ProposalSummaryOut.of(proposal, caller, policy) for proposal in shown],
        next=following,
    )


@router.get("/{proposal}", operation_id="get_proposal", summary="Read a proposal")
async def get_proposal(
    proposal: UUID, response: Response, caller: CallerDep, ports: PortsDep, policy: PolicyDep
) -> ProposalOut:
    """Where a proposal stands, and who has said what."""
    found = await reading.get_proposal(proposal, work=ports.reading(), caller=caller)
    set_etag(response, found.version)
    return ProposalOut.of(found, caller, policy)


@router.get(
    "/{proposal}/sections/{section}",
    operation_id="get_proposal_section",
    summary="Read a section",
)
async def get_proposal_section(
    proposal: UUID,
    section: Section,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> AnySection:
    """What is written in a section. Its ETag is for `If-Match` of edits of this section."""
    found = await reading.get_proposal(
        proposal, action="get_proposal_section", work=ports.reading(), caller=caller
    )
    set_etag(response, found.section_versions[section])
    allowed = allowed_actions(found, caller, policy)
    shown: AnySection = show_section(
        found.content.section(section), [action for action in allowed if action in _OF_SECTIONS]
    )
    return shown


@router.patch(
    "/{proposal}/sections/{section}",
    operation_id="edit_proposal_section",
    summary="Edit a section",
)
async def edit_proposal_section(
    proposal: UUID,
    section: Section,
    body: Annotated[
        MergePatch,
        Body(
            media_type="application/merge-patch+json",
            examples=[{"title": {"en": "Joint practice", "de": None}, "ects": "1"}],
        ),
    ],
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> AnySection:
    """Apply a merge patch (RFC 7396): what is left out stays, null empties, lists are replaced.

    Controlled values are given by `uri`. An edit of a proposal that waits for consents or was sent
    back makes it a draft again; consents hold as long as what is certified stays the same.
    """
    edited = await editing.edit_proposal_section(
        proposal,
        section,
        version,
        patch_of(body),
        read=read_section,
        work=ports.work(caller, "edit_proposal_section"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, edited.section_versions[section])
    allowed = allowed_actions(edited, caller, policy)
    shown: AnySection = show_section(
        edited.content.section(section), [action for action in allowed if action in _OF_SECTIONS]
    )
    return shown


@router.get("/{proposal}/findings", operation_id="check_proposal", summary="Check a proposal")
async def check_proposal(
    proposal: UUID, caller: CallerDep, ports: PortsDep, policy: PolicyDep
) -> FindingsOut:
    """Everything that is missing or wrong now: the list with which submission is refused."""
    _, report = await reading.check_proposal(
        proposal,
        policy=policy,
        skills=ports.skills,
        work=ports.reading(),
        caller=caller,
        clock=ports.clock,
    )
    return FindingsOut.of(report)


@router.post(
    "/{proposal}/skill-decisions", operation_id="decide_skill", summary="Decide on a skill"
)
async def decide_skill(
    proposal: UUID,
    body: SkillDecisionIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> AcademicSection:
    """Link a skill that an outcome names to ESCO, keep it as own wording, or drop it.

    `If-Match` and the answer's ETag are those of the academic section.
    """
    decided = await editing.decide_skill(
        proposal,
        version,
        body.outcome,
        body.wording,
        body.decision,
        body.uri,
        body.reason,
        policy=policy,
        skills=ports.skills,
        work=ports.work(caller, "decide_skill"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, decided.section_versions[Section.ACADEMIC])
    allowed = allowed_actions(decided, caller, policy)
    shown: AcademicSection = show_section(
        decided.content.academic, [action for action in allowed if action in _OF_SECTIONS]
    )
    return shown


@router.get("/{proposal}/history", operation_id="get_proposal_history", summary="Read the history")
async def get_proposal_history(proposal: UUID, caller: CallerDep, ports: PortsDep) -> HistoryOut:
    """What happened to a proposal, in order. Names institutions and accounts, never people."""
    entries = await reading.get_proposal_history(proposal, work=ports.reading(), caller=caller)
    return HistoryOut(items=[HistoryEntryOut.of(entry) for entry in entries])


@router.post(
    "/{proposal}/past-editions",
    operation_id="record_past_edition",
    summary="Record a past edition",
)
async def record_past_edition(
    proposal: UUID,
    body: PastEditionIn,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    policy: PolicyDep,
) -> ProposalOut:
    """Remember an edition that ran before this system was used. Twice is once."""
    recorded = await editing.record_past_edition(
        proposal,
        body.start,
        body.end,
        body.places,
        work=ports.work(caller, "record_past_edition"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, recorded.version)
    return ProposalOut.of(recorded, caller, policy)


@router.get(
    "/{proposal}/credential-preview",
    operation_id="preview_credential",
    summary="Preview the credential",
    responses={
        409: {
            "description": "Certified fields are missing or wrong; `errors` says which.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    },
)
async def preview_credential(
    proposal: UUID, caller: CallerDep, ports: PortsDep, policy: PolicyDep
) -> PreviewOut:
    """The credential that the proposal would lead to: unsealed, of a fictitious holder.

    Refused, with what is missing, while the certified fields are not complete.
    """
    previewed = await reading.preview_credential(
        proposal,
        policy=policy,
        skills=ports.skills,
        preview=ports.preview,
        work=ports.reading(),
        caller=caller,
        clock=ports.clock,
    )
    return PreviewOut.of(previewed)
