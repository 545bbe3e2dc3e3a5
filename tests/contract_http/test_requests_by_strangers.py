"""Requests that schemathesis makes up from the file, sent with a token of each role.

Whatever is sent, nothing breaks, and nothing is answered that contradicts the file.
"""

import os
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.walk_requests import ASKS
from tests.contract_http.contract import contract_of_the_code
from tests.contract_http.world import ASKERS, World

CONTRACT = contract_of_the_code()
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "428"]
SCHEMA = schemathesis.openapi.from_dict(
    dict(CONTRACT.document),
    config=schemathesis.Config.from_dict(
        {"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}}
    ),
)
pytestmark = [
    pytest.mark.conformance,
    # Stand-ins of development say what they are; here they are what is wanted.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNSENDABLE = (
    UnicodeError,
    requests.RequestException,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)
STREAMS = frozenset({"stream_job_events"})
"""End when their job ends, which in this world nobody works on."""


@dataclass(frozen=True)
class Budget:
    """How many requests are made up for each operation, and how many of them each role sends."""

    good: int
    bad: int
    sent: int


IS_LONG = os.environ.get("MC_LONG_CONTRACT_RUN", "") not in {"", "0"}
"""Set it to look for what the usual requests, the same ones each time, have not found."""
USUAL = Budget(good=10, bad=6, sent=2)
LONG = Budget(good=60, bad=60, sent=40)


def made_up(name: str, mode: GenerationMode, number: int) -> list[Case]:
    """Requests for one operation; the same ones each time."""
    operation = CONTRACT.operations[name]
    found: list[Case] = []

    @settings(
        max_examples=number,
        derandomize=not IS_LONG,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=SCHEMA[operation.path][operation.method].as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        found.append(case)

    try:
        collect()
    except Unsatisfiable:
        # Nothing can be wrong with a request that has neither parameters nor a body.
        assert mode is GenerationMode.NEGATIVE
    return found


def sent_by(cases: Sequence[Case], asker: int, number: int) -> Iterator[Case]:
    """A share of the cases, another one for each role."""
    for n in range(min(number, len(cases))):
        yield cases[(asker * number + n) % len(cases)]


class Stranger:
    """Sends what was made up, into the world as it is."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._operation = CONTRACT.operations[name]
        self._turn = 0

    async def _version(self) -> str | None:
        """The current version of the thing that is asked for, now and then."""
        ask = ASKS[self._name]
        if ask.version is None:
            return None
        reader, path = ask.version
        values = {**self._world.story.things, **ask.path}
        address = path.format(**values).format(**self._world.story.things)
        seen = await self._world.api(reader, "GET", address)
        return seen.headers.get("etag")

    async def send(self, case: Case, who: str) -> httpx.Response | None:
        """One request; None for those that no HTTP client can send."""
        self._turn += 1
        negated = negations(case)
        if self._turn % 3 and ParameterLocation.PATH not in negated:
            for parameter in case.path_parameters:
                known = self._world.known.get(parameter)
                if known is not None:
                    case.path_parameters[parameter] = known[self._turn % len(known)]
        case.headers.pop("Authorization", None)
        declared = {p["name"] for p in self._operation.parameters if p["in"] == "query"}
        for unknown in set(case.query) - declared:
            del case.query[unknown]  # a parameter that we do not know is left alone, not refused
        if self._turn % 5:
            case.headers.pop("Idempotency-Key", None)
            if self._turn % 2 and (version := await self._version()) is not None:
                case.headers["If-Match"] = version
        kwargs = case.as_transport_kwargs(base_url="http://test")
        kwargs["headers"] = {**kwargs["headers"], **self._world.tokens[who]}
        try:
            ready: Any = requests.Request(**kwargs).prepare()
            return await self._world.api.http.request(
                str(ready.method), str(ready.url), headers=dict(ready.headers), content=ready.body
            )
        except UNSENDABLE:
            return None


def negations(case: Case) -> set[ParameterLocation]:
    """What of the case contradicts the file. Headers are left out: we send our own token."""
    if case.meta is None:
        return set()
    return {
        location
        for location, component in case.meta.components.items()
        if component.mode is GenerationMode.NEGATIVE and location is not ParameterLocation.HEADER
    }


async def hold(world: World, name: str, budget: Budget) -> None:
    stranger = Stranger(world, name)
    good = made_up(name, GenerationMode.POSITIVE, budget.good)
    bad = made_up(name, GenerationMode.NEGATIVE, budget.bad)
    wrong: dict[str, str] = {}
    answered = 0
    for number, who in enumerate(ASKERS):
        share = [*sent_by(good, number, budget.sent), *sent_by(bad, number, budget.sent)]
        for case in map(own_copy, share):
            answer = await stranger.send(case, who)
            if answer is None:
                continue
            answered += 1
            for title, message in judged(case, answer):
                wrong.setdefault(title, f"{who}: {message}")
    assert wrong == {}, "\n\n".join(wrong.values())
    assert answered >= len(ASKERS)


def own_copy(case: Case) -> Case:
    """The case, to be changed; another role sends the original."""
    return Case(
        case.operation,
        case.method,
        case.path,
        path_parameters=dict(case.path_parameters),
        headers=case.headers.copy(),
        cookies=dict(case.cookies),
        query=dict(case.query),
        body=case.body,
        media_type=case.media_type,
        multipart_content_types=case.multipart_content_types,
        meta=deepcopy(case.meta),
    )


def judged(case: Case, answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """What schemathesis has to say about an answer."""
    checks = [*CHECKS, negative_data_rejection] if negations(case) else CHECKS
    try:
        case.validate_response(answer, checks=checks)
    except FailureGroup as failures:
        for failure in failures.exceptions:
            yield failure.title, f"{failure}\n{case.as_curl_command()}\n{answer.text[:500]}"


@pytest.mark.parametrize("name", sorted(set(CONTRACT.operations) - STREAMS))
async def test_nothing_breaks_and_no_answer_contradicts_the_file(world: World, name: str) -> None:
    await hold(world, name, LONG if IS_LONG else USUAL)


async def test_whatever_they_have_left_behind_can_be_worked_off(world: World) -> None:
    await world.api.drain()
