"""One-time links, for people without an account."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.domain.results.errors import LinkNoLongerValid, LinkNotFound
from app.domain.results.policy import ResultsPolicy
from app.domain.results.use_cases import links
from app.ports import Ports
from app.routers.habits import CallerDep, HabitRoute, PortsDep
from app.routers.pages.links import just_opened_page, link_page, unknown_link_page, wants_page
from app.routers.results.learner_models import LinkOut, LinkRequestIn, LinkRequestOut, SessionOut

router = APIRouter(prefix="/v1/links", route_class=HabitRoute, tags=["links"])

Token = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        description="the last part of the address in the mail",
        examples=["ZGVtby1vbmUtdGltZS1saW5rLXRva2VuLTAwMDAwMDA"],
    ),
]


def _never_kept(response: Response) -> None:
    response.headers["Cache-Control"] = "private, no-store"
    # A token in an address must not travel on to wherever a page leads.
    response.headers["Referrer-Policy"] = "no-referrer"


def _policy(ports: Ports) -> ResultsPolicy:
    return ResultsPolicy.with_days(ports.settings.objection_days)


@router.get("/{token}", operation_id="look_at_link", response_model=LinkOut)
async def look_at_link(
    token: Token, request: Request, response: Response, ports: PortsDep
) -> LinkOut | Response:
    """What a link is for, and whether it can be opened. Looking never acts.

    A browser that follows the link gets a page with a button that opens it.
    """
    _never_kept(response)
    try:
        view = await links.look_at_link(token, work=ports.reading(), clock=ports.clock)
    except LinkNotFound:
        if wants_page(request):
            return await unknown_link_page(request, ports)
        raise
    if wants_page(request):
        return await link_page(request, ports, token, view)
    return LinkOut.of(view)


@router.post("/{token}/open", operation_id="open_link", response_model=SessionOut)
async def open_link(
    token: Token, request: Request, response: Response, caller: CallerDep, ports: PortsDep
) -> SessionOut | Response:
    """Open a link, once: confirms the address and starts a short session for the registration."""
    _never_kept(response)
    try:
        session = await links.open_link(
            token,
            work=ports.work(caller, "open_link"),
            sessions=ports.sessions,
            clock=ports.clock,
        )
    except LinkNotFound:
        if wants_page(request):
            return await unknown_link_page(request, ports)
        raise
    except LinkNoLongerValid:
        if not wants_page(request):
            raise
        view = await links.look_at_link(token, work=ports.reading(), clock=ports.clock)
        return await link_page(request, ports, token, view, status=409)
    if wants_page(request):
        return await just_opened_page(request, ports, session)
    return SessionOut.of(session)


@router.post("", status_code=202, operation_id="request_link")
async def request_link(
    body: LinkRequestIn, response: Response, caller: CallerDep, ports: PortsDep
) -> LinkRequestOut:
    """Have a new link sent to the address stated in a registration.

    The answer is the same whether there is such a registration or not.
    """
    _never_kept(response)
    await links.request_link(
        body.edition,
        body.email,
        work=ports.work(caller, "request_link"),
        clock=ports.clock,
        policy=_policy(ports),
    )
    return LinkRequestOut()
