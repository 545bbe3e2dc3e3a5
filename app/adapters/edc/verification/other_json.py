"""Signatures and files of credentials in forms of JSON that are not looked at here: named, no more.

A signature in JSON can be written in several ways (RFC 7515, sections 3 and 7); European Digital
Credentials use the general serialization with one signature. Another form is nothing wrong.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.adapters.edc.seal.opened import decoded
from app.adapters.edc.strict_json import MAX_BYTES, NotReadable, read_object
from app.domain.credentials.verification import Check, CheckName, CheckStatus

_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+", re.ASCII)
_LONGEST_HEADER = 400_000
_FLATTENED = frozenset({"payload", "protected", "header", "signature"})
_ELSEWHERE = (
    "Check it with a program for JSON Web Signatures, or ask for the file in the form that "
    "Europass uses: one signature, with the payload beside it."
)


def compact_seal(raw: bytes) -> Check | None:
    """The check of the form for a signature in compact serialization; None for anything else."""
    text = raw[: MAX_BYTES + 1].strip()
    if text[:1] in (b"{", b"") or len(text) > MAX_BYTES or not _COMPACT.fullmatch(text):
        return None
    head = text.split(b".", 1)[0]
    if len(head) > _LONGEST_HEADER or not _is_header(head.decode("ascii")):
        return None
    return _named(
        "compact_seal",
        "It is a signed text in compact form (a JSON Web Signature), which is not looked at here.",
    )


def other_form(outer: Mapping[str, Any]) -> Check | None:
    """The same for parsed JSON that is neither a credential nor a seal in the form of Europass."""
    names = outer.keys()
    if "signature" in names and "payload" in names and names <= _FLATTENED:
        if not all(isinstance(outer[n], str) for n in ("payload", "signature")):
            return None
        if not _is_header(outer.get("protected")):
            return None
        return _named(
            "flattened_seal",
            "It is sealed, but in the flattened form of a JSON Web Signature, which is not looked "
            "at here.",
        )
    several = outer.get("signatures")
    if names == {"payload", "signatures"} and isinstance(several, list) and len(several) > 1:
        if not all(_is_signature(one) for one in several):
            return None
        return _named(
            "several_signatures",
            f"It carries {len(several)} seals. Only files with one are looked at here.",
        )
    if names <= {"credential", "deliveryDetails"} and isinstance(outer.get("credential"), Mapping):
        return _named(
            "file_for_an_issuer",
            "It is a file that an issuer takes to seal credentials from. It is not sealed itself, "
            "and certifies nothing.",
            "Ask its holder for the sealed file.",
        )
    return None


def _is_signature(one: object) -> bool:
    return (
        isinstance(one, Mapping)
        and one.keys() <= {"protected", "header", "signature"}
        and isinstance(one.get("signature"), str)
        and _is_header(one.get("protected"))
    )


def _is_header(text: object) -> bool:
    """Whether a text is a protected header: base64url of an object that names an algorithm."""
    try:
        return isinstance(read_object(decoded(text, "header_unreadable")).get("alg"), str)
    except NotReadable:
        return False


def _named(code: str, sentence: str, advice: str = _ELSEWHERE) -> Check:
    return Check(CheckName.FORMAT, CheckStatus.WARNING, code, sentence, advice=advice)
