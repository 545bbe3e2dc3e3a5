"""Every operation, with every role at every place: what is answered is what the table says."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.edc_preview import EdcPreview
from app.adapters.mail.memory import MemoryMailer
from app.domain.access.roles import Role
from app.domain.access.table import PERMISSIONS
from app.domain.canonical import content_hash
from app.domain.plain import to_plain
from app.domain.proposals.ports import PreviewedCredential
from app.domain.vocabulary.specification import Specification
from app.main import create_app
from tests.api.conftest import Api
from tests.api.walk_people import (
    ENDED,
    NO_ROLES,
    OWNER,
    PEOPLE,
    UPLOADER,
    Answer,
    Person,
    class_of,
    covers,
    expected,
)
from tests.api.walk_requests import ASKS, EXCEPTIONS, Ask
from tests.api.walk_story import ISSUER, LEAD, LEARNER, OFFICERS, Story, grant
from tests.contract_http.contract import contract_of_the_code
from tests.memory_ports import grant_demo_roles, memory_ports, session_of

CONTRACT = contract_of_the_code()


class RememberedPreview(EdcPreview):
    """Draws each preview once: the walk asks for the same one a hundred times."""

    def __init__(self) -> None:
        super().__init__("http://test")
        self._made_before: dict[str, PreviewedCredential] = {}

    async def preview(self, specification: Specification, **more: Any) -> PreviewedCredential:
        key = f"{content_hash(to_plain(specification))} {more['start']}"
        if key not in self._made_before:
            self._made_before[key] = await super().preview(specification, **more)
        return self._made_before[key]


@pytest.fixture(scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    folder = tmp_path_factory.mktemp("walk")
    mailer = MemoryMailer()
    with pytest.warns(UserWarning, match="development identity"):
        ports, store, queue = memory_ports(folder, mailer=mailer, preview=RememberedPreview())
    await grant_demo_roles(ports)
    for person in PEOPLE:
        if person.role is not None and person.token_of is not None:
            await grant(ports, person.token_of, person.role, person.institution)
    for officer in OFFICERS:
        await grant(ports, officer, Role.ISSUER_OFFICER, ISSUER)
    ended = ports.clock.now() - timedelta(seconds=1)
    await grant(ports, str(ENDED.token_of), Role.COORDINATOR, LEAD, ended)
    # All of them come from one address, thousands in a minute.
    settings = ports.settings.model_copy(update={"anonymous_requests_per_minute": 10**9})
    transport = httpx.ASGITransport(create_app(settings, ports))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        told = Story(Api(ports, queue, http), lambda to: [m.text for m in mailer.to(to)], store)
        for person in (OWNER, NO_ROLES):
            # Grants have made accounts of the others, so that all stages know the same people.
            await told.do(str(person.token_of), "GET", "/v1/me")
        await told.tell(folder)
        listed = await told.api("olga-office", "GET", "/v1/grants?limit=1")
        told.things["grant"] = listed.json()["items"][0]["id"]
        yield told


class Walk:
    """Asks for one operation as one person after another, each time in the same world."""

    def __init__(self, story: Story, operation: str) -> None:
        self.story = story
        self.operation = CONTRACT.operations[operation]
        self.ask: Ask = ASKS[operation]

    def filled(self, path: str) -> str:
        values = {**self.story.things, **self.ask.path}
        return path.format(**values).format(**self.story.things)

    def knows(self, person: Person, stage: str) -> bool:
        """Whether the registration by which somebody is known exists at that stage."""
        self.story.return_to(stage)
        return person.session is None or self.story.has_registration(
            self.story.things[person.session]
        )

    async def headers(self, person: Person) -> dict[str, str]:
        api = self.story.api
        if person.session is not None:
            token = await session_of(api.ports, self.story.things[person.session])
            return {"Authorization": f"Bearer {token}"}
        if person not in self.story.tokens:
            self.story.tokens[person] = api.headers(person.token_of)
        return self.story.tokens[person]

    async def version(self, stage: str) -> dict[str, str]:
        """If-Match with the version that is current at that stage."""
        if self.ask.version is None:
            return {}
        self.story.return_to(stage)
        reader, path = self.ask.version
        seen = await self.story.api(reader, "GET", self.filled(path))
        assert seen.status_code == 200, seen.text
        return {"If-Match": seen.headers["etag"]}

    async def answer(self, person: Person, stage: str, version: dict[str, str]) -> httpx.Response:
        """What this person gets at this stage."""
        self.story.return_to(stage)
        more = dict(self.ask.more(self.story))
        headers = {**await self.headers(person), **version, **more.pop("headers", {})}
        if self.ask.json is not None:
            more["json"] = self.ask.json(self.story, person)
        path = self.filled(self.operation.path) + self.ask.query
        return await self.story.api.http.request(
            self.operation.method.upper(), path, headers=headers, **more
        )


def test_every_operation_has_its_row_in_the_table_and_its_place_in_the_walk() -> None:
    assert sorted(ASKS) == sorted(CONTRACT.operations) == sorted(PERMISSIONS)


@pytest.mark.parametrize("operation", sorted(CONTRACT.operations))
async def test_what_is_answered_is_what_the_table_says(story: Story, operation: str) -> None:
    walk = Walk(story, operation)
    wrong: dict[str, list[str]] = {}
    succeeded = 0
    for stage, thing in ((walk.ask.stage, walk.ask.thing), *walk.ask.also):
        version = await walk.version(stage)
        for person in (*PEOPLE, UPLOADER):
            if not walk.knows(person, stage):
                continue
            answer = await walk.answer(person, stage, version)
            found = class_of(answer.status_code)
            wanted = Answer.MISSING if walk.ask.is_empty else expected(operation, person, thing)
            known = EXCEPTIONS.get((operation, person))
            if known is not None:
                assert (str(answer.status_code), answer.json()["code"]) == known
            elif found is not wanted:
                says = f"at {stage} {found}, not {wanted}: {answer.json().get('code')}"
                wrong.setdefault(says, []).append(str(person))
            for complaint in CONTRACT.complaints(operation, answer):
                wrong.setdefault(f"at {stage}: {complaint}", []).append(str(person))
            succeeded += answer.is_success
    assert wrong == {}
    # A request that nobody at all can make with success would show nothing.
    assert succeeded > 0 or walk.ask.is_empty


SHOWN_BY = {
    "get_proposal": "/v1/proposals/{proposal}",
    "get_edition": "/v1/editions/{edition}",
    "get_registration": "/v1/registrations/{registration}",
    "get_result": "/v1/registrations/{registration}/result",
    "get_batch": "/v1/issuing-batches/{batch}",
}
STEPS = [name for name, ask in ASKS.items() if ask.version and ask.thing.see in SHOWN_BY]


@pytest.mark.parametrize("operation", STEPS)
async def test_a_thing_offers_a_step_to_those_who_may_take_it_now(
    story: Story, operation: str
) -> None:
    walk = Walk(story, operation)
    path = walk.filled(SHOWN_BY[str(walk.ask.thing.see)])
    wrong: dict[str, list[str]] = {}
    for person in PEOPLE:
        if not covers(PERMISSIONS[str(walk.ask.thing.see)], person, walk.ask.thing):
            continue
        if not walk.knows(person, walk.ask.stage):
            continue
        story.return_to(walk.ask.stage)
        seen = await story.api.http.get(path, headers=await walk.headers(person))
        is_offered = operation in seen.json()["allowed_actions"]
        if is_offered is not covers(PERMISSIONS[operation], person, walk.ask.thing):
            wrong.setdefault("offered" if is_offered else "not offered", []).append(str(person))
    assert wrong == {}


VERSIONED = sorted(name for name, ask in ASKS.items() if ask.version)
REPEATED = sorted(
    name
    for name, operation in CONTRACT.operations.items()
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.parameters)
)


def somebody_who_may(walk: Walk, *, with_a_token: bool = False) -> Person:
    """The first person to whom the table gives the operation."""
    permission = PERMISSIONS[walk.operation.name]
    return next(
        person
        for person in PEOPLE
        if covers(permission, person, walk.ask.thing)
        if person.token_of or not with_a_token
    )


@pytest.mark.parametrize("operation", VERSIONED)
async def test_nothing_changes_for_those_who_have_not_seen_what_is_there_now(
    story: Story, operation: str
) -> None:
    walk = Walk(story, operation)
    person = somebody_who_may(walk)
    current = await walk.version(walk.ask.stage)
    for missing in ({}, {"If-Match": "*"}, {"If-Match": "3"}, {"If-Match": 'W/"3"'}):
        answer = await walk.answer(person, walk.ask.stage, missing)
        assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")
    answer = await walk.answer(person, walk.ask.stage, {"If-Match": '"987654"'})
    assert answer.status_code == 412, answer.text
    assert answer.headers["etag"] == current["If-Match"]
    answer = await walk.answer(person, walk.ask.stage, current)
    assert answer.is_success, answer.text


@pytest.mark.parametrize("operation", REPEATED)
async def test_a_request_that_is_repeated_gets_its_first_answer(
    story: Story, operation: str
) -> None:
    walk = Walk(story, operation)
    # Nothing is kept for strangers.
    person = somebody_who_may(walk, with_a_token=True)
    headers = {**await walk.version(walk.ask.stage), "Idempotency-Key": f"once-{operation}"}
    first = await walk.answer(person, walk.ask.stage, headers)
    elsewhere = "draft" if walk.knows(person, "draft") else walk.ask.stage
    again = await walk.answer(person, elsewhere, headers)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)


async def correct_the_result(story: Story) -> None:
    """One of two takes it back, another enters it anew, and it is confirmed."""
    # What others have begun at other stages.
    story.api.queue.forget()
    result = f"{story.registration}/result"
    rosa, teo = "rosa-oviedo", "teo-oviedo"

    async def act(person: str, step: str, body: dict[str, Any], method: str = "POST") -> Any:
        seen = await story.do(rosa, "GET", result)
        return await story.do(
            person, method, f"{result}{step}", json=body, if_match=seen.headers["etag"]
        )

    mistyped = "A2 was the grade of another learner."
    taken_back = (await act(rosa, "/reopen", {"reason": mistyped})).json()
    assert (taken_back["state"], taken_back["confirmed_at"]) == ("correction", None)
    found = taken_back["objections"][-1]
    assert (found["raised_by"], found["reason"], found["decision"]) == (
        "institution", mistyped, "upheld",
    )  # fmt: skip
    corrected = story.grades()
    corrected["grades"][1]["assessed_on"] = "2026-06-01"
    await act(teo, "", corrected, "PUT")
    listed = (await story.do(rosa, "GET", f"{story.edition}/results")).json()
    await story.do(
        rosa, "POST", f"{story.edition}/results/confirm",
        json={"results_hash": listed["results_hash"]},
    )  # fmt: skip
    await story.api.drain()


async def test_a_mistyped_result_is_corrected_by_two_people_and_its_credential_issued_again(
    story: Story,
) -> None:
    story.return_to("sealed")
    await correct_the_result(story)

    told = "\n".join(story.texts(f"{LEARNER}@example.org"))
    assert "has been taken back, because an error was found in it" in told
    edition = (await story.do(None, "GET", story.edition)).json()
    offices = "\n".join(story.texts(edition["contact_email"]))
    assert f"POST /v1/credentials/{story.things['credential']}/reissue" in offices
    credential = f"/v1/credentials/{story.things['credential']}"
    version = (await story.do(OFFICERS[0], "GET", credential)).headers["etag"]
    reason = {"reason": "The result was corrected."}
    waiting = await story.do(
        OFFICERS[0], "POST", f"{credential}/reissue", expect=409, json=reason, if_match=version
    )
    assert waiting.json()["code"] == "award_not_ready"
    await story.do(LEARNER, "POST", f"{story.registration}/result/accept", act=True)
    again = await story.do(
        OFFICERS[0], "POST", f"{credential}/reissue", json=reason, if_match=version
    )
    assert again.status_code == 201


async def test_a_result_is_corrected_although_its_credential_has_been_erased(
    story: Story,
) -> None:
    story.return_to("sealed")
    contact = (await story.do(None, "GET", story.edition)).json()["contact_email"]
    before = len(story.texts(contact))
    async with story.api.ports.system_work("erase") as work:
        credential = await work.credentials.get(UUID(story.things["credential"]))
        credential.erase(credential.since, await work.credentials.erase(credential.id))
        await work.credentials.save(credential)
    await correct_the_result(story)
    # Nobody can say any more whether it certifies something else, and it is not issued again.
    new = story.texts(contact)[before:]
    assert [text for text in new if "/reissue" in text] == []
