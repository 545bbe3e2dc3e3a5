"""Places of an edition: who may still come, how many there are, and why it is so."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.domain.enrolment.use_cases import lists as use_cases
from app.domain.enrolment.use_cases import places as use_cases_places
from app.domain.enrolment.use_cases.places import PlacesReport
from app.routers.enrolment.places_models import (
    AvailabilityItem,
    AvailabilityOut,
    DecisionOut,
    PlacesOut,
    ReplayOut,
    StandingOut,
)
from app.routers.enrolment.promoted_models import names_of
from app.routers.habits import CallerDep, CursorDep, HabitRoute, LimitDep, Page, PortsDep, page_of
from app.routers.habits.pages import BadCursor
from app.routers.habits.tables import JSON, TABLE_RESPONSES, Cell, table_response, wanted

router = APIRouter(prefix="/v1/editions/{edition}", tags=["editions"], route_class=HabitRoute)

_HEADER = (
    "institution", "cap", "placed", "free", "waiting", "waiting_reasons", "over", "provisional",
)  # fmt: skip
_TOTAL = "TOTAL"
"""The line of the edition as a whole; no institution has such a code."""


def _table(report: PlacesReport) -> Iterator[list[Cell]]:
    for row in (*report.institutions, report.whole):
        reasons = "; ".join(f"{reason.value} {n}" for reason, n in row.waiting_reasons.items())
        yield [
            row.bucket or _TOTAL,
            row.cap,
            row.placed,
            row.free,
            row.waiting,
            reasons,
            row.over,
            report.is_provisional,
        ]


@router.get("/places", operation_id="get_places", response_model=PlacesOut,
            responses=TABLE_RESPONSES)  # fmt: skip
async def get_places(
    edition: UUID,
    request: Request,
    caller: CallerDep,
    ports: PortsDep,
    institution: Annotated[
        str | None, Query(max_length=300, description="of this institution alone")
    ] = None,
) -> PlacesOut | Response:
    """Places by institution: cap, taken, free, and waiting with reasons.

    Every institution's officer sees all numbers. Also as CSV and as a workbook, by `Accept`, whose
    last line, `TOTAL`, is that of the edition: its `free` is what is left for all together.
    """
    report = await use_cases_places.get_places(
        edition, institution, work=ports.reading(), caller=caller
    )
    media_type = wanted(request)
    if media_type == JSON:
        return PlacesOut.of(report)
    name = f"places-{report.edition.code}"
    return table_response(media_type, name, _HEADER, _table(report))


@router.get("/availability", operation_id="get_availability")
async def get_availability(edition: UUID, ports: PortsDep) -> AvailabilityOut:
    """What somebody who registers now may expect, by institution. For everybody."""
    found, items = await use_cases_places.get_availability(edition, work=ports.reading())
    return AvailabilityOut(
        edition=found.id,
        state=found.state,
        items=[AvailabilityItem(institution=code, availability=what) for code, what in items],
    )


@router.get("/standing", operation_id="get_standing")
async def get_standing(edition: UUID, caller: CallerDep, ports: PortsDep) -> StandingOut:
    """Where everybody would stand if the list were published now. For officers alone."""
    found = await use_cases.get_standing(edition, work=ports.reading(), caller=caller)
    listed = [one.entrant.registration for one in found.standings]
    return StandingOut.of(found, await names_of(listed, found.edition, caller, ports))


@router.get("/decisions", operation_id="list_decisions")
async def list_decisions(
    edition: UUID,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
) -> Page[DecisionOut]:
    """The log of decisions, by number: everything that changed a state or a cap."""
    after = 0
    if cursor.after is not None:
        if len(cursor.after) != 1 or not cursor.after[0].isdecimal() or len(cursor.after[0]) > 9:
            raise BadCursor
        after = int(cursor.after[0])
    found = await use_cases.list_decisions(
        edition, after=after, limit=limit + 1, work=ports.reading(), caller=caller
    )
    shown, following = page_of(request, response, found, limit, lambda one: (one.seq,))
    return Page(items=[DecisionOut.of(decision) for decision in shown], next=following)


@router.post("/replay", operation_id="replay_decisions")
async def replay_decisions(edition: UUID, caller: CallerDep, ports: PortsDep) -> ReplayOut:
    """Compute the whole allocation again from the log, and compare it with what is stored."""
    report = await use_cases.replay_decisions(
        edition, work=ports.work(caller, "replay_decisions"), caller=caller
    )
    return ReplayOut.of(edition, report)
