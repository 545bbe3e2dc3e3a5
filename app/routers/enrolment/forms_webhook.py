"""The live way of Microsoft Forms: a flow delivers each response as it comes, signed."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.routing import APIRoute

from app.domain.access.roles import Caller
from app.domain.enrolment.forms.imports import ImportRow, ImportState
from app.domain.enrolment.forms.live import DeliveredResponse
from app.domain.enrolment.forms.signing import SignatureRefused, SignedMessage
from app.domain.enrolment.use_cases import deliveries as use_cases
from app.domain.enrolment.use_cases import form_secrets
from app.domain.errors import Finding, Invalid
from app.routers.enrolment.forms_webhook_models import (
    DeliveredRowOut,
    DeliveryIn,
    FormDeliveryOut,
    FormSecretIn,
    FormSecretOut,
    FormSecretsOut,
    NewFormSecretOut,
)
from app.routers.enrolment.imports import ROW_HEADER, row_cells
from app.routers.habits import (
    CallerDep,
    CursorDep,
    HabitRoute,
    LanguageDep,
    LimitDep,
    Page,
    PortsDep,
    page_of,
)
from app.routers.habits.caller import ports_of
from app.routers.habits.pages import BadCursor
from app.routers.habits.tables import (
    JSON,
    TABLE_RESPONSES,
    Cell,
    all_of,
    table_response,
    wanted,
)

_SIGNER = "signed_with"
_AS_A_RULE = FormSecretIn()
"""Every field may be left out, and so may the body."""

FormId = Annotated[str, Path(min_length=1, max_length=300, description="the form's id in Forms")]


class OtherForm(Invalid):
    """The body is about another form than the address."""

    code = "other_form"

    def __init__(self) -> None:
        detail = "The body names another form than the address. Send it to that form's address."
        super().__init__(detail, findings=[Finding("/form_id", self.code, detail)])


class SignedRoute(APIRoute):
    """A route that reads nothing of a body before its signature is known to be right.

    It takes no Idempotency-Key: what is delivered twice is known by itself.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        answer = super().get_route_handler()

        async def signed(request: Request) -> Response:
            request.scope[_SIGNER] = await _signer(request)
            return await answer(request)

        return signed


async def _signer(request: Request) -> UUID:
    """The secret that a request is signed with. Raises SignatureRefused, DeliveryTooOld."""
    body = await request.body()
    form = request.path_params["form"]
    try:
        edition = UUID(request.path_params["edition"])
    except ValueError:
        raise SignatureRefused from None
    if "\0" in form:
        raise SignatureRefused  # no form is called so, and the database would not take it
    message = SignedMessage(
        id=request.headers.get("webhook-id", ""),
        timestamp=request.headers.get("webhook-timestamp", ""),
        signatures=request.headers.get("webhook-signature", ""),
        body=body,
    )
    ports = ports_of(request)
    return await form_secrets.identify_form_secret(
        edition,
        form,
        message,
        book=ports.form_secrets,
        tolerance=timedelta(seconds=ports.settings.webhook_tolerance_seconds),
        work=ports.reading(),
        clock=ports.clock,
    )


router = APIRouter(
    prefix="/v1/editions/{edition}/forms/{form}", tags=["imports"], route_class=HabitRoute
)
signed_router = APIRouter(
    prefix="/v1/editions/{edition}/forms/{form}", tags=["imports"], route_class=SignedRoute
)


