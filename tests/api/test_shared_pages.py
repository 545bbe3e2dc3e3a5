"""What a holder shares, on pages for people: opened by a button, gone without a trace."""

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.identity.local import ISSUER
from app.domain.access.roles import Subject
from tests.api.test_credentials import IssuingApi, issuing_api
from tests.api.test_pages import parsed, text_of, the_first


async def held(api: IssuingApi) -> tuple[dict[str, Any], bytes]:
    """A credential of learner-1, and its sealed file."""
    credential, file = await the_first(api)
    async with api.ports.system_work("test") as work:
        account = await work.accounts.account(Subject(ISSUER, "demo:learner-1"))
    api.awards.accounts[account] = (UUID(credential["registration"]),)
    return credential, file


async def shared(api: IssuingApi, credential: dict[str, Any], **wishes: Any) -> tuple[str, str]:
    """The path of the page of a new link, and the link's identifier."""
    path = f"/v1/credentials/{credential['id']}/shares"
    made = await api("learner-1", "POST", path, json=wishes)
    assert made.status_code == 201, made.text
    return httpx.URL(made.json()["url"]).path, made.json()["share"]["id"]


async def views(api: IssuingApi, credential: dict[str, Any], share: str) -> int:
    path = f"/v1/credentials/{credential['id']}/shares/{share}"
    count: int = (await api("learner-1", "GET", path)).json()["views"]
    return count


@pytest.mark.parametrize("wishes", [{}, {"view_limit": 1}])
async def test_a_link_is_opened_by_a_button_and_shows_all(
    data_dir: Path, wishes: dict[str, int]
) -> None:
    async with issuing_api(data_dir) as api:
        credential, file = await held(api)
        link, share = await shared(api, credential, **wishes)
        before = await api(None, "GET", link)
        for _ in range(3):
            before = await api(None, "GET", f"{link}?lang=es")
            page = parsed(before)
            assert page.findtext(".//h1") == "Se comparte una credencial con usted"
            assert "Learner" not in before.text
            assert credential["id"] not in before.text
        assert await views(api, credential, share) == 0
        form = parsed(before).find(".//form")
        assert (form.get("method"), form.get("action")) == ("post", f"{link}?lang=es")
        opened = await api(None, "POST", form.get("action"))
        if wishes:
            assert opened.status_code == 303
            assert opened.headers["cache-control"] == "private, no-store"
            assert opened.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
            opened = await api(None, "GET", opened.headers["location"])
        page = parsed(opened)
        assert opened.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert page.findtext(".//h1") == "Verificada"
        assert "Learner" in text_of(page)
        assert await views(api, credential, share) == 1
        picture = await api(None, "GET", page.find(".//img").get("src"))
        assert picture.headers["content-type"] == "image/png"
        links = [a.get("href") for a in page.iter("a") if a.get("href").startswith("/v1/")]
        assert (await api(None, "GET", links[0])).content == file
        for to in links[1:]:
            assert (await api(None, "GET", to)).headers["content-type"] == "application/pdf"
        assert len(links) == 1 + len(credential["languages"])
        assert await views(api, credential, share) == 1


async def test_an_opened_page_is_loaded_again_without_being_opened_again(data_dir: Path) -> None:
    async with issuing_api(data_dir) as api:
        credential, _ = await held(api)
        link, share = await shared(api, credential, view_limit=2)
        before = text_of(parsed(await api(None, "GET", link)))
        assert "Can still be opened 2 of 2 times" in before
        assert "Can be opened until" in before
        opened = (await api(None, "POST", link)).headers["location"]
        for _ in range(3):
            assert parsed(await api(None, "GET", opened)).findtext(".//h1") == "Verified"
        assert await views(api, credential, share) == 1
        assert "1 of 2 times" in text_of(parsed(await api(None, "GET", link)))
        stale = await api(None, "GET", f"{link}?access=of-long-ago")
        assert parsed(stale).find(".//form") is not None
        assert await views(api, credential, share) == 1


async def test_what_leads_nowhere_always_looks_the_same(data_dir: Path) -> None:
    async with issuing_api(data_dir) as api:
        credential, _ = await held(api)
        used, _ = await shared(api, credential, view_limit=1)
        await api(None, "POST", used)
        revoked, share = await shared(api, credential)
        path = f"/v1/credentials/{credential['id']}/shares/{share}/revoke"
        assert (await api("learner-1", "POST", path, if_match='"1"')).status_code == 200
        answers = [
            await api(None, method, address)
            for address in (used, revoked, "/s/never-there")
            for method in ("GET", "POST")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert parsed(answers[0]).findtext(".//h1") == "This link leads nowhere"
        bodies = {
            answer.text.replace(str(answer.url.path), "") for answer in answers
        }  # fmt: skip
        assert len(bodies) == 1


async def test_a_public_page_shows_the_least(data_dir: Path) -> None:
    async with issuing_api(data_dir) as api:
        credential, _ = await held(api)
        path = f"/v1/credentials/{credential['id']}/public-page"
        for shows_name in (False, True):
            wish = {"consent": True, "shows_name": shows_name}
            made = (await api("learner-1", "POST", path, json=wish)).json()
            response = await api(None, "GET", httpx.URL(made["url"]).path)
            page = parsed(response)
            assert response.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
            assert page.findtext(".//h1/bdi")
            assert "This credential is in force" in text_of(page)
            assert ("Learner" in response.text) is shows_name
            assert "/v1/" not in response.text


async def test_the_day_of_the_award_is_the_same_wherever_it_is_shown(
    data_dir: Path, tmp_path: Path
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    async with issuing_api(data_dir) as api:
        credential, file = await held(api)
        subject = json.loads(json.loads(file)["payload"])["credentialSubject"]
        written = subject["hasClaim"]["awardedBy"]["awardingDate"]
        day = date(2026, 11, 10)
        assert written == f"{day}T00:00:00Z"
        assert day.isoformat() not in credential["sealed_at"]

        drawn = tmp_path / "credential.pdf"
        drawn.write_bytes(
            (await api("learner-1", "GET", f"/v1/credentials/{credential['id']}/pdf")).content
        )
        text = subprocess.run(["pdftotext", drawn, "-"], capture_output=True, check=True).stdout
        page = (await api("learner-1", "POST", f"/v1/credentials/{credential['id']}/public-page",
                          json={"consent": True})).json()  # fmt: skip
        shown = await api(None, "GET", httpx.URL(page["url"]).path)
        checked = await api(None, "POST", "/verify", files={"file": ("credential.jsonld", file)})
        assert "10 November 2026" in text.decode()
        assert after("Date of award", shown) == "10 November 2026"
        assert after("Date of award", checked) == "10 November 2026"
        as_data = await api(None, "GET", f"/v1/shares/{page['url'].rsplit('/', 1)[1]}")
        assert as_data.json()["awarded_on"] == "2026-11-10"
        linkedin = httpx.URL(page["linkedin"]).params
        assert (linkedin["issueYear"], linkedin["issueMonth"]) == ("2026", "11")


def after(term: str, response: httpx.Response) -> str | None:
    """What a page says of a term."""
    return next(
        ("".join(t.getnext().itertext()) for t in parsed(response).iter("dt") if t.text == term),
        None,
    )
