"""A decentralised micro-credential over HTTP: each edition says who seals its credentials."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.identity.local import ISSUER
from app.demo.content import FRAMEWORK
from app.domain.access.roles import Role, Subject
from app.domain.access.use_cases import grant_role
from app.main import create_app
from tests.api.conftest import Api
from tests.api.enrolment_api import ANA, ELENA
from tests.api.proposal_steps import Steps
from tests.memory_ports import grant_demo_roles, memory_ports

LEARNER = "learner-7"
HERE = ("ben-karlsruhe", "stefan-karlsruhe")
"""Who seal at Karlsruhe."""
THERE = "ines-oviedo"


def academic(start: date) -> dict[str, Any]:
    return {**FRAMEWORK.academic(start), "issuer": None}


def general(start: date) -> dict[str, Any]:
    return {**FRAMEWORK.general(start), "model": "decentralised"}


CONTENT = replace(FRAMEWORK, general=general, academic=academic)


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[Api]:
    with pytest.warns(UserWarning, match="development identity"):
        ports, _, queue = memory_ports(data_dir)
    await grant_demo_roles(ports)
    for person in HERE:
        await grant_role(
            Subject(ISSUER, f"demo:{person}"), Role.ISSUER_OFFICER, "HKA", None, None,
            work=ports.system_work("create_grant"), caller=None, clock=ports.clock,
        )  # fmt: skip
    transport = httpx.ASGITransport(create_app(ports.settings, ports), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Api(ports, queue, http)


class Story:
    """One edition of a decentralised micro-credential, and one learner in it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.edition = ""
        self.registration = ""

    async def act(self, person: str, verb: str, body: Any = None) -> None:
        etag = (await self.api(person, "GET", self.edition)).headers["etag"]
        done = await self.api(
            person, "POST", f"{self.edition}/{verb}", json=body or {}, if_match=etag
        )
        assert done.status_code == 200, done.text

    async def planned(self, **more: Any) -> httpx.Response:
        now = self.api.ports.clock.now()
        return await self.api(
            ANA, "POST", "/v1/editions",
            json={
                "proposal": self.proposal,
                "start": (now + timedelta(days=20)).date().isoformat(),
                "end": (now + timedelta(days=40)).date().isoformat(),
                "time_zone": "Europe/Berlin",
                "registration_opens": (now - timedelta(days=1)).isoformat(),
                "registration_closes": (now + timedelta(days=10)).isoformat(),
                "mode": "direct",
                **more,
            },
        )  # fmt: skip

    async def published(self) -> None:
        steps = Steps(self.api, CONTENT)
        await steps.to_published()
        self.proposal = steps.path.rpartition("/")[2]

    async def taught(self) -> None:
        """The learner passes, accepts the result and says what the credential shall say."""
        self.edition = (await self.planned()).headers["location"]
        await self.act(ANA, "open")
        entered = await self.api(
            LEARNER, "POST", f"{self.edition}/registrations",
            json={
                "full_name": "Lena Learner", "email": f"{LEARNER}@example.org",
                "institution": "UNIOVI", "privacy_notice": True,
            },
        )  # fmt: skip
        assert entered.status_code == 201, entered.text
        self.registration = f"/v1/registrations/{entered.json()['id']}"
        early = {"reason": "Everybody is here."}
        for verb in ("close", "start", "begin-grading"):
            await self.act(ELENA, verb, early)
        today = self.api.ports.clock.now().date().isoformat()
        grades = [
            {"assessment": code, "grade": "Pass", "assessed_on": today}
            for code in ("A1", "A2", "A3")
        ]
        graded = await self.api(
            "teo-oviedo", "PUT", f"{self.registration}/result",
            json={"grades": grades, "grade": "Pass"}, if_match='"0"',
        )  # fmt: skip
        assert graded.status_code == 200, graded.text
        listed = await self.api("rosa-oviedo", "GET", f"{self.edition}/results")
        confirmed = await self.api(
            "rosa-oviedo", "POST", f"{self.edition}/results/confirm",
            json={"results_hash": listed.json()["results_hash"]},
        )  # fmt: skip
        assert confirmed.status_code == 200, confirmed.text
        await self.api.drain()
        seen = await self.api(LEARNER, "GET", f"{self.registration}/result")
        await self.api(
            LEARNER, "POST", f"{self.registration}/result/accept", if_match=seen.headers["etag"]
        )
        data = {"full_name": "Lena Learner", "birth_date": "2001-02-03"}
        shown = await self.api(LEARNER, "GET", f"{self.registration}/credential-data")
        kept = await self.api(
            LEARNER, "PUT", f"{self.registration}/credential-data", json=data,
            if_match=shown.headers["etag"],
        )  # fmt: skip
        assert kept.status_code == 200, kept.text

    async def set_issuer(self, issuer: str | None, **more: Any) -> httpx.Response:
        etag = (await self.api(ANA, "GET", self.edition)).headers["etag"]
        return await self.api(
            ANA, "PATCH", self.edition, if_match=etag,
            json={"issuer": issuer, "reason": "The partners have agreed on it.", **more},
            headers={"Content-Type": "application/merge-patch+json"},
        )  # fmt: skip

    async def prepared(self, person: str = HERE[0]) -> httpx.Response:
        return await self.api(person, "POST", f"{self.edition}/issuing-batches")

    async def approved(self, batch: dict[str, Any]) -> httpx.Response:
        path = f"/v1/issuing-batches/{batch['id']}/approve"
        return await self.api(HERE[1], "POST", path, if_match='"1"')


