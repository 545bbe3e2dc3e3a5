"""Entering, confirming, seeing and contesting results."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Header, Query, Request, Response, UploadFile

from app.domain.results.credential_data import CredentialData
from app.domain.results.policy import ResultsPolicy
from app.domain.results.sheet import MOST_BYTES
from app.domain.results.use_cases import entering as use_cases
from app.domain.results.use_cases import importing, learner
from app.domain.results.views import ResultView
from app.ports import Ports
from app.routers.habits import (
    CallerDep,
    CursorDep,
    HabitRoute,
    IfMatch,
    LimitDep,
    PortsDep,
    page_of,
    set_etag,
)
from app.routers.results.learner_models import CredentialDataIn, CredentialDataOut
from app.routers.results.results_models import (
    ConfirmedOut,
    ConfirmIn,
    DecideIn,
    ImportReportOut,
    ObjectIn,
    ResultIn,
    ResultOut,
    ResultsOut,
)

router = APIRouter(prefix="/v1", route_class=HabitRoute, tags=["results"])

_RESULT = "/registrations/{registration}/result"
_DATA = "/registrations/{registration}/credential-data"


def answered(view: ResultView, response: Response) -> ResultOut:
    """The result as it is answered with, and its version."""
    set_etag(response, view.result.version)
    return ResultOut.of(view)


@router.get(
    "/editions/{edition}/results",
    operation_id="list_results",
    response_model=ResultsOut,
    responses={
        200: {
            "content": {"text/csv": {"schema": {"type": "string"}}},
            "description": "The list; as CSV all of it, in the form that an upload takes back",
        }
    },
)
async def list_results(
    edition: UUID,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    limit: LimitDep = 50,
    accept: Annotated[
        str | None, Header(description="`application/json` or `text/csv`", max_length=500)
    ] = None,
) -> ResultsOut | Response:
    """Everybody who takes part in an edition, with what has been entered for them.

    As CSV, with names, it is the sheet that teachers fill in and upload again.
    """
    listed = await use_cases.list_results(
        edition, work=ports.reading(), caller=caller, clock=ports.clock
    )
    if accept is not None and "text/csv" in accept:
        return Response(
            importing.sheet_of(listed),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{listed.edition.code}-results.csv"'
            },
        )
    after = cursor.after_id
    lines = [
        line for line in listed.lines if after is None or line.participant.registration > after
    ]
    shown, following = page_of(
        request,
        response,
        lines[: limit + 1],
        limit,
        lambda line: (line.participant.registration,),
    )
    return ResultsOut.of(listed, shown, following)


@router.post("/editions/{edition}/results", operation_id="import_results")
async def import_results(
    edition: UUID,
    caller: CallerDep,
    ports: PortsDep,
    file: Annotated[UploadFile, File(description=f"CSV, at most {MOST_BYTES} bytes")],
    dry_run: Annotated[bool, Query(description="say what would happen, change nothing")] = False,
) -> ImportReportOut:
    """Take over a CSV file of results, all of it or nothing.

    Columns: `registration`; one per assessment, named by its code; `grade`; `outcome`;
    `assessed_on`, `identity`, `supervised`, for all assessments or as `A1_assessed_on` for one;
    `version`, which is compared when it is there. Others are reported and left alone.
    """
    content = await file.read(MOST_BYTES + 1)
    report = await importing.import_results(
        edition,
        content,
        dry_run=dry_run,
        work=ports.work(caller, "import_results"),
        caller=caller,
        clock=ports.clock,
    )
    return ImportReportOut.of(report)


@router.post("/editions/{edition}/results/confirm", operation_id="confirm_results")
async def confirm_results(
    edition: UUID, body: ConfirmIn, caller: CallerDep, ports: PortsDep
) -> ConfirmedOut:
    """Stand for the results list, as somebody who neither teaches the edition nor entered grades.

    Confirming again covers what was corrected since.
    """
    confirmed = await use_cases.confirm_results(
        edition,
        body.results_hash,
        work=ports.work(caller, "confirm_results"),
        caller=caller,
        clock=ports.clock,
        policy=ResultsPolicy.with_days(ports.settings.objection_days),
    )
    return ConfirmedOut(confirmed=confirmed)


@router.get(_RESULT, operation_id="get_result")
async def get_result(
    registration: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> ResultOut:
    """One learner's result: for themselves, and for those who deal with it."""
    view = await use_cases.get_result(
        registration, work=ports.reading(), caller=caller, clock=ports.clock
    )
    return answered(view, response)


@router.put(_RESULT, operation_id="record_result")
async def record_result(
    registration: UUID,
    body: ResultIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ResultOut:
    """Enter what is known of one learner's result, in place of what was entered before.

    The ETag of a result that nobody has entered yet is `"0"`.
    """
    view = await use_cases.record_result(
        registration,
        body.entry(),
        version,
        work=ports.work(caller, "record_result"),
        caller=caller,
        clock=ports.clock,
    )
    return answered(view, response)


@router.post(f"{_RESULT}/accept", operation_id="accept_result")
async def accept_result(
    registration: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> ResultOut:
    """Agree with one's result, which ends the time to object."""
    view = await learner.accept_result(
        registration,
        version,
        work=ports.work(caller, "accept_result"),
        caller=caller,
        clock=ports.clock,
    )
    return answered(view, response)


@router.post(f"{_RESULT}/object", operation_id="object_to_result")
async def object_to_result(
    registration: UUID,
    body: ObjectIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ResultOut:
    """Object to one's result. No credential is sealed until it is decided."""
    view = await learner.object_to_result(
        registration,
        body.reason,
        version,
        work=ports.work(caller, "object_to_result"),
        caller=caller,
        clock=ports.clock,
    )
    return answered(view, response)


@router.post(f"{_RESULT}/objection/decide", operation_id="decide_objection")
async def decide_objection(
    registration: UUID,
    body: DecideIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ResultOut:
    """Uphold an objection, so that the result is entered anew, or reject it."""
    view = await learner.decide_objection(
        registration,
        body.decision,
        body.answer,
        version,
        work=ports.work(caller, "decide_objection"),
        caller=caller,
        clock=ports.clock,
    )
    return answered(view, response)


async def _undrawn(data: CredentialData, ports: Ports) -> Mapping[str, str]:
    return await ports.lettering.undrawn([data.identity.full_name] if data.identity else [])


@router.get(_DATA, operation_id="get_credential_data")
async def get_credential_data(
    registration: UUID, response: Response, caller: CallerDep, ports: PortsDep
) -> CredentialDataOut:
    """One's own credential data, as confirmed last."""
    participant, data = await learner.get_credential_data(
        registration, work=ports.reading(), caller=caller
    )
    set_etag(response, data.version)
    return CredentialDataOut.of(participant, data, await _undrawn(data, ports))


@router.put(_DATA, operation_id="confirm_credential_data")
async def confirm_credential_data(
    registration: UUID,
    body: CredentialDataIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> CredentialDataOut:
    """State the legal name as it shall stand, and one thing that tells its bearer apart.

    The ETag of data that have not been confirmed yet is `"0"`.
    """
    participant, data = await learner.confirm_credential_data(
        registration,
        body.identity(),
        version,
        work=ports.work(caller, "confirm_credential_data"),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, data.version)
    return CredentialDataOut.of(participant, data, await _undrawn(data, ports))
