"""Which operations take files, as their routes declare it, and who is let in before they are read.

FastAPI reads a form to its end before it asks who sent it; of files that is far too late.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.params import File
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.errors import NotAuthenticated
from app.routers.habits.caller import caller_of

FORM = "multipart/form-data"


def taking_files(routes: Iterable[BaseRoute]) -> Callable[[Scope], bool]:
    """Whether a request is to an operation that takes files, by its method and its path."""
    uploads = [one for one in routes if isinstance(one, APIRoute) and _declares_a_file(one)]
    methods = {method for one in uploads for method in one.methods or ()}

    def takes_files(scope: Scope) -> bool:
        return scope["method"] in methods and any(
            one.matches(scope)[0] is Match.FULL for one in uploads
        )

    return takes_files


_CHECK = "sent_by"
KEY = "idempotency-key"
MaySend = Callable[[Request, Caller], Awaitable[None]]
"""Lets a caller pass who may send the file of this request, or raises."""
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def sent_by(check: MaySend) -> Callable[[Endpoint], Endpoint]:
    """Have an operation's file read only after `check` has let its sender pass."""

    def marked(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _CHECK, check)
        return endpoint

    return marked


Answer = Callable[[Request], Coroutine[Any, Any, Response]]


def asked_before_reading(route: APIRoute, answer: Answer) -> Answer:
    """The same handler, which of a file reads nothing before it knows that its sender may send it.

    An operation may say itself who may send (`sent_by`). Otherwise, where a role must be held,
    holding it nowhere is enough to refuse; where exactly it must be held, the operation decides.
    """
    action = route.operation_id
    permission = PERMISSIONS.get(action or "")
    if action is None or permission is None or permission.public or not _declares_a_file(route):
        return answer
    roles = {rule.role for rule in permission.rules}
    check: MaySend | None = getattr(route.endpoint, _CHECK, None)

    async def asked_first(request: Request) -> Response:
        caller = await caller_of(request)
        if caller.is_anonymous:
            raise NotAuthenticated("Send a bearer token: this operation is not public.")
        anybody = permission.signed_in or permission.self_
        stranger = not anybody and roles.isdisjoint(grant.role for grant in caller.grants)
        # Who holds the role may repeat a request whose thing has gone since: the answer is kept.
        if check is not None and (stranger or KEY not in request.headers):
            await check(request, caller)
        elif stranger:
            raise NotAllowed(action)
        return await answer(request)

    return asked_first


def _declares_a_file(route: APIRoute) -> bool:
    """By a parameter, or by what the contract says of an operation that reads its body itself."""
    if any(isinstance(field.field_info, File) for field in route.dependant.body_params):
        return True
    said = (route.openapi_extra or {}).get("requestBody", {})
    return FORM in said.get("content", {})