@pytest.fixture
async def story(api: Api) -> Story:
    made = Story(api)
    await made.published()
    return made


async def test_the_partner_that_an_edition_names_seals_its_credentials(story: Story) -> None:
    await story.taught()
    for asked in (
        await story.api(THERE, "GET", f"{story.edition}/awards"),
        await story.prepared(),
        await story.api(THERE, "GET", f"{story.edition}/awards/{story.registration[18:]}/unsigned"),
    ):
        assert (asked.status_code, asked.json()["code"]) == (409, "issuer_missing")
        assert asked.json()["detail"].endswith("awarding partners: UNIOVI, HKA, UDA.")
    foreign = await story.api("rita-rouen", "GET", f"{story.edition}/awards")
    assert foreign.status_code == 403

    named = await story.set_issuer("HKA")
    assert (named.status_code, named.json()["edition"]["issuer"]) == (200, "HKA")
    assert (await story.prepared(THERE)).status_code == 403
    awards = await story.api(HERE[0], "GET", f"{story.edition}/awards")
    assert (awards.json()["issuer"], len(awards.json()["ready"])) == ("HKA", 1)
    batch = (await story.prepared()).json()
    assert batch["issuer"] == "HKA"
    assert (await story.approved(batch)).status_code == 202
    await story.api.drain()

    [credential] = (await story.api(HERE[0], "GET", "/v1/credentials")).json()["items"]
    sealed = await story.api(HERE[0], "GET", f"/v1/credentials/{credential['id']}/document")
    document = json.loads(sealed.json()["payload"])
    assert document["issuer"]["eIDASIdentifier"]["notation"] == "NTRXX-DEVELOPMENT-HKA"
    awarded = document["credentialSubject"]["hasClaim"]["awardedBy"]
    # One alone, whatever others award theirs.
    assert list(awarded["awardingBody"]["legalName"].values()) == [
        "Karlsruhe University of Applied Sciences",
        "Hochschule Karlsruhe",
    ]
    found = await story.api(
        None, "POST", "/v1/credentials/verify", content=sealed.content,
        headers={"Content-Type": "application/ld+json"},
    )  # fmt: skip
    assert found.json()["verdict"] == "verified"
    late = await story.set_issuer("UNIOVI")
    assert (late.status_code, late.json()["code"]) == (409, "issuer_fixed")


async def test_a_batch_of_the_issuer_of_before_seals_nothing(story: Story) -> None:
    await story.taught()
    await story.set_issuer("HKA")
    batch = (await story.prepared()).json()
    # Nobody has approved it, so that the issuer may still change.
    assert (await story.set_issuer("UDA")).status_code == 200
    refused = await story.approved(batch)
    assert (refused.status_code, refused.json()["code"]) == (409, "issuer_changed")
    await story.set_issuer("HKA")
    assert (await story.approved(batch)).status_code == 202
    agreed = await story.set_issuer("UDA")
    assert (agreed.status_code, agreed.json()["code"]) == (409, "issuer_fixed")


async def test_only_an_awarding_partner_seals_and_only_the_issuer_changes_late(
    story: Story,
) -> None:
    refused = await story.planned(issuer="XAMK")
    assert [f["code"] for f in refused.json()["errors"]] == ["issuer_not_awarding"]
    planned = await story.planned(issuer="UDA")
    assert planned.json()["issuer"] == "UDA"
    await story.taught()
    with_more = await story.set_issuer("HKA", places=60)
    assert (with_more.status_code, with_more.json()["code"]) == (409, "edition_state")
    silent = await story.set_issuer("HKA", reason=None)
    assert (silent.status_code, silent.json()["code"]) == (422, "reason_needed")
    assert (await story.set_issuer("MTU")).status_code == 422
    assert (await story.set_issuer("HKA")).status_code == 200
    assert (await story.set_issuer(None)).json()["edition"]["issuer"] is None


async def test_an_issuer_whom_all_have_consented_to_is_not_another_one_in_an_edition(
    api: Api,
) -> None:
    story = Story(api)
    steps = Steps(api)
    await steps.to_published()
    story.proposal = steps.path.rpartition("/")[2]
    refused = await story.planned(issuer="HKA")
    assert [f["code"] for f in refused.json()["errors"]] == ["issuer_is_certified"]
    assert (await story.planned(issuer="UNIOVI")).json()["issuer"] == "UNIOVI"
    assert (await story.planned()).json()["issuer"] is None
