"""The page at the address itself."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.routers.habits import PortsDep
from app.routers.pages.elements import e
from app.routers.pages.layout import language_of, page
from app.routers.pages.words import say

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_landing_page(request: Request, ports: PortsDep) -> HTMLResponse:
    """What this service is, and where to go from here."""
    tag = language_of(request)
    async with ports.reading() as work:
        alliance = (await work.institutions.alliance()).short_name
    site = say("site", tag, alliance=alliance)
    developers = (
        ("/docs", say("documentation", tag)),
        ("/openapi.json", "OpenAPI"),
        ("/health", say("health", tag)),
    )
    main = (
        e("h1", site),
        e("p", say("landing-intro", tag)),
        e(
            "section",
            e("h2", say("verify-title", tag)),
            e("p", say("landing-verify", tag)),
            e("a", say("verify", tag), href=f"/verify?lang={tag}", class_="button"),
            class_="card",
        ),
        e("h2", say("for-developers", tag)),
        e("ul", [e("li", e("a", name, href=to)) for to, name in developers], class_="links"),
    )
    return page(request, site, main, alliance=alliance)
