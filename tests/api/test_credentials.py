"""Issuing, downloading and verifying over HTTP, sealed with seals that live in memory."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.identity.local import ISSUER
from app.adapters.memory.unit_of_work import MemoryWork
from app.domain.access.roles import SYSTEM, Caller, Subject
from app.domain.credentials.credential import Change
from app.domain.enrolment.affiliation import partner
from app.domain.enrolment.person import Person
from app.domain.enrolment.ranking import received_over_api
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.ids import new_id
from app.main import create_app
from app.running import run_job
from tests.api.conftest import Api
from tests.contracts.issuing_house import MemoryIssuingWork
from tests.issuing_builders import (
    PNG,
    KnownAwards,
    OneMicroCredential,
    PaperSeal,
    an_award,
    the_micro_credential,
)
from tests.memory_ports import grant_demo_roles, memory_ports, session_of

LEARNERS = 2


class IssuingApi(Api):
    """The API with an edition in which two learners have passed."""

    awards: KnownAwards
    edition: UUID

    async def issue(self) -> str:
        """Prepare and approve a batch and run its job; the batch's identifier."""
        prepared = await self("ines-oviedo", "POST", f"/v1/editions/{self.edition}/issuing-batches")
        batch = prepared.json()["id"]
        approved = await self.approve(batch)
        assert approved.status_code == 202, approved.text
        await run_job(UUID(approved.json()["job"]), self.ports)
        return str(batch)

    async def approve(self, batch: str, person: str = "ivan-oviedo") -> httpx.Response:
        return await self(person, "POST", f"/v1/issuing-batches/{batch}/approve", if_match='"1"')

    async def credentials(self) -> list[dict[str, Any]]:
        response = await self("ines-oviedo", "GET", "/v1/credentials")
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    async def session(self, registration: str) -> str:
        """The bearer token of a learner without an account, who opened a link."""
        now = self.ports.clock.now()
        person = Person(new_id(), "A Learner", "learner@example.org")
        receipt = received_over_api(now)
        entered = Registration(
            UUID(registration), self.edition, person.id, State.COMPLETED, Reason.PASSED, receipt,
            receipt.rank(UUID(registration)), "UNIOVI", partner("UNIOVI"), "anonymous", now, now,
            now,
        )  # fmt: skip
        async with self.ports.work(SYSTEM, "register") as work:
            assert isinstance(work, MemoryWork)
            work.table("person").put(person.id, person)
            work.table("registration").put(entered.id, entered)
        return await session_of(self.ports, registration)

    async def verified(self, document: bytes, **headers: str) -> dict[str, Any]:
        response = await self(
            None,
            "POST",
            "/v1/credentials/verify",
            content=document,
            headers={"Content-Type": "application/ld+json", **headers},
        )
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@asynccontextmanager
async def issuing_api(data_dir: Path, **ports_of_the_story: Any) -> AsyncIterator[IssuingApi]:
    with pytest.warns(UserWarning, match="development identity"):
        ports, store, queue = memory_ports(data_dir, **ports_of_the_story)
    micro_credential = the_micro_credential()
    edition = new_id()
    awards = KnownAwards(edition, micro_credential.proposal)
    for number in range(LEARNERS):
        award = an_award(edition, micro_credential, f"Learner {number}")
        awards.ready[award.registration] = award

    def work(caller: Caller, action: str) -> Any:
        opened = MemoryIssuingWork(store, ports.clock, caller, action)
        opened.awards = awards
        opened.micro_credentials = OneMicroCredential(micro_credential)
        return opened

    ports = replace(ports, work=work, reading=lambda: work(SYSTEM, "read"))
    await grant_demo_roles(ports)
    transport = httpx.ASGITransport(create_app(ports.settings, ports), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        api = IssuingApi(ports, queue, http)
        api.awards, api.edition = awards, edition
        yield api


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[IssuingApi]:
    """Seals on paper: for stories that nobody verifies."""
    async with issuing_api(data_dir, sealing=PaperSeal()) as api:
        yield api


@pytest.fixture
async def sealed_api(data_dir: Path) -> AsyncIterator[IssuingApi]:
    """Seals for real, with a key in memory."""
    async with issuing_api(data_dir) as api:
        yield api


async def test_two_officers_issue_and_everybody_verifies(sealed_api: IssuingApi) -> None:
    ready = await sealed_api("ines-oviedo", "GET", f"/v1/editions/{sealed_api.edition}/awards")
    assert [a["full_name"] for a in ready.json()["ready"]] == [
        f"Learner {n}" for n in range(LEARNERS)
    ]
    assert ready.json()["allowed_actions"] == ["prepare_batch"]
    prepared = await sealed_api(
        "ines-oviedo", "POST", f"/v1/editions/{sealed_api.edition}/issuing-batches"
    )
    batch = prepared.json()
    assert (prepared.status_code, prepared.headers["etag"]) == (201, '"1"')
    assert prepared.headers["location"] == f"/v1/issuing-batches/{batch['id']}"
    assert (batch["state"], batch["learners"], batch["development"]) == (
        "prepared",
        LEARNERS,
        True,
    )
    approved = await sealed_api.approve(batch["id"])
    assert approved.status_code == 202
    job = approved.headers["location"]
    assert job == f"/v1/jobs/{approved.json()['job']}"
    await run_job(UUID(approved.json()["job"]), sealed_api.ports)
    done = (await sealed_api("ivan-oviedo", "GET", job)).json()
    assert (done["state"], done["progress"]) == ("succeeded", {"done": 2, "total": 2})
    assert done["result"] == {"sealed": 2, "skipped": 0, "failed": 0}
    assert {item["code"] for item in done["items"]} == {"sealed"}
    finished = (await sealed_api("ines-oviedo", "GET", f"/v1/issuing-batches/{batch['id']}")).json()
    assert (finished["state"], finished["outcome"]["sealed"]) == ("finished", 2)
    for item in finished["items"]:
        document = await sealed_api(
            "ines-oviedo", "GET", f"/v1/credentials/{item['credential']}/document"
        )
        found = await sealed_api.verified(document.content)
        assert (found["verdict"], found["development"]) == ("verified", True)
        assert found["contents"]["id"] == f"urn:credential:{item['credential']}"


async def test_running_it_again_issues_nothing_twice(api: IssuingApi) -> None:
    await api.issue()
    before = await api.credentials()
    again = await api("ines-oviedo", "POST", f"/v1/editions/{api.edition}/issuing-batches")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_issue")
    assert await api.credentials() == before
    assert len(before) == LEARNERS


async def test_officers_see_before_sealing_whose_name_mixes_letters_that_look_alike(
    api: IssuingApi,
) -> None:
    registration, award = next(iter(sorted(api.awards.ready.items())))
    mixed = "\N{CYRILLIC CAPITAL LETTER A}na García"
    api.awards.ready[registration] = replace(award, holder=replace(award.holder, full_name=mixed))
    awards = (await api("ines-oviedo", "GET", f"/v1/editions/{api.edition}/awards")).json()
    assert {one["registration"]: one["warnings"] for one in awards["ready"]} == {
        str(one): ["mixed_scripts"] if one == registration else [] for one in api.awards.ready
    }
    prepared = await api("ines-oviedo", "POST", f"/v1/editions/{api.edition}/issuing-batches")
    [warning] = prepared.json()["warnings"]
    assert (warning["registration"], warning["code"]) == (str(registration), "mixed_scripts")
    assert "Cyrillic and Latin" in warning["detail"]
    assert "García" not in warning["detail"]


async def test_officers_see_before_sealing_whose_name_cannot_be_drawn(api: IssuingApi) -> None:
    registration, award = next(iter(sorted(api.awards.ready.items())))
    api.awards.ready[registration] = replace(
        award, holder=replace(award.holder, full_name="李明 (Li Ming)")
    )
    awards = (await api("ines-oviedo", "GET", f"/v1/editions/{api.edition}/awards")).json()
    assert {one["registration"]: one["warnings"] for one in awards["ready"]} == {
        str(one): ["name_not_drawable"] if one == registration else [] for one in api.awards.ready
    }
    prepared = await api("ines-oviedo", "POST", f"/v1/editions/{api.edition}/issuing-batches")
    path = f"/v1/issuing-batches/{prepared.json()['id']}"
    [warning] = prepared.json()["warnings"]
    assert (warning["registration"], warning["code"]) == (str(registration), "name_not_drawable")
    assert "“李”" in warning["detail"]
    assert (await api("ivan-oviedo", "GET", path)).json()["warnings"] == [warning]
    approved = await api.approve(prepared.json()["id"])
    assert (await api("ivan-oviedo", "GET", path)).json()["warnings"] == [warning]
    await run_job(UUID(approved.json()["job"]), api.ports)
    assert (await api("ivan-oviedo", "GET", path)).json()["warnings"] == []


async def test_the_first_officer_is_not_the_second(api: IssuingApi) -> None:
    prepared = await api("ines-oviedo", "POST", f"/v1/editions/{api.edition}/issuing-batches")
    assert prepared.json()["allowed_actions"] == ["cancel_batch"]
    refused = await api.approve(prepared.json()["id"], "ines-oviedo")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    seen = await api("ivan-oviedo", "GET", "/v1/issuing-batches")
    assert [b["allowed_actions"] for b in seen.json()["items"]] == [
        ["approve_batch", "cancel_batch"]
    ]


async def test_decisions_need_the_version_that_was_seen(api: IssuingApi) -> None:
    prepared = await api("ines-oviedo", "POST", f"/v1/editions/{api.edition}/issuing-batches")
    path = f"/v1/issuing-batches/{prepared.json()['id']}"
    missing = await api("ivan-oviedo", "POST", f"{path}/approve")
    assert missing.status_code == 428
    cancelled = await api("ines-oviedo", "POST", f"{path}/cancel", if_match='"1"')
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    late = await api("ivan-oviedo", "POST", f"{path}/approve", if_match='"1"')
    assert (late.status_code, late.headers["etag"]) == (412, '"2"')


async def test_a_cancelled_job_is_resumed_for_what_is_missing(api: IssuingApi) -> None:
    prepared = await api("ines-oviedo", "POST", f"/v1/editions/{api.edition}/issuing-batches")
    approved = await api.approve(prepared.json()["id"])
    job = approved.headers["location"]
    (award, *_) = api.awards.ready.values()
    api.awards.postpone(award.registration, "objection_open")
    await run_job(UUID(approved.json()["job"]), api.ports)
    failed = (await api("ivan-oviedo", "GET", job)).json()
    assert (failed["state"], failed["error"]["code"]) == ("failed", "issuing_incomplete")
    assert sorted(item["status"] for item in failed["items"]) == ["done", "failed"]
    api.awards.ready[award.registration] = award
    del api.awards.not_ready[award.registration]
    resumed = await api("ivan-oviedo", "POST", f"{job}/resume")
    assert resumed.status_code == 202
    await run_job(UUID(approved.json()["job"]), api.ports)
    assert (await api("ivan-oviedo", "GET", job)).json()["state"] == "succeeded"
    assert len(await api.credentials()) == LEARNERS


async def test_the_stored_bytes_are_what_is_downloaded(api: IssuingApi) -> None:
    await api.issue()
    (credential, *_) = await api.credentials()
    response = await api("ivan-oviedo", "GET", f"/v1/credentials/{credential['id']}/document")
    assert response.headers["content-type"] == "application/ld+json"
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["content-disposition"] == (
        f'attachment; filename="{credential["id"]}.jsonld"'
    )
    digest = sha256(response.content).hexdigest()
    assert (digest, response.headers["etag"]) == (credential["sha256"], f'"{digest}"')
    assert list(json.loads(response.content)) == ["payload"]


async def test_a_learner_sees_downloads_and_shows_their_own_and_no_other(
    sealed_api: IssuingApi,
) -> None:
    await sealed_api.issue()
    mine, other = await sealed_api.credentials()
    async with sealed_api.ports.system_work("test") as work:
        account = await work.accounts.account(Subject(ISSUER, "demo:learner-1"))
    sealed_api.awards.accounts[account] = (UUID(mine["registration"]),)
    seen = (await sealed_api("learner-1", "GET", "/v1/me/credentials")).json()["items"]
    assert [c["id"] for c in seen] == [mine["id"]]
    assert seen[0]["languages"] == ["en", "es"]
    document = await sealed_api("learner-1", "GET", f"/v1/credentials/{mine['id']}/document")
    assert (await sealed_api.verified(document.content))["verdict"] == "verified"
    for language in ("en", "es"):
        image = await sealed_api(
            "learner-1", "GET", f"/v1/credentials/{mine['id']}/images/{language}"
        )
        assert image.headers["content-type"] == "image/png"
        assert image.content.startswith(PNG)
    missing = await sealed_api("learner-1", "GET", f"/v1/credentials/{mine['id']}/images/fi")
    assert (missing.status_code, missing.json()["code"]) == (404, "image_not_found")
    for path in ("", "/document", "/images/en"):
        hidden = await sealed_api("learner-1", "GET", f"/v1/credentials/{other['id']}{path}")
        assert (hidden.status_code, hidden.json()["code"]) == (404, "credential_not_found")
    again = (await sealed_api("learner-1", "GET", f"/v1/credentials/{mine['id']}")).json()
    told = {d["channel"]: d["state"] for d in again["deliveries"]}
    assert told == {"download": "delivered", "email": "pending"}


async def test_a_learner_without_an_account_comes_by_a_link(api: IssuingApi) -> None:
    await api.issue()
    mine, other = await api.credentials()
    token = await api.session(mine["registration"])
    session = {"Authorization": f"Bearer {token}"}
    seen = await api(None, "GET", "/v1/me/credentials", headers=session)
    assert [c["id"] for c in seen.json()["items"]] == [mine["id"]]
    document = await api(None, "GET", f"/v1/credentials/{mine['id']}/document", headers=session)
    assert sha256(document.content).hexdigest() == mine["sha256"]
    hidden = await api(None, "GET", f"/v1/credentials/{other['id']}/document", headers=session)
    assert hidden.status_code == 404


async def test_officers_of_other_institutions_do_not_know_of_it(api: IssuingApi) -> None:
    batch = await api.issue()
    (credential, *_) = await api.credentials()
    for person in ("erik-skovde", "tilda-karlsruhe", "learner-9"):
        for path in (
            f"/v1/issuing-batches/{batch}",
            f"/v1/credentials/{credential['id']}",
            f"/v1/credentials/{credential['id']}/document",
        ):
            assert (await api(person, "GET", path)).status_code == 404
        # Everybody may know of an edition, but not who passed it.
        awards = await api(person, "GET", f"/v1/editions/{api.edition}/awards")
        assert awards.status_code == 403
        assert (await api(person, "GET", "/v1/credentials")).status_code == 403
    assert (await api(None, "GET", "/v1/credentials")).status_code == 401
    auditor = await api("aud-auditor", "GET", f"/v1/credentials/{credential['id']}/document")
    assert auditor.status_code == 403


async def test_status_is_for_everybody_and_names_nobody(sealed_api: IssuingApi) -> None:
    await sealed_api.issue()
    (credential, *_) = await sealed_api.credentials()
    path = f"/v1/credentials/{credential['id']}/status"
    status = await sealed_api(None, "GET", path)
    told = status.json()
    assert {name: told[name] for name in ("id", "urn", "state", "since", "in_force", "issuer")} == {
        "id": credential["id"],
        "urn": credential["urn"],
        "state": "sealed",
        "since": credential["since"],
        "in_force": True,
        "issuer": credential["issuer"],
    }
    page = await sealed_api(None, "GET", f"/verify/{credential['id']}")
    assert "is in force" in page.text
    assert "Learner" not in page.text
    unknown = await sealed_api(None, "GET", f"/v1/credentials/{new_id()}/status")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "credential_not_found")
    assert (await sealed_api(None, "GET", f"/verify/{new_id()}")).status_code == 404


