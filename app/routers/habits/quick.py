"""The common operation without FastAPI's detours.

FastAPI looks anew at each request what an operation needs and asks for it one by one. For most
operations that was clear when the application was built: the caller, the ports, identifiers in the
path, one body of JSON, and a model as the answer. These are served by what is written here, as long
as all is well. Whatever is wrong or out of the ordinary goes FastAPI's way, which says what is
wrong in the same words as ever; the contract is made from the same declarations.
"""

from collections.abc import Awaitable, Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any, cast
from uuid import UUID

from fastapi import HTTPException, Request, Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.params import Body, File, Form
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from app.routers.habits.asgi import header

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Given = Callable[[Request], Awaitable[Any]]

_JSON = frozenset({b"application/json", b"application/json; charset=utf-8"})
_UUID = TypeAdapter(UUID).validator


def quick(route: APIRoute, given: dict[Any, Given], ordinary: Handler) -> Handler:
    """A handler for the route that answers as `ordinary` does, sooner; `ordinary` itself for
    routes that need more. `given` says how to get what dependencies stand for."""
    plan = _Plan.of(route, given)
    if plan is None:
        return ordinary
    provider = route.dependency_overrides_provider

    async def handler(request: Request) -> Response:
        if provider is not None and provider.dependency_overrides:
            return await ordinary(request)
        if request.scope.get("fastapi.telemetry") is not None:
            return await ordinary(request)  # it tells of its single steps
        try:
            values = await plan.values(request)
        except _NotOrdinary:
            return await ordinary(request)
        for name, get in plan.dependencies:
            values[name] = await get(request)
        return await plan.answer(values)

    return handler


class _NotOrdinary(Exception):
    """FastAPI has to look at this request."""


class _Plan:
    """What an operation takes and gives, as far as it is of the common kind."""

    def __init__(self, route: APIRoute, given: dict[Any, Given]) -> None:
        needs = route.dependant
        self.endpoint = cast(Callable[..., Awaitable[BaseModel]], route.endpoint)
        self.status = route.status_code or 200
        self.answers = cast(type[BaseModel], route.response_model)
        self.path = [(field.alias, field.name) for field in needs.path_params]
        self.body = [
            (field.name, cast(type[BaseModel], field.field_info.annotation))
            for field in needs.body_params
        ]
        self.request = needs.request_param_name
        self.response = needs.response_param_name
        self.dependencies = [(one.name, given[one.call]) for one in needs.dependencies if one.name]

    @classmethod
    def of(cls, route: APIRoute, given: dict[Any, Given]) -> "_Plan | None":
        """The plan of a route; None where it has more than a plan knows."""
        needs = route.dependant
        answer = route.response_model
        is_common = (
            iscoroutinefunction(route.endpoint)
            and not (needs.query_params or needs.header_params or needs.cookie_params)
            and not (
                needs.http_connection_param_name
                or needs.websocket_param_name
                or needs.background_tasks_param_name
                or needs.security_scopes_param_name
            )
            and all(one.call in given for one in needs.dependencies)
            and all(field.field_info.annotation is UUID for field in needs.path_params)
            and _is_common_body(route)
            and isinstance(answer, type)
            and issubclass(answer, BaseModel)
            and isinstance(route.response_class, DefaultPlaceholder)
            and route.status_code not in (204, 304)
            and route.response_model_by_alias
            and not (
                route.response_model_include
                or route.response_model_exclude
                or route.response_model_exclude_unset
                or route.response_model_exclude_defaults
                or route.response_model_exclude_none
            )
            and route.endpoint.__annotations__.get("return") is answer
        )
        return cls(route, given) if is_common else None

    async def values(self, request: Request) -> dict[str, Any]:
        """What stands in the request. Raises _NotOrdinary."""
        values: dict[str, Any] = {}
        for name, model in self.body:
            if header(request.scope, b"content-type") not in _JSON:
                raise _NotOrdinary
            try:
                sent = from_json(await _body_of(request))
                values[name] = model.__pydantic_validator__.validate_python(
                    sent, from_attributes=True
                )
            except ValueError:
                # ValidationError is one; what the body lacks is said elsewhere.
                raise _NotOrdinary from None
        for alias, name in self.path:
            try:
                values[name] = _UUID.validate_python(request.path_params[alias])
            except ValidationError:
                raise _NotOrdinary from None
        if self.request is not None:
            values[self.request] = request
        return values

    async def answer(self, values: dict[str, Any]) -> Response:
        """What the operation answers with these values."""
        response = Response(status_code=self.status)
        if self.response is not None:
            values[self.response] = response
        headers = response.raw_headers
        headers.clear()
        found = await self.endpoint(**values)
        if not isinstance(found, self.answers):
            raise TypeError(f"{self.endpoint.__name__} gave a {type(found).__name__}")
        response.body = self.answers.__pydantic_serializer__.to_json(found, by_alias=True)
        headers += (
            (b"content-length", b"%d" % len(response.body)),
            (b"content-type", b"application/json"),
        )
        return response


def _is_common_body(route: APIRoute) -> bool:
    """Whether there is none, or one model that is the whole body."""
    fields = route.dependant.body_params
    if not fields:
        return route.body_field is None
    info = fields[0].field_info
    return (
        len(fields) == 1
        and not route._embed_body_fields
        and isinstance(info, Body)
        and not isinstance(info, Form | File)
        and info.is_required()
        and isinstance(info.annotation, type)
        and issubclass(info.annotation, BaseModel)
    )


async def _body_of(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        # FastAPI's own words; nobody is left to read them, and it is no defect of ours.
        raise HTTPException(400, "There was an error parsing the body") from None
