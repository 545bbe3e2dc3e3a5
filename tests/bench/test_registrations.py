"""What the benchmark does not let pass: people who are missing, caps that are broken."""

import json
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.identity.local import DevelopmentIdentity, DevelopmentIdentityWarning
from app.bench.processes import BenchFailed, Process
from app.bench.registrations import PLACES, QUOTA, Registrations, learners
from app.bench.seed import HOMES
from app.bench.site import People
from app.demo.stage import Narrator, Stage
from app.domain.clock import SystemClock

EDITION = "/v1/editions/1"


@pytest.fixture
def people(data_dir: Path) -> People:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DevelopmentIdentityWarning)
        return People(DevelopmentIdentity(data_dir / "keys", SystemClock()))


async def checked(people: People, made: int, places: dict[str, Any]) -> None:
    """The check at the end of a run, after which the API says this of the places."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == f"{EDITION}/places":
            return httpx.Response(200, json=places)
        return httpx.Response(200, json={"access_token": "t"})

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        stage = Stage(http, Path(), Path(), Narrator())
        await Registrations(Process(0, 0), people, EDITION, made=made).check(stage)


def listed(placed: int, waiting: int, uniovi: int) -> dict[str, Any]:
    rows = [{"institution": "UNIOVI", "placed": uniovi}]
    return {"placed": placed, "waiting": waiting, "institutions": rows}


async def test_caps_that_hold_and_nobody_missing_let_the_benchmark_end_well(people):
    await checked(people, PLACES + 7, listed(PLACES, 7, QUOTA))


async def test_somebody_who_was_told_of_a_registration_that_is_not_there_is_a_failure(people):
    with pytest.raises(BenchFailed, match="10 were told that they are registered, 9 are"):
        await checked(people, 10, listed(9, 0, 9))


async def test_more_placed_than_places_is_a_failure(people):
    with pytest.raises(BenchFailed, match=f"a cap is broken: {PLACES + 1} placed"):
        await checked(people, PLACES + 1, listed(PLACES + 1, 0, QUOTA))


async def test_an_institution_above_its_quota_is_a_failure(people):
    with pytest.raises(BenchFailed, match=rf"above theirs: {{'UNIOVI': {QUOTA + 1}}}"):
        await checked(people, 100, listed(100, 0, QUOTA + 1))


def test_learners_come_from_all_institutions_in_turn_and_never_twice(people):
    first, second = learners(people, 12), learners(people, 3)
    assert [one.home for one in first] == [*HOMES, *HOMES[:2]]
    assert [one.name for one in second] == ["learner-13", "learner-14", "learner-15"]
    assert len({one.token for one in first + second}) == 15


def test_a_learner_registers_for_themselves_at_their_own_institution(people):
    (learner,) = learners(people, 1)
    head, _, body = learner.registers(EDITION).partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /v1/editions/1/registrations HTTP/1.1"
    assert f"Authorization: Bearer {learner.token}".encode() in head.splitlines()
    assert json.loads(body) == {
        "institution": "HIS",
        "full_name": "Learner 1",
        "email": "learner-1@example.org",
        "country": "ES",
        "language": "en",
        "privacy_notice": True,
    }
