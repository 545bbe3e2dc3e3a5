"""Editions, registrations, places and imports, seen from outside: an officer's day."""

import asyncio
import csv
import io

from openpyxl import load_workbook

from tests.api.enrolment_api import ANA, ELENA, ERIK, XLSX, EditionApi
from tests.api.enrolment_api import api as api  # a fixture


async def test_an_edition_takes_its_caps_from_the_micro_credential_unless_told_otherwise(
    api: EditionApi,
) -> None:
    plain = await api.edition(places=None, quota_per_institution=None)
    shown = (await api(None, "GET", plain)).json()
    assert (shown["places"], [(r["scope"], r["max"]) for r in shown["rules"]]) == (
        50, [("per_institution", 5)],
    )  # fmt: skip
    capped = await api.edition(places=None, quota_per_institution=3)
    shown = (await api(None, "GET", capped)).json()
    assert (shown["places"], [(r["scope"], r["max"]) for r in shown["rules"]]) == (
        50, [("per_institution", 3)],
    )  # fmt: skip
    roomy = await api.edition(places=60, quota_per_institution=None)
    shown = (await api(None, "GET", roomy)).json()
    assert (shown["places"], [(r["scope"], r["max"]) for r in shown["rules"]]) == (
        60, [("per_institution", 5)],
    )  # fmt: skip


async def test_who_plans_may_and_who_watches_sees_what_they_may_do(api: EditionApi) -> None:
    path = await api.edition()
    assert (await api(ELENA, "GET", path)).json()["allowed_actions"] == [
        "cancel_edition", "close_edition", "edit_edition", "get_places", "get_standing",
        "import_registrations", "list_decisions", "list_forms", "list_registrations",
        "list_undecided", "map_form", "preview_caps", "publish_list", "register",
        "replay_decisions", "stop_promotion",
    ]  # fmt: skip
    assert (await api("learner-1", "GET", path)).json()["allowed_actions"] == ["register"]
    assert (await api(None, "GET", path)).json()["allowed_actions"] == []
    listed = await api(None, "GET", "/v1/editions?state=open&organiser=UNIOVI")
    assert [item["code"] for item in listed.json()["items"]] == ["IMC-2026-001-E1"]
    body = {"proposal": api.proposal, "start": "2027-05-03", "end": "2027-05-04",
            "time_zone": "Europe/Madrid", "registration_opens": "2027-04-01T08:00:00Z",
            "registration_closes": "2027-04-02T08:00:00Z"}  # fmt: skip
    refused = await api(ERIK, "POST", "/v1/editions", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    wrong = {**body, "end": "2027-05-01", "time_zone": "Oviedo", "rules": [
        {"scope": "institution:NOWHERE", "max": 1}], "places": 0}  # fmt: skip
    answer = await api(ANA, "POST", "/v1/editions", json=wrong)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/time_zone", "/places", "/rules/0/scope", "/end",
    }  # fmt: skip


async def test_a_transition_needs_the_etag_that_holds(api: EditionApi) -> None:
    path = await api.edition()
    missing = await api(ANA, "POST", f"{path}/close", json={"reason": "full"})
    assert missing.status_code == 428
    stale = await api(ANA, "POST", f"{path}/close", json={"reason": "full"}, if_match='"1"')
    assert (stale.status_code, stale.headers["etag"]) == (412, '"2"')
    early = await api(ANA, "POST", f"{path}/close", json={}, if_match='"2"')
    assert (early.status_code, early.json()["code"]) == (422, "reason_needed")
    done = await api(ANA, "POST", f"{path}/close", json={"reason": "full"}, if_match='"2"')
    assert (done.status_code, done.json()["state"]) == (200, "closed")