@signed_router.post("/responses", operation_id="import_responses")
async def import_responses(
    edition: UUID,
    form: FormId,
    body: DeliveryIn,
    request: Request,
    ports: PortsDep,
    _id: Annotated[
        str,
        Header(
            alias="Webhook-Id",
            description="the sender's own name for this message, without a dot",
            examples=["msg-17"],
        ),
    ],
    _timestamp: Annotated[
        str,
        Header(
            alias="Webhook-Timestamp",
            description="seconds since 1970 (UTC) when it was signed",
            examples=["1803891600"],
        ),
    ],
    _signature: Annotated[
        str,
        Header(
            alias="Webhook-Signature",
            description="`v1,` and the Base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`; "
            "several, with a blank between them, while a secret is being changed",
            examples=["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
        ),
    ],
) -> FormDeliveryOut:
    """Import responses as a form's flow delivers them, exactly once.

    For Power Automate: trigger *When a new response is submitted*, action *Get response details*,
    then one request to this address for each response, with `response_id` and, as `raw`, the body
    of *Get response details* as it is. The request is signed as Standard Webhooks are: the key is
    the Base64 behind `whsec_` of the secret from `create_form_secret`. Expressions of flows cannot
    sign; the code of a custom connector can. The mapping of the form (`map_form`) names its
    questions by the connector's ids, `r` and 32 digits; until it does, responses are kept and wait
    (`needs_decision`, `form_not_mapped`).

    Each response gets the verdict that a row of an export would get, and comes back with it. The
    same response again is answered the same and changes nothing, whether it was delivered before
    or stands in a workbook that is imported later. Nobody's name or address is in the answer. A
    wrong signature is 401 and says no more; a right one of another time than about now is
    `delivery_too_old`.
    """
    if body.form_id is not None and body.form_id != form:
        raise OtherForm
    answered = await use_cases.import_responses(
        edition,
        form,
        [DeliveredResponse(one.response_id, one.raw) for one in body.listed],
        await request.body(),
        secret=request.scope[_SIGNER],
        work=ports.work(_flow(request), "import_responses"),
        tools=ports.forms,
        clock=ports.clock,
    )
    return FormDeliveryOut.of(answered)


def _flow(request: Request) -> Caller:
    """Who acts: no person. The audit record notes the secret."""
    return Caller(account=None, is_system=True, trace_id=request.scope.get("trace_id", ""))


_HEADER = ("import", *ROW_HEADER)


def _table(
    rows: Sequence[tuple[UUID, ImportState, ImportRow]], language: str
) -> Iterator[list[Cell]]:
    for import_id, state, row in rows:
        yield [str(import_id), *row_cells(row, state, language)]


@router.get(
    "/responses",
    operation_id="list_responses",
    response_model=Page[DeliveredRowOut],
    responses=TABLE_RESPONSES,
)
async def list_responses(
    edition: UUID,
    form: FormId,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    language: LanguageDep,
    limit: LimitDep = 50,
) -> Page[DeliveredRowOut] | Response:
    """The report of everything that a form's flow delivered: each response with its verdict, and
    in one sentence what became of it and what the officer does next.

    Also as CSV and as a workbook with all rows, by `Accept`; nothing in them is run as a formula.
    """
    media_type = wanted(request)
    if media_type != JSON:
        most = ports.settings.table_limit
        found = await use_cases.list_responses(
            edition, form, after=None, limit=most + 1, work=ports.reading(), caller=caller
        )
        name = f"responses-{edition}"
        rows = _table(all_of(found, most), language)
        return table_response(media_type, name, _HEADER, rows, language=language)
    found = await use_cases.list_responses(
        edition,
        form,
        after=_after(cursor.after),
        limit=limit + 1,
        work=ports.reading(),
        caller=caller,
    )
    shown, following = page_of(
        request, response, found, limit, lambda one: (str(one[0]), one[2].row)
    )
    return Page(items=[DeliveredRowOut.delivered(*one, language) for one in shown], next=following)


def _after(key: Sequence[str] | None) -> tuple[UUID, int] | None:
    if key is None:
        return None
    try:
        import_id, row = key
        after = UUID(import_id), int(row)
    except ValueError:
        raise BadCursor from None
    if not 0 <= after[1] < 2**31:
        raise BadCursor
    return after


@router.post("/secrets", status_code=201, operation_id="create_form_secret")
async def create_form_secret(
    edition: UUID,
    form: FormId,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    body: FormSecretIn = _AS_A_RULE,
) -> NewFormSecretOut:
    """Make a secret with which the form's flow signs. It is shown this once.

    The one before goes on being accepted for `keep_hours`, so that nothing is lost while the flow
    is changed; those before that end now. Nothing of it is kept: it follows from the deployment's
    own secret.
    """
    made, secret = await form_secrets.create_form_secret(
        edition,
        form,
        timedelta(hours=body.keep_hours),
        book=ports.form_secrets,
        work=ports.work(caller, "create_form_secret"),
        caller=caller,
        clock=ports.clock,
    )
    # Also keeps it out of what is kept for repeated requests.
    response.headers["Cache-Control"] = "private, no-store"
    return NewFormSecretOut.made(made, secret, ports.settings.public_url)


@router.get("/secrets", operation_id="list_form_secrets")
async def list_form_secrets(
    edition: UUID, form: FormId, caller: CallerDep, ports: PortsDep
) -> FormSecretsOut:
    """Which secrets a form has and had, until when they are accepted, and when they were used."""
    found = await form_secrets.list_form_secrets(edition, form, work=ports.reading(), caller=caller)
    now = ports.clock.now()
    return FormSecretsOut(items=[FormSecretOut.of(one, now) for one in found])


@router.post("/secrets/{secret}/end", operation_id="end_form_secret")
async def end_form_secret(
    edition: UUID,
    form: FormId,
    secret: Annotated[UUID, Path(description="identifier of a secret")],
    caller: CallerDep,
    ports: PortsDep,
) -> FormSecretOut:
    """Accept nothing more that is signed with this secret: it has become known, or is not used."""
    ended = await form_secrets.end_form_secret(
        edition,
        form,
        secret,
        work=ports.work(caller, "end_form_secret"),
        caller=caller,
        clock=ports.clock,
    )
    return FormSecretOut.of(ended, ports.clock.now())
