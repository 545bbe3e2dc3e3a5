"""Registrations: for oneself or by an officer, and what becomes of them."""

from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response

from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases import registrations as use_cases
from app.domain.enrolment.use_cases.deciding import decide_registration as decide
from app.domain.enrolment.use_cases.people import edit_registration as edit_person
from app.domain.enrolment.use_cases.register import register as register_learner
from app.domain.enrolment.views import RegistrationView
from app.routers.enrolment.promoted_models import promoted_of
from app.routers.enrolment.registered_models import RegisteredOut, not_taken
from app.routers.enrolment.registrations_models import (
    CancelIn,
    CancelledOut,
    DecidedOut,
    MyRegistrationsOut,
    OfficerDecisionIn,
    RegistrationIn,
    RegistrationOut,
    RegistrationPatch,
)
from app.routers.enrolment.registrations_shown import ended, notices_of, shown
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
from app.routers.habits.pages import BadCursor
from app.routers.habits.tables import JSON, TABLE_RESPONSES, Cell, all_of, table_response, wanted

router = APIRouter(prefix="/v1", tags=["registrations"], route_class=HabitRoute)


@router.post(
    "/editions/{edition}/registrations",
    status_code=201,
    operation_id="register",
    responses={200: {"model": RegisteredOut, "description": "They were registered already."}},
)
async def register(
    edition: UUID, body: RegistrationIn, response: Response, caller: CallerDep, ports: PortsDep
) -> RegisteredOut:
    """Register oneself, or as an officer somebody else. The answer says whether they have a place
    or wait; registering twice answers 200 with the registration that exists, and says in
    `not_taken` what of the second request it does not take over."""
    view, is_new = await register_learner(
        edition,
        body.to_domain(),
        work=ports.work(caller, "register"),
        caller=caller,
        clock=ports.clock,
        likeness=ports.forms.likeness,
        notices=notices_of(ports),
    )
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/registrations/{view.registration.id}"
    set_etag(response, view.registration.version)
    answer = RegisteredOut.of(view, caller, notices_of(ports))
    if not is_new:
        answer.not_taken = not_taken(body, view)
    return answer


_HEADER = (
    "id", "full_name", "email", "country", "language", "institution", "stated", "state", "reason",
    "received_at", "source", "warnings", "position", "position_within",
    "waiting_position", "affiliation",
)  # fmt: skip


def _table(views: Sequence[RegistrationView]) -> Iterator[list[Cell]]:
    for view in views:
        one, person = view.registration, view.person
        yield [
            str(one.id),
            person.full_name,
            person.email,
            person.country,
            person.language,
            one.bucket,
            one.stated,
            view.state.value,
            view.reason.value,
            one.receipt.received_at,
            one.receipt.source.value,
            "; ".join(view.warnings),
            view.position,
            view.position_within,
            view.waiting_position,
            one.claim_state.value,
        ]


@router.get(
    "/editions/{edition}/registrations",
    operation_id="list_registrations",
    response_model=Page[RegistrationOut],
    responses=TABLE_RESPONSES,
)
async def list_registrations(
    edition: UUID,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    institution: Annotated[
        str | None, Query(max_length=300, description="that count for this institution")
    ] = None,
    state: Annotated[list[State] | None, Query(description="in one of these states")] = None,
    affiliation: Annotated[
        list[ClaimState] | None, Query(description="whose institution said this")
    ] = None,
) -> Page[RegistrationOut] | Response:
    """Registrations in order of rank. Officers of other institutions see their own people.

    Also as CSV and as a workbook with all of them, by `Accept`.
    """
    media_type = wanted(request)
    if media_type != JSON:
        most = ports.settings.table_limit
        everybody = await use_cases.list_registrations(
            edition,
            institution=institution,
            states=state or (),
            claims=affiliation or (),
            after=None,
            limit=most + 1,
            work=ports.reading(),
            caller=caller,
        )
        name = f"registrations-{edition}"
        return table_response(media_type, name, _HEADER, _table(all_of(everybody, most)))
    if cursor.after is not None and (len(cursor.after) != 1 or "\0" in cursor.after[0]):
        raise BadCursor
    found: Sequence[RegistrationView] = await use_cases.list_registrations(
        edition,
        institution=institution,
        states=state or (),
        claims=affiliation or (),
        after=cursor.after[0] if cursor.after else None,
        limit=limit + 1,
        work=ports.reading(),
        caller=caller,
    )
    shown, following = page_of(
        request, response, found, limit, lambda view: (view.registration.rank,)
    )
    return Page(
        items=[RegistrationOut.of(view, caller, notices_of(ports)) for view in shown],
        next=following,
    )


