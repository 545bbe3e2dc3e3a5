"""What officers of other institutions read over HTTP of rows that are held as possible doubles."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.api.enrolment_api import ELENA, FORM, XLSX, EditionApi, api
from tests.api.test_enrolment_lists import KARL, officer_at
from tests.forms_workbooks import Row, mapping_questions, workbook

__all__ = ["api"]

HINTS = ("possible_double", "same_address", "same_name", "in_review", "needs_decision")


async def imported(api: EditionApi) -> tuple[str, str]:
    """An edition with three of Karlsruhe at one address, of whom the last is held; its import."""
    await officer_at(api, KARL, "HKA")
    path = await api.edition(places=10, quota_per_institution=5)
    first = api.clock.now() - timedelta(hours=23)
    names = ("Ana Garcia", "Bruno Braun", "Anna Garcia", "Carla Klein")
    content = workbook(
        [
            Row(n, first + timedelta(minutes=n), name, "office@h-ka.de", "HKA")
            for n, name in enumerate(names, 1)
        ]
    )
    mapped = await api(
        ELENA, "PUT", f"{path}/forms/{FORM}",
        json={"time_zone": "Europe/Madrid", "questions": mapping_questions()},
    )  # fmt: skip
    assert mapped.status_code == 200, mapped.text
    planned = (await api.uploads(path, content))["result"]
    token = planned["plan_token"]
    await api.finished(await api(ELENA, "POST", f"{path}/imports?plan_token={token}"))
    return path, f"/v1/imports/{planned['import']}"


async def tables(api: EditionApi, person: str, path: str) -> list[list[dict[str, Any]]]:
    """The table at an address: as CSV, and as a workbook."""
    text = (await api(person, "GET", path, headers={"Accept": "text/csv"})).text
    book = await api(person, "GET", path, headers={"Accept": XLSX})
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    header, *lines = [[str(v or "") for v in line] for line in sheet.iter_rows(values_only=True)]
    return [
        list(csv.DictReader(io.StringIO(text.lstrip("\ufeff")))),
        [dict(zip(header, line, strict=True)) for line in lines],
    ]


async def test_a_held_double_has_a_rank_of_its_own_in_the_list_the_table_and_by_itself(
    api: EditionApi,
) -> None:
    path, _ = await imported(api)
    ranks = ("position", "position_within", "waiting_position")
    items = (await api(KARL, "GET", f"{path}/registrations")).json()["items"]
    assert [[one[rank] for rank in ranks] for one in items] == [[n] * 3 for n in (1, 2, 3, 4)]
    assert {(one["state"], one["reason"]) for one in items} == {("waiting", "provisional")}
    for one in items:
        assert (await api(KARL, "GET", f"/v1/registrations/{one['id']}")).json() == one
    for table in await tables(api, KARL, f"{path}/registrations"):
        assert [[line[rank] for rank in ranks] for line in table] == [[n] * 3 for n in "1234"]
    theirs = (await api(ELENA, "GET", f"{path}/registrations")).json()["items"]
    assert [one["position"] for one in theirs] == [1, 2, None, 3]


@pytest.mark.parametrize("hint", HINTS)
async def test_the_report_of_an_import_says_nothing_of_doubles_to_an_officer_elsewhere(
    api: EditionApi, hint: str
) -> None:
    _, report = await imported(api)
    for path in (report, f"{report}/rows"):
        assert hint not in (await api(KARL, "GET", path)).text
    for table in await tables(api, KARL, f"{report}/rows"):
        assert len(table) == 4
        assert hint not in str(table)


async def test_rows_of_a_report_differ_for_an_officer_elsewhere_by_person_and_rank_alone(
    api: EditionApi,
) -> None:
    _, report = await imported(api)
    items = (await api(KARL, "GET", f"{report}/rows")).json()["items"]
    own = ("row", "response", "full_name", "received_at", "registration", "position")
    kept = [{key: value for key, value in row.items() if key not in own} for row in items]
    assert kept == [kept[0]] * 4
    assert [row["position"] for row in items] == [1, 2, 3, 4]
    for table in await tables(api, KARL, f"{report}/rows"):
        assert [(line["verdict"], line["reason"], line["position"]) for line in table] == [
            ("create", "", n) for n in "1234"
        ]
    assert (await api(KARL, "GET", report)).json()["verdicts"] == {"create": 4}
    theirs = (await api(ELENA, "GET", f"{report}/rows")).json()["items"]
    assert [row["reason"] for row in theirs] == [None, None, "possible_double", None]
    seen = (await api(ELENA, "GET", report)).json()["verdicts"]
    assert seen == {"create": 3, "needs_decision": 1}
