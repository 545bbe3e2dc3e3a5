"""Lists as files: whole, or refused with what to do instead, and never cut off in silence."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from app.main import create_app
from tests.api.enrolment_api import ELENA, FORM, EditionApi, api
from tests.api.test_forms_webhook import a_form
from tests.deliveries import body_of

__all__ = ["api"]

MOST = 3


@pytest.fixture
async def short_api(api: EditionApi) -> AsyncIterator[EditionApi]:
    """The same with files of three rows at most."""
    settings = api.ports.settings.model_copy(update={"table_limit": MOST})
    ports = replace(api.ports, settings=settings)
    transport = httpx.ASGITransport(create_app(settings, ports), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        made = EditionApi(ports, api.queue, http)
        made.proposal = api.proposal
        yield made


async def told(api: EditionApi, address: str, accept: str = "text/csv") -> tuple[int, int | str]:
    """The status, with how many rows the file has or why there is none."""
    answer = await api(ELENA, "GET", address, headers={"Accept": accept})
    if answer.status_code != 200:
        return answer.status_code, answer.json()["code"]
    return 200, len(answer.text.splitlines()) - 1


async def test_a_file_has_every_row_or_is_refused(short_api: EditionApi) -> None:
    path, flow = await a_form(short_api)
    lists = [f"{path}/registrations", f"{path}/undecided", f"{path}/forms/{FORM}/responses"]
    for number in range(MOST):
        await flow.sends(body_of([flow.row(number + 1, f"Person{number}", "")]))
    assert [await told(short_api, one) for one in lists] == [(200, MOST)] * 3
    await flow.sends(body_of([flow.row(MOST + 1, "More", "")]))
    refused = (422, "table_too_long")
    assert [await told(short_api, one) for one in lists] == [refused] * 3
    workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert [await told(short_api, one, workbook) for one in lists] == [refused] * 3
    # Narrowed down it is whole again, and page by page everybody is there.
    assert await told(short_api, f"{lists[0]}?state=waiting") == (200, 0)
    pages = (await short_api(ELENA, "GET", f"{lists[0]}?limit=200")).json()
    assert (len(pages["items"]), pages["next"]) == (MOST + 1, None)


async def test_the_places_of_an_institution_in_many_editions_are_all_there_or_refused(
    short_api: EditionApi,
) -> None:
    address = "/v1/institutions/UNIOVI/places"
    for _ in range(MOST):
        await short_api.edition()
    assert await told(short_api, address) == (200, MOST)
    await short_api.edition()
    assert await told(short_api, address) == (422, "table_too_long")
