"""Domain values as plain data, for hashing and for writing down."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

_AS_IT_IS = frozenset({str, int, bool, type(None)})


_NAMES: dict[type, tuple[str, ...]] = {}
"""The fields of the dataclasses met so far, in order; nothing for what is none."""


def _names(of: type) -> tuple[str, ...]:
    names = _NAMES.get(of)
    if names is None:
        names = _NAMES[of] = tuple(f.name for f in fields(of)) if is_dataclass(of) else ()
    return names


def to_plain(value: Any) -> Any:
    """`value` as dicts, lists, strings, integers, booleans and None.

    Decimals, dates and identifiers become strings; a decimal is written without trailing zeros, so
    that `1` and `1.0` are the same. Raises TypeError for anything that has no plain form.
    """
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if names := _names(kind):
        return {name: to_plain(getattr(value, name)) for name in names}
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case Decimal():
            return format(value.normalize(), "f")
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): to_plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [to_plain(item) for item in value]
        case _ if is_dataclass(kind):
            return {}
    raise TypeError(f"{type(value).__name__} has no plain form")
