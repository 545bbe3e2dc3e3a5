"""The places of one institution, across editions and time."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.domain.enrolment.edition import EditionState
from app.domain.enrolment.ports_places import EditionTally
from app.domain.enrolment.use_cases.places import list_places as places_of
from app.routers.habits import CallerDep, CursorDep, HabitRoute, LimitDep, Page, PortsDep, page_of
from app.routers.habits.tables import JSON, TABLE_RESPONSES, Cell, all_of, table_response, wanted

router = APIRouter(prefix="/v1/institutions", tags=["editions"], route_class=HabitRoute)

_HEADER = ("edition", "code", "state", "start", "cap", "placed", "waiting", "over")


class EditionPlacesOut(BaseModel):
    """The numbers of one institution in one edition."""

    edition: UUID
    code: str = Field(examples=["IMC-2026-001-E1"])
    state: EditionState
    start: date
    cap: int | None = Field(description="null where the edition sets none for it")
    placed: int
    waiting: int
    over: int = Field(description="above the cap by an officer's decision")

    @classmethod
    def of(cls, one: EditionTally) -> "EditionPlacesOut":
        """From the domain."""
        return cls(
            edition=one.edition,
            code=one.code,
            state=one.state,
            start=one.start,
            cap=one.tally.cap,
            placed=one.tally.placed,
            waiting=one.tally.waiting,
            over=one.tally.excess,
        )


def _line(one: EditionTally) -> list[Cell]:
    tally = one.tally
    return [
        str(one.edition), one.code, one.state.value, one.start.isoformat(), tally.cap, tally.placed,
        tally.waiting, tally.excess,
    ]  # fmt: skip


@router.get(
    "/{code}/places",
    operation_id="list_places",
    response_model=Page[EditionPlacesOut],
    responses=TABLE_RESPONSES,
)
async def list_places(
    code: str,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    starting_from: Annotated[
        date | None, Query(description="first day from here on", examples=["2027-01-01"])
    ] = None,
    starting_until: Annotated[
        date | None, Query(description="first day up to here", examples=["2027-12-31"])
    ] = None,
) -> Page[EditionPlacesOut] | Response:
    """How many places an institution has used and how many of its people wait, by edition.

    Also as CSV and as a workbook with all of them, by `Accept`.
    """
    media_type = wanted(request)
    as_table = media_type != JSON
    most = ports.settings.table_limit
    found = await places_of(
        code,
        starting=(starting_from, starting_until),
        after=None if as_table else cursor.after_id,
        limit=(most if as_table else limit) + 1,
        work=ports.reading(),
        caller=caller,
    )
    if as_table:
        name = "places-across-editions"
        rows = (_line(one) for one in all_of(found, most))
        return table_response(media_type, name, _HEADER, rows)
    shown, following = page_of(request, response, found, limit, lambda one: (one.edition,))
    return Page(items=[EditionPlacesOut.of(one) for one in shown], next=following)
