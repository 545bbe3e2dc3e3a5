"""The live way of Microsoft Forms, as a flow and an officer meet it; and who attacks it."""

import asyncio
import base64
import csv
import hmac
import io
import json
import logging
import shutil
import subprocess
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openpyxl import load_workbook

from app.adapters.memory.unit_of_work import MemoryWork
from app.domain.enrolment.forms.signing import signature
from tests.api.enrolment_api import ELENA, ERIK, FORM, XLSX, EditionApi
from tests.api.enrolment_api import api as api  # a fixture
from tests.deliveries import BOTH, BY_ID, INSTITUTION, NAME, body_of, raw, signed
from tests.forms_workbooks import Row, workbook

AUD = "aud-auditor"


class Sender:
    """A flow: it knows one address and one secret."""

    def __init__(self, api: EditionApi, made: dict[str, Any]) -> None:
        self.api = api
        self.path = made["url"].partition("/v1")[1] + made["url"].partition("/v1")[2]
        self.secret = made["secret"]
        self.id = made["id"]

    async def sends(self, body: bytes, **changed: str) -> httpx.Response:
        """One delivery; headers as given instead of those that are right."""
        headers = signed(self.secret, body, self.api.clock.now()) | {
            name.replace("_", "-"): value for name, value in changed.items()
        }
        return await self.api(None, "POST", self.path, content=body, headers=headers)

    def row(self, number: int, name: str = "Ana", institution: str = "UNIOVI") -> Row:
        at = self.api.clock.now() - timedelta(hours=1) + timedelta(minutes=number)
        return Row(number, at, name, f"{name.lower()}@example.org", institution)


async def a_secret(api: EditionApi, path: str, **body: Any) -> dict[str, Any]:
    made = await api(ELENA, "POST", f"{path}/forms/{FORM}/secrets", json=body)
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "private, no-store"
    answer: dict[str, Any] = made.json()
    return answer


async def a_form(api: EditionApi, questions: dict[str, str] = BOTH) -> tuple[str, Sender]:
    path = await api.edition()
    mapped = await api(
        ELENA, "PUT", f"{path}/forms/{FORM}",
        json={"time_zone": "Europe/Madrid", "questions": questions},
    )  # fmt: skip
    assert mapped.status_code == 200, mapped.text
    return path, Sender(api, await a_secret(api, path))


def verdicts_of(answer: httpx.Response) -> list[tuple[int, str, str | None]]:
    assert answer.status_code == 200, answer.text
    return [(r["response_id"], r["verdict"], r["reason"]) for r in answer.json()["results"]]


async def test_a_flow_delivers_and_the_officer_sees_it(api: EditionApi) -> None:
    path, flow = await a_form(api)
    row = flow.row(1, "=Ana")
    first = await flow.sends(body_of([row]))
    assert verdicts_of(first) == [(1, "create", None)]
    # A verdict and nothing of the person.
    assert "ana" not in first.text.lower()
    several = body_of([row, flow.row(2, "Bo", "HIS"), flow.row(3, "Cy", "")])
    assert verdicts_of(await flow.sends(several)) == [
        (1, "create", None), (2, "create", None), (3, "needs_decision", "institution_missing"),
    ]  # fmt: skip
    imports = (await api(ELENA, "GET", f"{path}/imports?source=webhook")).json()["items"]
    assert [(one["state"], one["verdicts"], one["allowed_actions"]) for one in imports] == [
        ("committed", {"create": 1, "needs_decision": 1}, ["take_back_import"]),
        ("committed", {"create": 1}, ["take_back_import"]),
    ]
    assert imports[1]["id"] == first.json()["results"][0]["import_id"]
    assert (await api(ELENA, "GET", f"{path}/imports?source=file")).json()["items"] == []
    rows = (await api(ELENA, "GET", f"/v1/imports/{imports[0]['id']}/rows")).json()["items"]
    assert [(one["row"], one["full_name"]) for one in rows] == [(2, "Bo"), (3, "Cy")]
    report = f"{path}/forms/{FORM}/responses"
    paged = await api(ELENA, "GET", f"{report}?limit=2")
    rest = await api(ELENA, "GET", f"{report}?limit=2&cursor={paged.json()['next']}")
    listed = [*paged.json()["items"], *rest.json()["items"]]
    assert [(one["response"], one["verdict"]) for one in listed] == [
        (1, "create"), (2, "create"), (3, "needs_decision"),
    ]  # fmt: skip
    table = await api(ELENA, "GET", report, headers={"Accept": "text/csv"})
    shown = list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))
    assert [one["full_name"] for one in shown] == ["'=Ana", "Bo", "Cy"]
    book = await api(ELENA, "GET", report, headers={"Accept": XLSX})
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    assert [cell.data_type for cell in sheet["F"]] == ["s"] * 4
    listed = (await api(ELENA, "GET", f"{path}/registrations")).json()["items"]
    assert [one["person"]["full_name"] for one in listed] == ["=Ana", "Bo", "Cy"]
    # The workbook of the same form knows them.
    content = workbook([row, flow.row(4, "Di", "HIS")], language="en")
    planned = (await api.uploads(path, content))["result"]
    assert planned["verdicts"] == {"create": 1, "unchanged": 1}
    assert (await api(ERIK, "GET", report)).status_code == 403


