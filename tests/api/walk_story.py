"""One micro-credential from its draft to sealed credentials, remembered at every stage of the way.

All stages belong to the same story on the same ports: what is committed is kept by stage, so that
a walk can return to any of them for each of its requests.

Whoever leads is not the one who seals, and a learner's home is no partner: otherwise a rule about
one could not be told from a rule about the other.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from app.adapters.edc.seal.jades import general_serialisation
from app.adapters.identity.local import ISSUER as LOCAL
from app.adapters.memory.esco_versions import StoredVersion
from app.adapters.memory.seals import ELSEWHERE
from app.adapters.memory.unit_of_work import MemoryStore
from app.demo.content import FRAMEWORK, ProposalContent
from app.demo.workbook import QUESTIONS, ZONE, Response, write
from app.domain.access.roles import Role, Subject
from app.domain.access.use_cases import grant_role
from app.ports import Ports
from tests.api.conftest import Api
from tests.api.proposal_steps import REVIEWERS, Steps
from tests.deliveries import signed
from tests.memory_ports import SEALS

LEAD = "UNIOVI"
ISSUER = "HKA"
AWARDING = ("UNIOVI", "HKA", "UDA")
RECOGNISING = "XAMK"
HOME = "HIS"
"""Of the learners: takes no part in the proposal."""
FOREIGN = "URN"
LEARNER = "learner-1"
FORM = "v4j5cvGGr0GRqy180BHbR1"

Tables = Mapping[str, dict[Any, Any]]


def _content() -> ProposalContent:
    """The demonstration's course, sealed by another than its lead, recognised by a fourth."""
    create = dict(FRAMEWORK.create)
    create["partners"] = [
        *create["partners"],
        {"institution": RECOGNISING, "role": "recognising"},
    ]
    written = FRAMEWORK.academic
    return replace(
        FRAMEWORK, create=create, academic=lambda start: {**written(start), "issuer": ISSUER}
    )


