"""A PDF that somebody presents: the credential embedded in it, and nothing else of it.

What the pages show is somebody's drawing. Even a signature over the PDF proves nothing about the
credential: only what is embedded is verified, by its own seal.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from app.adapters.children import ChildFell, answer_of
from app.adapters.edc.strict_json import MAX_BYTES, NotReadable
from app.adapters.edc.verification import pdf_child

_CHILD = Path(pdf_child.__file__)
_PATIENCE = 30
"""Seconds by the clock; the child's own limit is one of processor time."""
_HEADER_WITHIN = 1024
"""Readers take a file for a PDF when its header stands somewhere within its first kilobyte."""

_REFUSALS = {
    "pdf_unreadable": "The PDF is damaged and cannot be read.",
    "pdf_excessive": "Unpacked, the PDF is far larger than that of a credential can be.",
    "pdf_encrypted": "The PDF is protected by a password, so that nothing can be taken out of it.",
    "pdf_too_many_attachments": "The PDF has far more attachments than that of a credential.",
    "pdf_without_credential": "The PDF has no credential embedded in it. What its pages show "
    "cannot be verified.",
    "pdf_several_credentials": "The PDF has several credentials embedded in it, so that it is not "
    "clear which one it is about.",
}


@dataclass(frozen=True)
class Embedded:
    """What was found in a PDF."""

    content: bytes = field(repr=False)
    attachments: int
    """How many the PDF has, the credential among them."""


def looks_like_pdf(raw: bytes) -> bool:
    """Whether bytes are a PDF. JSON cannot be: it would have to begin with a percent sign."""
    return raw.lstrip()[:1] != b"{" and b"%PDF-" in raw[:_HEADER_WITHIN]


def credential_in_pdf(raw: bytes) -> Embedded:
    """The credential in a PDF. Blocks, for some tenths of a second. Raises NotReadable."""
    if len(raw) > MAX_BYTES:
        raise NotReadable("too_large", f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    try:
        answered = answer_of(_CHILD, raw, _PATIENCE)
    except ChildFell:
        raise _refused("pdf_excessive") from None
    head, _, content = answered.partition(b"\n")
    answer = json.loads(head)
    if "refused" in answer:
        raise _refused(answer["refused"])
    return Embedded(content, answer["attachments"])


def _refused(code: str) -> NotReadable:
    return NotReadable(code, _REFUSALS[code])
