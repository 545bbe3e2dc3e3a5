"""JSON from strangers (RFC 8259): bounded, without double keys, without values JSON does not have.

A parser that keeps the last of two equal keys shows another document than one that keeps the
first; a seal over such text proves nothing, so it is refused.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

import orjson

MAX_BYTES = 10_000_000
"""The largest file looked at. Sealed credentials with pictures have up to 1.3 MB."""
_MAX_STRUCTURE = 500_000
"""Commas and opening brackets together: an upper bound on how many values are made in memory."""
_MAX_DEPTH = 200
"""Levels before the parser itself would give up; the profile's own limit is lower."""


_BLOCK = 8_192
_CONTAINERS = frozenset({dict, list})
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""Half a character, as JSON may write it; two of them in turn are one character."""


class NotReadable(Exception):
    """Bytes that are not what they should be. `code` is stable, the message for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def read_json(raw: bytes) -> Any:
    """The value that UTF-8 JSON text stands for. Raises NotReadable, and nothing else."""
    insist_on_size(raw)
    value = _plainly_written(raw)
    if value is not None:
        _insist_on_depth(value)
        return value
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotReadable("not_utf8", "The file is not UTF-8 text.") from None
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise NotReadable("too_deep", "The file is nested too deeply.") from None
    except ValueError:
        raise NotReadable("not_json", "The file is not JSON.") from None
    _insist_on_depth(value)
    if _SURROGATE.search(text):
        _insist_on_whole_characters(value)
    return value


def read_object(raw: bytes) -> dict[str, Any]:
    """The same for text that has to be an object. Raises NotReadable."""
    value = read_json(raw)
    if not isinstance(value, dict):
        raise NotReadable("not_an_object", "The file is not a JSON object.")
    return value


def quoted_object(raw: bytes) -> tuple[bytes, dict[str, Any]] | None:
    """The object that stands as text within a text of JSON: its own bytes, and its value.

    `raw` is what stands between the quotes. None where one of both is written in any other way
    than we write it, which says nothing of it. Raises NotReadable where it is nested too deeply;
    its size is for the caller to bound.
    """
    text = b"".join(
        block.replace(b'\\"', b'"').replace(b"\\\\", b"\\") if b"\\" in block else block
        for block in _blocks(raw)
    )
    value = _plainly_written(text)
    # What gives the same bytes when it is quoted again is what was meant, however it was found.
    if not isinstance(value, dict) or quoted(text) != raw:
        return None
    _insist_on_depth(value)
    return text, value


def quoted(text: bytes) -> bytes:
    """JSON that is written plainly, as text of JSON: it has but two characters to be escaped."""
    return b"".join(
        block.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        if b'"' in block or b"\\" in block
        else block
        for block in _blocks(text)
    )


def _blocks(text: bytes) -> Iterator[bytes]:
    """It in pieces, none of which ends within an escape.

    Nine tenths of a credential are pictures in base64, and where a byte is not, is found quickly.
    """
    start = 0
    while start < len(text):
        end = start + _BLOCK
        while text[end - 1 : end] == b"\\":
            end += 1
        yield text[start:end]
        start = end


def insist_on_size(raw: bytes) -> None:
    """Raises NotReadable for what is too large to be read at all."""
    if len(raw) > MAX_BYTES:
        raise NotReadable("too_large", f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    # What is shorter than the limit need not be counted.
    if len(raw) > _MAX_STRUCTURE < raw.count(b",") + raw.count(b"{") + raw.count(b"["):
        raise NotReadable("too_many_values", "The file holds far more values than a credential.")


def _plainly_written(raw: bytes) -> Any:
    """The value of text that is as we write it; None for any other text, which says nothing of it.

    Much quicker. Text that comes back byte for byte when its value is written again has no key
    twice, no constant that JSON does not have, no half character, and no number that was rounded:
    each of these would have been lost or refused on the way.
    """
    try:
        value = orjson.loads(raw)
        return value if orjson.dumps(value) == raw else None
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def _insist_on_whole_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise NotReadable(
            "half_character", "A text of the file holds half a character (a lone surrogate)."
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotReadable("double_key", "An object has the same key twice.")
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise NotReadable("not_json", f"{name} is not a JSON value.")


def _insist_on_depth(value: Any) -> None:
    # Parsers make no other kinds, and what holds nothing lies no deeper than what holds it.
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(_MAX_DEPTH):
        level = [
            item
            for above in level
            for item in (above.values() if type(above) is dict else above)
            if type(item) in _CONTAINERS
        ]
        if not level:
            return
    raise NotReadable("too_deep", "The file is nested too deeply.")
