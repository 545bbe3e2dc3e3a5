"""Which operations take files, as their routes declare it."""

from collections.abc import Callable, Iterable

from fastapi.params import File
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

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


def _declares_a_file(route: APIRoute) -> bool:
    """By a parameter, or by what the contract says of an operation that reads its body itself."""
    if any(isinstance(field.field_info, File) for field in route.dependant.body_params):
        return True
    said = (route.openapi_extra or {}).get("requestBody", {})
    return FORM in said.get("content", {})
