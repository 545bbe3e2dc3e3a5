"""After sealing, over HTTP: changes that two make, a new name, what is published and shared."""

import base64
import csv
import gzip
import io
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from openpyxl import load_workbook

from app.adapters.issuing.status_lists import JwsStatusListSealing
from app.domain.credentials.use_cases.credentials import erase_credential
from app.running import run_job
from app.timers import start_due_batches
from tests.api.results_api import CourseApi
from tests.api.results_api import course_api as course_api  # a fixture
from tests.api.test_credentials import IssuingApi, issuing_api
from tests.api.test_credentials_delivered import BEN, agreed
from tests.memory_ports import SEALS

INES, IVAN = "ines-oviedo", "ivan-oviedo"


@pytest.fixture
async def api(course_api: CourseApi) -> CourseApi:
    """A course in which learner-7, who has an account, has got a credential."""
    path = await course_api.learner(BEN)
    await course_api.record(path)
    await agreed(course_api, path, "Ben Ó Briain", course_api.headers(BEN))
    await course_api.confirm()
    await course_api.drain()
    batch = await course_api(
        INES, "POST", f"/v1/editions/{course_api.course.edition.id}/issuing-batches"
    )
    await sealed(course_api, batch)
    return course_api


async def sealed(api: CourseApi, prepared: httpx.Response) -> dict[str, Any]:
    """A prepared batch, approved and run."""
    assert prepared.status_code == 201, prepared.text
    path = prepared.headers["location"]
    approved = await api(IVAN, "POST", f"{path}/approve", if_match='"1"')
    assert approved.status_code == 202, approved.text
    await api.drain()
    found: dict[str, Any] = (await api(INES, "GET", path)).json()
    return found


async def mine(api: CourseApi) -> list[dict[str, Any]]:
    """The credentials of learner-7, the oldest first."""
    items: list[dict[str, Any]] = (await api(BEN, "GET", "/v1/me/credentials")).json()["items"]
    return items


async def step(
    api: CourseApi, person: str, credential: dict[str, Any], end: str, reason: str | None = None
) -> httpx.Response:
    path = f"/v1/credentials/{credential['id']}"
    seen = await api(person, "GET", path)
    body = None if reason is None else {"reason": reason}
    answer = await api(person, "POST", f"{path}/{end}", json=body, if_match=seen.headers["etag"])
    assert answer.is_success, answer.text
    await api.drain()
    return answer


async def status_of(api: CourseApi, credential: str) -> dict[str, Any]:
    found = await api(None, "GET", f"/v1/credentials/{credential}/status")
    assert found.status_code == 200, found.text
    assert "Briain" not in found.text
    known: dict[str, Any] = found.json()
    return known


def last_mail(api: CourseApi) -> tuple[str, str]:
    mail = api.mailbox(f"{BEN}@example.org")[-1]
    return mail.subject, mail.text


async def test_two_officers_revoke_the_learner_is_told_and_copies_are_warned_of(
    api: CourseApi,
) -> None:
    (credential,) = await mine(api)
    suspended = await step(api, INES, credential, "suspend", "An inquiry is open.")
    assert suspended.json()["credential"]["state"] == "suspended"
    subject, text = last_mail(api)
    assert subject.startswith("Your credential is suspended")
    assert "The reason: An inquiry is open." in text
    proposed = await step(api, INES, credential, "revoke", "Another person's result.")
    assert proposed.json()["credential"]["pending"]["change"] == "revoke"
    (seen,) = await mine(api)
    assert (seen["state"], seen["pending"]) == ("suspended", None)
    assert (await status_of(api, credential["id"]))["standing"] == "suspended"
    confirmed = await step(api, IVAN, credential, "confirm-change")
    assert confirmed.json()["credential"]["state"] == "revoked"
    (notice,) = confirmed.json()["notices"]
    assert notice["code"] == "copies_may_look_verified"
    assert "Europass" in notice["detail"]
    assert last_mail(api)[0].startswith("Your credential was revoked")
    await step(api, IVAN, credential, "reinstate", "It was his after all.")
    await step(api, INES, credential, "confirm-change")
    assert last_mail(api)[0].startswith("Your credential is in force again")
    assert (await status_of(api, credential["id"]))["in_force"] is True


