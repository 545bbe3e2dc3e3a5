"""Reading in a credential of unknown make: whatever is there, nothing taken for granted."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from app.domain.credentials.verification import Contents

_LONGEST = 2_000


def contents_of(document: Mapping[str, Any] | None) -> Contents:
    """What a credential says, in brief. Never raises."""
    if document is None:
        return Contents()
    return Contents(
        id=text_at(document, "id"),
        title=language_map(at(document, "displayParameter", "title")),
        holder=_name(at(document, "credentialSubject")),
        issuer=language_map(at(document, "issuer", "legalName")),
        awarding_bodies=[
            language_map(body.get("legalName"))
            for claim in objects(at(document, "credentialSubject", "hasClaim"))
            for process in objects(claim.get("awardedBy"))
            for body in objects(process.get("awardingBody"))
        ][:50],
        awarded=text_at(document, "credentialSubject", "hasClaim", "awardedBy", "awardingDate"),
        issued=text_at(document, "issued"),
        valid_until=text_at(document, "validUntil") or text_at(document, "expirationDate"),
        profile=text_at(document, "credentialProfiles", "id"),
    )


def at(value: Any, *path: str) -> Any:
    """What stands at a path of keys, the first item wherever there is a list; None if nothing."""
    for key in path:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text_at(value: Any, *path: str) -> str | None:
    """The text at a path, if there is one."""
    found = at(value, *path)
    return found[:_LONGEST] if isinstance(found, str) else None


def moment_at(value: Any, *path: str) -> datetime | None:
    """The point in time at a path; None for anything without a zone."""
    try:
        moment = datetime.fromisoformat(text_at(value, *path) or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a value that may stand alone or in a list."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def language_map(value: Any) -> dict[str, str]:
    """The texts of a language map; empty for anything else."""
    if not isinstance(value, dict):
        return {}
    return {tag: text[:_LONGEST] for tag, text in value.items() if isinstance(text, str)}


def _name(subject: Any) -> str | None:
    full = language_map(at(subject, "fullName"))
    if full:
        return next(iter(full.values()))
    parts = [
        next(iter(language_map(at(subject, key)).values()), "")
        for key in ("givenName", "familyName")
    ]
    return " ".join(part for part in parts if part) or None
