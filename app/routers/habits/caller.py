"""Who is asking, and the ports to answer with."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from app.domain.access.ports import Identity
from app.domain.access.roles import Caller
from app.domain.errors import NotAuthenticated
from app.ports import Ports


class _Bearer(HTTPBearer):
    """Shows in the contract how callers name themselves; `caller_of` reads what they send."""

    async def __call__(self, request: HTTPConnection) -> None:
        """Nothing."""


_bearer = _Bearer(
    auto_error=False,
    scheme_name="bearer",
    description="A token of a configured identity provider, of the local identity in development, "
    "or the session that a one-time link opens.",
)


def ports_of(request: Request) -> Ports:
    """Everything outside the hexagon, as the application was built with it."""
    ports: Ports = request.app.state.ports
    return ports


async def caller_of(request: Request) -> Caller:
    """The caller of a request, found once. Raises NotAuthenticated."""
    known: Caller | None = request.scope.get("caller")
    if known is not None:
        return known
    trace_id: str = request.scope.get("trace_id", "")
    header = request.headers.get("authorization")
    if header is None:
        caller = Caller(account=None, trace_id=trace_id)
    else:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAuthenticated("The Authorization header must be `Bearer` and a token.")
        ports = ports_of(request)
        identity = await ports.tokens.identify(token.strip())
        caller = await _behind(identity, ports, trace_id)
    request.scope["caller"] = caller
    return caller


async def caller_with(token: str, request: Request) -> Caller:
    """Whom a token names that came by another way than a header. Raises NotAuthenticated."""
    ports = ports_of(request)
    identity = await ports.tokens.identify(token)
    return await _behind(identity, ports, request.scope.get("trace_id", ""))


async def _behind(identity: Identity, ports: Ports, trace_id: str) -> Caller:
    now = ports.clock.now()
    if ports.callers is not None:
        known = await ports.callers.known(identity, at=now, trace_id=trace_id)
        if known is not None:
            return known
    async with ports.reading() as work:
        return await work.accounts.caller(identity, at=now, trace_id=trace_id)


async def _caller(
    request: Request,
    _shown: Annotated[None, Depends(_bearer)],
) -> Caller:
    return await caller_of(request)


async def _ports(request: Request) -> Ports:
    return ports_of(request)


CallerDep = Annotated[Caller, Depends(_caller)]
PortsDep = Annotated[Ports, Depends(_ports)]

GIVEN: dict[Any, Callable[[Request], Awaitable[Any]]] = {_caller: caller_of, _ports: _ports}
"""What these dependencies stand for, for whoever gets it without FastAPI."""
