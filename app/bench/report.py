"""What the benchmarks found: a table for people, and one line of JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from app.bench.rounds import Ratio, Spread


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    key: str
    what: str
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    digits: int = 2

    def shown(self, value: float) -> str:
        """The value as the table and the JSON give it."""
        return f"{value:,.{self.digits}f}"

    @property
    def limit(self) -> str:
        """The limit beside it, if it has one."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    def meets(self, value: float) -> bool:
        """Whether the value is within the limit."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


RATIOS = (
    Ratio("registrations_vs_pgbench", "registrations_per_s", "pgbench_tps"),
    Ratio("registrations_vs_hello", "registrations_per_s", "hello_per_s"),
    Ratio("registration_cpu_vs_hello", "registrations_cpu_us", "hello_cpu_us"),
    Ratio("institution_vs_hello", "institution_per_s", "hello_per_s"),
    Ratio("institution_cpu_vs_hello", "institution_cpu_us", "hello_cpu_us"),
    Ratio("me_vs_hello", "me_per_s", "hello_per_s"),
    Ratio("me_cpu_vs_hello", "me_cpu_us", "hello_cpu_us"),
    Ratio("credentials_vs_signatures", "credentials_per_s", "signatures_per_s"),
)

FIGURES = (
    Figure("hello_per_s", "hello: the bare framework", "1/s", digits=0),
    Figure("hello_cpu_us", "  its CPU", "µs", digits=0),
    Figure("pgbench_tps", "pgbench -N, 50 clients", "1/s", digits=0),
    Figure("signatures_per_s", "RSA-3072 signatures, 1 thread", "1/s", digits=0),
    Figure("registrations_per_s", "registrations, 1 hot edition", "1/s", digits=0),
    Figure("registrations_vs_pgbench", "  relative to pgbench", "×", at_least=0.20),
    Figure("registrations_vs_hello", "  relative to hello", "×", at_least=0.16),
    Figure("registration_cpu_vs_hello", "  CPU relative to hello", "×", at_most=9, digits=1),
    Figure("registrations_cpu_us", "  CPU", "µs", digits=0),
    Figure("registrations_p50_ms", "  half of them within", "ms", digits=0),
    Figure("registrations_p99_ms", "  all but 1 % within", "ms", digits=0),
    Figure("credentials_per_s", "credentials, result to stored", "1/s", at_least=40, digits=1),
    Figure("credentials_vs_signatures", "  relative to signatures", "×", at_least=0.03, digits=4),
    Figure("credential_cpu_ms", "  CPU", "ms", digits=1),
    Figure("verify_cpu_ms", "verifying a credential, CPU", "ms", at_most=15, digits=1),
    Figure("verify_per_s", "  verifications", "1/s", digits=0),
    Figure("institution_per_s", "GET /v1/institutions/UNIOVI", "1/s", digits=0),
    Figure("institution_vs_hello", "  relative to hello", "×"),
    Figure("institution_cpu_vs_hello", "  CPU relative to hello", "×", digits=1),
    Figure("me_per_s", "GET /v1/me", "1/s", digits=0),
    Figure("me_vs_hello", "  relative to hello", "×"),
    Figure("me_cpu_vs_hello", "  CPU relative to hello", "×", digits=1),
)


def table(found: Mapping[str, Spread], figures: Sequence[Figure] = FIGURES) -> Table:
    """Medians, the range over the rounds, limits; what was not measured is left out."""
    shown = Table("", "median", "range", "", "limit", "", padding=(0, 0, 0, 1))
    for column in shown.columns:
        column.no_wrap = True
    for column in shown.columns[1:3]:
        column.justify = "right"
    for figure in figures:
        spread = found.get(figure.key)
        if spread is None:
            continue
        verdict = ""
        if figure.limit:
            verdict = "[green]met[/]" if figure.meets(spread.median) else "[red]missed[/]"
        between = f"{figure.shown(spread.least)}–{figure.shown(spread.most)}"
        median = figure.shown(spread.median)
        shown.add_row(figure.what, median, between, figure.unit, figure.limit, verdict)
    return shown


def json_line(found: Mapping[str, Spread], more: Mapping[str, Any]) -> str:
    """One JSON object: every median by its name, null for what could not be measured."""
    medians: dict[str, Any] = {
        figure.key: round(found[figure.key].median, max(figure.digits, 1) + 2)
        if figure.key in found
        else None
        for figure in FIGURES
    }
    return json.dumps({**medians, **more})