async def test_one_officer_is_not_enough_and_a_stale_view_is_refused(api: CourseApi) -> None:
    (credential,) = await mine(api)
    path = f"/v1/credentials/{credential['id']}"
    await step(api, INES, credential, "revoke", "Wrong.")
    version = (await api(INES, "GET", path)).headers["etag"]
    alone = await api(INES, "POST", f"{path}/confirm-change", if_match=version)
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    stale = await api(IVAN, "POST", f"{path}/confirm-change", if_match='"1"')
    assert (stale.status_code, stale.headers["etag"]) == (412, version)
    silent = await api(IVAN, "POST", f"{path}/suspend", json={"reason": " "}, if_match=version)
    assert (silent.status_code, silent.json()["code"]) == (422, "reason_needed")


async def test_a_second_proposal_is_refused_until_the_first_is_confirmed_or_dropped(
    api: CourseApi,
) -> None:
    (credential,) = await mine(api)
    path = f"/v1/credentials/{credential['id']}"
    await step(api, INES, credential, "revoke", "Wrong.")
    await step(api, INES, credential, "suspend", "Until it is decided.")
    for end in ("revoke", "reinstate"):
        seen = await api(IVAN, "GET", path)
        assert seen.json()["pending"]["reason"] == "Wrong."
        assert not [a for a in seen.json()["allowed_actions"] if a.startswith("propose_")]
        refused = await api(
            IVAN, "POST", f"{path}/{end}", json={"reason": "Mine."}, if_match=seen.headers["etag"]
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "change_pending")
        assert "Confirm it or drop it" in refused.json()["detail"]
    await step(api, IVAN, credential, "drop-change")
    await step(api, IVAN, credential, "reinstate", "It was right.")
    await step(api, INES, credential, "confirm-change")
    assert (await status_of(api, credential["id"]))["in_force"] is True


async def test_a_new_name_leads_to_a_new_credential_and_both_roads_lead_to_it(
    api: CourseApi,
) -> None:
    (old,) = await mine(api)
    file = await api(BEN, "GET", f"/v1/credentials/{old['id']}/document")
    data = f"/v1/registrations/{old['registration']}/credential-data"
    known = await api(BEN, "GET", data)
    renamed = await api(
        BEN,
        "PUT",
        data,
        json={"full_name": "Ben Novák", "birth_date": "1990-05-17"},
        if_match=known.headers["etag"],
    )
    assert renamed.status_code == 200, renamed.text
    path = f"/v1/credentials/{old['id']}"
    prepared = await api(
        INES,
        "POST",
        f"{path}/reissue",
        json={"reason": "The name has changed."},
        if_match=(await api(INES, "GET", path)).headers["etag"],
    )
    assert (prepared.json()["is_reissue"], prepared.json()["items"][0]["supersedes"]) == (
        True,
        old["id"],
    )
    batch = await sealed(api, prepared)
    fresh = batch["items"][0]["credential"]
    assert [c["id"] for c in await mine(api)] == [old["id"], fresh]
    before, after = await status_of(api, old["id"]), await status_of(api, fresh)
    assert (before["standing"], before["superseded_by"]) == ("superseded", fresh)
    assert (after["standing"], after["supersedes"]) == ("in_force", old["id"])
    assert last_mail(api)[0].startswith("Your credential was issued again")
    found = await verified(api, file.content)
    revocation = next(c for c in found["checks"] if c["name"] == "revocation")
    assert (revocation["code"], revocation["evidence"]["successor"]) == (
        "superseded",
        f"urn:credential:{fresh}",
    )
    new_file = await api(BEN, "GET", f"/v1/credentials/{fresh}/document")
    found = await verified(api, new_file.content)
    assert (found["verdict"], found["contents"]["holder"]) == ("verified", "Ben Novák")


async def verified(api: CourseApi, document: bytes) -> dict[str, Any]:
    found = await api(
        None,
        "POST",
        "/v1/credentials/verify",
        content=document,
        headers={"Content-Type": "application/ld+json"},
    )
    known: dict[str, Any] = found.json()
    return known


