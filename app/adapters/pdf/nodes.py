"""Finding one's way in a credential as parsed JSON, where one value may stand for a list of one.

Whatever is missing or of another form than the Learning Model's is read as absent: these pages show
what is there, and judging it is the business of verification.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Said = dict[str, str]
"""A text and the language that it is in: `{"text": "…", "language": "es"}`."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HOURS = re.compile(r"PT(\d+)H", re.ASCII)


def several(value: Any) -> Sequence[Any]:
    """The values of a property, whether there are none, one or many."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def nodes(parent: Any, *path: str) -> Sequence[Mapping[str, Any]]:
    """All objects at the end of a path of properties."""
    found = [parent] if isinstance(parent, Mapping) else []
    for key in path:
        found = [v for o in found for v in several(o.get(key)) if isinstance(v, Mapping)]
    return found


def first(parent: Any, *path: str) -> Mapping[str, Any]:
    """The first object at the end of a path, or an empty one."""
    return next(iter(nodes(parent, *path)), {})


def said(texts: Any, tag: str) -> Said | None:
    """A language map in one language, else in English, else in any; None when it is empty."""
    known = {k: v for k, v in texts.items() if isinstance(v, str)} if _is_map(texts) else {}
    chosen = next((t for t in (tag, "en", *known) if known.get(t, "").strip()), None)
    return None if chosen is None else plain(known[chosen], chosen)


def labels(parent: Any, key: str, tag: str) -> Sequence[Said]:
    """The preferred labels of the concepts of a property."""
    return [s for node in nodes(parent, key) if (s := said(node.get("prefLabel"), tag))]


def plain(text: str, tag: str) -> Said:
    """A text in a language, without the control characters that no page can show."""
    return {"text": _CONTROL.sub("", text), "language": tag}


def hours(value: Any) -> int | None:
    """The hours of a workload (`PT25H`, xsd:duration); None for any other duration."""
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match else None


def moment(value: Any) -> datetime | None:
    """An instant of the credential (xsd:dateTime with a zone)."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def number(value: Any) -> Decimal | None:
    """A decimal number that the Learning Model writes as a string."""
    try:
        return Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)
