"""What a credential must say as a whole, beyond what holds for each of its objects.

The official shapes leave all of this open. The Council Recommendation 2022/C 243/02 (Annex I), the
viewers and common sense do not.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from app.domain.credentials.profile.values import is_absolute_iri
from app.domain.errors import Finding

OWN_RULES = frozenset({
    "id_not_a_urn", "holder_name_missing", "holder_names_in_two_languages", "dates_out_of_order",
    "dates_differ", "display_language_missing", "picture_unreadable", "no_claim",
})  # fmt: skip
"""Codes of the findings made here; none of them is made by the official shapes."""

_CREDENTIAL_ID = re.compile(
    r"urn:credential:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_SIGNATURES = {
    "PNG": b"\x89PNG\r\n\x1a\n",
    "JPEG": b"\xff\xd8\xff",
    "PDF": b"%PDF-",
}
"""First bytes of the media types that EDC shows."""
_BASE64 = "http://data.europa.eu/snb/encoding/6146cde7dd"


def rules_of_the_whole(
    document: dict[str, Any], media: Iterable[tuple[str, dict[str, Any]]]
) -> Iterator[Finding]:
    """The findings about the credential as a whole; `media` are its files with their pointers.

    Never raises.
    """
    if not _CREDENTIAL_ID.fullmatch(document["id"]):
        yield Finding("/id", "id_not_a_urn", "A credential's id is urn:credential: and a UUID.")
    yield from _names(document)
    yield from _dates(document)
    yield from _display(document)
    for pointer, file in media:
        if not _readable(file):
            yield Finding(
                f"{pointer}/content",
                "picture_unreadable",
                "content is not the base64 of a file of the stated type.",
            )


def listed(value: Any) -> list[Any]:
    """A value that may stand alone or in a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _names(document: dict[str, Any]) -> Iterator[Finding]:
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        return
    if not listed(subject.get("hasClaim")):
        yield Finding("/credentialSubject", "no_claim", "A credential makes at least one claim.")
    if subject.get("type") != "Person":
        return
    names = [subject.get(key) for key in ("fullName", "givenName", "familyName")]
    if not names[0]:
        yield Finding(
            "/credentialSubject/fullName", "holder_name_missing", "A credential names its holder."
        )
    languages = {tag for name in names if isinstance(name, dict) for tag in name}
    if len(languages) > 1:
        yield Finding(
            "/credentialSubject",
            "holder_names_in_two_languages",
            "A person's names are all marked with one language.",
        )


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _dates(document: dict[str, Any]) -> Iterator[Finding]:
    issued, issuance = _moment(document.get("issued")), _moment(document.get("issuanceDate"))
    start = _moment(document.get("validFrom"))
    until, expires = _moment(document.get("validUntil")), _moment(document.get("expirationDate"))
    if issued and issuance and issued != issuance:
        yield Finding("/issuanceDate", "dates_differ", "issuanceDate equals issued.")
    if until and expires and until != expires:
        yield Finding("/expirationDate", "dates_differ", "expirationDate equals validUntil.")
    for key, end in (("validUntil", until), ("expirationDate", expires)):
        if start and end and end <= start:
            yield Finding(f"/{key}", "dates_out_of_order", f"{key} comes after validFrom.")


def _iri(node: Any) -> str | None:
    name = node.get("id") if isinstance(node, dict) else None
    return name if is_absolute_iri(name) else None


def _display(document: dict[str, Any]) -> Iterator[Finding]:
    display = document.get("displayParameter")
    if not isinstance(display, dict):
        return
    languages = [_iri(node) for node in listed(display.get("language"))]
    shown = [
        _iri(item.get("language"))
        for item in listed(display.get("individualDisplay"))
        if isinstance(item, dict)
    ]
    primary = _iri(display.get("primaryLanguage"))
    if primary and primary not in languages:
        yield Finding(
            "/displayParameter/primaryLanguage",
            "display_language_missing",
            "The primary language is one of the languages.",
        )
    for language in languages:
        if language and language not in shown:
            yield Finding(
                "/displayParameter/individualDisplay",
                "display_language_missing",
                f"Nothing is shown in {language.rsplit('/', 1)[-1][:20]}.",
            )


def _readable(media: dict[str, Any]) -> bool:
    content, kind = media.get("content"), _iri(media.get("contentType")) or ""
    if _iri(media.get("contentEncoding")) != _BASE64 or not isinstance(content, str):
        return True
    try:
        data = base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error):
        return False
    return data.startswith(_SIGNATURES.get(kind.rsplit("/", 1)[-1], b""))
