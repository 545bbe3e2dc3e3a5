"""Builds the application from its ports."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from app.ports import Ports
from app.routers import openapi
from app.routers.all import ROUTERS
from app.routers.habits import problems
from app.routers.habits.accepting import serve_what_is_accepted
from app.routers.habits.asgi import AnonymousRate, AnswerDefects, BodyLimit, TraceAndLog
from app.routers.habits.signpost import Signpost
from app.routers.habits.uploads import taking_files
from app.routers.pages.refusals import is_for_a_page, refusal_page
from app.routers.platform import problem_pages
from app.settings import Settings

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings, ports: Ports | None = None, *, lifespan: Lifespan | None = None
) -> FastAPI:
    """The application.

    With `ports` it is complete at once, as tests want it; otherwise `lifespan` opens them and puts
    them on `app.state.ports`. The documentation it serves loads nothing from third parties.
    """
    app: FastAPI = FastAPIOffline(
        title="INGENIUM micro-credentials", lifespan=lifespan, openapi_url="/openapi.json"
    )
    if ports is not None:
        app.state.ports = ports
    # Not `include_router`: it looks for the way twice, once in each router before the right one.
    routes = [route for router in (*ROUTERS, problem_pages.router) for route in router.routes]
    app.router.routes.extend([Signpost(routes), *routes])
    problems.install(app, problems.PagesOfRefusals(is_for_a_page, refusal_page))

    def contract() -> dict[str, Any]:
        return openapi.build(app)

    serve_what_is_accepted(routes, contract)
    app.openapi = contract  # type: ignore[method-assign]  # FastAPI's documented way
    app.add_middleware(
        BodyLimit,
        body=settings.body_limit,
        upload=settings.upload_limit,
        takes_files=taking_files(routes),
    )
    app.add_middleware(AnonymousRate, per_minute=settings.anonymous_requests_per_minute)
    app.add_middleware(AnswerDefects)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "Idempotency-Key"],
            expose_headers=["ETag", "Location", "Link", "Trace-Id", "Retry-After"],
        )
    app.add_middleware(TraceAndLog)
    return app