@router.get("/me/registrations", operation_id="list_my_registrations")
async def list_my_registrations(caller: CallerDep, ports: PortsDep) -> MyRegistrationsOut:
    """The caller's own registrations, the newest first."""
    found = await use_cases.my_registrations(work=ports.reading(), caller=caller)
    return MyRegistrationsOut(
        items=[RegistrationOut.of(view, caller, notices_of(ports)) for view in found]
    )


@router.get("/registrations/{registration}", operation_id="get_registration")
async def get_registration(
    registration: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> RegistrationOut:
    """One registration: state, reason, and true rank overall and within its institution."""
    view = await use_cases.get_registration(registration, work=ports.reading(), caller=caller)
    return shown(view, response, caller, ports)


@router.post("/registrations/{registration}/cancel", operation_id="cancel_registration")
async def cancel_registration(
    registration: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: Annotated[CancelIn | None, Body()] = None,
) -> CancelledOut:
    """Give a registration up. Its seat goes at once to the first who waits and fits all caps."""
    view, promoted = await use_cases.cancel_registration(
        registration,
        version,
        body.reason if body else None,
        work=ports.work(caller, "cancel_registration"),
        caller=caller,
        clock=ports.clock,
    )
    return await ended(view, promoted, response, caller, ports)


@router.patch("/registrations/{registration}", operation_id="edit_registration")
async def edit_registration(
    registration: UUID,
    body: RegistrationPatch,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> RegistrationOut:
    """Correct, complete and confirm what is known of the person; also by a one-time link.

    Rank, institution and place stay.
    """
    view = await edit_person(
        registration,
        version,
        body.to_domain(),
        work=ports.work(caller, "edit_registration"),
        caller=caller,
        clock=ports.clock,
    )
    return shown(view, response, caller, ports)


@router.post("/registrations/{registration}/no-show", operation_id="record_no_show")
async def record_no_show(
    registration: UUID,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: Annotated[CancelIn | None, Body()] = None,
) -> CancelledOut:
    """Say that somebody with a place did not come, once teaching has begun.

    The place goes to the first who waits and fits, as long as the edition gives places.
    """
    view, promoted = await use_cases.record_no_show(
        registration,
        version,
        body.reason if body else None,
        work=ports.work(caller, "record_no_show"),
        caller=caller,
        clock=ports.clock,
    )
    return await ended(view, promoted, response, caller, ports)


@router.post("/registrations/{registration}/decide", operation_id="decide_registration")
async def decide_registration(
    registration: UUID,
    body: OfficerDecisionIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> DecidedOut:
    """Decide on what is unclear of a registration, or correct for which institution it counts.

    A decision on a spelling is remembered for everybody who writes the same, in place of an earlier
    one. As long as the list is provisional, `admit` with one of `institution`, `organisation` and
    `independent` also corrects what was decided, or taken without a question, at its rank;
    `also_settled` are those who wrote the same; whom their institution has confirmed or contested
    stays there, and is not among them. Once the list binds it answers `institution_fixed`.
    """
    decided = await decide(
        registration,
        version,
        body.to_domain(),
        work=ports.work(caller, "decide_registration"),
        caller=caller,
        clock=ports.clock,
    )
    return DecidedOut(
        registration=shown(decided.view, response, caller, ports),
        also_settled=list(decided.also),
        promoted_registrations=await promoted_of(
            decided.promoted, decided.view.edition, caller, ports
        ),
    )
