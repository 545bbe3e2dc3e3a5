"""What a learner without an account does in a browser: by plain forms, without a script."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from app.domain.ids import new_id
from app.routers.pages.words import LANGUAGES, say
from tests.api.results_api import CourseApi
from tests.api.results_api import course_api as course_api  # a fixture
from tests.api.test_link_pages import BROWSER, mailed_link
from tests.api.test_links import ANA, token_in
from tests.api.test_pages import parsed, text_of


def form_to(page: Any, address: str) -> dict[str, str]:
    """The fields of a form as the page fills them in."""
    (form,) = [f for f in page.iter("form") if f.get("action").startswith(address)]
    assert form.get("method") == "post"
    return {field.get("name"): field.get("value") or "" for field in form.iter("input")}


async def sent(api: Any, address: str, fields: Mapping[str, str]) -> httpx.Response:
    answer: httpx.Response = await api(None, "POST", address, data=fields, headers=BROWSER)
    return answer


async def opened(api: CourseApi, lang: str = "en") -> tuple[str, Any]:
    """The path of Ana's registration with a result, and the page that her link opens."""
    registration, link = await mailed_link(api)
    assert (await api.record(registration)).status_code == 200
    answer = await api(None, "POST", f"{link}/open?lang={lang}", headers=BROWSER)
    return registration, parsed(answer)


async def test_a_learner_accepts_their_result_on_the_page(course_api: CourseApi) -> None:
    registration, page = await opened(course_api)
    assert "Your result Passed Grade 8" in text_of(page)
    fields = form_to(page, "/mine/accept")
    assert fields["key"] not in "".join(f.get("action") for f in page.iter("form"))
    accepted = await sent(course_api, "/mine/accept?lang=en", fields)
    page = parsed(accepted)
    assert accepted.status_code == 200
    assert accepted.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert "You have accepted this result." in text_of(page)
    assert [f for f in page.iter("form") if "accept" in f.get("action")] == []
    seen = await course_api("rosa-oviedo", "GET", f"{registration}/result")
    assert seen.json()["accepted_at"] is not None

    again = await sent(course_api, "/mine/accept?lang=de", fields)
    assert again.status_code == 422
    refused = parsed(again)
    assert refused.findtext(".//h1") == "Das wurde nicht ausgeführt"
    assert refused.find(".//div[@class='banner error']//span").get("lang") == "en"


async def test_a_learner_objects_on_the_page_and_sees_what_becomes_of_their_result(
    course_api: CourseApi,
) -> None:
    api = course_api
    registration, page = await opened(api)
    assert "It is provisional: nobody has confirmed it yet." in text_of(page)
    fields = form_to(page, "/mine/object")
    for wrong in ({"reason": " "}, {"reason": "x" * 5001}, {"reason": "a\0"}, {}):
        refused = await sent(api, "/mine/object", {**fields, **wrong})
        assert refused.status_code == 422

    text = "My second assignment was not counted."
    objected = await sent(api, "/mine/object", {**fields, "reason": text})
    assert objected.status_code == 200
    assert "You have objected to it." in text_of(parsed(objected))
    seen = (await api("rosa-oviedo", "GET", f"{registration}/result")).json()
    assert [one["reason"] for one in seen["objections"]] == [text]

    again = await sent(api, "/mine/object", {**fields, "reason": text})
    assert again.status_code == 422
    decided = await api(
        "rosa-oviedo",
        "POST",
        f"{registration}/result/objection/decide",
        json={"decision": "upheld", "answer": "It will be counted."},
        if_match=f'"{seen["version"]}"',
    )
    assert decided.status_code == 200, decided.text
    page = parsed(await sent(api, "/mine/data", form_to(parsed(objected), "/mine/data")))
    assert "It was taken back and is entered anew." in text_of(page)
    assert "Answer to your objection It will be counted." in text_of(page)
    assert "Passed" not in text_of(page)


async def test_a_learner_reads_what_is_to_be_known_of_their_data(course_api: CourseApi) -> None:
    _, page = await opened(course_api, "es")
    data = {**form_to(page, "/mine/data"), "birth_date": "1990-05-17"}
    answer = await sent(course_api, "/mine/data?lang=es", data)
    assert "Indica también por separado tu nombre y tus apellidos" in text_of(parsed(answer))


