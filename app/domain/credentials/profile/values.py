"""Whether one literal value of a credential is what its key asks for."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.domain.credentials.profile.model import Key, Kind

Fault = tuple[str, str]
"""A code and a sentence."""

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DURATION = re.compile(
    r"P(?=.)(\d{1,6}Y)?(\d{1,6}M)?(\d{1,6}D)?(T(?=.)(\d{1,6}H)?(\d{1,6}M)?(\d{1,6}(\.\d+)?S)?)?",
    re.ASCII,
)
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d{1,18}(\.\d*)?|\.\d+)", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.ASCII)


def is_absolute_iri(value: object) -> bool:
    """Whether it is an IRI with a scheme (RFC 3987) and without characters that no IRI has."""
    return isinstance(value, str) and _ABSOLUTE.fullmatch(value) is not None


def is_duration(value: str) -> bool:
    """Whether it is an ISO 8601 duration of years, months, days, hours, minutes, seconds."""
    return _DURATION.fullmatch(value) is not None


def literal_faults(key: Key, value: Any) -> Iterator[Fault]:
    """What is wrong with a value of a key that holds a literal."""
    if isinstance(value, (dict, list)):
        yield "not_a_literal", f"{key.name} holds a single value, not an object."
        return
    yield from _of_json_type(key, value)
    text = _lexical(value)
    match key.kind:
        case Kind.DATE_TIME:
            yield from _date_time(key, text)
        case Kind.DURATION if not is_duration(text):
            yield "not_a_duration", f"{key.name} is a duration such as PT25H or P2M."
        case Kind.INTEGER if not _INTEGER.fullmatch(text):
            yield "not_a_number", f"{key.name} is a whole number."
        case Kind.POSITIVE_INTEGER if not (_INTEGER.fullmatch(text) and int(text) > 0):
            yield "not_a_number", f"{key.name} is a whole number from 1."
        case Kind.PERCENT if not (_INTEGER.fullmatch(text) and 1 <= int(text) <= 100):
            yield "not_a_number", f"{key.name} is a whole number from 1 to 100."
        case Kind.DECIMAL if not _DECIMAL.fullmatch(text):
            yield "not_a_number", f"{key.name} is a decimal number."
        case Kind.BOOLEAN if text not in ("true", "false", "1", "0"):
            yield "not_a_boolean", f"{key.name} is true or false."
        case Kind.ANY_URI if not is_absolute_iri(value):
            yield "not_an_address", f"{key.name} is a complete address with its scheme."
        case Kind.STRING | Kind.LITERAL if not text.strip():
            yield "blank_text", f"{key.name} is empty."


def text_faults(key: Key, value: Any) -> Iterator[Fault]:
    """What is wrong with a value of a key that holds a language map."""
    if not isinstance(value, dict):
        yield "not_a_language_map", f"{key.name} gives its text by language, {{'en': …}}."
        return
    if not value:
        yield "empty_value", f"{key.name} has no text in any language."
    for tag, text in value.items():
        if tag == "@none":
            yield "not_a_language_map", f"{key.name} has a text without a language."
        elif not _LANGUAGE.fullmatch(tag):
            yield "not_a_language", f"{tag[:40]!r} is not a language tag (BCP 47)."
        if isinstance(text, list):
            yield "several_texts", f"{key.name} has more than one text in one language."
        elif text is None:
            yield "empty_value", f"{key.name} has null for a text; leave it out."
        elif not isinstance(text, str):
            yield "not_a_text", f"{key.name} holds something other than text."
        elif not text.strip():
            yield "blank_text", f"{key.name} is empty in {tag[:40]!r}."


def texts_of(value: Any) -> Iterator[tuple[str, str]]:
    """The texts that JSON-LD reads out of a value of such a key: (language, text)."""
    if not isinstance(value, dict):
        for item in value if isinstance(value, list) else [value]:
            yield "", _lexical(item)
        return
    for tag, texts in value.items():
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, str):
                yield tag.lower(), text


def literal_of(value: Any) -> str:
    """The literal as JSON-LD writes it, for telling equal ones from different ones."""
    return _lexical(value)


def _of_json_type(key: Key, value: Any) -> Iterator[Fault]:
    whole = key.kind in (Kind.INTEGER, Kind.POSITIVE_INTEGER, Kind.PERCENT)
    if whole:
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif key.kind is Kind.BOOLEAN:
        fits = isinstance(value, bool)
    elif key.kind is Kind.DECIMAL:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    else:
        fits = isinstance(value, str)
    if not fits:
        yield "other_json_type", f"{key.name} is of another JSON type than readers expect."


def _date_time(key: Key, text: str) -> Iterator[Fault]:
    matched = _DATE_TIME.fullmatch(text)
    try:
        moment = datetime.fromisoformat(text) if matched else None
    except ValueError:
        moment = None
    if moment is None:
        yield "not_a_date_time", f"{key.name} is a date and time, 2026-03-02T09:00:00Z."
    elif moment.tzinfo is None:
        yield "no_time_zone", f"{key.name} has no time zone."


def _lexical(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15E}"
    return str(value)
