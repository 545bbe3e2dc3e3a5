"""The places of one institution, across editions."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.domain.enrolment.use_cases_lists import list_places as places_of
from app.routers.habits import CallerDep, CursorDep, HabitRoute, LimitDep, Page, PortsDep, page_of

router = APIRouter(prefix="/v1/institutions", tags=["editions"], route_class=HabitRoute)


class EditionPlacesOut(BaseModel):
    """The numbers of one institution in one edition."""

    edition: UUID
    placed: int
    waiting: int
    over: int


@router.get("/{code}/places", operation_id="list_places")
async def list_places(
    code: str,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
) -> Page[EditionPlacesOut]:
    """How many places an institution has used and how many of its people wait, by edition."""
    found = await places_of(
        code, after=cursor.after_id, limit=limit + 1, work=ports.reading(), caller=caller
    )
    shown, following = page_of(request, response, found, limit, lambda one: (one.edition,))
    items = [
        EditionPlacesOut(
            edition=one.edition,
            placed=one.tally.placed,
            waiting=one.tally.waiting,
            over=one.tally.excess,
        )
        for one in shown
    ]
    return Page(items=items, next=following)
