"""Proposals over HTTP: two partners write, others see what they may, and nobody else anything."""

from datetime import timedelta
from typing import Any

import pytest

from app.demo.content import FICTITIOUS, FRAMEWORK
from tests.api.conftest import Api
from tests.api.proposal_steps import PATCH, Steps
from tests.memory_ports import StoryClock


@pytest.fixture
async def steps(api: Api) -> Steps:
    made = Steps(api)
    await made.create()
    return made


def problems(body: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in body["errors"]]


async def test_a_coordinator_begins_a_joint_proposal_with_a_code_people_can_say(api: Api) -> None:
    steps = Steps(api)
    made = await steps.create()
    year = api.ports.clock.now().year
    assert made["code"] == f"IMC-{year}-001"
    assert (made["state"], made["version"], made["model"]) == ("draft", 1, "joint")
    assert made["allowed_actions"] == [
        "edit_proposal_section",
        "decide_skill",
        "record_past_edition",
        "submit_proposal",
        "withdraw_proposal",
    ]
    read = await steps.get()
    assert read.headers["ETag"] == '"1"'
    assert read.json() == made


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        (
            {"partners": [{"institution": "ATLANTIS", "role": "awarding"}]},
            "/partners/1/institution",
        ),
        ({"partners": [{"institution": "HKA", "role": "boss"}]}, "/partners/0/role"),
        ({"model": "solo"}, "/model"),
        ({"working_title": {"English": "x"}}, "/working_title/English/[key]"),
        ({"working_title": {"en": "x\0"}}, "/working_title/en"),
        ({"surprise": 1}, "/surprise"),
    ],
)
async def test_a_proposal_that_cannot_be_right_is_refused_with_a_pointer(
    api: Api, changes: dict[str, Any], pointer: str
) -> None:
    body = {**FRAMEWORK.create, **changes}
    refused = await api("ana-oviedo", "POST", "/v1/proposals", json=body)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_only_coordinators_of_the_lead_begin_one(api: Api) -> None:
    body = dict(FRAMEWORK.create)
    assert (await api(None, "POST", "/v1/proposals", json=body)).status_code == 401
    assert (await api("learner-1", "POST", "/v1/proposals", json=body)).status_code == 403
    body["lead_institution"] = "HKA"
    assert (await api("ana-oviedo", "POST", "/v1/proposals", json=body)).status_code == 403


async def test_two_partners_edit_and_a_stale_edit_is_refused_with_the_current_etag(
    steps: Steps,
) -> None:
    seen = await steps.get("ben-karlsruhe", "/sections/academic")
    assert seen.headers["ETag"] == '"1"'
    first = await steps.patch("academic", {"cycle": "1"}, "ana-oviedo", '"1"')
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    stale = await steps.patch("academic", {"cycle": "2"}, "ben-karlsruhe", '"1"')
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"2"')
    assert stale.json()["code"] == "section_changed"
    again = await steps.patch("academic", {"issuer": "UNIOVI"}, "ben-karlsruhe", '"2"')
    assert again.status_code == 200
    assert (again.json()["cycle"], again.json()["issuer"]) == ("1", "UNIOVI")


async def test_an_edit_without_if_match_is_asked_for_it(steps: Steps) -> None:
    response = await steps.api(
        "ana-oviedo", "PATCH", f"{steps.path}/sections/academic", json={}, headers=PATCH
    )
    assert response.status_code == 428


async def test_a_merge_patch_merges_texts_replaces_lists_and_empties_with_null(
    steps: Steps,
) -> None:
    await steps.patch("academic", {"title": {"en": "A", "es": "B"}, "awarding_bodies": ["HKA"]})
    edited = await steps.patch(
        "academic", {"title": {"es": None, "de": "C"}, "awarding_bodies": ["UDA", "HKA"]}
    )
    assert edited.json()["title"] == {"en": "A", "de": "C"}
    assert edited.json()["awarding_bodies"] == ["UDA", "HKA"]
    emptied = await steps.patch("academic", {"title": None})
    assert emptied.json()["title"] == {}


async def test_labels_are_ignored_on_input_and_put_beside_values_on_output(steps: Steps) -> None:
    level = {"uri": "http://data.europa.eu/snb/eqf/6", "label": {"en": "my own words"}}
    edited = await steps.patch("academic", {"eqf_level": level})
    assert edited.json()["eqf_level"]["label"]["en"] == "Level 6"


async def test_what_one_reads_can_be_sent_back_as_it_is(steps: Steps) -> None:
    await steps.write()
    for section in ("general", "academic", "rights"):
        read = await steps.get(path=f"/sections/{section}")
        back = await steps.patch(section, read.json())
        assert back.json() == read.json()
        assert back.headers["ETag"] == read.headers["ETag"]