def bit(text: str, place: int) -> int:
    """One bit of an encoded list, by a reader that knows the specification alone."""
    bits = gzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4)))
    assert len(bits) * 8 == 131_072
    return bits[place // 8] >> (7 - place % 8) & 1


async def test_the_status_list_tells_what_the_status_page_tells(api: CourseApi) -> None:
    (credential,) = await mine(api)
    (revocation, suspension) = (await status_of(api, credential["id"]))["status_lists"]
    assert (revocation["statusPurpose"], suspension["statusPurpose"]) == (
        "revocation",
        "suspension",
    )

    async def fetched(entry: dict[str, str], **headers: str) -> httpx.Response:
        path = httpx.URL(entry["statusListCredential"]).path
        return await api(None, "GET", path, headers=headers)

    first = await fetched(suspension, Accept="application/json")
    assert first.headers["cache-control"] == "public, max-age=300"
    assert first.headers["etag"].startswith('"')
    subject = first.json()["credentialSubject"]
    assert first.json()["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert first.json()["id"] == suspension["statusListCredential"]
    assert (subject["type"], subject["statusPurpose"], subject["ttl"]) == (
        "BitstringStatusList",
        "suspension",
        300_000,
    )
    assert bit(subject["encodedList"], int(suspension["statusListIndex"])) == 0
    same = await fetched(
        suspension, **{"Accept": "application/json", "If-None-Match": first.headers["etag"]}
    )
    assert same.status_code == 304
    await step(api, INES, credential, "suspend", "An inquiry is open.")
    second = await fetched(
        suspension, **{"Accept": "application/json", "If-None-Match": first.headers["etag"]}
    )
    subject = second.json()["credentialSubject"]
    assert bit(subject["encodedList"], int(suspension["statusListIndex"])) == 1
    other = await fetched(revocation, Accept="application/json")
    assert bit(other.json()["credentialSubject"]["encodedList"], 0) == 0
    assert (await fetched(suspension)).headers["content-type"] == "application/vc"


async def test_a_sealed_list_verifies_with_nothing_but_its_certificate(data_dir: Path) -> None:
    sealing = JwsStatusListSealing(SEALS, "UNIOVI")
    async with issuing_api(data_dir, status_list_sealing=sealing) as api:
        await api.issue()
        (credential, *_) = await api.credentials()
        status = (await api(None, "GET", f"/v1/credentials/{credential['id']}/status")).json()
        address = httpx.URL(status["status_lists"][0]["statusListCredential"]).path
        jws = await api(None, "GET", address)
        assert jws.headers["content-type"] == "application/vc+jwt"
        bare = await api(None, "GET", address, headers={"Accept": "application/vc"})
        assert (await api(None, "GET", address)).content == jws.content
    head, payload, signature = jws.text.split(".")
    header = json.loads(decoded(head))
    assert (header["typ"], decoded(payload)) == ("vc+jwt", bare.content)
    key = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0])).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(
        decoded(signature), f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_there_is_no_such_list(api: CourseApi) -> None:
    missing = await api(None, "GET", "/v1/status-lists/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b")
    assert (missing.status_code, missing.json()["code"]) == (404, "status_list_not_found")


PRIVATE = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
}


def kept_private(answer: httpx.Response) -> bool:
    return {name: answer.headers.get(name) for name in PRIVATE} == PRIVATE


