"""What learners read over HTTP and in their mail of a place or a turn."""

import json
import re

import httpx
import pytest

from tests.api.enrolment_api import ANA, ELENA, FORM, EditionApi, api, responses
from tests.api.test_enrolment_lists import mailbox

__all__ = ["api"]


def texts(api: EditionApi, address: str) -> list[str]:
    return [message.text for message in api.ports.mailer.to(address)]  # type: ignore[attr-defined]


async def committed(api: EditionApi, path: str) -> str:
    """Import the responses; the import's id."""
    result = (await api.uploads(path, responses(api)))["result"]
    done = await api(ELENA, "POST", f"{path}/imports?plan_token={result['plan_token']}")
    assert (await api.finished(done))["result"]["state"] == "committed"
    return str(result["import"])


async def mapped(api: EditionApi, path: str) -> None:
    asked = (await api.uploads(path, responses(api)))["result"]
    seen = (await api(ELENA, "GET", f"/v1/imports/{asked['import']}")).json()
    questions = {**seen["suggested_questions"], "¿Por qué?": "ignored"}
    answer = await api(
        ELENA, "PUT", f"{path}/forms/{FORM}",
        json={"time_zone": "Europe/Madrid", "questions": questions},
    )  # fmt: skip
    assert answer.is_success, answer.text


async def opens(api: EditionApi, text: str) -> httpx.Response:
    """Press the button behind the link of a message."""
    found = re.search(r"/v1/links/([\w-]+)", text)
    assert found is not None
    return await api(None, "POST", f"/v1/links/{found[1]}/open")


async def test_a_place_above_the_caps_is_told_when_the_list_is_published_and_not_before(
    api: EditionApi,
) -> None:
    path = await api.edition(places=1, overrides_allowed=True)
    await api.registers(path, "learner-1")
    one = f"/v1/registrations/{(await api.registers(path, 'learner-2')).json()['id']}"
    decided = await api.act(ELENA, one, "decide", ruling="place", reason="promised in writing")
    assert decided.status_code == 200, decided.text
    seen = (await api("learner-2", "GET", one)).json()
    assert (seen["state"], seen["reason"], seen["scope"]) == ("waiting", "provisional", None)
    assert "You have a place" not in json.dumps([seen, decided.json()])
    standing = (await api(ELENA, "GET", f"{path}/standing")).json()["items"]
    assert [(item["state"], item["reason"]) for item in standing] == [
        ("waiting", "full"), ("placed", "override"),
    ]  # fmt: skip
    await api.act(ANA, path, "publish-list", reason="all are here")
    seen = (await api("learner-2", "GET", one)).json()
    assert (seen["state"], seen["reason"]) == ("placed", "override")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "people from outside the alliance"), ("de", "Personen von außerhalb der Allianz")],
)
async def test_who_waits_for_a_place_of_a_group_reads_so_in_the_answer_and_in_the_mail(
    api: EditionApi, language: str, words: str
) -> None:
    rules = [{"scope": "per_institution", "max": 2}, {"scope": "group:externals", "max": 1}]
    path = await api.edition(
        mode="direct", places=9, quota_per_institution=None, rules=rules,
        no_institution_rule="own_bucket_per_organisation",
    )  # fmt: skip
    await api.registers(path, "learner-1", institution=None, organisation="Alpha Works")
    beta = (
        await api.registers(
            path, "learner-2", institution=None, organisation="Beta Cooperative",
            language=language,
        )
    ).json()  # fmt: skip
    assert (beta["reason"], beta["scope"]) == ("quota", "group:externals")
    assert words in beta["sentence"]
    await api.drain()
    [mail] = texts(api, "learner-2@example.org")
    assert words in mail
    items = (await api(None, "GET", f"{path}/availability")).json()["items"]
    assert {"institution": "EXT:", "availability": "full_with_queue"} in items


async def test_a_list_that_is_taken_back_and_comes_again_is_told_once_and_links_still_open(
    api: EditionApi,
) -> None:
    path = await api.edition(places=10, quota_per_institution=5)
    await mapped(api, path)
    first = await committed(api, path)
    [told] = texts(api, "bert@h-ka.de")
    back = await api(ELENA, "POST", f"{path}/imports/{first}/take-back")
    assert back.status_code == 200, back.text
    await committed(api, path)
    assert [subject.partition(":")[0] for subject, _ in mailbox(api, "bert@h-ka.de")] == [
        "Your registration has arrived"
    ]
    listed = (await api(ELENA, "GET", f"{path}/registrations?state=waiting")).json()["items"]
    [bert] = [one for one in listed if one["person"]["email"] == "bert@h-ka.de"]
    session = await opens(api, told)
    assert (session.status_code, session.json()["registration"]) == (200, bert["id"])
    await api.drain()
    seen = (await api(ELENA, "GET", f"/v1/registrations/{bert['id']}")).json()
    assert seen["person"]["email_verified"]


async def test_an_edition_that_runs_says_what_can_still_change(api: EditionApi) -> None:
    path = await api.edition(mode="direct", places=1, quota_per_institution=1)
    await api.registers(path, "learner-1")
    await api.registers(path, "learner-2", institution="HKA")
    for step in ("close", "start"):
        await api.act(ANA, path, step, reason="all are here")
    looked = await api(ELENA, "POST", f"{path}/preview-caps", json={"places": 2})
    assert (looked.json()["possible"], looked.json()["gain"]) == (False, [])

    async def changes(**body: object) -> httpx.Response:
        return await api(
            ANA, "PATCH", path, json={"reason": "a larger room", **body},
            if_match=await api.etag(path),
        )  # fmt: skip

    refused = await changes(places=2)
    assert (refused.status_code, refused.json()["code"]) == (409, "edition_state")
    assert refused.json()["detail"] == looked.json()["refused"]
    assert refused.json()["detail"].endswith("and places are given again.")
    done = await changes(places=2, promotion_until="2027-04-01T00:00:00Z")
    assert (done.status_code, len(done.json()["promoted"])) == (200, 1), done.text
