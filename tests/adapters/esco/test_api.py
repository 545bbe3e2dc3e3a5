"""The adapter to the live API against a server that behaves as the API does, badly included."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import Response

from app.adapters.esco.api import EscoApi
from app.adapters.esco.api_client import EscoClient, EscoQuestionRefused
from app.adapters.esco.concepts import EscoConcept
from app.domain.vocabulary.skills import SkillNotFound, SkillsUnavailable, SkillType
from tests.adapters.esco.files import GROUP, TEAMS
from tests.esco_imitation import Imitation, odd_json, refused, served

CONCEPTS = [
    EscoConcept(GROUP, {"en": "working with others"}, type=SkillType.GROUP, code="S1"),
    EscoConcept(TEAMS, {"en": "work in teams"}, type=SkillType.SKILL, broader=[GROUP]),
]


class Waits:
    """Remembers how long it was asked to wait, and does not."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def api(waits: Waits) -> AsyncIterator[tuple[EscoClient, Imitation]]:
    with served(Imitation(CONCEPTS)) as imitation:
        async with httpx.AsyncClient() as http:
            yield (
                EscoClient(
                    http,
                    imitation.url,
                    "1.1.1",
                    sleep=waits.sleep,
                    now=waits.clock,
                    failures=2,
                ),
                imitation,
            )


ONE = [("uri", TEAMS)]


async def test_every_question_names_the_version(api):
    client, imitation = api
    assert (await EscoApi(client).get(TEAMS, "en")).code == "S1"
    assert imitation.asked
    assert all("selectedVersion=v1.1.1" in question for question in imitation.asked)


async def test_of_another_version_nothing_is_found(api):
    _, imitation = api
    async with httpx.AsyncClient() as http:
        other = EscoApi(EscoClient(http, imitation.url, "1.2.0"))
        with pytest.raises(SkillNotFound):
            await other.get(TEAMS, "en")


async def test_a_server_that_is_busy_is_asked_again_when_it_says(api, waits):
    client, imitation = api
    imitation.trouble = [refused(429, "slow down", **{"Retry-After": "7"}), refused(500, "oops")]
    assert (await client.ask("/resource/skill", ONE))["uri"] == TEAMS
    assert waits.seconds == [7.0, 1.0]


async def test_a_question_that_is_wrong_is_asked_once(api, waits):
    client, imitation = api
    with pytest.raises(EscoQuestionRefused, match="Illegal/Unknown type"):
        await client.ask("/search", [("type", "taxonom")])
    assert (len(imitation.asked), waits.seconds) == (1, [])


async def test_an_answer_and_a_missing_one_are_asked_for_once(api):
    client, imitation = api
    for _ in range(3):
        await client.ask("/resource/skill", ONE)
        assert await client.ask("/resource/skill", [("uri", f"{TEAMS}none")]) is None
    assert len(imitation.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Response(b"", media_type="application/json"),
        Response("<html>maintenance</html>", media_type="text/html"),
        odd_json("a text, no object"),
    ],
    ids=["empty", "a page", "odd"],
)
async def test_a_body_that_is_no_answer_counts_as_down(api, answer):
    client, imitation = api
    imitation.trouble = [answer]
    with pytest.raises(SkillsUnavailable):
        await client.ask("/resource/skill", ONE)


async def test_a_source_that_keeps_failing_is_left_alone_for_a_while(api, waits):
    client, imitation = api
    imitation.fail_after = 0
    for _ in range(4):
        with pytest.raises(SkillsUnavailable):
            await client.ask("/resource/skill", ONE)
    assert len(imitation.asked) == 6  # three tries each, twice; then no more
    imitation.fail_after = None
    waits.now = 31.0
    assert (await client.ask("/resource/skill", ONE))["uri"] == TEAMS


async def test_more_than_fifty_uris_are_asked_for_in_several_questions(api):
    client, imitation = api
    many = [
        EscoConcept(f"{TEAMS}{n:03}", {"en": f"teams {n}"}, type=SkillType.SKILL, broader=[GROUP])
        for n in range(70)
    ]
    imitation.concepts |= {one.uri: one for one in many}
    found = await EscoApi(client).below(GROUP, "en")
    assert len(found) == 71
    assert [q.count("uris=") for q in imitation.asked if "uris=" in q] == [50, 21]
