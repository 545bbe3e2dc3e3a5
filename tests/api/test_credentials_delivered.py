"""From a confirmed result to the holder, who verifies what they got: all capabilities together."""

import re
from hashlib import sha256
from typing import Any

import httpx

from tests.api.results_api import CourseApi
from tests.api.results_api import course_api as course_api  # a fixture

ANA = "ana@example.org"
BEN = "learner-7"


def opened(mail: str) -> str:
    """The link in a message."""
    found = re.search(r"/v1/links/[A-Za-z0-9_-]{43}\b", mail)
    assert found is not None, mail
    return found[0]


async def session_of(api: CourseApi, mail: str) -> dict[str, str]:
    """The headers of somebody who has opened the link of a message."""
    session = await api(None, "POST", f"{opened(mail)}/open")
    assert session.status_code == 200, session.text
    return {"Authorization": f"Bearer {session.json()['access_token']}"}


async def agreed(api: CourseApi, path: str, name: str, headers: dict[str, str]) -> None:
    """A learner accepts their result and says how their name shall stand."""

    async def call(method: str, end: str, version: str, **more: Any) -> httpx.Response:
        answer = await api.http.request(
            method, f"{path}/{end}", headers={**headers, "If-Match": version}, **more
        )
        assert answer.status_code == 200, answer.text
        return answer

    result = await api.http.get(f"{path}/result", headers=headers)
    await call("POST", "result/accept", result.headers["etag"])
    identity = {"full_name": name, "birth_date": "1990-05-17"}
    await call("PUT", "credential-data", '"0"', json=identity)


async def test_learners_with_and_without_an_account_get_their_credential_and_it_verifies(
    course_api: CourseApi,
) -> None:
    api = course_api
    ana, ben = await api.by_form("Ana Núñez", ANA, language="es"), await api.learner(BEN)
    await api.record(ana)
    await api.record(ben)
    await api.drain()
    await agreed(api, ana, "Ana Núñez", await session_of(api, api.mailbox(ANA)[-1].text))
    await agreed(api, ben, "Ben Ó Briain", api.headers(BEN))
    assert (await api.confirm()).json() == {"confirmed": 2}
    await api.drain()

    edition = f"/v1/editions/{api.course.edition.id}"
    prepared = await api("ines-oviedo", "POST", f"{edition}/issuing-batches")
    assert prepared.status_code == 201, prepared.text
    batch = f"/v1/issuing-batches/{prepared.json()['id']}"
    approved = await api("ivan-oviedo", "POST", f"{batch}/approve", if_match='"1"')
    assert approved.status_code == 202, approved.text
    await api.drain()
    job = (await api("ivan-oviedo", "GET", approved.headers["location"])).json()
    assert (job["state"], job["result"]["sealed"]) == ("succeeded", 2)

    told = api.mailbox(ANA)[-1]
    assert told.language == "es"
    session = await session_of(api, told.text)
    await api.drain()  # the link that was opened has confirmed the address
    for headers, name in ((session, "Ana Núñez"), (api.headers(BEN), "Ben Ó Briain")):
        mine = await api.http.get("/v1/me/credentials", headers=headers)
        (credential,) = mine.json()["items"]
        assert {d["channel"]: d["state"] for d in credential["deliveries"]} == {
            "email": "delivered"
        }
        document = await api.http.get(
            f"/v1/credentials/{credential['id']}/document", headers=headers
        )
        assert sha256(document.content).hexdigest() == credential["sha256"]
        found = await api(
            None,
            "POST",
            "/v1/credentials/verify",
            content=document.content,
            headers={"Content-Type": "application/ld+json"},
        )
        assert (found.json()["verdict"], found.json()["contents"]["holder"]) == ("verified", name)
        status = {c["name"]: c["code"] for c in found.json()["checks"]}
        assert status["revocation"] == "in_force"
    assert await api.drain() == 0
    assert len([m for m in api.mailbox(ANA) if m.id.startswith("credential-")]) == 1