async def test_whoever_has_a_link_sees_downloads_and_verifies_until_it_is_revoked(
    api: CourseApi,
) -> None:
    (credential,) = await mine(api)
    path = f"/v1/credentials/{credential['id']}/shares"
    made = await api(BEN, "POST", path, json={"recipient": "The city council"})
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "private, no-store"
    link = httpx.URL(made.json()["api"]).path
    shown = await api(None, "GET", link)
    assert kept_private(shown)
    assert (shown.json()["holder"], shown.json()["standing"], shown.json()["shows"]) == (
        "Ben Ó Briain",
        "in_force",
        "whole",
    )
    assert "city council" not in shown.text
    document = await api(None, "GET", f"{link}/document")
    assert kept_private(document)
    assert sha256(document.content).hexdigest() == credential["sha256"]
    checks = await api(None, "GET", f"{link}/verification")
    assert kept_private(checks)
    assert checks.json()["verdict"] == "verified"
    assert (await api(None, "GET", f"{link}/images/en")).headers["content-type"] == "image/png"
    page = await api(None, "GET", shown.json()["links"]["pdf"])
    assert page.headers["content-type"] == "application/pdf"
    share = made.json()["share"]["id"]
    seen = await api(BEN, "GET", f"{path}/{share}")
    assert [set(view) for view in seen.json()["view_log"]] == [{"at"}]
    gone = await api(BEN, "POST", f"{path}/{share}/revoke", if_match=seen.headers["etag"])
    assert gone.json()["state"] == "revoked"
    assert "does not revoke the credential" in gone.json()["notice"]
    for end in ("", "/document", "/verification", "/images/en"):
        refused = await api(None, "GET", f"{link}{end}")
        assert (refused.status_code, kept_private(refused)) == (404, True)
    assert (await status_of(api, credential["id"]))["in_force"] is True


async def test_unknown_and_ended_links_answer_alike_to_the_letter(api: CourseApi) -> None:
    (credential,) = await mine(api)
    path = f"/v1/credentials/{credential['id']}/shares"
    made = (await api(BEN, "POST", path, json={"view_limit": 1})).json()
    link = httpx.URL(made["api"]).path
    opened = await api(None, "POST", f"{link}/open")
    assert (opened.status_code, kept_private(opened)) == (200, True)
    access = opened.json()["access"]
    assert (await api(None, "GET", f"{link}/document?access={access}")).status_code == 200
    answers = []
    for one in (link, "/v1/shares/" + "x" * 43):
        answer = await api(None, "POST", f"{one}/open")
        body = answer.json()
        body.pop("trace_id")
        headers = {k: v for k, v in answer.headers.items() if k != "trace-id"}
        answers.append((answer.status_code, body, headers))
    assert answers[0] == answers[1]


async def test_a_profile_elsewhere_gets_a_page_with_the_least_and_only_on_consent(
    api: CourseApi,
) -> None:
    (credential,) = await mine(api)
    path = f"/v1/credentials/{credential['id']}/public-page"
    refused = await api(BEN, "POST", path, json={"consent": False})
    assert (refused.status_code, refused.json()["code"]) == (422, "consent_needed")
    made = (await api(BEN, "POST", path, json={"consent": True})).json()
    form = httpx.URL(made["linkedin"])
    assert (form.host, form.params["certUrl"]) == ("www.linkedin.com", made["url"])
    assert form.params["certId"] == credential["id"]
    shown = await api(None, "GET", httpx.URL(made["api"]).path)
    assert (shown.json()["shows"], shown.json()["holder"]) == ("extract", None)
    assert "Briain" not in shown.text
    assert set(shown.json()["links"]) == {"status", "verification_page"}
    listed = await api(BEN, "GET", f"/v1/credentials/{credential['id']}/shares")
    assert [(s["kind"], s["expires_at"]) for s in listed.json()["items"]] == [("page", None)]


async def test_officers_read_the_outcome_of_each_learner_as_a_table(api: CourseApi) -> None:
    (credential,) = await mine(api)
    path = f"/v1/issuing-batches/{credential['batch']}"
    wanted = ["registration", "outcome", "code", "credential", "state", "supersedes"]
    line = [credential["registration"], "done", "sealed", credential["id"], "sealed", ""]
    text = await api(INES, "GET", path, headers={"Accept": "text/csv"})
    assert list(csv.reader(io.StringIO(text.content.decode("utf-8-sig")))) == [wanted, line]
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    book = await api(INES, "GET", path, headers={"Accept": media_type})
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    assert [[c or "" for c in row] for row in sheet.iter_rows(values_only=True)] == [wanted, line]


async def test_a_planned_batch_is_begun_by_the_timer_and_is_its_approvers_to_watch(
    data_dir: Path,
) -> None:
    async with issuing_api(data_dir) as api:
        await plan(api)


