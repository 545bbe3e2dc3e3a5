"""Issuing: who is ready, batches, and their approval by a second person."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.domain.credentials import use_cases_batches as use_cases
from app.routers.credentials_models import AwardsOut, BatchDetailOut, BatchOut
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

router = APIRouter(prefix="/v1", tags=["credentials"], route_class=HabitRoute)


@router.get("/editions/{edition}/awards", operation_id="list_awards")
async def list_awards(edition: UUID, caller: CallerDep, ports: PortsDep) -> AwardsOut:
    """Everybody who passed an edition: ready for issuing, issued, or not ready and why.

    For issuer officers of the institution that seals.
    """
    awards = await use_cases.list_awards(edition, work=ports.reading(), caller=caller)
    return AwardsOut.of(awards, caller)


@router.post("/editions/{edition}/issuing-batches", status_code=201, operation_id="prepare_batch")
async def prepare_batch(
    edition: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> BatchDetailOut:
    """Put everything that is ready into a batch, for a second officer to approve.

    The seal is looked at first, and one credential is built without being sealed: what would go
    wrong for all is refused here.
    """
    batch = await use_cases.prepare_batch(
        edition,
        work=lambda: ports.work(caller, "prepare_batch"),
        sealing=ports.sealing,
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, batch.version)
    response.headers["Location"] = f"/v1/issuing-batches/{batch.id}"
    return BatchDetailOut.with_items(batch, (), caller)


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


@router.get("/issuing-batches/{batch}", operation_id="get_batch")
async def get_batch(
    batch: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> BatchDetailOut:
    """A batch with its learners, and the credentials that they have by now."""
    found, credentials = await use_cases.get_batch(batch, work=ports.reading(), caller=caller)
    set_etag(response, found.version)
    return BatchDetailOut.with_items(found, credentials, caller)


@router.post("/issuing-batches/{batch}/approve", status_code=202, operation_id="approve_batch")
async def approve_batch(
    batch: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> BatchOut:
    """Let a batch be sealed, as a second person. The job in `Location` begins at once.

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
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return BatchOut.of(approved, caller)


@router.post("/issuing-batches/{batch}/cancel", operation_id="cancel_batch")
async def cancel_batch(
    batch: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> BatchOut:
    """Give up a batch that does not run. Credentials that it has sealed stay."""
    cancelled = await use_cases.cancel_batch(
        batch,
        version,
        work=ports.work(caller, "cancel_batch"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, cancelled.version)
    return BatchOut.of(cancelled, caller)
