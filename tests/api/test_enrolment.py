"""Editions, registrations, places and imports, seen from outside: an officer's day."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openpyxl import load_workbook

from app.adapters.memory.unit_of_work import MemoryWork
from app.domain.access.roles import SYSTEM, Caller
from app.main import create_app
from tests.api.conftest import Api
from tests.forms_workbooks import Row, mapping_questions, workbook
from tests.issuing_builders import OneMicroCredential, the_micro_credential
from tests.memory_ports import StoryClock, grant_demo_roles, memory_ports

FORM = "v4j5cvGGr0GRqy180BHbR"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ANA, ELENA, ERIK = "ana-oviedo", "elena-oviedo", "erik-skovde"
"""Coordinator and enrolment officer at Oviedo, which leads; enrolment officer at Skövde."""


class _Work(MemoryWork):
    micro_credentials: Any


class EditionApi(Api):
    """The API, with one published micro-credential."""

    proposal: str

    @property
    def clock(self) -> StoryClock:
        assert isinstance(self.ports.clock, StoryClock)
        return self.ports.clock

    async def edition(self, **changes: Any) -> str:
        """An open edition; its address."""
        now = self.clock.now()
        body = {
            "proposal": self.proposal,
            "start": "2027-05-03",
            "end": "2027-06-25",
            "time_zone": "Europe/Madrid",
            "registration_opens": (now - timedelta(days=1)).isoformat(),
            "registration_closes": (now + timedelta(days=10)).isoformat(),
            "places": 4,
            "quota_per_institution": 2,
            **changes,
        }
        made = await self(ANA, "POST", "/v1/editions", json=body)
        assert made.status_code == 201, made.text
        path = made.headers["location"]
        opened = await self(ANA, "POST", f"{path}/open", json={}, if_match=made.headers["etag"])
        assert (opened.status_code, opened.json()["state"]) == (200, "open")
        return str(path)

    async def registers(self, edition: str, person: str, **given: Any) -> httpx.Response:
        self.clock.move(timedelta(seconds=1))
        body = {
            "full_name": person.title(),
            "email": f"{person}@example.org",
            "institution": "UNIOVI",
            "privacy_notice": True,
            **given,
        }
        body = {key: value for key, value in body.items() if value is not None}
        return await self(person, "POST", f"{edition}/registrations", json=body)

    async def etag(self, path: str, person: str = ELENA) -> str:
        return str((await self(person, "GET", path)).headers["etag"])

    async def act(self, person: str, path: str, verb: str, **body: Any) -> httpx.Response:
        """One transition, with the ETag that holds now."""
        return await self(
            person, "POST", f"{path}/{verb}", json=body, if_match=await self.etag(path, person)
        )

    async def uploads(self, edition: str, content: bytes, **more: Any) -> dict[str, Any]:
        """Dry run of a file; the finished job."""
        started = await self(
            ELENA, "POST", f"{edition}/imports?dry_run=true",
            files={"file": ("respuestas.xlsx", content, XLSX)}, data={"form": FORM}, **more,
        )  # fmt: skip
        return await self.finished(started)

    async def finished(self, started: httpx.Response) -> dict[str, Any]:
        assert started.status_code == 202, started.text
        await self.drain()
        job: dict[str, Any] = (await self(ELENA, "GET", started.headers["location"])).json()
        return job


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[EditionApi]:
    clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))
    with pytest.warns(UserWarning, match="development identity"):
        ports, store, queue = memory_ports(data_dir, clock=clock)
    await grant_demo_roles(ports)
    micro_credential = the_micro_credential()

    def work(caller: Caller, action: str) -> _Work:
        opened = _Work(store, clock, caller, action)
        opened.micro_credentials = OneMicroCredential(micro_credential)
        return opened

    ports = replace(ports, work=work, reading=lambda: work(SYSTEM, "read"))
    app = create_app(ports.settings, ports)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        made = EditionApi(ports, queue, http)
        made.proposal = str(micro_credential.proposal)
        yield made


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
        "import_registrations", "list_decisions", "list_forms", "list_registrations", "map_form",
        "publish_list", "register", "replay_decisions",
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
    assert body["allowed_actions"] == ["cancel_registration"]
    again = await api.registers(path, "learner-1")
    assert (again.status_code, again.json()["id"]) == (200, body["id"])
    second = await api.registers(path, "learner-2", institution="HKA")
    assert (second.json()["state"], second.json()["reason"]) == ("waiting", "full")
    address = second.headers["location"]
    seen = (await api("learner-2", "GET", address)).json()
    assert (seen["position"], seen["position_within"]) == (2, 1)
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
    assert (rows["edition"]["placed"], rows["edition"]["waiting"]) == ("4", "1")
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


def responses(api: EditionApi) -> bytes:
    """As untidy as real ones: rows to take, to refuse, and to decide."""
    opened = api.clock.now() - timedelta(days=1)
    minute = timedelta(minutes=1)
    return workbook(
        [
            Row(1, opened + 5 * minute, "Ana García", "ana@uniovi.es", "Universidad de Oviedo"),
            Row(2, opened + 6 * minute, "Bert Braun", "bert@h-ka.de", "Hochschule Karlsruhe"),
            Row(3, opened + 7 * minute, "ana garcia", "ANA@uniovi.es", "University of Oviedo"),
            Row(4, opened - 1 * minute, "Early Bird", "early@his.se", "HIS"),
            Row(5, opened + timedelta(days=12), "Late Riser", "late@his.se", "HIS"),
            Row(6, opened + 8 * minute, "No Body", "n@example.org", ""),
            Row(7, opened + 9 * minute, '=HYPERLINK("x")', "c@uniovi.es", "Univercity of Oviedo"),
            Row(8, opened + 10 * minute, "Dora", "d@example.org", "Town Hall"),
        ],
        more=["¿Por qué?"],
    )  # fmt: skip


async def test_an_officers_morning_with_a_workbook(api: EditionApi) -> None:
    path = await api.edition()
    content = responses(api)
    unmapped = await api.uploads(path, content)
    assert (unmapped["state"], unmapped["result"]["state"]) == ("succeeded", "needs_mapping")
    seen = (await api(ELENA, "GET", f"/v1/imports/{unmapped['result']['import']}")).json()
    assert seen["suggested_questions"] == mapping_questions()
    assert (seen["plan_token"], seen["unknown_columns"]) == (None, ["¿Por qué?"])
    mapped = await api(
        ELENA, "PUT", f"{path}/forms/{FORM}",
        json={"time_zone": "Europe/Madrid", "questions": {
            **seen["suggested_questions"], "¿Por qué?": "ignored"}},
    )  # fmt: skip
    assert (mapped.status_code, mapped.json()["version"]) == (200, 1)

    planned = (await api.uploads(path, content))["result"]
    assert planned["verdicts"] == {
        "create": 3, "duplicate": 1, "needs_decision": 2, "rejected": 2,
    }  # fmt: skip
    assert planned["unknown_columns"] == []
    assert (await api(ELENA, "GET", f"{path}/registrations")).json()["items"] == []
    report = f"/v1/imports/{planned['import']}/rows"
    rows = (await api(ELENA, "GET", report)).json()["items"]
    assert [(row["row"], row["verdict"], row["reason"]) for row in rows] == [
        (2, "create", None), (3, "create", None), (4, "duplicate", "same_person"),
        (5, "rejected", "early"), (6, "rejected", "late"),
        (7, "needs_decision", "institution_missing"),
        (8, "needs_decision", "institution_unclear"), (9, "create", None),
    ]  # fmt: skip
    table = await api(ELENA, "GET", report, headers={"Accept": "text/csv"})
    shown = list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))
    assert shown[6]["full_name"] == '\'=HYPERLINK("x")'
    book = await api(ELENA, "GET", report, headers={"Accept": XLSX})
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    assert [cell.data_type for cell in sheet[8]][4] == "s"

    token = planned["plan_token"]
    done = await api.finished(await api(ELENA, "POST", f"{path}/imports?plan_token={token}"))
    assert (done["state"], done["result"]["state"]) == ("succeeded", "committed")
    again = await api.finished(await api(ELENA, "POST", f"{path}/imports?plan_token={token}"))
    assert again["state"] == "succeeded"
    listed = (await api(ELENA, "GET", f"{path}/registrations")).json()["items"]
    assert [(one["person"]["full_name"], one["state"], one["reason"]) for one in listed] == [
        ("ana garcia", "waiting", "provisional"),
        ("Bert Braun", "waiting", "provisional"),
        ("No Body", "needs_decision", "institution_missing"),
        ('=HYPERLINK("x")', "needs_decision", "institution_unclear"),
        ("Dora", "waiting", "provisional"),
    ]
    open_ones = await api.act(ELENA, path, "publish-list")
    assert (open_ones.status_code, open_ones.json()["code"]) == (409, "decisions_open")
    unclear = f"/v1/registrations/{listed[3]['id']}"
    decided = await api.act(ELENA, unclear, "decide", ruling="admit", institution="UNIOVI")
    assert (decided.json()["registration"]["state"], decided.json()["also_settled"]) == (
        "waiting", [],
    )  # fmt: skip
    missing = f"/v1/registrations/{listed[2]['id']}"
    refused = await api.act(ELENA, missing, "decide", ruling="reject")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/reason")
    await api.act(ELENA, missing, "decide", ruling="reject", reason="named nothing")
    stands = (await api(ELENA, "GET", f"{path}/standing")).json()
    assert (stands["placed"], stands["waiting"], stands["needs_decision"]) == (4, 0, 0)
    looked = await api(
        ELENA, "POST", f"{path}/publish-list?dry_run=true", json={},
        if_match=await api.etag(path),
    )  # fmt: skip
    assert (looked.json()["placed"], looked.json()["dry_run"]) == (4, True)
    published = await api.act(ELENA, path, "publish-list")
    assert (published.json()["placed"], published.json()["dry_run"]) == (4, False)
    assert published.headers["etag"] == '"3"'
    log = (await api(ELENA, "GET", f"{path}/decisions")).json()["items"]
    assert [line["kind"] for line in log] == ["caps", *["listed"] * 4]
    replay = (await api(ELENA, "POST", f"{path}/replay")).json()
    assert (replay["agrees"], replay["placed"], replay["differences"]) == (True, 4, [])
    taken_back = await api(ELENA, "POST", f"{path}/imports/{planned['import']}/take-back")
    assert (taken_back.status_code, taken_back.json()["code"]) == (409, "list_published")
    own = (await api(ERIK, "GET", report)).json()["items"]
    assert own == []


async def test_an_import_is_taken_back(api: EditionApi) -> None:
    path = await api.edition()
    await api(
        ELENA, "PUT", f"{path}/forms/{FORM}",
        json={"time_zone": "Europe/Madrid", "questions": mapping_questions()},
    )  # fmt: skip
    planned = (await api.uploads(path, responses(api)))["result"]
    await api.finished(
        await api(ELENA, "POST", f"{path}/imports?plan_token={planned['plan_token']}")
    )
    back = await api(ELENA, "POST", f"{path}/imports/{planned['import']}/take-back")
    assert (back.status_code, back.json()["state"]) == (200, "taken_back")
    listed = (await api(ELENA, "GET", f"{path}/registrations")).json()["items"]
    assert {(one["state"], one["reason"]) for one in listed} == {
        ("cancelled", "import_taken_back"),
    }  # fmt: skip


async def test_a_hostile_file_fails_its_job_with_a_reason(api: EditionApi) -> None:
    path = await api.edition()
    job = await api.uploads(path, b"PK\x03\x04 and nothing else")
    assert (job["state"], job["error"]["code"]) == ("failed", "file_refused")
    assert "Download it from Forms again" in job["error"]["detail"]
    nothing = await api(ELENA, "POST", f"{path}/imports?dry_run=true")
    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing_to_import")
    unknown = await api(ELENA, "POST", f"{path}/imports?plan_token={uuid4()}.x")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan_token_unknown")
    assert (await api(ERIK, "POST", f"{path}/imports?plan_token=x")).status_code == 403


async def test_caps_change_with_a_what_if_first(api: EditionApi) -> None:
    path = await api.edition(mode="direct", places=1)
    for number in (1, 2):
        await api.registers(path, f"learner-{number}", institution=("HIS", "HKA")[number - 1])
    patch = {"places": 2, "reason": "a larger room"}
    looked = await api(
        ANA, "PATCH", f"{path}?dry_run=true", json=patch, if_match=await api.etag(path)
    )
    assert (len(looked.json()["promoted"]), looked.json()["dry_run"]) == (1, True)
    assert (await api(None, "GET", path)).json()["places"] == 1
    done = await api(ANA, "PATCH", path, json=patch, if_match=await api.etag(path))
    assert (done.status_code, len(done.json()["promoted"])) == (200, 1)
    assert [(r["scope"], r["max"]) for r in done.json()["edition"]["rules"]] == [
        ("per_institution", 2)
    ]
    less = await api(
        ANA, "PATCH", path, json={"places": 1, "reason": "no"}, if_match=await api.etag(path)
    )
    assert (less.status_code, less.json()["code"]) == (409, "cap_below_admitted")


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
