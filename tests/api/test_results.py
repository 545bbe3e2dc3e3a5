"""Results and credential data, seen from outside."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.api.results_api import CourseApi, graded
from tests.api.results_api import course_api as course_api  # a fixture


async def test_a_result_goes_from_the_teacher_to_the_confirmer_to_the_learner(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.learner("learner-1")
    before = await api("teo-oviedo", "GET", f"{path}/result")
    assert (before.json()["state"], before.headers["etag"]) == ("none", '"0"')
    entered = await api.record(path)
    assert (entered.status_code, entered.headers["etag"]) == (200, '"1"')
    assert entered.headers["cache-control"] == "private, no-store"
    body = entered.json()
    assert (body["state"], body["grade"], body["outcome"]) == ("provisional", "8", "passed")
    assert body["grades"][0]["id_verification"]["label"]["en"] == (
        "Unsupervised without ID Verification"
    )
    assert body["allowed_actions"] == ["record_result"]

    confirmed = await api.confirm()
    assert confirmed.json() == {"confirmed": 1}
    seen = await api("learner-1", "GET", f"{path}/result")
    assert (seen.json()["state"], seen.json()["window_ends"]) == (
        "confirmed",
        "2027-03-08T09:00:00Z",
    )
    assert seen.json()["allowed_actions"] == [
        "accept_result",
        "object_to_result",
        "confirm_credential_data",
    ]
    accepted = await api(
        "learner-1", "POST", f"{path}/result/accept", if_match=seen.headers["etag"]
    )
    assert (accepted.json()["accepted_at"], accepted.json()["window_ends"]) == (
        "2027-03-01T09:00:00Z",
        "2027-03-01T09:00:00Z",
    )
    too_late = await api(
        "learner-1",
        "POST",
        f"{path}/result/object",
        json={"reason": "No."},
        if_match=accepted.headers["etag"],
    )
    assert (too_late.status_code, too_late.json()["code"]) == (409, "objection_window_closed")


async def test_an_objection_is_heard_and_answered(course_api: CourseApi) -> None:
    api = course_api
    path = await api.learner("learner-1")
    await api.record(path, "4")
    await api.confirm()
    objected = await api(
        "learner-1",
        "POST",
        f"{path}/result/object",
        json={"reason": "My second assignment was not counted."},
        if_match='"2"',
    )
    assert (objected.status_code, objected.json()["state"]) == (200, "objected")
    decision = {"decision": "upheld", "answer": "Right."}
    by_teacher = await api(
        "teo-oviedo", "POST", f"{path}/result/objection/decide", json=decision, if_match='"3"'
    )
    assert (by_teacher.status_code, by_teacher.json()["code"]) == (403, "not_allowed")
    decided = await api(
        "rosa-oviedo", "POST", f"{path}/result/objection/decide", json=decision, if_match='"3"'
    )
    assert decided.json()["state"] == "correction"
    [objection] = decided.json()["objections"]
    assert (objection["decision"], objection["answer"]) == ("upheld", "Right.")
    api.clock.move(timedelta(hours=1))
    await api.record(path, if_match='"4"')
    # Whoever reads the list sees which result was corrected, in a table too.
    other = await api.learner("learner-2")
    await api.record(other)
    lines = (await api.results())["items"]
    assert {one["registration"]: (one["revision"], one["corrected_at"]) for one in lines} == {
        path.split("/")[3]: (2, "2027-03-01T10:00:00Z"),
        other.split("/")[3]: (1, None),
    }
    listed = f"/v1/editions/{api.course.edition.id}/results"
    sheet = await api("teo-oviedo", "GET", listed, headers={"Accept": "text/csv"})
    rows = csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig")))
    assert [row["corrected_at"] for row in rows] == ["2027-03-01T10:00:00+00:00", ""]


async def test_edits_need_the_version_that_was_seen(course_api: CourseApi) -> None:
    api = course_api
    path = await api.learner("learner-1")
    without = await api("teo-oviedo", "PUT", f"{path}/result", json=graded("8"))
    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    await api.record(path)
    stale = await api.record(path, "9")
    assert (stale.status_code, stale.headers["etag"], stale.json()["code"]) == (
        412,
        '"1"',
        "result_changed",
    )


async def test_wrong_grades_are_pointed_at(course_api: CourseApi) -> None:
    api = course_api
    path = await api.learner("learner-1")
    refused = await api.record(path, "11")
    assert (refused.status_code, refused.json()["code"]) == (422, "result_invalid")
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "/grades/0/grade",
        "/grades/1/grade",
        "/grade",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"grades": [{"assessment": "A1", "grade": "8"}]},
        {"grades": [], "grade": "8\u0000"},
        {"grades": [], "outcome": "excellent"},
        {"grades": [], "more": 1},
        {"grades": [{"assessment": "A1", "grade": "8", "assessed_on": "20/02/2027"}]},
        {
            "grades": [
                {
                    "assessment": "A1",
                    "grade": "8",
                    "assessed_on": "2027-02-20",
                    "identity": {"check": "passport"},
                }
            ]
        },
    ],
)
async def test_a_body_of_another_form_is_refused(
    course_api: CourseApi, body: dict[str, object]
) -> None:
    path = await course_api.learner("learner-1")
    refused = await course_api("teo-oviedo", "PUT", f"{path}/result", json=body, if_match='"0"')
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_who_may_not_know_of_a_registration_hears_that_it_does_not_exist(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.learner("learner-1")
    await api.record(path)
    missing = f"/v1/registrations/{uuid4()}"
    for person in ("learner-2", "quim-oviedo", "erik-skovde"):
        for there in (path, missing):
            answers = [
                await api(person, "GET", f"{there}/result"),
                await api(person, "GET", f"{there}/credential-data"),
                await api(person, "POST", f"{there}/result/accept", if_match='"1"'),
            ]
            assert {a.status_code for a in answers} == {404}
            assert {a.json()["code"] for a in answers} == {"registration_not_found"}
    for there in (path, missing):
        assert (await api(None, "GET", f"{there}/result")).status_code == 401
    for person in ("ines-oviedo", "elena-oviedo", "aud-auditor", "tilda-karlsruhe"):
        assert (await api(person, "GET", f"{path}/result")).status_code == 200
        assert (await api(person, "GET", f"{path}/credential-data")).status_code == 404


async def test_the_list_is_for_those_who_deal_with_it_page_by_page(course_api: CourseApi) -> None:
    api = course_api
    for number in range(1, 6):
        await api.learner(f"learner-{number}")
    path = f"/v1/editions/{api.course.edition.id}/results"
    seen: list[str] = []
    hashes: set[str] = set()
    following: str | None = f"{path}?limit=2"
    while following is not None:
        page = await api("teo-oviedo", "GET", following)
        seen += [item["registration"] for item in page.json()["items"]]
        hashes.add(page.json()["results_hash"])
        cursor = page.json()["next"]
        following = f"{path}?limit=2&cursor={cursor}" if cursor else None
    assert seen == sorted(str(r) for r in api.course.registrations)
    assert len(hashes) == 1
    assert (await api.results("teo-oviedo"))["allowed_actions"] == ["import_results"]
    assert (await api.results())["allowed_actions"] == ["confirm_results"]
    refused = await api("learner-1", "GET", path)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    nowhere = await api("teo-oviedo", "GET", f"/v1/editions/{uuid4()}/results")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "edition_not_found")


async def test_results_travel_as_csv_both_ways(course_api: CourseApi) -> None:
    api = course_api
    await api.learner("learner-1")
    await api.by_form("=HYPERLINK(1)", "eve@example.org")
    path = f"/v1/editions/{api.course.edition.id}/results"
    sheet = await api("teo-oviedo", "GET", path, headers={"Accept": "text/csv"})
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert sheet.headers["content-disposition"] == (
        'attachment; filename="IMC-2026-001-E1-results.csv"'
    )
    assert sheet.headers["cache-control"] == "private, no-store"
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert sorted(row["name"] for row in rows) == ["'=HYPERLINK(1)", "learner-1"]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(row | {"A1": "8", "A2": "6", "grade": "7"} for row in rows)
    files = {"file": ("results.csv", out.getvalue(), "text/csv")}
    tried = await api("teo-oviedo", "POST", f"{path}?dry_run=true", files=files)
    assert tried.status_code == 200, tried.text
    assert [row["verdict"] for row in tried.json()["rows"]] == ["new", "new"]
    assert (tried.json()["dry_run"], tried.json()["errors"]) == (True, [])
    assert {item["state"] for item in (await api.results())["items"]} == {"none"}
    taken = await api("teo-oviedo", "POST", path, files=files, idempotency_key="k")
    again = await api("teo-oviedo", "POST", path, files=files, idempotency_key="k")
    assert taken.content == again.content
    assert {item["grade"] for item in (await api.results())["items"]} == {"7"}


async def test_a_file_that_cannot_be_taken_over_is_refused_with_its_lines(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = f"/v1/editions/{api.course.edition.id}/results"
    content = f"registration,grade\n{uuid4()},8\n"
    refused = await api("teo-oviedo", "POST", path, files={"file": ("r.csv", content, "text/csv")})
    assert (refused.status_code, refused.json()["code"]) == (422, "results_file_invalid")
    assert refused.json()["errors"][0]["pointer"] == "/rows/2/registration"
    too_long = await api(
        "teo-oviedo", "POST", path, files={"file": ("r.csv", b"x" * 2_000_001, "text/csv")}
    )
    assert too_long.json()["code"] == "results_file_invalid"


async def test_who_teaches_cannot_confirm_and_gaps_are_named(course_api: CourseApi) -> None:
    api = course_api
    path = await api.learner("learner-1")
    incomplete = await api.confirm()
    assert (incomplete.status_code, incomplete.json()["code"]) == (409, "results_incomplete")
    assert [error["code"] for error in incomplete.json()["errors"]] == ["outcome_missing"]
    await api.record(path)
    body = {"results_hash": (await api.results())["results_hash"]}
    confirm = f"/v1/editions/{api.course.edition.id}/results/confirm"
    for person in ("teo-oviedo", "tilda-karlsruhe", "ines-oviedo"):
        assert (await api(person, "POST", confirm, json=body)).status_code == 403
    await api.record(path, "9", if_match='"1"')
    changed = await api("rosa-oviedo", "POST", confirm, json=body)
    assert (changed.status_code, changed.json()["code"]) == (409, "results_changed")


async def test_learners_state_their_name_as_it_shall_stand(course_api: CourseApi) -> None:
    api = course_api
    path = f"{await api.learner('learner-1')}/credential-data"
    empty = await api("learner-1", "GET", path)
    assert (empty.headers["etag"], empty.json()["full_name"]) == ('"0"', None)
    assert empty.json()["proposed_full_name"] == "learner-1"
    wrong = await api("learner-1", "PUT", path, json={"full_name": "<b>"}, if_match='"0"')
    assert (wrong.status_code, wrong.json()["code"]) == (422, "credential_data_invalid")
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/full_name", "/birth_date"]
    for day, why in (("2027-03-02", "lies ahead"), ("1899-12-31", "lies before 1900")):
        body = {"full_name": "Ana Núñez", "birth_date": day}
        wrong = await api("learner-1", "PUT", path, json=body, if_match='"0"')
        assert [(error["pointer"], error["detail"]) for error in wrong.json()["errors"]] == [
            ("/birth_date", f"This day {why}. Give your date of birth.")
        ]
    body = {"full_name": " Ana  Núñez", "birth_date": "1990-05-17"}
    stated = await api("learner-1", "PUT", path, json=body, if_match='"0"')
    assert (stated.status_code, stated.headers["etag"]) == (200, '"1"')
    assert stated.headers["cache-control"] == "private, no-store"
    assert (stated.json()["full_name"], stated.json()["confirmed_at"]) == (
        "Ana Núñez",
        "2027-03-01T09:00:00Z",
    )
    stale = await api("learner-1", "PUT", path, json=body, if_match='"0"')
    assert (stale.status_code, stale.headers["etag"]) == (412, '"1"')
    [line] = (await api.results())["items"]
    assert line["credential_data_confirmed"] is True


async def test_an_identifier_that_is_somebody_elses_is_refused_without_saying_whose(
    course_api: CourseApi,
) -> None:
    api = course_api
    body = {
        "full_name": "Ana Núñez",
        "given_name": "Ana",
        "family_name": "Núñez",
        "student_identifier": "urn:schac:personalUniqueCode:int:esi:uniovi.es:UO1",
    }
    first = f"{await api.learner('learner-1')}/credential-data"
    second = f"{await api.learner('learner-2')}/credential-data"
    stated = await api("learner-1", "PUT", first, json=body, if_match='"0"')
    assert (stated.status_code, stated.json()["warnings"]) == (200, [])
    refused = await api("learner-2", "PUT", second, json=body, if_match='"0"')
    assert (refused.status_code, refused.json()["code"]) == (409, "student_identifier_taken")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/student_identifier"]
    assert "UO1" not in refused.text
    assert first.split("/")[3] not in refused.text
    kept = await api("learner-2", "GET", second)
    assert (kept.json()["version"], kept.json()["student_identifier"]) == (0, None)


async def test_learners_are_told_what_their_name_will_not_give(course_api: CourseApi) -> None:
    api = course_api
    path = f"{await api.learner('learner-1')}/credential-data"
    told, version = [], 0
    for name in (
        {"full_name": "Ana Núñez"},
        {"full_name": "Ana Núñez", "given_name": "Ana"},
        {"full_name": "李明 Núñez", "given_name": "Ana", "family_name": "Núñez"},
        {"full_name": "გიორგი", "given_name": "გიორგი", "family_name": "ბერიძე"},
    ):
        body = {**name, "birth_date": "1990-05-17"}
        stated = await api("learner-1", "PUT", path, json=body, if_match=f'"{version}"')
        assert stated.status_code == 200, stated.text
        version = stated.json()["version"]
        warnings = stated.json()["warnings"]
        assert warnings == (await api("learner-1", "GET", path)).json()["warnings"]
        told.append([(one["pointer"], one["code"]) for one in warnings])
    assert told == [
        [("/given_name", "names_not_apart")],
        [("/family_name", "names_not_apart")],
        [("/full_name", "name_not_drawable")],
        [],
    ]


async def test_the_window_closes_by_itself(course_api: CourseApi) -> None:
    api = course_api
    path = await api.learner("learner-1")
    await api.record(path)
    await api.confirm()
    api.clock.move(timedelta(days=7))
    late = await api(
        "learner-1", "POST", f"{path}/result/object", json={"reason": "x"}, if_match='"2"'
    )
    assert (late.status_code, late.json()["code"]) == (409, "objection_window_closed")
