"""Concepts straight from published files, without a database: for measuring, and for tests."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from app.adapters.esco.bundles import files_of
from app.adapters.esco.concepts import EscoConcept, EscoOccupation
from app.adapters.esco.published import Published, in_order, recognise
from app.domain.vocabulary.skills import SkillType

_TYPES = {"skill": SkillType.SKILL, "knowledge": SkillType.KNOWLEDGE, "group": SkillType.GROUP}


def published_in(paths: Iterable[Path], *, labels_only: bool = False) -> list[Published]:
    """The files in zips and folders that something is taken from. Raises EscoFileRefused."""
    return in_order(
        [
            known
            for path in paths
            for file in files_of(path)
            if (known := recognise(file, labels_only=labels_only)) is not None
        ]
    )


def assembled(
    published: Iterable[Published],
) -> tuple[list[EscoConcept], list[EscoOccupation]]:
    """Skills with groups, and occupations. Raises EscoFileRefused."""
    facts: dict[str, tuple[str, str | None, str | None]] = {}
    label: dict[str, dict[str, str]] = defaultdict(dict)
    described: dict[str, dict[str, str]] = defaultdict(dict)
    more: dict[str, dict[str, dict[str, list[str]]]] = {
        "alternative": defaultdict(dict),
        "hidden": defaultdict(dict),
    }
    related: dict[tuple[str, str], list[str]] = defaultdict(list)
    member: dict[str, list[str]] = defaultdict(list)
    for one in published:
        content = one.content()
        for uri, kind, reuse, code, _ in content.concepts:
            facts.setdefault(uri, (kind, reuse, code))
        for uri, language, kind, text in content.labels:
            if kind == "preferred":
                label[uri].setdefault(language, text)
            else:
                more[kind][uri].setdefault(language, []).append(text)
        for uri, language, text in content.descriptions:
            described[uri].setdefault(language, text)
        for subject, kind, target in content.relations:
            related[subject, kind].append(target)
        for name, uri in content.collections:
            member[uri].append(name)
    concepts: list[EscoConcept] = []
    occupations: list[EscoOccupation] = []
    for uri, (kind, reuse, code) in facts.items():
        alt, hidden = more["alternative"].get(uri, {}), more["hidden"].get(uri, {})
        if kind == "occupation":
            needs = [related.get((uri, name), []) for name in ("essential", "optional")]
            occupations.append(EscoOccupation(uri, label[uri], alt, code, *needs))
        else:
            broader = related.get((uri, "broader"), ())
            concepts.append(
                EscoConcept(
                    uri,
                    label[uri],
                    alt,
                    _TYPES.get(kind),
                    reuse,
                    code,
                    broader,
                    member.get(uri, ()),
                    described.get(uri, {}),
                    hidden,
                )
            )
    return concepts, occupations
