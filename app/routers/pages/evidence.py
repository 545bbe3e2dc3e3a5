"""What a check rests on, folded away under its sentence: for whoever wants to know exactly."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.domain.credentials.credential_id import credential_of_urn
from app.domain.credentials.verification import Check
from app.routers.pages.elements import Content, Html, e
from app.routers.pages.words import say

_MOST = 60
"""Entries of one list that are shown; a stranger's file may fill it."""
_DEEPEST = 4


def evidence_of(check: Check, tag: str, *, language: str | None) -> Content:
    """The evidence, in the words of the verifier, which speaks `language` if it is not the page's.

    The credential that replaces a withdrawn one stands above it: it is what people look for next.
    """
    shown = {name: value for name, value in check.evidence.items() if value is not None}
    if not shown:
        return None
    return (
        _successor(shown.get("successor"), tag),
        e(
            "details",
            e("summary", say("evidence", tag), class_="more"),
            e("div", _value(shown, 0), lang=language),
        ),
    )


def _successor(urn: Any, tag: str) -> Html | None:
    successor: UUID | None = credential_of_urn(urn) if isinstance(urn, str) else None
    if successor is None:
        return None
    return e("p", e("a", say("successor", tag), href=f"/verify/{successor}?lang={tag}"))


def _value(value: Any, depth: int) -> Content:
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return e(
            "dl",
            [
                (e("dt", str(name).replace("_", " ")), e("dd", _value(one, depth + 1)))
                for name, one in list(value.items())[:_MOST]
                if one is not None
            ],
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            return "–"
        return e("ul", [e("li", _value(one, depth + 1)) for one in value[:_MOST]])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return e("bdi", str(value))