async def test_registering_tells_where_one_stands_and_twice_gives_the_same(
    api: EditionApi,
) -> None:
    path = await api.edition(mode="direct", places=1)
    first = await api.registers(path, "learner-1", country="ES")
    assert first.status_code == 201
    body = first.json()
    assert (body["state"], body["reason"], body["sentence"]) == (
        "placed", "in_order", "You have a place.",
    )  # fmt: skip
    assert body["person"]["email_verified"] is True
    assert body["allowed_actions"] == ["cancel_registration", "edit_registration"]
    again = await api.registers(path, "learner-1")
    assert (again.status_code, again.json()["id"]) == (200, body["id"])
    assert (body["not_taken"], again.json()["not_taken"]) == ([], [])
    other = await api.registers(path, "learner-1", institution="HKA", country="DE")
    assert (other.status_code, other.json()["not_taken"]) == (200, ["institution", "country"])
    assert (other.json()["institution"], other.json()["person"]["country"]) == ("UNIOVI", "ES")
    second = await api.registers(path, "learner-2", institution="HKA")
    assert (second.json()["state"], second.json()["reason"]) == ("waiting", "full")
    address = second.headers["location"]
    seen = (await api("learner-2", "GET", address)).json()
    for told in (second.json(), seen):
        assert (told["position"], told["position_within"], told["waiting_position"]) == (2, 1, 1)
    for told in (body, again.json()):
        assert (told["position"], told["waiting_position"]) == (1, None)
    assert (await api("learner-1", "GET", address)).status_code == 404
    assert (await api(ERIK, "GET", address)).status_code == 404
    nobody = {"full_name": "A", "email": "a@b.org", "privacy_notice": True}
    anonymous = await api(None, "POST", f"{path}/registrations", json=nobody)
    assert anonymous.status_code == 401
    mine = (await api("learner-2", "GET", "/v1/me/registrations")).json()["items"]
    assert [one["id"] for one in mine] == [seen["id"]]
    gone = await api.act("learner-1", first.headers["location"], "cancel", reason="ill")
    assert (gone.json()["registration"]["state"], gone.json()["promoted"]) == ("cancelled", 1)
    seen = (await api("learner-2", "GET", address)).json()
    assert (seen["state"], seen["reason"]) == ("placed", "promoted")


async def test_what_is_wrong_with_a_registration_is_pointed_at(api: EditionApi) -> None:
    path = await api.edition(mode="direct")
    wrong = await api.registers(
        path, "learner-1", full_name=" ", email="nobody", country="Spain"[:2], privacy_notice=False
    )
    assert wrong.status_code == 422
    assert [e["pointer"] for e in wrong.json()["errors"]] == [
        "/full_name", "/country", "/privacy_notice",
    ]  # fmt: skip
    unknown = await api.registers(path, "learner-1", institution="NOWHERE")
    assert unknown.json()["errors"][0]["pointer"] == "/institution"
    for text in ("UNI\\u0000OVI", "UNIOVI\\ud800"):
        body = f'{{"full_name":"A","email":"a@b.org","privacy_notice":true,"institution":"{text}"}}'
        odd = await api(
            "learner-1",
            "POST",
            f"{path}/registrations",
            content=body,
            headers={"content-type": "application/json"},
        )
        assert odd.status_code == 422


