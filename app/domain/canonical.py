"""Hashes over content: the same content gives the same hash on every machine."""

from hashlib import sha256
from typing import Any

import rfc8785


def content_hash(content: Any) -> str:
    """`sha256:` and 64 hex digits over the canonical JSON (RFC 8785) of plain data.

    `content` holds dicts, lists, strings, integers, booleans and None; decimals are strings.
    """
    return f"sha256:{sha256(rfc8785.dumps(content)).hexdigest()}"
