"""What callers accept: an operation that cannot give it says so, and does nothing."""

import pytest

from app.routers.habits.accepting import accepts
from tests.api.enrolment_api import ELENA, XLSX, EditionApi
from tests.api.enrolment_api import api as api  # a fixture


@pytest.mark.parametrize(
    ("accept", "is_served"),
    [
        ("application/json", True),
        ("application/*", True),
        ("*/*;q=0.1", True),
        ("text/html, application/json;q=0.9", True),
        ("text/html", False),
        ("application/json;q=0, text/html", False),
        ("application/json;q=0, application/*", False),
        ("text/*", False),
        ("application/xml", False),
        ("", True),
        ("text/html;q=x", True),
    ],
)
def test_the_closest_range_decides(accept: str, is_served: bool) -> None:
    assert accepts(accept, ["application/json"]) is is_served


async def test_what_an_operation_cannot_give_is_refused_as_a_problem(api: EditionApi) -> None:
    path = await api.edition()
    for accept in ("application/xml", "image/*", "text/html"):
        refused = await api(ELENA, "GET", path, headers={"Accept": accept})
        assert refused.status_code == 406
        assert refused.headers["content-type"] == "application/problem+json"
        told = refused.json()
        assert (told["code"], told["status"]) == ("not_acceptable", 406)
        assert "application/json" in told["detail"]
        assert told["trace_id"] == refused.headers["trace-id"]
    lists = f"{path}/registrations"
    table = await api(ELENA, "GET", lists, headers={"Accept": "text/*"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    refused = await api(ELENA, "GET", lists, headers={"Accept": "application/pdf"})
    assert "application/json" in refused.json()["detail"]
    assert "text/csv" in refused.json()["detail"]
    assert XLSX in refused.json()["detail"]


@pytest.mark.parametrize("accept", ["*/*", "text/html, */*;q=0.8", "application/json", None])
async def test_whoever_takes_anything_is_always_served(api: EditionApi, accept: str | None) -> None:
    path = await api.edition()
    headers = {} if accept is None else {"Accept": accept}
    assert (await api(ELENA, "GET", path, headers=headers)).status_code == 200


async def test_nothing_is_done_for_those_who_would_not_take_the_answer(api: EditionApi) -> None:
    path = await api.edition()
    etag = await api.etag(path)
    refused = await api(
        ELENA, "POST", f"{path}/close", json={"reason": "early"}, if_match=etag,
        headers={"Accept": "text/csv"},
    )  # fmt: skip
    assert refused.status_code == 406
    assert await api.etag(path) == etag
