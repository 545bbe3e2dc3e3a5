"""Rounds, ratios and what is reported of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from app.bench.load import Outcome
from app.bench.processes import BenchFailed
from app.bench.report import FIGURES, RATIOS, Figure, json_line, table
from app.bench.rounds import Ratio, Spread, figures_of, interleaved, spreads, with_ratios


@dataclass
class Scripted:
    """A measure that returns one figure after another."""

    name: str
    figures: list[float]
    diary: list[str]
    seconds: list[float] = field(default_factory=list)

    async def once(self, seconds: float) -> Mapping[str, float]:
        self.diary.append(self.name)
        self.seconds.append(seconds)
        return {self.name: self.figures.pop(0)}


@dataclass
class Broken:
    name: str = "broken"

    async def once(self, seconds: float) -> Mapping[str, float]:
        raise BenchFailed("answers {500: 1}")


async def test_every_measure_has_its_turn_in_every_round_and_the_first_round_does_not_count():
    diary: list[str] = []
    a, b = Scripted("a", [99, 1, 2], diary), Scripted("b", [99, 10, 20], diary)
    told: list[str] = []
    found = await interleaved([a, b], rounds=2, seconds=3.0, told=told.append)
    assert diary == ["a", "b", "a", "b", "a", "b"]
    assert a.seconds == [0.5, 3.0, 3.0]
    assert found == [{"a": 1, "b": 10}, {"a": 2, "b": 20}]
    assert told == [
        "warming up: a",
        "warming up: b",
        "round 1 of 2: a",
        "round 1 of 2: b",
        "round 2 of 2: a",
        "round 2 of 2: b",
    ]


async def test_what_fails_is_named():
    with pytest.raises(BenchFailed, match=r"broken: answers \{500: 1\}"):
        await interleaved([Broken()], rounds=1, seconds=1, told=lambda _: None)


def test_a_ratio_is_formed_within_each_round_before_the_median_is_taken():
    rounds = [{"a": 10.0, "b": 100.0}, {"a": 30.0, "b": 60.0}, {"a": 4.0, "b": 10.0}]
    found = spreads(with_ratios(rounds, [Ratio("a_vs_b", "a", "b")]))
    assert found["a_vs_b"] == Spread(median=0.4, least=0.1, most=0.5)
    assert found["a"].median / found["b"].median != found["a_vs_b"].median


def test_without_one_of_its_figures_there_is_no_ratio():
    assert with_ratios([{"a": 1.0}], [Ratio("a_vs_b", "a", "b")]) == [{"a": 1.0}]


def test_cpu_is_counted_for_one_answer_and_left_out_where_it_is_unknown():
    outcome = Outcome(200, {201: 200}, 0, 2.0, 3.0, 9.0)
    assert figures_of("x", outcome, 1.0, 1.5) == {
        "x_per_s": 100.0,
        "x_p50_ms": 3.0,
        "x_p99_ms": 9.0,
        "x_cpu_us": 2500.0,
    }
    assert "x_cpu_us" not in figures_of("x", outcome, None, None)


def test_the_last_line_is_one_json_object_with_every_figure():
    line = json_line({"hello_per_s": Spread(3000.0, 2900.0, 3100.0)}, {"rounds": 5})
    assert "\n" not in line
    read = json.loads(line)
    assert read["hello_per_s"] == 3000.0
    assert read["rounds"] == 5
    assert read["credentials_per_s"] is None
    assert {figure.key for figure in FIGURES} | {"rounds"} == set(read)


def test_every_ratio_is_reported():
    assert {ratio.key for ratio in RATIOS} <= {figure.key for figure in FIGURES}


def test_the_table_shows_limits_beside_figures_and_what_was_not_measured_is_left_out():
    figures = (
        Figure("a", "the first", "1/s", at_least=5),
        Figure("b", "the second", "ms", at_most=5, digits=0),
        Figure("c", "the third"),
    )
    console = Console(width=100, record=True, quiet=False, force_terminal=False)
    with console.capture() as shown:
        console.print(table({"a": Spread(4.0, 3.0, 6.0), "b": Spread(4.0, 3.0, 6.0)}, figures))
    rows = [row.replace("│", " ").split() for row in shown.get().splitlines() if "the " in row]
    assert rows == [
        ["the", "first", "4.00", "3.00–6.00", "1/s", "≥", "5", "missed"],
        ["the", "second", "4", "3–6", "ms", "≤", "5", "met"],
    ]
