"""Credentials as documents to read: for their holder and the issuer's officers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.adapters.identity.local import ISSUER
from app.domain.access.roles import Subject
from tests.api.test_credentials import IssuingApi, issuing_api


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[IssuingApi]:
    """Seals for real, with a key in memory."""
    async with issuing_api(data_dir) as api:
        yield api


async def the_first(api: IssuingApi) -> dict[str, Any]:
    await api.issue()
    first: dict[str, Any] = (await api.credentials())[0]
    return first


async def test_a_holder_reads_a_credential_as_pages_and_has_the_file_with_it(
    api: IssuingApi,
) -> None:
    credential = await the_first(api)
    async with api.ports.system_work("test") as work:
        account = await work.accounts.account(Subject(ISSUER, "demo:learner-1"))
    api.awards.accounts[account] = (UUID(credential["registration"]),)
    path = f"/v1/credentials/{credential['id']}/pdf"
    pages = await api("learner-1", "GET", path)
    assert (pages.status_code, pages.headers["content-type"]) == (200, "application/pdf")
    assert pages.content.startswith(b"%PDF-1.7")
    assert pages.headers["content-language"] == credential["languages"][0]
    assert pages.headers["content-disposition"] == (
        f'attachment; filename="{credential["id"]}-{credential["languages"][0]}.pdf"'
    )
    again = await api("learner-1", "GET", path)
    assert again.content == pages.content
    seen = (await api("learner-1", "GET", f"/v1/credentials/{credential['id']}")).json()
    assert {d["channel"]: d["state"] for d in seen["deliveries"]}["download"] == "delivered"


async def test_it_is_there_in_the_languages_of_the_credential_and_in_no_other(
    api: IssuingApi,
) -> None:
    credential = await the_first(api)
    path = f"/v1/credentials/{credential['id']}/pdf"
    for language in credential["languages"]:
        pages = await api("ines-oviedo", "GET", path, params={"language": language})
        assert (pages.status_code, pages.headers["content-language"]) == (200, language)
    other = await api("ines-oviedo", "GET", path, params={"language": "mt"})
    assert (other.status_code, other.json()["code"]) == (404, "language_not_shown")
    odd = await api("ines-oviedo", "GET", path, params={"language": "../en"})
    assert odd.status_code == 422


async def test_strangers_do_not_learn_that_there_is_a_credential(api: IssuingApi) -> None:
    credential = await the_first(api)
    path = f"/v1/credentials/{credential['id']}/pdf"
    for stranger in ("learner-9", "erik-skovde", "teo-oviedo"):
        refused = await api(stranger, "GET", path)
        assert (refused.status_code, refused.json()["code"]) == (404, "credential_not_found")
    assert (await api(None, "GET", path)).status_code == 401
