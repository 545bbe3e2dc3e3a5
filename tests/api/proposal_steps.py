"""The steps of a proposal over HTTP, as the demo people take them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from app.demo.content import FRAMEWORK, ProposalContent
from tests.api.conftest import Api

PATCH = {"Content-Type": "application/merge-patch+json"}
SIGNATORIES: Sequence[tuple[str, str]] = (
    ("UNIOVI", "sara-oviedo"),
    ("HKA", "stefan-karlsruhe"),
    ("UDA", "silvia-chieti"),
)
OFFICERS: Sequence[tuple[str, str]] = (
    ("UNIOVI", "quim-oviedo"),
    ("HKA", "quirin-karlsruhe"),
    ("UDA", "quintilia-chieti"),
)
REVIEWERS = ("rea-crete", "radu-iasi", "seppo-xamk")


class Steps:
    """One proposal, from its first draft on."""

    def __init__(self, api: Api, content: ProposalContent = FRAMEWORK) -> None:
        self.api = api
        self.content = content
        self.start = api.ports.clock.now().date() + timedelta(days=120)
        self.path = ""

    async def create(self) -> Mapping[str, Any]:
        """Ana begins it."""
        made = await self.api("ana-oviedo", "POST", "/v1/proposals", json=dict(self.content.create))
        assert made.status_code == 201, made.text
        self.path = made.headers["Location"]
        body: Mapping[str, Any] = made.json()
        return body

    async def get(self, person: str = "ana-oviedo", path: str = "") -> httpx.Response:
        """The proposal, or something of it."""
        return await self.api(person, "GET", self.path + path)

    async def post(
        self, person: str, path: str, body: Any = None, *, if_match: str | None = None, **more: Any
    ) -> httpx.Response:
        """One step."""
        return await self.api(
            person, "POST", self.path + path, json=body, if_match=if_match, **more
        )

    async def etag(self) -> str:
        """The proposal's ETag."""
        return (await self.get()).headers["ETag"]

    async def hash(self) -> str:
        """What is certified now."""
        found: str = (await self.get()).json()["certified_hash"]
        return found

    async def patch(
        self, section: str, body: Any, person: str = "ana-oviedo", if_match: str | None = None
    ) -> httpx.Response:
        """An edit, of the version that is current unless another is given."""
        where = f"{self.path}/sections/{section}"
        tag = if_match or (await self.api(person, "GET", where)).headers["ETag"]
        return await self.api(person, "PATCH", where, json=body, if_match=tag, headers=PATCH)

    async def write(self) -> None:
        """Everything but the decisions on skills."""
        for section, body in (
            ("general", self.content.general(self.start)),
            ("academic", self.content.academic(self.start)),
            ("rights", self.content.rights),
        ):
            edited = await self.patch(section, dict(body))
            assert edited.status_code == 200, edited.text

    async def decide_skills(self) -> None:
        """Every decision on a skill."""
        tag = (await self.get(path="/sections/academic")).headers["ETag"]
        for decision in self.content.decisions:
            decided = await self.post("ben-karlsruhe", "/skill-decisions", decision, if_match=tag)
            if decided.status_code == 404:
                decided = await self.post("ana-oviedo", "/skill-decisions", decision, if_match=tag)
            assert decided.status_code == 200, decided.text
            tag = decided.headers["ETag"]

    async def submit(self) -> httpx.Response:
        """Ana submits."""
        return await self.post("ana-oviedo", "/submit", if_match=await self.etag())

    async def consent(self, institution: str, person: str) -> httpx.Response:
        """One institution consents to what stands now."""
        body = {
            "institution": institution,
            "certified_hash": await self.hash(),
            "decision": "consent",
        }
        return await self.post(person, "/consents", body)

    async def consents(self) -> None:
        """Everybody who is asked consents."""
        missing = (await self.get()).json()["consents_missing"]
        for institution, person in SIGNATORIES:
            if institution in missing:
                assert (await self.consent(institution, person)).status_code == 200

    async def validate(self) -> None:
        """The office asks, and every awarding partner decides."""
        begun = await self.post(
            "olga-office", "/begin-validation", if_match=await self.etag()
        )  # fmt: skip
        assert begun.status_code == 200, begun.text
        awaited = begun.json()["validations_awaited"]
        for institution, person in OFFICERS:
            if institution in awaited:
                body = {
                    "institution": institution,
                    "certified_hash": await self.hash(),
                    "decision": "positive",
                }
                done = await self.post(person, "/validations", body)
                assert done.status_code == 200, done.text

    async def review(self, person: str, **changes: Any) -> httpx.Response:
        """One review."""
        body = {
            "no_conflict": True,
            "recommendation": "approve",
            "comment": "The outcomes can be assessed.",
            "certified_hash": await self.hash(),
            **changes,
        }
        return await self.post(person, "/reviews", body)

    async def conclude(self) -> httpx.Response:
        """The panel agrees."""
        body = {"decision": "approve", "reason": "All reviewers recommend approval."}
        return await self.post("petra-chair", "/conclude", body, if_match=await self.etag())

    async def publish(self) -> httpx.Response:
        """The office publishes."""
        return await self.post("olga-office", "/publish", if_match=await self.etag())

    async def to_submitted(self) -> None:
        """From nothing to all consents."""
        await self.create()
        await self.write()
        await self.decide_skills()
        assert (await self.submit()).status_code == 200
        await self.consents()

    async def to_published(self) -> None:
        """The whole way."""
        await self.to_submitted()
        await self.validate()
        for reviewer in REVIEWERS:
            assert (await self.review(reviewer)).status_code == 200
        assert (await self.conclude()).status_code == 200
        assert (await self.publish()).status_code == 200
