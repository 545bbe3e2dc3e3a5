"""The built-in set: some 250 skills of ESCO 1.1.1 with their groups, without descriptions.

Enough for the alliance's first course and its neighbours. `app/data/esco/builtin.json` holds facts
(URIs, labels, types, groups); the notes beside it are ours.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from app.adapters.esco.index import EscoConcept, Note, SkillIndex
from app.domain.vocabulary.skills import SkillType


@cache
def builtin_skills() -> SkillIndex:
    """The built-in set behind the `Skills` port; read once, shared."""
    content = _content("builtin.json")
    base: str = content["base"]
    return SkillIndex(
        content["version"], (_concept(base, row) for row in content["concepts"]), our_notes()
    )


@cache
def our_notes() -> Mapping[str, Note]:
    """Our own notes on concepts, by URI."""
    base: str = _content("builtin.json")["base"]
    return {
        base + tail: Note(note["code"], note["text"], [base + t for t in note["instead"]])
        for tail, note in _content("notes.json").items()
    }


def _content(name: str) -> Any:
    file = resources.files("app.data") / "esco" / name
    return json.loads(file.read_text(encoding="utf-8"))


def _concept(base: str, row: dict[str, Any]) -> EscoConcept:
    return EscoConcept(
        uri=base + row["uri"],
        label=row["label"],
        alt=row.get("alt", {}),
        type=SkillType(row["type"]) if "type" in row else None,
        reuse=row.get("reuse"),
        code=row.get("code"),
        broader=[base + tail for tail in row.get("broader", ())],
        collections=row.get("collections", ()),
    )
