"""What is said of values that do not have the form that an operation expects.

The codes are those of the validator, which are stable; the sentences are ours and say what to send
instead. Nothing of what was sent is in them: it may be personal.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

_ELSE: Final = "This does not have the form that the operation expects. /docs describes it."
_WHOLE: Final = "Send a whole number, such as 10."
_NUMBER: Final = "Send a number, such as 1.5."
_DECIMAL: Final = 'Send a decimal number, as a text such as "120.00" where it is an amount.'
_TRUTH: Final = "Send true or false."
_TEXT: Final = "Send a text."
_LIST: Final = "Send a list."
_OBJECT: Final = "Send an object with named fields. /docs describes it."
_DAY: Final = "Send a day as ISO 8601 has it, such as 2027-03-01."
_INSTANT: Final = "Send an instant with its time zone (RFC 3339), such as 2027-03-01T09:00:00Z."
_TIME: Final = "Send a time of day as ISO 8601 has it, such as 09:30."
_DURATION: Final = "Send a duration as ISO 8601 has it, such as PT25H."
_IDENTIFIER: Final = "This is no identifier. Send the UUID with which the service named the thing."
_ADDRESS: Final = "Send a whole web address, such as https://example.org/page."
_ONE_OF: Final = "Send one of these: {expected}."

_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "This is required and missing. Send it.",
    "extra_forbidden": "There is no such field here. Leave it out, or look for its name in /docs.",
    "json_invalid": "The body cannot be read as JSON from character {position} on. Mend it there.",
    "json_type": _ELSE,
    "none_required": "Send null, or leave it out.",
    "enum": _ONE_OF,
    "literal_error": _ONE_OF,
    "union_tag_invalid": "Send in {discriminator} one of these: {expected_tags}.",
    "union_tag_not_found": "Say in {discriminator} which kind it is. /docs lists the kinds.",
    "string_type": _TEXT,
    "string_unicode": "Send a text in UTF-8.",
    "string_not_ascii": "Send a text without accents and other letters that ASCII has not.",
    "string_too_short": "Send at least {min_length} characters.",
    "string_too_long": "Send at most {max_length} characters.",
    "string_pattern_mismatch": "Send a text of the form {pattern} (a regular expression).",
    "too_short": "Send at least {min_length} entries.",
    "too_long": "Send at most {max_length} entries.",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": "The number has too many digits. Send a smaller one.",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "Send a number that is not infinite.",
    "decimal_type": _DECIMAL,
    "decimal_parsing": _DECIMAL,
    "decimal_max_digits": "Send at most {max_digits} digits.",
    "decimal_max_places": "Send at most {decimal_places} digits behind the point.",
    "decimal_whole_digits": "Send at most {whole_digits} digits before the point.",
    "greater_than": "Send more than {gt}.",
    "greater_than_equal": "Send {ge} or more.",
    "less_than": "Send less than {lt}.",
    "less_than_equal": "Send {le} or less.",
    "multiple_of": "Send a multiple of {multiple_of}.",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": "Send a day without a time, such as 2027-03-01.",
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": "Say the time zone as well, such as in 2027-03-01T09:00:00Z.",
    "timezone_naive": "Leave the time zone out, such as in 2027-03-01T09:00:00.",
    "timezone_offset": "Send the instant in another time zone, such as 2027-03-01T09:00:00Z.",
    "time_type": _TIME,
    "time_parsing": _TIME,
    "time_delta_type": _DURATION,
    "time_delta_parsing": _DURATION,
    "uuid_type": _IDENTIFIER,
    "uuid_parsing": _IDENTIFIER,
    "uuid_version": _IDENTIFIER,
    "url_type": _ADDRESS,
    "url_parsing": _ADDRESS,
    "url_syntax_violation": _ADDRESS,
    "url_scheme": "Send a web address that begins with one of these: {expected_schemes}.",
    "url_too_long": "Send a web address of at most {max_length} characters.",
}
_BOUNDS: Final = frozenset(
    {
        "min_length", "max_length", "pattern", "expected", "discriminator", "expected_tags",
        "expected_schemes", "gt", "ge", "lt", "le", "multiple_of", "max_digits", "decimal_places",
        "whole_digits",
    }
)  # fmt: skip
"""What of a failure is ours; all else of it may be of what was sent."""


_ONE: Final = re.compile(r"\b1 (entries|characters|digits)\b")


def _singular(found: re.Match[str]) -> str:
    return f"1 {'entry' if found[1] == 'entries' else found[1].removesuffix('s')}"


def said_of(
    code: str, context: Mapping[str, Any], place: Iterable[str | int]
) -> tuple[str, dict[str, str | int | float]]:
    """One sentence on what to send instead, and the values that it mentions.

    `code` and `context` are those of the validator; `place` is where it failed.
    """
    if code == "value_error":
        return _own(context), {}
    sentence = _SENTENCES.get(code, _ELSE)
    bounds = dict(_plain(context))
    if code == "json_invalid":
        bounds = {"position": next((part for part in place if isinstance(part, int)), 0)}
    mentioned = {name: value for name, value in bounds.items() if f"{{{name}}}" in sentence}
    try:
        return _ONE.sub(_singular, sentence.format_map(mentioned)), mentioned
    except KeyError:
        return _ELSE, {}


def _own(context: Mapping[str, Any]) -> str:
    """What our own validators say, as a sentence."""
    words = str(context.get("error", "")).strip()
    if not words:
        return _ELSE
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def _plain(context: Mapping[str, Any]) -> Iterator[tuple[str, str | int | float]]:
    for name, value in context.items():
        if name in _BOUNDS:
            yield name, value if isinstance(value, str | int | float) else str(value)
