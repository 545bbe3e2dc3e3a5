"""One-time links, for people without an account."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.domain.results import use_cases_links
from app.domain.results.policy import ResultsPolicy
from app.ports import Ports
from app.routers.habits import CallerDep, HabitRoute, PortsDep
from app.routers.results_learner_models import LinkOut, LinkRequestIn, LinkRequestOut, SessionOut

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


@router.get("/{token}", operation_id="look_at_link")
async def look_at_link(token: Token, response: Response, ports: PortsDep) -> LinkOut:
    """What a link is for, and whether it can be opened. Looking never acts."""
    _never_kept(response)
    view = await use_cases_links.look_at_link(token, work=ports.reading(), clock=ports.clock)
    return LinkOut.of(view)


@router.post("/{token}/open", operation_id="open_link")
async def open_link(
    token: Token, response: Response, caller: CallerDep, ports: PortsDep
) -> SessionOut:
    """Open a link, once: confirms the address and starts a short session for the registration."""
    _never_kept(response)
    session = await use_cases_links.open_link(
        token,
        work=ports.work(caller, "open_link"),
        sessions=ports.sessions,
        clock=ports.clock,
    )
    return SessionOut.of(session)


@router.post("", status_code=202, operation_id="request_link")
async def request_link(
    body: LinkRequestIn, response: Response, caller: CallerDep, ports: PortsDep
) -> LinkRequestOut:
    """Have a new link sent to the address stated in a registration.

    The answer is the same whether there is such a registration or not.
    """
    _never_kept(response)
    await use_cases_links.request_link(
        body.edition,
        body.email,
        work=ports.work(caller, "request_link"),
        clock=ports.clock,
        policy=_policy(ports),
    )
    return LinkRequestOut()
