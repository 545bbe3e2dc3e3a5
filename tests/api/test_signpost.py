"""The signpost leads where the router would have gone."""

import re

import pytest
from starlette.routing import Match, Route

from app.main import create_app
from app.routers.habits.signpost import Signpost
from app.settings import Settings

APP = create_app(Settings())
SIGNPOST = next(route for route in APP.routes if isinstance(route, Signpost))
ROUTES = [route for route in APP.routes if isinstance(route, Route)]


def asked(method: str, path: str) -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "root_path": "", "app": APP}


def by_trying(method: str, path: str) -> Route | None:
    """The first route that takes it, in the order of the router."""
    scope = asked(method, path)
    return next((r for r in ROUTES if r.matches(dict(scope))[0] is Match.FULL), None)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_address_of_every_operation_leads_to_the_operation_that_would_be_found(
    route: Route,
) -> None:
    for method in route.methods or ():
        for value in ("x", "UNIOVI", "0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b", "by-uri"):
            path = re.sub(r"\{[^}]+\}", value, route.path)
            match, child = SIGNPOST.matches(asked(method, path))
            expected = by_trying(method, path)
            if match is Match.FULL:
                assert child["signposted"] is expected
            else:
                # Documentation pages stand before the signpost.
                assert match is Match.NONE
                assert expected is None or not expected.path.startswith("/v1/")


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/editions/", "/v1/nothing/here", "//", "/v1/me/x"]
)
def test_what_it_does_not_know_is_left_to_the_router(path: str) -> None:
    assert SIGNPOST.matches(asked("GET", path))[0] is Match.NONE