async def test_a_learner_confirms_their_data_on_the_page(course_api: CourseApi) -> None:
    registration, page = await opened(course_api)
    fields = form_to(page, "/mine/data")
    assert (fields["full_name"], fields["version"]) == ("Ana Núñez", "0")
    refused = parsed(await sent(course_api, "/mine/data", {**fields, "given_name": "Ana"}))
    assert refused.findtext(".//h1") == "This was not done"
    assert "Give your date of birth or a student identifier" in text_of(refused)
    kept = form_to(refused, "/mine/data")
    assert kept["given_name"] == "Ana"

    answer = await sent(course_api, "/mine/data", {**kept, "birth_date": "1990-05-17"})
    assert answer.status_code == 200
    assert "You have confirmed these data." in text_of(parsed(answer))
    bearer = {"Authorization": f"Bearer {fields['key']}"}
    data = (await course_api.http.get(f"{registration}/credential-data", headers=bearer)).json()
    assert (data["given_name"], data["birth_date"], data["version"]) == ("Ana", "1990-05-17", 1)


async def test_in_a_browser_alone_from_the_result_to_the_sealed_file(
    course_api: CourseApi,
) -> None:
    api = course_api
    _, page = await opened(api)
    await sent(api, "/mine/accept", form_to(page, "/mine/accept"))
    data = {**form_to(page, "/mine/data"), "birth_date": "1990-05-17"}
    await sent(api, "/mine/data", data)
    await api.confirm()
    await api.drain()
    edition = f"/v1/editions/{api.course.edition.id}"
    batch = (await api("ines-oviedo", "POST", f"{edition}/issuing-batches")).json()["id"]
    await api("ivan-oviedo", "POST", f"/v1/issuing-batches/{batch}/approve", if_match='"1"')
    await api.drain()

    link = f"/v1/links/{token_in(api.mailbox(ANA)[-1].text)}"
    page = parsed(await api(None, "POST", f"{link}/open", headers=BROWSER))
    fields = form_to(page, "/mine/file")
    offered = [button.get("value") for button in page.iter("button") if button.get("name")]
    (credential,) = (await api("ines-oviedo", "GET", "/v1/credentials")).json()["items"]
    assert offered == ["document", *(f"pdf-{tag}" for tag in credential["languages"])]

    file = await sent(api, "/mine/file", {**fields, "file": "document"})
    kept = await api("ines-oviedo", "GET", f"/v1/credentials/{credential['id']}/document")
    assert file.content == kept.content
    disposition = f'attachment; filename="{credential["id"]}.jsonld"'
    assert file.headers["content-disposition"] == disposition
    assert file.headers["cache-control"] == "private, no-store"
    pdf = await sent(api, "/mine/file", {**fields, "file": offered[-1]})
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    for wrong in ({"credential": str(new_id())}, {"credential": "x"}):
        answer = await sent(api, "/mine/file", {**fields, "file": "document", **wrong})
        assert (answer.status_code, parsed(answer).findtext(".//h1")) == (422, "This was not done")


@pytest.mark.parametrize("address", ["/mine/accept", "/mine/object", "/mine/data", "/mine/file"])
async def test_only_the_session_of_a_link_acts_there(course_api: CourseApi, address: str) -> None:
    """Neither a token of an account nor a header of a browser that somebody else leads there."""
    body = {"person": "learner-1"}
    token = (await course_api(None, "POST", "/v1/dev/tokens", json=body)).json()["access_token"]
    for fields in ({}, {"key": "nonsense"}, {"key": token}):
        refused = await sent(course_api, address, fields)
        assert refused.status_code == 403
        assert parsed(refused).findtext(".//h1") == "This page has expired"
    bare = await course_api("learner-1", "POST", address, headers=BROWSER)
    assert bare.status_code == 403


async def test_a_form_that_was_tampered_with_changes_nothing(course_api: CourseApi) -> None:
    _, page = await opened(course_api)
    fields = form_to(page, "/mine/data")
    for wrong in ({"version": "x"}, {"birth_date": "May"}, {"full_name": "A\0"}):
        answer = await sent(course_api, "/mine/data", {**fields, **wrong})
        assert answer.status_code == 422
        assert form_to(parsed(answer), "/mine/data")["version"] == "0"


async def test_the_forms_are_there_in_every_language(course_api: CourseApi) -> None:
    _, page = await opened(course_api)
    fields = form_to(page, "/mine/data")
    for language in LANGUAGES:
        answer = parsed(await sent(course_api, f"/mine/data?lang={language}", fields))
        labels = [label.text for label in answer.iter("label")]
        names = (
            "reason", "full_name", "given_name", "family_name", "birth_date", "student_identifier"
        )  # fmt: skip
        assert labels == [say(f"field-{name}", language) for name in names]
