"""Editions: when a micro-credential is offered, and the moves of its life."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response

from app.domain.enrolment.changing import EditionChanges
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.use_cases import editions as use_cases
from app.domain.enrolment.use_cases.edition_ends import archive_edition as put_away
from app.domain.enrolment.use_cases.edition_ends import finish_edition as finish
from app.domain.enrolment.use_cases.lists import publish_list as publish
from app.routers.enrolment.editions_models import (
    EditedOut,
    EditionIn,
    EditionOut,
    EditionPatch,
    PublishIn,
    ReasonIn,
)
from app.routers.enrolment.places_models import PublishedOut
from app.routers.enrolment.promoted_models import names_of, promoted_of
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

router = APIRouter(prefix="/v1/editions", tags=["editions"], route_class=HabitRoute)

ReasonBody = Annotated[ReasonIn | None, Body()]
DryRun = Annotated[bool, Query(description="say what would happen, and change nothing")]


def _shown(edition: Edition, response: Response, caller: CallerDep) -> EditionOut:
    set_etag(response, edition.version)
    return EditionOut.of(edition, caller)


@router.post("", status_code=201, operation_id="create_edition")
async def create_edition(
    body: EditionIn, response: Response, caller: CallerDep, ports: PortsDep
) -> EditionOut:
    """Plan an edition of a published micro-credential."""
    edition = await use_cases.create_edition(
        body.proposal,
        body.to_plan(),
        work=ports.work(caller, "create_edition"),
        caller=caller,
        clock=ports.clock,
    )
    response.headers["Location"] = f"/v1/editions/{edition.id}"
    return _shown(edition, response, caller)


@router.get("", operation_id="list_editions")
async def list_editions(
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    proposal: Annotated[UUID | None, Query(description="of this micro-credential")] = None,
    organiser: Annotated[
        str | None, Query(max_length=100, description="organised by this partner")
    ] = None,
    state: Annotated[list[EditionState] | None, Query(description="in one of these")] = None,
) -> Page[EditionOut]:
    """Editions, the oldest first. For everybody."""
    async with ports.reading() as work:
        found = await work.editions.page(
            proposal=proposal,
            organiser=organiser,
            states=state or (),
            after=cursor.after_id,
            limit=limit + 1,
        )
    shown, following = page_of(request, response, found, limit, lambda edition: (edition.id,))
    return Page(items=[EditionOut.of(edition, caller) for edition in shown], next=following)


@router.get("/{edition}", operation_id="get_edition")
async def get_edition(
    edition: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> EditionOut:
    """One edition. Its ETag covers what is configured, not how many have registered."""
    async with ports.reading() as work:
        found = await work.editions.read(edition)
    return _shown(found, response, caller)


@router.patch("/{edition}", operation_id="edit_edition")
async def edit_edition(
    edition: UUID,
    body: EditionPatch,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    dry_run: DryRun = False,
) -> EditedOut:
    """Change dates, caps and rules. Caps that grow promote before anybody new can register."""
    async with ports.reading() as work:
        current = await work.editions.read(edition)
    changed, promoted = await use_cases.edit_edition(
        edition,
        version,
        EditionChanges(body.changes(current), body.reason),
        dry_run=dry_run,
        work=ports.work(caller, "edit_edition"),
        caller=caller,
        clock=ports.clock,
    )
    return EditedOut(
        edition=_shown(changed, response, caller),
        promoted=[registration.id for registration in promoted],
        promoted_registrations=await promoted_of(promoted, changed, caller, ports),
        dry_run=dry_run,
    )


@router.post("/{edition}/open", operation_id="open_edition")
async def open_edition(
    edition: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: ReasonBody = None,
) -> EditionOut:
    """Open registration; before the announced time only with a reason."""
    opened = await use_cases.open_edition(
        edition,
        version,
        body.reason if body else None,
        work=ports.work(caller, "open_edition"),
        caller=caller,
        clock=ports.clock,
    )
    return _shown(opened, response, caller)


@router.post("/{edition}/close", operation_id="close_edition")
async def close_edition(
    edition: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: ReasonBody = None,
) -> EditionOut:
    """Close registration; before the announced time only with a reason."""
    closed = await use_cases.close_edition(
        edition,
        version,
        body.reason if body else None,
        work=ports.work(caller, "close_edition"),
        caller=caller,
        clock=ports.clock,
    )
    return _shown(closed, response, caller)


@router.post("/{edition}/publish-list", operation_id="publish_list")
async def publish_list(
    edition: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: Annotated[PublishIn | None, Body()] = None,
    dry_run: DryRun = False,
) -> PublishedOut:
    """Make the provisional list binding: the decisions 1 to n, in order of rank.

    While registration has not closed, only with a reason.
    """
    how = body or PublishIn()
    found = await publish(
        edition,
        version,
        leave_undecided=how.leave_undecided,
        reason=how.reason,
        dry_run=dry_run,
        work=ports.work(caller, "publish_list"),
        caller=caller,
        clock=ports.clock,
    )
    if not dry_run:
        set_etag(response, found.edition.version)
    listed = [one.entrant.registration for one in found.standings]
    shown = PublishedOut.of(found, await names_of(listed, found.edition, caller, ports))
    return PublishedOut(**shown.model_dump() | {"dry_run": dry_run})


@router.post("/{edition}/start", operation_id="start_edition")
async def start_edition(
    edition: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: ReasonBody = None,
) -> EditionOut:
    """Teaching begins; before the announced day only with a reason.

    No place is given from now on, unless the edition says until when.
    """
    started = await use_cases.start_edition(
        edition,
        version,
        body.reason if body else None,
        work=ports.work(caller, "start_edition"),
        caller=caller,
        clock=ports.clock,
    )
    return _shown(started, response, caller)


@router.post("/{edition}/begin-grading", operation_id="begin_grading")
async def begin_grading(
    edition: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: ReasonBody = None,
) -> EditionOut:
    """Teaching has ended: results can be entered until they are confirmed. Before the last day is
    over only with a reason."""
    grading = await use_cases.begin_grading(
        edition,
        version,
        body.reason if body else None,
        work=ports.work(caller, "begin_grading"),
        caller=caller,
        clock=ports.clock,
    )
    return _shown(grading, response, caller)


@router.post("/{edition}/cancel", operation_id="cancel_edition")
async def cancel_edition(
    edition: UUID,
    body: ReasonIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> EditionOut:
    """Say that an edition does not take place; needs a reason, and everybody is told."""
    cancelled = await use_cases.cancel_edition(
        edition,
        version,
        body.reason or "",
        work=ports.work(caller, "cancel_edition"),
        caller=caller,
        clock=ports.clock,
    )
    return _shown(cancelled, response, caller)


@router.post("/{edition}/finish", operation_id="finish_edition")
async def finish_edition(
    edition: UUID,
    body: ReasonIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> EditionOut:
    """Finish an edition by hand, with a reason. It finishes by itself once everybody who passed
    has a credential."""
    finished = await finish(
        edition,
        version,
        body.reason or "",
        work=ports.work(caller, "finish_edition"),
        caller=caller,
    )
    return _shown(finished, response, caller)


@router.post("/{edition}/archive", operation_id="archive_edition")
async def archive_edition(
    edition: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> EditionOut:
    """Put away an edition that is completed. It and its registrations, results and credentials can
    be read as before, and learners can still object within their time; nothing else is entered."""
    archived = await put_away(
        edition, version, work=ports.work(caller, "archive_edition"), caller=caller
    )
    return _shown(archived, response, caller)