async def test_a_revoked_credential_fails_when_its_file_is_verified(sealed_api: IssuingApi) -> None:
    await sealed_api.issue()
    (credential, *_) = await sealed_api.credentials()
    document = await sealed_api(
        "ines-oviedo", "GET", f"/v1/credentials/{credential['id']}/document"
    )
    async with sealed_api.ports.system_work("test") as work:
        loaded = await work.credentials.get(UUID(credential["id"]))
        loaded.propose(Change.REVOKE, "error", by=new_id(), at=sealed_api.ports.clock.now())
        loaded.confirm(by=new_id(), at=sealed_api.ports.clock.now())
        await work.credentials.save(loaded)
    found = await sealed_api.verified(document.content)
    assert found["verdict"] == "failed"
    assert [c["code"] for c in found["checks"] if c["status"] == "error"] == ["revoked"]
    assert "was revoked" in (await sealed_api(None, "GET", f"/verify/{credential['id']}")).text


async def test_a_credential_is_verified_however_it_is_sent(sealed_api: IssuingApi) -> None:
    await sealed_api.issue()
    (credential, *_) = await sealed_api.credentials()
    document = (
        await sealed_api("ines-oviedo", "GET", f"/v1/credentials/{credential['id']}/document")
    ).content
    form = await sealed_api(
        None,
        "POST",
        "/v1/credentials/verify",
        files={"file": ("mine.jsonld", document, "application/ld+json")},
    )
    assert form.json()["verdict"] == "verified"
    for media_type in ("application/json", "application/octet-stream; charset=binary"):
        assert (await sealed_api.verified(document, **{"Content-Type": media_type}))[
            "sealed"
        ] is True
    other = await sealed_api(
        None,
        "POST",
        "/v1/credentials/verify",
        content=document,
        headers={"Content-Type": "text/html"},
    )
    assert (other.status_code, other.json()["code"]) == (415, "unsupported_media_type")
    empty = await sealed_api(
        None, "POST", "/v1/credentials/verify", data={"file": "no file"}, files={}
    )
    assert empty.status_code == 415
    no_file = await sealed_api(
        None, "POST", "/v1/credentials/verify", files={"another": ("x", b"{}", "text/plain")}
    )
    assert (no_file.status_code, no_file.json()["code"]) == (422, "file_missing")


