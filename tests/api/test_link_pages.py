"""One-time links as people meet them: followed in a browser, opened by a button."""

from dataclasses import replace

import httpx
import pytest

from app.domain.enrolment import events as enrolment
from app.domain.enrolment.registration import State
from app.main import create_app
from app.routers.pages.words import LANGUAGES, phrases, say
from tests.api.results_api import CourseApi
from tests.api.results_api import course_api as course_api  # a fixture
from tests.api.test_links import ANA, happen, registration_in, token_in
from tests.api.test_pages import parsed, text_of

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def mailed_link(api: CourseApi) -> tuple[str, str]:
    """The path of Ana's registration, and that of the link in her mail."""
    path = await api.by_form("Ana Núñez", ANA)
    placed = enrolment.PlaceGiven(registration_in(path), api.course.edition.id, "in_order")
    await happen(api, placed)
    return path, f"/v1/links/{token_in(api.mailbox(ANA)[0].text)}"


async def test_a_link_in_a_mail_is_opened_by_a_button_on_a_page(course_api: CourseApi) -> None:
    api = course_api
    registration, link = await mailed_link(api)
    await api(None, "GET", link, headers=BROWSER)
    looked = await api(None, "GET", f"{link}?lang=es", headers=BROWSER)
    page = parsed(looked)
    assert looked.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert page.findtext(".//h1") == "Tu inscripción"
    assert "Ana" not in looked.text
    form = page.find(".//form")
    assert (form.get("method"), form.get("action")) == ("post", f"{link}/open?lang=es")

    opened = await api(None, "POST", form.get("action"), headers=BROWSER)
    page = parsed(opened)
    assert page.findtext(".//h1") == "Tu dirección de correo está confirmada"
    assert "Tienes plaza." in text_of(page)
    assert "Todavía no se ha emitido ninguna." in text_of(page)
    bearer = {"Authorization": f"Bearer {page.findtext('.//dd/code')}"}
    mine = await api.http.get(f"{registration}/credential-data", headers=bearer)
    assert mine.status_code == 200

    again = await api(None, "POST", form.get("action"), headers=BROWSER)
    assert again.status_code == 409
    assert parsed(again).findtext(".//h1") == "Este enlace ya no puede abrirse"
    looked = await api(None, "GET", link, headers=BROWSER)
    assert parsed(looked).findtext(".//h1") == "This link can no longer be opened"
    assert "micro@example.org" in text_of(parsed(looked))


async def test_what_is_no_link_gets_a_page_too(course_api: CourseApi) -> None:
    for method, path in (("GET", "/v1/links/cut-short"), ("POST", "/v1/links/cut-short/open")):
        answer = await course_api(None, method, path, headers=BROWSER)
        assert answer.status_code == 404
        assert parsed(answer).findtext(".//h1") == "This link leads nowhere"


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/json, text/html", "text/html;q=none"]
)
async def test_programs_get_json_as_ever(course_api: CourseApi, accept: str) -> None:
    api = course_api
    _, link = await mailed_link(api)
    answer = await api(None, "GET", link, headers={"Accept": accept})
    assert answer.json()["state"] == "valid"
    session = await api(None, "POST", f"{link}/open", headers={"Accept": accept})
    assert session.json()["token_type"] == "Bearer"


async def test_where_a_frontend_opens_links_the_pages_lead_to_it(course_api: CourseApi) -> None:
    _, link = await mailed_link(course_api)
    page = "https://app.example.org/link"
    settings = course_api.ports.settings.model_copy(update={"link_page": page})
    app = create_app(settings, replace(course_api.ports, settings=settings))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=BROWSER
    ) as browser:
        before = await browser.get(link)
        opened = await browser.post(f"{link}/open")
    assert f'href="{page}/{link.rpartition("/")[2]}"' in before.text
    assert f'href="{page}"' in opened.text


async def test_the_page_is_there_in_every_language(course_api: CourseApi) -> None:
    _, link = await mailed_link(course_api)
    for language in LANGUAGES:
        looked = await course_api(None, "GET", f"{link}?lang={language}", headers=BROWSER)
        assert parsed(looked).findtext(".//h1") == say("link-title", language)


def test_every_state_of_a_registration_has_its_words() -> None:
    ended = {State.DECLINED, State.CANCELLED, State.WITHDRAWN, State.NO_SHOW, State.REJECTED}
    names = {f"registration-{state.value}" for state in set(State) - ended}
    said = {name for name in phrases() if name.startswith("registration-")}
    assert said == names | {"registration-ended"}
