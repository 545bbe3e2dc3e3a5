"""How large a document may be before anybody looks at what it says."""

from dataclasses import dataclass
from typing import Any

from app.domain.errors import Finding


@dataclass(frozen=True)
class Limits:
    """Bounds on a parsed document. Real credentials with images reach a tenth of them."""

    depth: int = 48
    """Levels of nesting; the Commission's transcripts of records reach about 25."""
    values: int = 100_000
    """Objects, lists and single values together."""
    text: int = 12_000_000
    """Characters of all strings together, images included."""


DEFAULT_LIMITS = Limits()

EXCESSES = frozenset({"too_deep", "too_many_values", "too_much_text"})
"""Codes of the findings made here."""


def over_limits(document: Any, limits: Limits = DEFAULT_LIMITS) -> Finding | None:
    """What is too large about a parsed document, if anything; never recurses."""
    values = text = 0
    level: list[Any] = [document]
    depth = 0
    while level:
        depth += 1
        if depth > limits.depth:
            return Finding("", "too_deep", f"It is nested more than {limits.depth} levels deep.")
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                text += sum(map(len, value))
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, str):
                text += len(value)
        values += len(level)
        if values + len(below) > limits.values:
            return Finding("", "too_many_values", f"It has more than {limits.values} values.")
        if text > limits.text:
            return Finding("", "too_much_text", f"It has more than {limits.text} characters.")
        level = below
    return None
