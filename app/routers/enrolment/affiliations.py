"""Institutions confirm or contest the people of their list; the edition's officer decides."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.use_cases import affiliation as use_cases
from app.domain.enrolment.use_cases.affiliation import ConfirmedList, Saying
from app.routers.enrolment.registrations_models import CancelledOut, RegistrationOut
from app.routers.enrolment.registrations_shown import ended, shown
from app.routers.habits import CallerDep, HabitRoute, IfMatch, PortsDep

router = APIRouter(prefix="/v1", tags=["registrations"], route_class=HabitRoute)


class ContestIn(BaseModel):
    """Why an institution does not know somebody."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Not among our students or staff."}]},
    )

    reason: str = Field(
        min_length=1, max_length=1000, description="the person can read it; no personal data"
    )


class ContestDecisionIn(ContestIn):
    """The decision on a contest."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"upheld": False, "reason": "A letter of enrolment was shown."}]
        },
    )

    upheld: bool = Field(description="whether the institution is right: the registration ends")


class ConfirmListIn(BaseModel):
    """Whose people are confirmed."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"institution": "HKA"}]}
    )

    institution: str = Field(max_length=100)
    registrations: list[UUID] | None = Field(
        None, max_length=10_000, description="these alone; left out: everybody of the list"
    )


class ConfirmedListOut(BaseModel):
    """What confirming a list came to."""

    confirmed: list[UUID]
    left: list[UUID] = Field(description="all that were not confirmed now, the four below together")
    confirmed_before: list[UUID] = Field(description="nothing was left to say")
    contested: list[UUID] = Field(
        description="the contest stands; `confirm_affiliation` of the one takes it back"
    )
    decided: list[UUID] = Field(description="the edition's officer has decided on a contest")
    not_on_list: list[UUID] = Field(
        description="of those named: not registered in this edition for this institution, or not "
        "any more"
    )

    @classmethod
    def of(cls, done: ConfirmedList) -> "ConfirmedListOut":
        """From the domain."""

        def those(*states: ClaimState | None) -> list[UUID]:
            return sorted(one for one, state in done.left.items() if state in states)

        return cls(
            confirmed=list(done.confirmed),
            left=sorted(done.left),
            confirmed_before=those(ClaimState.CONFIRMED),
            contested=those(ClaimState.CONTESTED),
            decided=those(ClaimState.UPHELD, ClaimState.DISMISSED),
            not_on_list=those(None),
        )


@router.post(
    "/registrations/{registration}/affiliation/confirm", operation_id="confirm_affiliation"
)
async def confirm_affiliation(
    registration: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> RegistrationOut:
    """The institution knows this person. Silence blocks nothing: nobody has to."""
    view = await use_cases.confirm_affiliation(
        Saying(registration, version),
        work=ports.work(caller, "confirm_affiliation"),
        caller=caller,
        clock=ports.clock,
    )
    return shown(view, response, caller, ports)


@router.post(
    "/registrations/{registration}/affiliation/contest", operation_id="contest_affiliation"
)
async def contest_affiliation(
    registration: UUID,
    body: ContestIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> RegistrationOut:
    """The institution does not know this person. The place or turn stays until the edition's
    officer has decided."""
    view = await use_cases.contest_affiliation(
        Saying(registration, version, body.reason),
        work=ports.work(caller, "contest_affiliation"),
        caller=caller,
        clock=ports.clock,
    )
    return shown(view, response, caller, ports)


@router.post("/registrations/{registration}/affiliation/decide", operation_id="decide_contest")
async def decide_contest(
    registration: UUID,
    body: ContestDecisionIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> CancelledOut:
    """Decide on a contest. Upheld, the registration is cancelled and its seat goes on at once."""
    view, promoted = await use_cases.decide_contest(
        Saying(registration, version, body.reason),
        upheld=body.upheld,
        work=ports.work(caller, "decide_contest"),
        caller=caller,
        clock=ports.clock,
    )
    return await ended(view, promoted, response, caller, ports)


@router.post("/editions/{edition}/affiliations/confirm", operation_id="confirm_affiliations")
async def confirm_affiliations(
    edition: UUID, body: ConfirmListIn, caller: CallerDep, ports: PortsDep
) -> ConfirmedListOut:
    """The institution knows everybody of its list, or those named. What it has contested stays
    contested."""
    done = await use_cases.confirm_affiliations(
        edition,
        body.institution,
        body.registrations,
        work=ports.work(caller, "confirm_affiliations"),
        caller=caller,
        clock=ports.clock,
    )
    return ConfirmedListOut.of(done)