async def test_a_tampered_file_fails_and_says_where(sealed_api: IssuingApi) -> None:
    await sealed_api.issue()
    (credential, *_) = await sealed_api.credentials()
    document = (
        await sealed_api("ines-oviedo", "GET", f"/v1/credentials/{credential['id']}/document")
    ).content
    found = await sealed_api.verified(document.replace(b"Learner", b"Cheater"))
    assert (found["verdict"], found["development"]) == ("failed", True)
    (seal,) = (c for c in found["checks"] if c["name"] == "seal")
    assert (seal["status"], seal["code"]) == ("error", "seal_broken")
    assert seal["advice"]


@pytest.mark.parametrize("raw", [b"", b"null", b"\x00\xff", b'{"payload":1}', b"{" * 5_000])
async def test_anything_at_all_may_be_presented(sealed_api: IssuingApi, raw: bytes) -> None:
    found = await sealed_api.verified(raw)
    assert found["verdict"] == "failed"
    assert len(found["checks"]) == 12


async def test_seals_are_public_and_their_roots_as_well(sealed_api: IssuingApi) -> None:
    await sealed_api.issue()
    seals = (await sealed_api(None, "GET", "/v1/seals")).json()["items"]
    oviedo = next(seal for seal in seals if seal["institution"] == "UNIOVI")
    assert (oviedo["institution"], oviedo["development"], oviedo["findings"]) == (
        "UNIOVI",
        True,
        [],
    )
    root = await sealed_api(None, "GET", "/v1/seals/UNIOVI/root.pem")
    assert root.text.startswith("-----BEGIN CERTIFICATE-----")
    missing = await sealed_api(None, "GET", "/v1/seals/NOBODY/root.pem")
    assert (missing.status_code, missing.json()["code"]) == (404, "seal_not_found")


async def test_no_name_is_logged(sealed_api: IssuingApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await sealed_api.issue()
    (credential, *_) = await sealed_api.credentials()
    document = await sealed_api(
        "ines-oviedo", "GET", f"/v1/credentials/{credential['id']}/document"
    )
    await sealed_api.verified(document.content)
    await sealed_api.verified(document.content.replace(b"Learner", b"Cheater"))
    assert caplog.text
    assert "Learner" not in caplog.text
    assert "Cheater" not in caplog.text
