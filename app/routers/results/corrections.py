"""Taking a confirmed result back, to be corrected."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.domain.results.use_cases import corrections as use_cases
from app.routers.habits import CallerDep, HabitRoute, IfMatch, PortsDep
from app.routers.results.results import answered
from app.routers.results.results_models import ReopenIn, ResultOut

router = APIRouter(prefix="/v1", tags=["results"], route_class=HabitRoute)


@router.post("/registrations/{registration}/result/reopen", operation_id="reopen_result")
async def reopen_result(
    registration: UUID,
    body: ReopenIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ResultOut:
    """Take a confirmed result back because of an error, for its teachers to enter anew.

    The learner is told, and can object to the new result as to the first. Once it is confirmed,
    the edition's contact is told of a credential that certifies the old one, to issue it again.
    """
    view = await use_cases.reopen_result(
        registration,
        body.reason,
        version,
        work=ports.work(caller, "reopen_result"),
        caller=caller,
        clock=ports.clock,
    )
    return answered(view, response)
