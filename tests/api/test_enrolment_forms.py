"""Workbooks of Microsoft Forms, seen from outside: an officer's morning."""

import csv
import io
from uuid import uuid4

import pytest
from openpyxl import load_workbook

from app.routers.enrolment import imports
from tests.api.enrolment_api import ELENA, ERIK, FORM, XLSX, EditionApi, responses
from tests.api.enrolment_api import api as api  # a fixture
from tests.forms_workbooks import mapping_questions


async def test_an_officers_morning_with_a_workbook(
    api: EditionApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await api.edition()
    content = responses(api)
    unmapped = await api.uploads(path, content)
    assert (unmapped["state"], unmapped["result"]["state"]) == ("succeeded", "needs_mapping")
    seen = (await api(ELENA, "GET", f"/v1/imports/{unmapped['result']['import']}")).json()
    assert seen["suggested_questions"] == mapping_questions()
    assert (seen["plan_token"], seen["unknown_columns"]) == (None, ["¿Por qué?"])
    assert seen["allowed_actions"] == ["map_form"]
    assert seen["advice"] == (
        f"Nobody has said yet how this form is read. Send PUT {path}/forms/{FORM} with the time "
        "zone of its answers and with `suggested_questions`, corrected where they are wrong; then "
        "upload the file again."
    )
    assert unmapped["result"]["advice"] == seen["advice"]
    mapped = await api(
        ELENA, "PUT", f"{path}/forms/{FORM}",
        json={"time_zone": "Europe/Madrid", "questions": {
            **seen["suggested_questions"], "¿Por qué?": "ignored"}},
    )  # fmt: skip
    assert (mapped.status_code, mapped.json()["version"]) == (200, 1)
    assert (mapped.json()["waiting_deliveries"], mapped.json()["job"]) == (0, None)

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
    monkeypatch.setattr(imports, "_AT_ONCE", 3)
    assert (await api(ELENA, "GET", report, headers={"Accept": "text/csv"})).text == table.text
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
    open_ones = await api.act(ELENA, path, "publish-list", reason="full")
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
    published = await api.act(ELENA, path, "publish-list", reason="full")
    assert (published.json()["placed"], published.json()["dry_run"]) == (4, False)
    assert published.headers["etag"] == '"3"'
    log = (await api(ELENA, "GET", f"{path}/decisions")).json()["items"]
    assert [line["kind"] for line in log] == ["caps", *["listed"] * 4]
    replay = (await api(ELENA, "POST", f"{path}/replay")).json()
    assert (replay["agrees"], replay["placed"], replay["differences"]) == (True, 4, [])
    rows = (await api(ELENA, "GET", report)).json()["items"]
    stand = {row["row"]: (row["state"], row["state_reason"], row["position"]) for row in rows}
    assert (stand[7], stand[8][0]) == (("rejected", "by_officer", None), "placed")
    assert [row["sentence"] for row in rows if row["row"] in (7, 8)] == [
        "The registration has ended since; nothing is to be done.",
        "An officer has decided on this row since; nothing is to be done.",
    ]
    taken_back = await api(ELENA, "POST", f"{path}/imports/{planned['import']}/take-back")
    assert (taken_back.status_code, taken_back.json()["code"]) == (409, "list_published")
    own = (await api(ERIK, "GET", report)).json()["items"]
    assert own == []


async def test_every_row_says_what_became_of_it_and_what_to_do_in_the_officers_language(
    api: EditionApi,
) -> None:
    path = await api.edition()
    await api(
        ELENA, "PUT", f"{path}/forms/{FORM}",
        json={"time_zone": "Europe/Madrid", "questions": mapping_questions()},
    )  # fmt: skip
    planned = (await api.uploads(path, responses(api)))["result"]
    report = f"/v1/imports/{planned['import']}/rows"
    tried = await api(ELENA, "GET", report)
    assert (tried.headers["content-language"], tried.headers["vary"]) == ("en", "Accept-Language")
    assert [row["sentence"] for row in tried.json()["items"]][::4] == [
        "Once imported: New registration that fits within places and caps; nothing is to be done.",
        (
            "Not taken, because it was sent after registration had closed; tell the person, who "
            "hears nothing from us."
        ),
    ]
    await api.finished(
        await api(ELENA, "POST", f"{path}/imports?plan_token={planned['plan_token']}")
    )
    done = await api(ELENA, "GET", report, headers={"Accept-Language": "es-ES,es;q=0.9,en;q=0.8"})
    assert done.headers["content-language"] == "es"
    sentences = [row["sentence"] for row in done.json()["items"]]
    assert sentences == [
        "Inscripción nueva que cabe en las plazas y los cupos; no hay que hacer nada.",
        "Inscripción nueva que cabe en las plazas y los cupos; no hay que hacer nada.",
        (
            "Otra respuesta de alguien que ya está inscrito; cuenta una sola vez y no hay que "
            "hacer nada."
        ),
        (
            "No se acepta, porque se envió antes de abrirse la inscripción; pide a la persona que "
            "se inscriba otra vez mientras esté abierta."
        ),
        (
            "No se acepta, porque se envió después de cerrarse la inscripción; avisa a la persona, "
            "que no recibe nada de nosotros."
        ),
        (
            "No se nombra ninguna institución; indica en la lista de filas por decidir para cuál "
            "cuenta, o recházala."
        ),
        (
            "No se reconoce la institución; elige la correcta en la lista de filas por decidir y "
            "esta grafía se conocerá desde entonces."
        ),
        "Inscripción nueva que cabe en las plazas y los cupos; no hay que hacer nada.",
    ]
    odd = done.json()["items"][6]
    assert (odd["warnings"], odd["notes"]) == (
        ["formula_as_text"], ["Una respuesta parece una fórmula y se guarda como texto."],
    )  # fmt: skip
    spanish = {"Accept-Language": "es"}
    table = await api(ELENA, "GET", report, headers={"Accept": "text/csv", **spanish})
    shown = list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))
    assert [line["sentence"] for line in shown] == sentences
    assert shown[6]["notes"] == odd["notes"][0]
    assert table.headers["content-language"] == "es"
    book = await api(ELENA, "GET", report, headers={"Accept": XLSX, **spanish})
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    header, *lines = sheet.values
    assert [line[header.index("sentence")] for line in lines] == sentences
    waiting = (await api(ELENA, "GET", f"{path}/undecided", headers=spanish)).json()["items"]
    assert [one["advice"] for one in waiting] == [[sentences[5]], [sentences[6]]]
    table = await api(ELENA, "GET", f"{path}/undecided", headers={"Accept": "text/csv"})
    shown = list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))
    assert shown[0]["advice"] == (
        "No institution is named; say in the list of rows to decide for which one it counts, or "
        "reject it."
    )


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
    # The same file would be refused the same way.
    assert job["allowed_actions"] == []
    again = await api(ELENA, "POST", f"/v1/jobs/{job['id']}/resume")
    assert (again.status_code, again.json()["code"]) == (409, "job_cannot_succeed")
    [refused] = (await api(ELENA, "GET", f"{path}/imports")).json()["items"]
    assert (refused["state"], refused["allowed_actions"]) == ("refused", [])
    assert refused["problem"] == {
        "code": "file_refused", "reason": "unreadable", "detail": job["error"]["detail"],
    }  # fmt: skip
    nothing = await api(ELENA, "POST", f"{path}/imports")
    assert [one["pointer"] for one in nothing.json()["errors"]] == [
        "/file", "/form", "#/query/dry_run",
    ]  # fmt: skip
    nothing = await api(ELENA, "POST", f"{path}/imports?dry_run=true")
    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing_to_import")
    unknown = await api(ELENA, "POST", f"{path}/imports?plan_token={uuid4()}.x")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan_token_unknown")
    assert (await api(ERIK, "POST", f"{path}/imports?plan_token=x")).status_code == 403


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj, <<",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b'{"a": 1, "b": 2}',
        b"<html><body>a, b</body></html>",
        "\ufeffDear colleagues\nhere they are, at last.".encode(),
    ],
)
async def test_what_is_no_table_is_refused_at_the_door(api: EditionApi, content: bytes) -> None:
    path = await api.edition()
    refused = await api(
        ELENA, "POST", f"{path}/imports?dry_run=true",
        files={"file": ("responses.csv", content)}, data={"form": FORM},
    )  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (422, "file_refused")
    assert "not a workbook (.xlsx) or CSV" in refused.json()["detail"]
    assert [one["code"] for one in refused.json()["errors"]] == ["no_table"]
    assert (await api(ELENA, "GET", f"{path}/imports")).json()["items"] == []


async def test_a_table_that_is_no_export_says_what_is_missing(api: EditionApi) -> None:
    path = await api.edition()
    job = await api.uploads(path, "Name;Institution\nAna;HKA\n".encode("cp1252"))
    assert job["error"]["detail"] == (
        "The file is a table but no export of Forms: it lacks the columns ID and Completion time "
        "that every export has."
    )
