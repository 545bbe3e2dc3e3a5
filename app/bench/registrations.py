"""Registrations per second: many learners, one hot edition that tells everybody at once."""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from math import ceil

from app.bench.load import Order, prepared
from app.bench.processes import BenchFailed, Process, expect, load
from app.bench.rounds import Sample, figures_of
from app.bench.seed import HOMES
from app.bench.site import People, look
from app.demo.stage import Stage

PLACES = 200
QUOTA = 15
"""Ten institutions of fifteen: most get no place, as on the day when a popular course opens."""

_LEAST = 200
"""Requests prepared at least: four for each connection."""
_ROOM = 1.5
"""How many more are prepared than the last round would have made in the time."""


@dataclass(frozen=True)
class Learner:
    """Somebody with an account who has not registered yet."""

    name: str
    token: str = field(repr=False)
    home: str

    def registers(self, edition: str) -> bytes:
        """The request that registers them."""
        body = {
            "institution": self.home,
            "full_name": self.name.replace("-", " ").title(),
            "email": f"{self.name}@example.org",
            "country": "ES",
            "language": "en",
            "privacy_notice": True,
        }
        return prepared(
            "POST",
            f"{edition}/registrations",
            token=self.token,
            body=json.dumps(body, separators=(",", ":")).encode(),
        )


def learners(people: People, many: int) -> list[Learner]:
    """That many of them, from all institutions in turn."""
    homes = islice(cycle(HOMES), many)
    return [
        Learner(name, token, home)
        for (name, token), home in zip(people.learners(many), homes, strict=True)
    ]


async def sign_in(api: Process, who: Sequence[Learner]) -> None:
    """Let each look at themselves: people have an account before they register."""
    looks = [look("/v1/me", learner.token) for learner in who]
    expect(await load(Order(api.port, looks, connections=10, seconds=600)), 200)


@dataclass
class Registrations:
    """Everybody registers once, for themselves, with their own token."""

    api: Process
    people: People
    edition: str
    """Its path."""
    name: str = "registrations"
    made: int = 0
    """How many have registered so far."""
    _expected: float = 0.0
    """Registrations per second, as of the last round."""
    _ready: deque[Learner] = field(default_factory=deque)

    async def once(self, seconds: float) -> Sample:
        """See Measure."""
        wanted = max(_LEAST, ceil(seconds * self._expected * _ROOM))
        missing = wanted - len(self._ready)
        if missing > 0:
            new = learners(self.people, missing)
            await sign_in(self.api, new)
            self._ready.extend(new)
        requests = [learner.registers(self.edition) for learner in self._ready]
        before = self.api.cpu_seconds()
        outcome = expect(await load(Order(self.api.port, requests, 50, seconds)), 201)
        found = figures_of("registrations", outcome, before, self.api.cpu_seconds())
        for _ in range(outcome.sent):
            self._ready.popleft()
        self.made += outcome.answered
        self._expected = outcome.per_second
        return found

    async def check(self, stage: Stage) -> None:
        """Everybody who was told so is in the edition, and no cap is broken.

        Raises BenchFailed.
        """
        office = await stage.person("elena-oviedo")
        places = (await office.get(f"{self.edition}/places")).json()
        listed = places["placed"] + places["waiting"]
        if listed != self.made:
            raise BenchFailed(f"{self.made} were told that they are registered, {listed} are")
        above = {
            row["institution"]: row["placed"]
            for row in places["institutions"]
            if row["placed"] > QUOTA
        }
        if places["placed"] > PLACES or above:
            raise BenchFailed(f"a cap is broken: {places['placed']} placed, above theirs: {above}")