async def plan(api: IssuingApi) -> None:
    clock: Any = api.ports.clock
    day = clock.now() + timedelta(days=2)
    prepared = await api(
        INES,
        "POST",
        f"/v1/editions/{api.edition}/issuing-batches",
        json={"scheduled_for": day.isoformat()},
    )
    path = prepared.headers["location"]
    approved = await api(IVAN, "POST", f"{path}/approve", if_match='"1"')
    assert (approved.status_code, approved.json()["job"]) == (202, None)
    assert approved.headers["location"] == path
    await start_due_batches(api.ports)
    assert (await api(INES, "GET", path)).json()["job"] is None
    clock.move(timedelta(days=2))
    await start_due_batches(api.ports)
    await start_due_batches(api.ports)
    job = (await api(INES, "GET", path)).json()["job"]
    await run_job(UUID(job), api.ports)
    done = await api(IVAN, "GET", f"/v1/jobs/{job}")
    assert (done.json()["state"], done.json()["result"]["sealed"]) == ("succeeded", 2)


async def test_a_credential_leads_to_what_belongs_to_it(api: CourseApi) -> None:
    (credential,) = await mine(api)
    links = credential["links"]
    assert (await api(None, "GET", links["status"])).status_code == 200
    assert (await api(None, "GET", links["verification_page"])).status_code == 200
    for path in (links["document"], links["pdf"], links["shares"], *links["images"]):
        assert (await api(BEN, "GET", path)).status_code == 200
    transcript = await api(BEN, "GET", links["elmo"])
    assert (transcript.status_code, transcript.json()["code"]) == (409, "name_not_in_parts")
    assert {"get_credential_pdf", "get_credential_elmo"} < set(credential["allowed_actions"])
    assert credential["profile"] == "European Digital Credential, application profile 1.1.0"
    await step(api, INES, credential, "suspend", "An inquiry is open.")
    (credential,) = await mine(api)
    assert "get_credential_elmo" not in credential["allowed_actions"]


async def test_a_holder_has_the_message_sent_again(api: CourseApi) -> None:
    (credential,) = await mine(api)
    before = len(api.mailbox(f"{BEN}@example.org"))
    path = f"/v1/credentials/{credential['id']}/deliveries"
    api.clock.move(timedelta(minutes=10))
    again = await api(BEN, "POST", f"{path}/email/retry")
    assert again.status_code == 202, again.text
    assert {d["channel"]: d["state"] for d in again.json()["deliveries"]}["email"] == "pending"
    await api.drain()
    (seen,) = await mine(api)
    assert [(d["channel"], d["state"], d["attempts"]) for d in seen["deliveries"]] == [
        ("email", "delivered", 2)
    ]
    assert len(api.mailbox(f"{BEN}@example.org")) == before + 1
    for person in (BEN, INES):
        soon = await api(person, "POST", f"{path}/email/retry")
        assert (soon.status_code, soon.json()["code"]) == (409, "delivered_just_now")
    never = await api(BEN, "POST", f"{path}/europass/retry")
    assert (never.status_code, never.json()["code"]) == (409, "delivery_not_retried")


async def test_a_file_still_verifies_and_its_status_is_told_when_all_else_is_erased(
    api: CourseApi,
) -> None:
    (credential,) = await mine(api)
    file = await api(BEN, "GET", credential["links"]["document"])
    await step(api, INES, credential, "suspend", "Ben Ó Briain complained.")
    await erase_credential(
        UUID(credential["id"]), work=api.ports.system_work("erase"), clock=api.ports.clock
    )
    status = await status_of(api, credential["id"])
    assert status["sha256"] == sha256(file.content).hexdigest() == credential["sha256"]
    assert (status["standing"], status["issuer"]) == ("suspended", "UNIOVI")
    found = await verified(api, file.content)
    codes = {check["name"]: check["code"] for check in found["checks"]}
    assert (codes["revocation"], codes["seal"]) == ("suspended", "seal_intact")
    (seen,) = await mine(api)
    assert (seen["reason"], seen["deliveries"], seen["allowed_actions"]) == (None, [], [])
    gone = await api(BEN, "GET", credential["links"]["document"])
    assert (gone.status_code, gone.json()["code"]) == (404, "credential_erased")
