"""Issuing: who is ready, batches, and their approval by a second person."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.domain.credentials.batch_warnings import batch_warnings, name_warnings
from app.domain.credentials.use_cases import batches as use_cases
from app.domain.credentials.use_cases.batch_learners import batch_learners
from app.routers.credentials.batches_models import (
    AwardsOut,
    BatchDetailOut,
    BatchItemOut,
    BatchOut,
)
from app.routers.credentials.life_models import PlannedIn
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
from app.routers.habits.tables import JSON, TABLE_RESPONSES, table_response, wanted

router = APIRouter(prefix="/v1", tags=["credentials"], route_class=HabitRoute)


@router.get("/editions/{edition}/awards", operation_id="list_awards")
async def list_awards(edition: UUID, caller: CallerDep, ports: PortsDep) -> AwardsOut:
    """Everybody who passed an edition: ready for issuing, issued, or not ready and why.

    For issuer officers of the institution that seals.
    """
    awards = await use_cases.list_awards(edition, work=ports.reading(), caller=caller)
    names = {award.registration: award.holder.full_name for award in awards.ready}
    return AwardsOut.of(awards, caller, await name_warnings(names, ports.lettering))


@router.post("/editions/{edition}/issuing-batches", status_code=201, operation_id="prepare_batch")
async def prepare_batch(
    edition: UUID,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: PlannedIn | None = None,
) -> BatchDetailOut:
    """Put everything that is ready into a batch, for a second officer to approve.

    The seal is looked at first, and one credential is built without being sealed: what would go
    wrong for all is refused here. It can be planned for a later day: its job begins then by itself.
    """
    batch = await use_cases.prepare_batch(
        edition,
        scheduled_for=body.scheduled_for if body else None,
        seal_name=body.seal if body else None,
        work=lambda: ports.work(caller, "prepare_batch"),
        sealing=ports.sealing,
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, batch.version)
    response.headers["Location"] = f"/v1/issuing-batches/{batch.id}"
    warnings = await batch_warnings(batch, work=ports.reading(), lettering=ports.lettering)
    learners = await batch_learners(batch, work=ports.reading(), caller=caller)
    return BatchDetailOut.prepared(batch, caller, warnings, learners)


@router.get("/issuing-batches", operation_id="list_batches")
async def list_batches(
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    edition: Annotated[UUID | None, Query(description="only those of this edition")] = None,
) -> Page[BatchOut]:
    """Batches of the institutions where the caller is an issuer officer, oldest first."""
    found = await use_cases.list_batches(
        edition=edition,
        after=cursor.after_id,
        limit=limit + 1,
        work=ports.reading(),
        caller=caller,
    )
    shown, following = page_of(request, response, found, limit, lambda batch: (batch.id,))
    return Page(items=[BatchOut.of(batch, caller) for batch in shown], next=following)


_HEADER = ("registration", "outcome", "code", "credential", "state", "supersedes")


@router.get(
    "/issuing-batches/{batch}",
    operation_id="get_batch",
    response_model=BatchDetailOut,
    responses=TABLE_RESPONSES,
)
async def get_batch(
    batch: UUID, request: Request, response: Response, caller: CallerDep, ports: PortsDep
) -> Any:
    """A batch with its learners: what became of each, and the credentials that they have by now.

    Officers of the issuer see who they are, so that the second one knows what they approve. As CSV
    or workbook by `Accept`: one line per learner, without names.
    """
    found, outcomes = await use_cases.get_batch(batch, work=ports.reading(), caller=caller)
    media_type = wanted(request)
    if media_type != JSON:
        items = [BatchItemOut.of(outcome) for outcome in outcomes]
        answer = table_response(
            media_type,
            "issuing-batch",
            _HEADER,
            ([_cell(getattr(item, name)) for name in _HEADER] for item in items),
        )
        set_etag(answer, found.version)
        return answer
    set_etag(response, found.version)
    warnings = await batch_warnings(found, work=ports.reading(), lettering=ports.lettering)
    learners = await batch_learners(found, work=ports.reading(), caller=caller)
    return BatchDetailOut.with_items(found, outcomes, caller, warnings, learners)


def _cell(value: object) -> str | None:
    return None if value is None else str(value)


@router.post("/issuing-batches/{batch}/approve", status_code=202, operation_id="approve_batch")
async def approve_batch(
    batch: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> BatchOut:
    """Let a batch be sealed, as a second person. The job in `Location` begins at once.

    A batch that is planned for later gets its job, and its `job`, then.

    One credential per learner, whatever happens: a job that was cancelled or failed half way is
    resumed, and makes only what is missing.
    """
    approved, job = await use_cases.approve_batch(
        batch,
        version,
        work=lambda: ports.work(caller, "approve_batch"),
        sealing=ports.sealing,
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, approved.version)
    response.headers["Location"] = (
        f"/v1/jobs/{job.id}" if job is not None else f"/v1/issuing-batches/{batch}"
    )
    return BatchOut.of(approved, caller)


@router.post("/issuing-batches/{batch}/rerun", status_code=202, operation_id="rerun_batch")
async def rerun_batch(
    batch: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> BatchOut:
    """Run a batch again for those who have no credential: what failed, and what was left.

    Credentials that were sealed stay as they are.
    """
    again, job = await use_cases.rerun_batch(
        batch, version, work=ports.work(caller, "rerun_batch"), caller=caller
    )
    set_etag(response, again.version)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return BatchOut.of(again, caller)


@router.post("/issuing-batches/{batch}/cancel", operation_id="cancel_batch")
async def cancel_batch(
    batch: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> BatchOut:
    """Give up a batch, in the middle of its job as well. Credentials that it has sealed stay.

    While a worker is at it, the answer says `cancel_requested`; the batch is `cancelled` once the
    credential in the making is done.
    """
    cancelled = await use_cases.cancel_batch(
        batch,
        version,
        work=ports.work(caller, "cancel_batch"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, cancelled.version)
    return BatchOut.of(cancelled, caller)
