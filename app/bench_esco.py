"""`python -m app bench-esco`: how well and how fast ESCO is searched; the last line is JSON."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage
from time import process_time
from typing import Any

from rich.console import Console
from rich.table import Table

from app.adapters.esco import lookup
from app.adapters.esco.assemble import assembled, published_in
from app.adapters.esco.build import build
from app.adapters.esco.build_labels import ALTERNATIVE, PREFERRED
from app.adapters.esco.quality import DevelopmentSet, development_set, rank_precision
from app.adapters.esco.reader import Reader
from app.adapters.esco.scoring import DEFAULT, Weights, score
from app.adapters.esco.sections import Sections
from app.domain.vocabulary.skill_wordings import label_key
from app.domain.vocabulary.skills import EVERY_SKILL
from app.settings import Settings

_ROOT = Path(__file__).parents[1]
_PLAIN = Weights(
    coverage=2, synonyms_at_most=0, apart=0, described=0, needed=0, company=0, hidden=1
)
"""Label coverage and nothing else, to compare with."""
_console = Console()
_TYPOS = 5_000
"""Labels that are mistyped; a tenth of all would take a quarter of an hour."""


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure, show, and print one JSON object last; 2 when there are no data."""
    data = Path(os.environ.get("MC_REFERENCE_DATA") or _ROOT.parent / "shared" / "data") / "esco"
    if not data.is_dir():
        sys.stderr.write("MC_REFERENCE_DATA names no folder with ESCO data.\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        path, dev_path = Path(folder) / "index", Path(folder) / "dev"
        with _process() as elsewhere:
            built = elsewhere.submit(_build, data, path).result()
        with _process() as elsewhere:
            dev = elsewhere.submit(_build_dev, data, dev_path).result()
        with _process() as elsewhere:
            served = elsewhere.submit(_serve, path, dev).result()
        found = {
            **_lookup(path, 500 if arguments.quick else None),
            **_lookup_elsewhere(path, 200 if arguments.quick else None),
            **_suggest(dev_path, dev),
            **built,
            **served,
        }
    shown = Table("figure", "value")
    for name, value in found.items():
        shown.add_row(name, str(value))
    _console.print(shown)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def _sources(data: Path) -> list[Any]:
    official = published_in(sorted((data / "v1.1.1").glob("*.zip")))
    lists = [*sorted((data / "v1.0.x").glob("*/*.gz")), *sorted((data / "labels").glob("*.gz"))]
    return [*official, *published_in(lists, labels_only=True)]


def _build(data: Path, path: Path) -> dict[str, float]:
    """In a process of its own: what building takes, without reading the files."""
    concepts, occupations = assembled(_sources(data))
    before, began = _peak(), process_time()
    build("1.1.1", concepts, occupations).save(path)
    return {
        "build_s": round(process_time() - began, 2),
        "build_peak_mb": round(_peak() - before, 1),
        "index_mb": round(path.stat().st_size / 1e6, 1),
    }


def _build_dev(data: Path, path: Path) -> DevelopmentSet:
    concepts, occupations = assembled(published_in(sorted((data / "v1.1.1").glob("*.zip"))))
    dev = development_set(concepts, occupations)
    build("1.1.1", dev.concepts, occupations).save(path)
    return DevelopmentSet(dev.described, dev.composed, dev.judged, ())


def _serve(path: Path, dev: DevelopmentSet) -> dict[str, float]:
    """In a process of its own: what a worker needs, and how long one sentence takes it."""
    before = _resident()
    reader = Reader(Sections.of_file(path))
    took = []
    for question in [*dev.described, *dev.composed, *dev.judged]:
        began = process_time()
        for one in score(reader, question.sentence, "en", limit=10):
            reader.skill(one.concept, "en")
        took.append(1000 * (process_time() - began))
    took.sort()
    return {
        "rss_mb": round(_resident() - before, 1),
        "suggest_p50_ms": round(took[len(took) // 2], 1),
        "suggest_p95_ms": round(took[int(0.95 * len(took))], 1),
    }


def _suggest(path: Path, dev: DevelopmentSet) -> dict[str, float]:
    reader = Reader(Sections.of_file(path))
    wanted = lookup.wanted_by(reader, EVERY_SKILL, groups=False)

    def ranked(sentence: str, weights: Weights) -> Sequence[str]:
        found = score(reader, sentence, "en", weights=weights, wanted=wanted, limit=10)
        return [reader.uri[one.concept] for one in found]

    sets = {
        "described": dev.described[len(dev.described) // 2 :],
        "composed": dev.composed[len(dev.composed) // 2 :],
        "judged": dev.judged,
    }
    ours = partial(ranked, weights=DEFAULT)
    plain = partial(ranked, weights=_PLAIN)
    unseen = [*sets["described"], *sets["composed"]]
    return {
        "suggest_dev_rp5": _percent(rank_precision(unseen, ours, 5)),
        "plain_coverage_dev_rp5": _percent(rank_precision(unseen, plain, 5)),
        **{f"{n}_rp5": _percent(rank_precision(q, ours, 5)) for n, q in sets.items()},
        **{f"{n}_rp10": _percent(rank_precision(q, ours, 10)) for n, q in sets.items()},
        **{f"plain_{n}_rp5": _percent(rank_precision(q, plain, 5)) for n, q in sets.items()},
    }


def _lookup(path: Path, sample: int | None) -> dict[str, float]:
    """Every English label of a skill must lead to it; with a slip of the finger, too."""
    reader = Reader(Sections.of_file(path))
    wanted = lookup.wanted_by(reader, EVERY_SKILL, groups=False)
    english = reader.language_code["en"]
    mine = [
        label
        for label in range(len(reader.label))
        if reader.label_language[label] == english and wanted(reader.label_concept[label])
    ]
    chance = Random(3)  # noqa: S311  # a sample, not a secret

    def some(labels: list[int], most: int | None) -> list[int]:
        return chance.sample(labels, most) if most and most < len(labels) else labels

    def rate(labels: Sequence[int], at: int, typed: Callable[[str], str]) -> float:
        hits = 0
        for label in labels:
            text = typed(reader.label[label])
            found = lookup.search(reader, text, "en", at, wanted)
            hits += reader.label_concept[label] in found
        return _percent(hits / len(labels))

    preferred = some([one for one in mine if reader.label_kind[one] == PREFERRED], sample)
    others = some([one for one in mine if reader.label_kind[one] == ALTERNATIVE], sample)
    slips = some(mine, sample or _TYPOS)
    return {
        "lookup_labels": len(preferred) + len(others),
        "lookup_exact_top1": rate(preferred, 1, str),
        "lookup_alt_top3": rate(others, 3, str),
        "lookup_typo_top5": rate(slips, 5, partial(_slip, chance)),
    }


def _lookup_elsewhere(path: Path, sample: int | None) -> dict[str, float]:
    """Every preferred label of another language must lead to a concept that bears it.

    Translations are less careful than the English labels: some are those of several concepts.
    """
    reader = Reader(Sections.of_file(path))
    wanted = lookup.wanted_by(reader, EVERY_SKILL, groups=False)
    chance = Random(5)  # noqa: S311  # a sample, not a secret
    found: dict[str, float] = {}
    for tag, code in sorted(reader.language_code.items()):
        if tag == "en":
            continue
        labels = [
            label
            for label in range(len(reader.label))
            if reader.label_language[label] == code
            and reader.label_kind[label] == PREFERRED
            and wanted(reader.label_concept[label])
        ]
        bearers: dict[str, set[int]] = {}
        for label in labels:
            key = label_key(reader.label[label])
            bearers.setdefault(key, set()).add(reader.label_concept[label])
        asked = chance.sample(labels, min(sample or len(labels), len(labels)))
        hits = sum(
            not bearers[label_key(reader.label[label])].isdisjoint(
                lookup.search(reader, reader.label[label], tag, 1, wanted)
            )
            for label in asked
        )
        found[f"lookup_exact_top1_{tag}"] = _percent(hits / len(asked))
    return found


def _slip(chance: Random, text: str) -> str:
    """One letter left out, doubled with another, replaced or swapped."""
    at, letter = chance.randrange(len(text)), chance.choice("abcdefghijklmnopqrstuvwxyz")
    match chance.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + letter + text[at:]
        case 2:
            return text[:at] + letter + text[at + 1 :]
        case _:
            at = min(at, max(0, len(text) - 2))
            return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def _percent(share: float) -> float:
    return round(100 * share, 2)


def _peak() -> float:
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def _resident(what: str = "VmRSS") -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    return 0.0