@dataclass
class Story:
    """The API and what it holds, by stage."""

    api: Api
    texts: Callable[[str], Sequence[str]]
    """What the mailbox of an address holds."""
    store: MemoryStore | None = None
    """What is committed, where that can be taken back; on PostgreSQL it cannot."""
    stages: dict[str, Tables] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)
    """Identifiers of what the story has made, by the names of path parameters."""
    tokens: dict[Any, Any] = field(default_factory=dict)
    """Headers of those who have asked already."""
    hash: str = ""
    results_hash: str = ""
    plan_token: str = ""
    secret: str = ""
    """With which the flow of the form signs."""
    workbook: bytes = b""
    signatures: list[dict[str, str]] = field(default_factory=list)
    """Made elsewhere over what a batch has prepared."""
    sealed: bytes = b""
    """The same as a whole file."""

    def has_registration(self, registration: str) -> bool:
        """Whether it exists at the stage that the story is at."""
        assert self.store is not None
        return UUID(registration) in self.store.tables.get("registration", {})

    def keep(self, stage: str) -> None:
        """Remember what is committed now."""
        if self.store is not None:
            self.store.tables.setdefault("esco_version", {})["1.1.1"] = StoredVersion(
                "1.1.1", True, datetime(2027, 1, 1, tzinfo=UTC)
            )
            self.stages[stage] = {name: dict(rows) for name, rows in self.store.tables.items()}

    def return_to(self, stage: str) -> None:
        """Have what was committed at that stage, and nothing else."""
        assert self.store is not None
        self.store.tables.clear()
        self.store.tables.update({n: dict(rows) for n, rows in self.stages[stage].items()})
        self.store.events.clear()
        self.store.started.clear()

    async def do(
        self, person: str | None, method: str, path: str, *, expect: int | None = None, **more: Any
    ) -> httpx.Response:
        """One step of the story, which has to succeed."""
        if more.pop("act", False):
            seen = await self.api(person, "GET", path.rpartition("/")[0])
            more["if_match"] = seen.headers["etag"]
        answer = await self.api(person, method, path, **more)
        assert answer.is_success if expect is None else answer.status_code == expect, answer.text
        return answer

    @property
    def edition(self) -> str:
        """The address of the edition."""
        return f"/v1/editions/{self.things['edition']}"

    @property
    def registration(self) -> str:
        """The address of the learner's registration."""
        return f"/v1/registrations/{self.things['registration']}"

    async def tell(self, folder: Path) -> None:
        """The whole story."""
        await self._agree()
        await self._enrol(folder)
        await self._grade()
        await self._issue()

    async def _agree(self) -> None:
        steps = Steps(self.api, _content())
        await steps.create()
        self.things["proposal"] = steps.path.rpartition("/")[2]
        await steps.write()
        await steps.decide_skills()
        self.keep("draft")
        self.hash = await steps.hash()
        assert (await steps.submit()).status_code == 200
        self.keep("consent")
        await steps.consents()
        self.keep("submitted")
        begun = await steps.post("olga-office", "/begin-validation", if_match=await steps.etag())
        assert begun.status_code == 200, begun.text
        self.keep("validation")
        for institution, person in (
            ("UNIOVI", "quim-oviedo"),
            ("HKA", "quirin-karlsruhe"),
            ("UDA", "quintilia-chieti"),
        ):
            body = {
                "institution": institution, "certified_hash": self.hash, "decision": "positive"
            }  # fmt: skip
            assert (await steps.post(person, "/validations", body)).status_code == 200
        self.keep("review")
        for reviewer in REVIEWERS:
            assert (await steps.review(reviewer)).status_code == 200
        self.keep("reviewed")
        assert (await steps.conclude()).status_code == 200
        self.keep("approved")
        assert (await steps.publish()).status_code == 200
        self.keep("published")

    async def _enrol(self, folder: Path) -> None:
        now = self.api.ports.clock.now()
        start = now.date() + timedelta(days=60)
        made = await self.do(
            "elena-oviedo", "POST", "/v1/editions",
            json={
                "proposal": self.things["proposal"],
                "start": start.isoformat(),
                "end": (start + timedelta(days=30)).isoformat(),
                "time_zone": "Europe/Madrid",
                "registration_opens": (now - timedelta(days=20)).isoformat(),
                "registration_closes": (now + timedelta(days=20)).isoformat(),
                "rules": [
                    {"scope": "per_institution", "max": 5},
                    {"scope": "institution:XAMK", "max": 5, "min": 1},
                ],
                "unused_seats": {"policy": "manual"},
            },
        )  # fmt: skip
        self.things["edition"] = made.json()["id"]
        self.keep("planned")
        elena = "elena-oviedo"
        await self.do(elena, "POST", f"{self.edition}/open", json={}, act=True)
        registered = await self.do(
            LEARNER, "POST", f"{self.edition}/registrations", json=person("learner-1", HOME)
        )
        self.things["registration"] = registered.json()["id"]
        await self.do(
            elena, "POST", f"{self.edition}/registrations",
            json=person("learner-2", "UDA") | {"for_another": True},
        )  # fmt: skip
        unclear = await self.do(
            "learner-3", "POST", f"{self.edition}/registrations",
            json=person("learner-3", None) | {"organisation": "Universidad de Oviedoo"},
        )  # fmt: skip
        self.things["undecided"] = unclear.json()["id"]
        gone = await self.do(
            "learner-4", "POST", f"{self.edition}/registrations", json=person("learner-4", HOME)
        )
        self.things["ended"] = gone.json()["id"]
        ended = f"/v1/registrations/{gone.json()['id']}"
        await self.do("learner-4", "POST", f"{ended}/cancel", json={"reason": "no time"}, act=True)
        self.keep("open")
        if self.store is not None:
            await grant(self.api.ports, "learner-9000", Role.ENROLMENT_OFFICER, HOME)
            await self.do(
                "learner-9000", "POST", f"{self.registration}/affiliation/contest",
                json={"reason": "Not one of ours."},
                if_match=(await self.do(elena, "GET", self.registration)).headers["etag"],
            )  # fmt: skip
            self.keep("contested")
            self.return_to("open")
        await self._import(folder)
        await self.do(
            elena, "POST", f"{self.edition}/publish-list",
            json={"leave_undecided": True, "reason": "Early."}, act=True,
        )  # fmt: skip
        await self.do(elena, "POST", f"{self.edition}/close", json={"reason": "Enough."}, act=True)
        self.keep("listed")
        await self.do(elena, "POST", f"{self.edition}/start", json={"reason": "Early."}, act=True)
        self.keep("running")
        await self.do(
            elena, "POST", f"{self.edition}/begin-grading", json={"reason": "Early."}, act=True
        )
        self.keep("grading")

    async def _import(self, folder: Path) -> None:
        elena = "elena-oviedo"
        mapping = {
            "time_zone": str(ZONE),
            "questions": dict(QUESTIONS),
        }
        await self.do(elena, "PUT", f"{self.edition}/forms/{FORM}", json=mapping)
        self.things["form"] = FORM
        now = self.api.ports.clock.now()
        made = await self.do(elena, "POST", f"{self.edition}/forms/{FORM}/secrets", json={})
        self.things["secret"], self.secret = made.json()["id"], made.json()["secret"]
        await self.do(None, "POST", f"{self.edition}/forms/{FORM}/responses", **self.delivery())
        rows = [
            Response(n, now - timedelta(days=1, minutes=n), f"Person {n}",
                     f"form-{n}@example.org", "HKA", "DE", "English")
            for n in range(1, 4)
        ]  # fmt: skip
        book = folder / "registrations.xlsx"
        write(book, rows)
        self.workbook = book.read_bytes()
        tried = await self.do(
            elena, "POST", f"{self.edition}/imports?dry_run=true", expect=202, **self.upload()
        )
        self.things["import_id"] = tried.json()["import_id"]
        self.things["job"] = tried.json()["job"]
        self.keep("queued")
        if self.store is not None:
            await self.do(elena, "POST", f"/v1/jobs/{self.things['job']}/cancel")
            self.keep("stopped")
            self.return_to("queued")
        await self.api.drain()
        seen = await self.do(elena, "GET", f"/v1/imports/{self.things['import_id']}")
        self.plan_token = seen.json()["plan_token"]
        self.keep("planned_import")
        await self.do(elena, "POST", f"{self.edition}/imports?plan_token={self.plan_token}")
        await self.api.drain()
        self.keep("imported")

    def upload(self) -> dict[str, Any]:
        """The form with the workbook."""
        media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        file = ("registrations.xlsx", self.workbook, media_type)
        return {"files": {"file": file}, "data": {"form": FORM}}

    def delivery(self) -> dict[str, Any]:
        """A response that came too early, as a flow delivers it."""
        now = self.api.ports.clock.now()
        raw = {"responder": "early@example.org", "submitDate": "1/31/2020 1:23:45 PM"}
        body = json.dumps({"response_id": 900, "raw": raw}).encode()
        return {"content": body, "headers": signed(self.secret, body, now)}

    async def _grade(self) -> None:
        listed = await self.do("teo-oviedo", "GET", f"{self.edition}/results?limit=200")
        for line in listed.json()["items"]:
            path = f"/v1/registrations/{line['registration']}/result"
            await self.do("teo-oviedo", "PUT", path, json=self.grades(), if_match='"0"')
        self.keep("recorded")
        await self.do(
            LEARNER, "POST", f"{self.registration}/result/object",
            json={"reason": "One assignment was not counted."}, act=True,
        )  # fmt: skip
        self.keep("objected")
        decision = {"decision": "rejected", "answer": "It was counted."}
        await self.do(
            "rosa-oviedo", "POST", f"{self.registration}/result/objection/decide", json=decision,
            if_match=(await self.do("rosa-oviedo", "GET", f"{self.registration}/result"))
            .headers["etag"],
        )  # fmt: skip
        self.keep("answered")
        listed = await self.do("rosa-oviedo", "GET", f"{self.edition}/results")
        self.results_hash = listed.json()["results_hash"]
        body = {"results_hash": self.results_hash}
        await self.do("rosa-oviedo", "POST", f"{self.edition}/results/confirm", json=body)
        self.keep("confirmed")
        await self.do(LEARNER, "POST", f"{self.registration}/result/accept", act=True)
        await self.do(
            LEARNER, "PUT", f"{self.registration}/credential-data",
            json={
                "full_name": "Learner One", "given_name": "Learner", "family_name": "One",
                "birth_date": "1999-04-23",
            },
            if_match='"0"',
        )  # fmt: skip
        await self.api.drain()
        [mail, *_] = self.texts("form-1@example.org")
        [token, *_] = re.findall(r"/links/([\w-]{20,})", mail)
        self.things["token"] = token
        self.keep("accepted")

    def grades(self) -> dict[str, Any]:
        """A result that passes."""
        today = self.api.ports.clock.now().date().isoformat()
        codes = ("A1", "A2", "A3")
        graded = [{"assessment": c, "grade": "Pass", "assessed_on": today} for c in codes]
        return {"grades": graded, "grade": "Pass"}

    async def _issue(self) -> None:
        if self.store is not None:
            await self._sign_elsewhere()
        prepared = await self.do(OFFICERS[0], "POST", f"{self.edition}/issuing-batches")
        self.things["batch"] = prepared.json()["id"]
        batch = f"/v1/issuing-batches/{self.things['batch']}"
        self.keep("prepared")
        await self.do(OFFICERS[1], "POST", f"{batch}/approve", act=True)
        if self.store is not None:
            await self._fail_one(batch)
        await self.api.drain()
        found = await self.do(OFFICERS[0], "GET", "/v1/credentials")
        self.things["credential"] = found.json()["items"][0]["id"]
        self._let_time_pass_since_delivery()
        self.keep("sealed")
        await self._live_on()

    def _let_time_pass_since_delivery(self) -> None:
        """What arrived a moment ago is not sent again."""
        if self.store is not None:
            deliveries = self.store.tables["credential_delivery"]
            for key, delivery in deliveries.items():
                deliveries[key] = replace(delivery, at=delivery.at - timedelta(hours=1))

    async def _sign_elsewhere(self) -> None:
        """A batch whose key is elsewhere, as far as the signing; then as if it had not been."""
        prepared = await self.do(
            OFFICERS[0], "POST", f"{self.edition}/issuing-batches", json={"seal": ELSEWHERE}
        )
        self.things["local_batch"] = prepared.json()["id"]
        batch = f"/v1/issuing-batches/{self.things['local_batch']}"
        await self.do(OFFICERS[1], "POST", f"{batch}/approve", act=True)
        await self.api.drain()
        found = await self.do(OFFICERS[0], "GET", f"{batch}/local-sealing")
        [waiting, *_] = [one for one in found.json()["items"] if one["state"] == "to_sign"]
        self.things["to_sign"] = waiting["credential"]
        bytes_ = await self.do(
            OFFICERS[0], "GET", f"{batch}/local-sealing/{waiting['credential']}/signing-input"
        )
        value = base64.urlsafe_b64encode(
            SEALS.key(prepared.json()["issuer"]).sign(bytes_.content)
        ).decode()
        self.signatures = [{"credential": waiting["credential"], "signature": value}]
        protected, _, payload = bytes_.content.partition(b".")
        self.sealed = general_serialisation(
            payload, protected.decode(), base64.urlsafe_b64decode(value)
        )
        self.keep("to_sign")
        self.return_to("accepted")

    async def _fail_one(self, batch: str) -> None:
        """What was approved is changed before it is sealed; then the story goes on without that."""
        data = f"{self.registration}/credential-data"
        seen = await self.do(LEARNER, "GET", data)
        await self.do(
            LEARNER, "PUT", data, json={"full_name": "Learner Uno", "birth_date": "1999-04-23"},
            if_match=seen.headers["etag"],
        )  # fmt: skip
        await self.api.drain()
        self.keep("batch_failed")
        self.return_to("prepared")
        await self.do(OFFICERS[1], "POST", f"{batch}/approve", act=True)

    async def _live_on(self) -> None:
        path = f"/v1/credentials/{self.things['credential']}"
        status = (await self.do(OFFICERS[0], "GET", f"{path}/status")).json()
        self.things["status_list"] = status["status_lists"][0]["statusListCredential"][-36:]
        shared = await self.do(LEARNER, "POST", f"{path}/shares", json={})
        self.things["share"] = shared.json()["share"]["id"]
        self.things["share_token"] = shared.json()["api"].rpartition("/")[2]
        self.keep("shared")
        officer, reason = OFFICERS[0], {"reason": "The result is looked into."}

        async def change(step: str) -> None:
            seen = await self.do(officer, "GET", path)
            await self.do(
                officer, "POST", f"{path}/{step}", json=reason, if_match=seen.headers["etag"]
            )

        await change("suspend")
        self.keep("suspended")
        await change("revoke")
        self.keep("revocation_proposed")
        if self.store is not None:
            await self.do("elena-oviedo", "POST", f"{self.edition}/finish", json=reason, act=True)
            self.keep("finished")


OFFICERS = ("learner-9001", "learner-9002")
"""Two issuer officers where the seal is."""


def person(name: str, institution: str | None) -> dict[str, Any]:
    """What somebody says who registers."""
    return {
        "full_name": name.replace("-", " ").title(),
        "email": f"{name}@example.org",
        "institution": institution,
        "privacy_notice": True,
    }


async def grant(
    ports: Ports, person: str, role: Role, institution: str | None, until: Any = None
) -> None:
    """Give somebody one role, in force now or, with `until`, until then."""
    await grant_role(
        Subject(LOCAL, f"demo:{person}"),
        role,
        institution,
        until - timedelta(days=1) if until else None,
        until,
        work=ports.system_work("create_grant"),
        caller=None,
        clock=ports.clock,
    )