async def test_a_repetition_gets_the_same_answer_whatever_its_message_is_called(
    api: EditionApi,
) -> None:
    path, flow = await a_form(api)
    body = body_of([flow.row(1)])
    first = await flow.sends(body)
    api.clock.move(timedelta(minutes=4))
    again = await flow.sends(body)
    spaced = await flow.sends(json.dumps(json.loads(body), indent=1).encode())
    assert first.content == again.content == spaced.content
    assert len((await api(ELENA, "GET", f"{path}/registrations")).json()["items"]) == 1


async def test_ten_at_once_of_the_same_and_ten_of_others_count_once_each(api: EditionApi) -> None:
    path, flow = await a_form(api)
    bodies = [body_of([flow.row(1)])] * 10 + [
        body_of([flow.row(n, f"Person{n}")]) for n in range(2, 12)
    ]
    answers = await asyncio.gather(*(flow.sends(body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers[:10]}) == 1
    listed = (await api(ELENA, "GET", f"{path}/registrations?limit=200")).json()["items"]
    assert len(listed) == 11


async def test_whoever_does_not_know_the_secret_is_told_nothing(api: EditionApi) -> None:
    path, flow = await a_form(api)
    body = body_of([flow.row(1)])
    now = str(int(api.clock.now().timestamp()))
    right = signed(flow.secret, body, api.clock.now())["Webhook-Signature"]
    strange = Sender(api, {"url": flow.path, "secret": flow.secret, "id": ""})
    other_form = replace_path(flow, flow.path.replace(FORM, "another"))
    no_edition = replace_path(flow, flow.path.replace(path.rpartition("/")[2], str(uuid4())))
    nul = replace_path(flow, flow.path.replace(FORM, f"{FORM}%00"))
    no_uuid = replace_path(flow, flow.path.replace(path.rpartition("/")[2], "x"))
    strange.secret = "whsec_" + base64.b64encode(b"x" * 32).decode()
    plain_hmac = hmac.new(flow.secret.encode(), b"msg-1." + now.encode() + b"." + body, sha256)
    answers = [
        await strange.sends(body),
        await other_form.sends(body),
        await no_edition.sends(body),
        await no_uuid.sends(body),
        await nul.sends(body),
        # Another body, another name, another time under the same signature.
        await flow.sends(body.replace(b"Ana", b"Eve"), Webhook_Signature=right),
        await flow.sends(body, Webhook_Id="msg-2"),
        await flow.sends(body, Webhook_Timestamp=str(int(now) + 1)),
        await flow.sends(body, Webhook_Id="msg-1." + now),
        await flow.sends(body, Webhook_Signature="v1," + plain_hmac.hexdigest()),
        await flow.sends(body, Webhook_Signature=right.replace("v1,", "v2,")),
        await flow.sends(body, Webhook_Signature=f"v1,x v1,y v1,z v1,a v1,b {right}"),
        await flow.sends(body, Webhook_Signature=right[:-1]),
        await flow.sends(body, Webhook_Signature=""),
        await flow.sends(b"{ no json", Webhook_Signature=right),
        await api(None, "POST", flow.path, content=body),
        # A token is no signature, not even an officer's.
        await api(ELENA, "POST", flow.path, content=body),
    ]
    assert {answer.status_code for answer in answers} == {401}
    told = [{**answer.json(), "trace_id": ""} for answer in answers]
    assert told == [told[0]] * len(told)
    assert (told[0]["code"], told[0]["errors"]) == ("signature_refused", [])
    assert (await api(ELENA, "GET", f"{path}/imports")).json()["items"] == []
    accepted = await flow.sends(body, Webhook_Signature=f"v1,x {right}")
    assert verdicts_of(accepted) == [(1, "create", None)]


def replace_path(flow: Sender, path: str) -> Sender:
    return Sender(flow.api, {"url": path, "secret": flow.secret, "id": flow.id})


async def test_clocks_may_differ_by_five_minutes_and_a_sender_with_the_secret_hears_of_more(
    api: EditionApi,
) -> None:
    path, flow = await a_form(api)
    body = body_of([flow.row(1)])

    async def sent(off: int) -> httpx.Response:
        headers = signed(flow.secret, body, api.clock.now() + timedelta(seconds=off))
        return await api(None, "POST", flow.path, content=body, headers=headers)

    for off in (301, -301, 10**7):
        answer = await sent(off)
        assert (answer.status_code, answer.json()["code"]) == (401, "delivery_too_old")
    assert (await api(ELENA, "GET", f"{path}/imports")).json()["items"] == []
    assert [(await sent(off)).status_code for off in (299, -299)] == [200, 200]


async def test_a_time_that_is_none_is_refused_even_when_it_is_signed(api: EditionApi) -> None:
    _, flow = await a_form(api)
    body = body_of([flow.row(1)])
    for time in ("", "now", "-1", "9" * 300, "99999999999", "1e9", "１８０"):
        headers = {
            "Webhook-Id": "m", "Webhook-Timestamp": time.encode(),
            "Webhook-Signature": signature(flow.secret, "m", time, body),
        }  # fmt: skip
        answer = await api(None, "POST", flow.path, content=body, headers=headers)
        assert answer.status_code == 401, time


async def test_what_openssl_signs_is_accepted(api: EditionApi, tmp_path: Path) -> None:
    """As the page on live deliveries says how to try a signature without a flow."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    _, flow = await a_form(api)
    body, now = body_of([flow.row(1)]), str(int(api.clock.now().timestamp()))
    signed_content = tmp_path / "signed"
    signed_content.write_bytes(f"m1.{now}.".encode() + body)
    key = base64.b64decode(flow.secret.removeprefix("whsec_")).hex()
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key}", "-binary",
         str(signed_content)],
        capture_output=True, check=True,
    )  # fmt: skip
    theirs = f"v1,{base64.b64encode(made.stdout).decode()}"
    answer = await flow.sends(
        body, Webhook_Id="m1", Webhook_Timestamp=now, Webhook_Signature=theirs
    )
    assert verdicts_of(answer) == [(1, "create", None)]


async def test_a_secret_is_made_without_a_body(api: EditionApi) -> None:
    path = await api.edition()
    made = await api(ELENA, "POST", f"{path}/forms/{FORM}/secrets")
    assert made.status_code == 201, made.text
    assert made.json()["secret"].startswith("whsec_")


async def test_two_secrets_are_accepted_while_the_flow_is_changed(api: EditionApi) -> None:
    path, old = await a_form(api)
    new = Sender(api, await a_secret(api, path, keep_hours=2))
    assert old.secret != new.secret
    for number, flow in enumerate((old, new), start=1):
        sent = await flow.sends(body_of([flow.row(number, f"Person{number}")]))
        assert sent.status_code == 200
    listed = (await api(ELENA, "GET", f"{path}/forms/{FORM}/secrets")).json()["items"]
    assert [(one["is_accepted"], one["last_used_at"] is not None) for one in listed] == [
        (True, True), (True, True),
    ]  # fmt: skip
    assert {key for one in listed for key in one} & {"secret", "url"} == set()
    api.clock.move(timedelta(hours=3))
    assert (await old.sends(body_of([old.row(3)]))).status_code == 401
    assert (await new.sends(body_of([new.row(4)]))).status_code == 200
    ended = await api(ELENA, "POST", f"{path}/forms/{FORM}/secrets/{new.id}/end")
    assert (ended.status_code, ended.json()["is_accepted"]) == (200, False)
    assert (await new.sends(body_of([new.row(5)]))).status_code == 401
    again = await api(ELENA, "POST", f"{path}/forms/{FORM}/secrets/{new.id}/end")
    assert again.json() == ended.json()
    nobodys = await api(ELENA, "POST", f"{path}/forms/{FORM}/secrets/{uuid4()}/end")
    assert (nobodys.status_code, nobodys.json()["code"]) == (404, "form_secret_not_found")
    known = Sender(api, await a_secret(api, path, keep_hours=0))
    assert (await known.sends(body_of([known.row(6)]))).status_code == 200


async def test_secrets_are_nowhere_to_be_read_again(
    api: EditionApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, flow = await a_form(api)
    body = body_of([flow.row(1)])
    await flow.sends(body)
    refused = await flow.sends(body, Webhook_Signature="v1,wrong")
    audit = await api(AUD, "GET", "/v1/audit-records?limit=200")
    kept = [one for one in audit.json()["items"] if one["kind"] == "form_secret"]
    assert [one["after"] for one in kept] == ["made"]
    (taken,) = [one for one in audit.json()["items"] if one["action"] == "import_responses"]
    assert taken["note"] == f"webhook:{flow.id}"
    work = api.ports.reading()
    assert isinstance(work, MemoryWork)
    key = flow.secret.removeprefix("whsec_")
    for place in (caplog.text, audit.text, refused.text, repr(work.store.tables)):
        assert key not in place
        assert base64.b64decode(key).hex() not in place
    for place in (caplog.text, audit.text):
        assert "ana" not in place.lower()


NO_DELIVERIES: list[tuple[dict[str, Any], str]] = [
    ({"response_id": None}, "/"),
    ({"response_id": -1}, "/response_id"),
    ({"response_id": "seven"}, "/response_id"),
    ({"responses": []}, "/responses"),
    ({"raw": {"x": ["list"]}}, "/raw/x"),
    ({"raw": {"x": "y" * 20_001}}, "/raw/x"),
    ({"form_id": "another"}, "/form_id"),
    ({"responses": [{"response_id": 1}]}, "/responses/0/raw"),
]


async def test_what_is_signed_and_still_no_delivery_is_pointed_at(api: EditionApi) -> None:
    _, flow = await a_form(api)
    for change, pointer in NO_DELIVERIES:
        content = {"response_id": 1, "raw": raw(flow.row(1)), **change}
        answer = await flow.sends(json.dumps(content).encode())
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_limits_hold_before_anything_is_read(api: EditionApi) -> None:
    _, flow = await a_form(api)
    too_many = {"responses": [{"response_id": n, "raw": {}} for n in range(101)]}
    assert (await flow.sends(json.dumps(too_many).encode())).status_code == 422
    assert (await flow.sends(b" " * 1_100_000)).status_code == 413


async def test_numbers_of_the_connector_may_be_written_as_text(api: EditionApi) -> None:
    path, flow = await a_form(api, BY_ID)
    content = {"response_id": "17", "raw": {**raw(flow.row(17)), "rating": 4, "empty": None}}
    assert verdicts_of(await flow.sends(json.dumps(content).encode())) == [(17, "create", None)]
    (one,) = (await api(ELENA, "GET", f"{path}/imports")).json()["items"]
    assert one["unknown_columns"] == ["empty", "rating"]


async def test_mapping_the_form_imports_what_has_waited(api: EditionApi) -> None:
    path = await api.edition()
    flow = Sender(api, await a_secret(api, path))
    body = body_of([flow.row(1)])
    assert verdicts_of(await flow.sends(body)) == [(1, "needs_decision", "form_not_mapped")]
    mapping = {"time_zone": "Europe/Madrid", "questions": BY_ID}
    mapped = await api(ELENA, "PUT", f"{path}/forms/{FORM}", json=mapping)
    assert (mapped.status_code, mapped.json()["waiting_deliveries"]) == (200, 1)
    await api.drain()
    job = (await api(ELENA, "GET", f"/v1/jobs/{mapped.json()['job']}")).json()
    assert (job["state"], job["result"]) == ("succeeded", {"deliveries": 1})
    assert verdicts_of(await flow.sends(body)) == [(1, "create", None)]
    incomplete = {**mapping, "questions": {"Institution": "institution", "r" + "0" * 32: "email"}}
    refused = await api(ELENA, "PUT", f"{path}/forms/{FORM}", json=incomplete)
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/questions", "institution_not_mapped"),
    ]
    assert "by its id" in refused.json()["errors"][0]["detail"]


async def test_a_choice_is_read_as_an_export_shows_it(api: EditionApi) -> None:
    path, flow = await a_form(api)
    chosen = {**raw(flow.row(1)), INSTITUTION: '["Universidad de Oviedo","HKA"]'}
    typed = {**raw(flow.row(2, "Bo")), INSTITUTION: "[Universidad de Oviedo"}
    for number, one in enumerate((chosen, typed), start=1):
        await flow.sends(json.dumps({"response_id": number, "raw": one}).encode())
    rows = (await api(ELENA, "GET", f"{path}/forms/{FORM}/responses")).json()["items"]
    assert [(r["stated"], r["institution"]) for r in rows] == [
        ("Universidad de Oviedo", "UNIOVI"), ("[Universidad de Oviedo", "UNIOVI"),
    ]  # fmt: skip


async def test_an_answer_of_brackets_or_of_half_a_character_gets_a_verdict(
    api: EditionApi,
) -> None:
    _, flow = await a_form(api)
    deep = "[" * 9_000 + "]" * 9_000
    strange = raw(flow.row(1)) | {"r" + "9" * 32: deep}
    half = raw(flow.row(2)) | {NAME: '["\\ud800x"]'}
    where = raw(flow.row(3)) | {INSTITUTION: deep}
    listed = [
        {"response_id": n, "raw": one} for n, one in enumerate((strange, half, where), start=1)
    ]
    answer = await flow.sends(json.dumps({"responses": listed}).encode())
    assert verdicts_of(answer) == [
        (1, "create", None),
        (2, "create", None),
        (3, "invalid", "answer_too_long"),
    ]
