"""Long work: how it stands, its progress as a stream, cancelling and resuming."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from app.domain.access import use_cases
from app.domain.jobs import FINISHED, Job
from app.routers.habits import CallerDep, HabitRoute, PortsDep
from app.routers.platform.platform_models import JobOut

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=HabitRoute)

_LOOK_EVERY = 0.25


@router.get("/{job}", operation_id="get_job")
async def get_job(job: UUID, caller: CallerDep, ports: PortsDep) -> JobOut:
    """How a job stands, and what became of each thing it works on."""
    found, items = await use_cases.job_with_items(job, work=ports.reading(), caller=caller)
    return JobOut.of(found, list(items))


@router.get(
    "/{job}/events",
    operation_id="stream_job_events",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "One `progress` event for each change, and `finished` as the last.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def stream_job_events(
    job: UUID, request: Request, caller: CallerDep, ports: PortsDep
) -> EventSourceResponse:
    """The progress of a job as server-sent events; it ends when the job has ended."""
    first, _ = await use_cases.job_with_items(job, work=ports.reading(), caller=caller)

    async def events() -> AsyncIterator[ServerSentEvent]:
        current, told = first, None
        while True:
            state = _state(current)
            if state != told:
                told = state
                kind = "finished" if current.state in FINISHED else "progress"
                yield ServerSentEvent(data=state, event=kind)
            if current.state in FINISHED or await request.is_disconnected():
                return
            await asyncio.sleep(_LOOK_EVERY)
            async with ports.reading() as work:
                current = await work.jobs.read(job)

    return EventSourceResponse(events())


def _state(job: Job) -> str:
    return json.dumps({"id": str(job.id), "state": job.state, "done": job.done, "total": job.total})


@router.post("/{job}/cancel", operation_id="cancel_job")
async def cancel_job(job: UUID, caller: CallerDep, ports: PortsDep) -> JobOut:
    """Ask a job to stop at its next good moment. What is done stays done."""
    stopped = await use_cases.cancel_job(
        job, work=ports.work(caller, "cancel_job"), caller=caller, clock=ports.clock
    )
    return JobOut.of(stopped)


@router.post("/{job}/resume", status_code=202, operation_id="resume_job")
async def resume_job(job: UUID, response: Response, caller: CallerDep, ports: PortsDep) -> JobOut:
    """Run a failed or cancelled job again, for what is not done yet."""
    again = await use_cases.resume_job(job, work=ports.work(caller, "resume_job"), caller=caller)
    response.headers["Location"] = f"/v1/jobs/{job}"
    return JobOut.of(again)