async def test_the_same_key_replays_the_same_answer(api: EditionApi) -> None:
    path = await api.edition(mode="direct")
    body = {
        "full_name": "Learner One", "email": "learner-1@example.org", "institution": "UNIOVI",
        "privacy_notice": True,
    }  # fmt: skip
    answers = [
        await api("learner-1", "POST", f"{path}/registrations", json=body, idempotency_key="k1")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"


async def test_places_are_a_table_for_everybody_and_names_are_not(api: EditionApi) -> None:
    path = await api.edition(mode="direct")
    for number, institution in enumerate(("HIS", "HIS", "HIS", "UNIOVI"), 1):
        await api.registers(path, f"learner-{number}", institution=institution)
    await api.registers(path, "learner-5", institution=None, organisation="=Town Hall")
    one = (await api(ERIK, "GET", f"{path}/places?institution=HIS")).json()
    assert one["institutions"] == [
        {"institution": "HIS", "cap": 2, "placed": 2, "free": 0, "waiting": 1,
         "waiting_reasons": {"quota": 1}, "over": 0},
    ]  # fmt: skip
    assert (one["places"], one["placed"], one["free"], one["waiting"]) == (4, 4, 0, 1)
    table = await api(ERIK, "GET", f"{path}/places", headers={"Accept": "text/csv"})
    rows = {r["institution"]: r for r in csv.DictReader(io.StringIO(table.text.lstrip("\ufeff")))}
    assert len(rows) == 12
    assert list(rows)[-1] == "TOTAL"
    total = rows["TOTAL"]
    assert (total["cap"], total["placed"], total["free"], total["waiting"]) == ("4", "4", "0", "1")
    assert {row["provisional"] for row in rows.values()} == {"False"}
    assert (rows["HIS"]["placed"], rows["HIS"]["waiting_reasons"]) == ("2", "quota 1")
    book = await api(ERIK, "GET", f"{path}/places", headers={"Accept": XLSX})
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    assert sheet.max_row == 13
    names = (await api(ERIK, "GET", f"{path}/registrations")).json()["items"]
    assert {one["institution"] for one in names} == {"HIS"}
    everybody = (await api(ELENA, "GET", f"{path}/registrations?limit=2")).json()
    assert (len(everybody["items"]), everybody["next"] is None) == (2, False)
    waiting = (await api(ELENA, "GET", f"{path}/registrations?state=waiting")).json()["items"]
    assert [one["person"]["full_name"] for one in waiting] == ["Learner-3"]
    sheet_of_names = await api(ERIK, "GET", f"{path}/registrations", headers={"Accept": "text/csv"})
    own = list(csv.DictReader(io.StringIO(sheet_of_names.text.lstrip("\ufeff"))))
    assert [(one["full_name"], one["state"]) for one in own] == [
        ("Learner-1", "placed"), ("Learner-2", "placed"), ("Learner-3", "waiting"),
    ]  # fmt: skip
    assert (await api("learner-1", "GET", f"{path}/places")).status_code == 403
    free = (await api(None, "GET", f"{path}/availability")).json()["items"]
    told = {item["institution"]: item["availability"] for item in free}
    assert (told["HIS"], told["UDA"]) == ("full_with_queue", "full")
    across = (await api(ERIK, "GET", "/v1/institutions/HIS/places")).json()["items"]
    assert [(row["placed"], row["waiting"]) for row in across] == [(2, 1)]


async def test_caps_change_with_a_what_if_first(api: EditionApi) -> None:
    path = await api.edition(mode="direct", places=1)
    for number in (1, 2):
        await api.registers(path, f"learner-{number}", institution=("HIS", "HKA")[number - 1])
    patch = {"places": 2, "reason": "a larger room"}
    looked = await api(
        ANA, "PATCH", f"{path}?dry_run=true", json=patch, if_match=await api.etag(path)
    )
    assert (len(looked.json()["promoted"]), looked.json()["dry_run"]) == (1, True)
    # What was only looked at has no version: whoever goes by the answer overwrites nobody.
    current = await api(None, "GET", path)
    assert (looked.headers["etag"], looked.json()["edition"]["version"]) == (
        current.headers["etag"], current.json()["version"],
    )  # fmt: skip
    assert current.json()["places"] == 1
    done = await api(ANA, "PATCH", path, json=patch, if_match=await api.etag(path))
    assert (done.status_code, len(done.json()["promoted"])) == (200, 1)
    assert [(r["scope"], r["max"]) for r in done.json()["edition"]["rules"]] == [
        ("per_institution", 2)
    ]
    less = await api(
        ANA, "PATCH", path, json={"places": 1, "reason": "no"}, if_match=await api.etag(path)
    )
    assert (less.status_code, less.json()["code"]) == (409, "cap_below_admitted")


async def test_every_cap_that_lies_too_low_is_named_as_one_says_it(api: EditionApi) -> None:
    path = await api.edition(mode="direct", places=5)
    for number, institution in enumerate(("MTU", "MTU", "HKA", "UNIOVI"), 1):
        await api.registers(path, f"learner-{number}", institution=institution)
    less = await api(
        ANA, "PATCH", path,
        json={"places": 3, "reason": "a smaller room", "rules": [
            {"scope": "institution:HKA", "max": 0}, {"scope": "per_institution", "max": 1},
        ]},
        if_match=await api.etag(path),
    )  # fmt: skip
    assert (less.status_code, less.json()["code"]) == (409, "cap_below_admitted")
    assert [(error["pointer"], error["detail"]) for error in less.json()["errors"]] == [
        ("/places", "4 people in all have a place, so that this cap cannot become 3."),
        ("/rules/0/max", "1 person of HKA has a place, so that this cap cannot become 0."),
        ("/rules/1/max", "2 people of MTU have a place, so that this cap cannot become 1."),
    ]


async def test_a_quota_beside_rules_is_refused_and_never_dropped(api: EditionApi) -> None:
    path = await api.edition(mode="direct")
    both = {"quota_per_institution": 1, "rules": [{"scope": "institution:HKA", "max": 2}]}
    now = (await api(None, "GET", path)).json()
    planned = {
        key: now[key]
        for key in (
            "proposal", "start", "end", "time_zone", "registration_opens", "registration_closes",
        )
    }  # fmt: skip
    answers = [
        await api(ANA, "POST", "/v1/editions", json=planned | both),
        await api(
            ANA, "PATCH", path, json=both | {"reason": "fair"}, if_match=await api.etag(path)
        ),
        await api(ELENA, "POST", f"{path}/preview-caps", json=both),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/quota_per_institution", "one_of")
        ]
    assert (await api(None, "GET", path)).json()["rules"] == now["rules"]


async def test_many_at_once_over_http_hold_both_caps(api: EditionApi) -> None:
    path = await api.edition(mode="direct", places=5, quota_per_institution=2)
    people = [f"learner-{number}" for number in range(1, 31)]
    answers = await asyncio.gather(
        *(
            api.registers(path, person, institution=("HIS", "HKA", "UDA", "MTU")[n % 4])
            for n, person in enumerate(people)
        )
    )
    placed = [a.json()["institution"] for a in answers if a.json()["state"] == "placed"]
    assert len(placed) == 5
    assert max(placed.count(code) for code in placed) == 2