@pytest.mark.parametrize(
    ("section", "patch", "pointer"),
    [
        ("general", {"places": "fifty"}, "/places"),
        ("general", {"places": 0}, "/places"),
        ("general", {"model": None}, "/model"),
        ("general", {"planned_start": "10/05/2026"}, "/planned_start"),
        ("general", {"registration_window": {"opens": "2027-01-01T10:00:00Z"}},
         "/registration_window/closes"),
        ("general", {"working_title": "Practice"}, "/working_title"),
        ("general", {"contact_email": "a\0@example.org"}, "/contact_email"),
        ("academic", {"ects": "much"}, "/ects"),
        ("academic", {"ects": "0.001"}, "/ects"),
        ("academic", {"workload_hours": 10**12}, "/workload_hours"),
        ("academic", {"outcomes": [{"code": "LO1"}]}, "/outcomes/0/title"),
        ("academic", {"outcomes": [{"code": "L", "title": {}, "points": 3}]}, "/outcomes/0/points"),
        ("academic", {"stackability": "sideways"}, "/stackability"),
        ("rights", {"has_rights": "no"}, "/has_rights"),
        ("rights", {"rights": [{"title": {"en": "R"}}]}, "/rights/0/type"),
    ],
)  # fmt: skip
async def test_a_value_of_the_wrong_form_is_refused_with_a_pointer_into_what_was_sent(
    steps: Steps, section: str, patch: dict[str, Any], pointer: str
) -> None:
    refused = await steps.patch(section, patch)
    assert (refused.status_code, refused.json()["code"]) == (422, "content_invalid")
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]
    assert (await steps.get(path=f"/sections/{section}")).headers["ETag"] == '"1"'


async def test_a_body_that_is_no_object_is_refused(steps: Steps) -> None:
    refused = await steps.patch("general", ["places", 50])
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_a_co_author_does_not_change_who_takes_part(steps: Steps) -> None:
    more = [*FRAMEWORK.create["partners"], {"institution": "XAMK", "role": "supporting"}]
    refused = await steps.patch("general", {"partners": more}, "ben-karlsruhe")
    assert (refused.status_code, refused.json()["code"]) == (403, "partners_are_for_the_lead")
    stranger = [*more, {"institution": "ATLANTIS", "role": "supporting"}]
    unknown = await steps.patch("general", {"partners": stranger})
    assert problems(unknown.json()) == [("/partners/4/institution", "not_a_partner")]
    assert (await steps.patch("general", {"partners": more})).status_code == 200


SEEN_BY = {
    "ana-oviedo": 200, "ben-karlsruhe": 200, "sara-oviedo": 200, "quirin-karlsruhe": 200,
    "teo-oviedo": 200, "olga-office": 200, "petra-chair": 200, "aud-auditor": 200,
    "rea-crete": 404, "seppo-xamk": 404, "erik-skovde": 404, "learner-1": 404, None: 401,
}  # fmt: skip


@pytest.mark.parametrize(("person", "status"), SEEN_BY.items())
async def test_a_draft_is_seen_by_partners_and_by_the_alliance_and_by_nobody_else(
    steps: Steps, person: str | None, status: int
) -> None:
    for path in ("", "/sections/general", "/history", "/consents", "/findings"):
        response = await steps.api(person, "GET", steps.path + path)
        assert response.status_code == status, path
    listed = await steps.api(person, "GET", "/v1/proposals")
    shown = [item["id"] for item in listed.json()["items"]] if person else None
    assert shown == {200: [steps.path.rsplit("/", 1)[-1]], 404: [], 401: None}[status]


async def test_a_list_goes_on_from_page_to_page_the_newest_first(api: Api) -> None:
    made = [(await Steps(api).create())["code"] for _ in range(5)]
    seen: list[str] = []
    first = "/v1/proposals?limit=2&state=draft&institution=HKA"
    path: str | None = first
    while path:
        page = await api("ben-karlsruhe", "GET", path)
        seen += [item["code"] for item in page.json()["items"]]
        following = page.json()["next"]
        path = (
            f"/v1/proposals?limit=2&state=draft&institution=HKA&cursor={following}"
            if following
            else None
        )
    assert seen == made[::-1]


async def test_the_first_edition_is_remembered_as_history_and_is_no_edition_to_come(
    steps: Steps,
) -> None:
    clock = steps.api.ports.clock
    assert isinstance(clock, StoryClock)
    clock.move(timedelta(days=3 * 365))
    (edition,) = FRAMEWORK.past_editions
    for _ in range(2):
        recorded = await steps.post("ana-oviedo", "/past-editions", dict(edition))
        assert recorded.json()["past_editions"] == [edition]
    future = {"start": "2999-01-01", "end": "2999-02-01", "places": 50}
    refused = await steps.post("ana-oviedo", "/past-editions", future)
    assert problems(refused.json()) == [("/end", "not_past")]


async def test_the_fictitious_one_gives_a_right_and_says_that_it_is_made_up(api: Api) -> None:
    steps = Steps(api, FICTITIOUS)
    await steps.to_submitted()
    found = (await steps.get()).json()
    assert (found["state"], found["model"]) == ("submitted", "realigned")
    assert "fictitious" in found["title"]["en"]
    rights = (await steps.get(path="/sections/rights")).json()
    assert rights["has_rights"] is True
    assert rights["rights"][0]["status"]["label"]["en"] == "prospective"


async def test_an_unknown_proposal_and_an_unknown_section_are_not_there(steps: Steps) -> None:
    nowhere = "/v1/proposals/00000000-0000-7000-8000-000000000000"
    assert (await steps.api("olga-office", "GET", nowhere)).status_code == 404
    assert (await steps.get(path="/sections/staff")).status_code == 422
