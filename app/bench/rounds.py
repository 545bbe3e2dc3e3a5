"""Interleaved rounds: every measure once in each, so that all of them see the same neighbours.

A figure is the median over the rounds; a ratio is formed within each round first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from app.bench.load import Order, Outcome
from app.bench.processes import BenchFailed, Process, expect, load

Sample = Mapping[str, float]
"""Figures of one measure in one round, by name."""

_WARM_UP = 0.5
"""Seconds of the first round, which is thrown away."""


class Measure(Protocol):
    """Something that is measured once in every round."""

    @property
    def name(self) -> str:
        """What is done, for the progress line."""
        ...

    async def once(self, seconds: float) -> Sample:
        """Do it for so long. Raises BenchFailed when something answered wrongly."""
        ...


@dataclass(frozen=True)
class Reading:
    """One request, over and over again."""

    key: str
    name: str
    process: Process
    requests: Sequence[bytes]
    connections: int = 50

    async def once(self, seconds: float) -> Sample:
        """See Measure."""
        order = Order(self.process.port, self.requests, self.connections, seconds, again=True)
        return await sampled(self.key, self.process, order, 200)


async def sampled(key: str, process: Process, order: Order, wanted: int) -> dict[str, float]:
    """Rate, server CPU and answer times of one load. Raises BenchFailed for another status."""
    before = process.cpu_seconds()
    outcome = expect(await load(order), wanted)
    return figures_of(key, outcome, before, process.cpu_seconds())


def figures_of(
    key: str, outcome: Outcome, cpu_before: float | None, cpu_after: float | None
) -> dict[str, float]:
    """The figures of one load; without those of CPU where the system does not tell them."""
    found = {
        f"{key}_per_s": outcome.per_second,
        f"{key}_p50_ms": outcome.p50_ms,
        f"{key}_p99_ms": outcome.p99_ms,
    }
    if cpu_before is not None and cpu_after is not None:
        found[f"{key}_cpu_us"] = (cpu_after - cpu_before) / outcome.answered * 1e6
    return found


async def interleaved(
    measures: Sequence[Measure],
    rounds: int,
    seconds: float,
    told: Callable[[str], None],
) -> list[dict[str, float]]:
    """All measures, one after another, so many times; one mapping per round.

    `told` hears what is being done. A round before the first, a short one, warms everything up.
    """
    found = []
    for number in range(rounds + 1):
        one: dict[str, float] = {}
        for measure in measures:
            which = f"round {number} of {rounds}" if number else "warming up"
            told(f"{which}: {measure.name}")
            try:
                one |= await measure.once(seconds if number else min(seconds, _WARM_UP))
            except BenchFailed as failure:
                raise BenchFailed(f"{measure.name}: {failure}") from failure
        if number:
            found.append(one)
    return found


@dataclass(frozen=True)
class Ratio:
    """One figure relative to another of the same round."""

    key: str
    of: str
    to: str


def with_ratios(rounds: Sequence[Sample], ratios: Sequence[Ratio]) -> list[dict[str, float]]:
    """The rounds with their ratios; a round that lacks one of the two figures lacks the ratio."""
    return [
        {
            **one,
            **{r.key: one[r.of] / one[r.to] for r in ratios if r.of in one and one.get(r.to)},
        }
        for one in rounds
    ]


@dataclass(frozen=True)
class Spread:
    """One figure over all rounds."""

    median: float
    least: float
    most: float


def spreads(rounds: Sequence[Sample]) -> dict[str, Spread]:
    """Every figure that occurs, by name."""
    names = dict.fromkeys(name for one in rounds for name in one)
    return {
        name: Spread(median(values), min(values), max(values))
        for name in names
        if (values := [one[name] for one in rounds if name in one])
    }
