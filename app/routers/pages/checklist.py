"""What verification found, as part of a page: the verdict, what the credential says, the checks."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_datetime

from app.domain.credentials.status import Standing
from app.domain.credentials.verification import (
    Check,
    CheckStatus,
    Contents,
    Verdict,
    Verification,
)
from app.domain.vocabulary.text import in_language
from app.routers.pages.elements import Content, Html, e
from app.routers.pages.evidence import evidence_of
from app.routers.pages.layout import icon
from app.routers.pages.words import reason, say

_LOCALES = {"en": "en_IE"}
"""Dates are written as in Europe: day, month, year."""
_ENGLISH = "en"
"""Reasons come from the verifier, which speaks English; the usual ones are translated."""
_LOOKS = {
    Verdict.VERIFIED: CheckStatus.OK,
    Verdict.PARTIALLY_VERIFIED: CheckStatus.WARNING,
    Verdict.NOT_CHECKED: CheckStatus.SKIPPED,
    Verdict.NOT_SEALED: CheckStatus.WARNING,
    Verdict.FAILED: CheckStatus.ERROR,
}

LOOKS_OF_STANDING = {
    Standing.IN_FORCE: CheckStatus.OK,
    Standing.SUSPENDED: CheckStatus.WARNING,
    Standing.EXPIRED: CheckStatus.WARNING,
    Standing.REVOKED: CheckStatus.ERROR,
    Standing.SUPERSEDED: CheckStatus.WARNING,
}


def moment(at: datetime, tag: str) -> str:
    """A moment in words, with its zone."""
    return str(format_datetime(at, "long", locale=_LOCALES.get(tag, tag)))


def banner(look: CheckStatus, heading: str, *texts: Content, level: str = "h1") -> Html:
    """The one thing that the page says, as its heading."""
    words = e("div", e(level, heading), [e("p", text) for text in texts if text])
    return e("div", icon(look), words, class_=f"banner {look.value}")


def development_mark(tag: str) -> Html:
    """That nothing here proves anything about anybody."""
    return e("p", say("development", tag), class_="mark")


def findings(found: Verification, tag: str, *, before: Content = None) -> Content:
    """Everything that was found; `before` stands between the verdict and the details."""
    verdict = found.verdict
    return (
        development_mark(tag) if found.development else None,
        banner(
            _LOOKS[verdict],
            say(f"verdict-{verdict.value}", tag),
            *[e("strong", say(f"note-{note.value}", tag)) for note in found.notes],
            _first_error(found, tag),
            say(f"verdict-{verdict.value}-means", tag),
        ),
        before,
        _says(found, tag),
        e("h2", say("checks", tag)),
        e("ul", [_check(check, tag) for check in found.checks], class_="checks", role="list"),
    )


def _first_error(found: Verification, tag: str) -> Html | None:
    """What failed, first of all, so that nobody has to look for it among the checks."""
    for check in found.checks:
        if check.status is CheckStatus.ERROR:
            text, foreign = _sentence(check, tag)
            name = say(f"check-{check.name.value}", tag)
            return e("strong", name, ": ", e("span", text, lang=foreign))
    return None


def _sentence(check: Check, tag: str) -> tuple[str, str | None]:
    """What was found, and in which language if it is not the page's."""
    translated = reason(check.code, check.sentence, tag)
    foreign = None if translated or tag == _ENGLISH else _ENGLISH
    return translated or check.sentence, foreign


def pairs(entries: Iterable[tuple[str, Content]]) -> Html | None:
    """A list of terms, of those that have something to say."""
    items = [(e("dt", label), e("dd", value)) for label, value in entries if value]
    return e("dl", items) if items else None


def in_words(texts: Mapping[str, str], tag: str) -> Html | None:
    """A text in the reader's language if there is one, marked with its own.

    Whichever way it is written, that of the words around it stays theirs (`bdi`).
    """
    text = in_language(texts, tag)
    own = next((t for t, value in texts.items() if value == text), tag)
    return e("bdi", text, lang=own if own != tag else None) if text else None


def _says(found: Verification, tag: str) -> Content:
    contents: Contents = found.contents
    shown = pairs(
        (
            (say("holder", tag), e("bdi", contents.holder) if contents.holder else None),
            (say("title", tag), in_words(contents.title, tag)),
            (say("issuer", tag), in_words(contents.issuer, tag)),
            (
                say("awarded-by", tag),
                [e("div", in_words(body, tag)) for body in contents.awarding_bodies],
            ),
            (say("awarded-on", tag), _day(contents.awarded, tag)),
            (say("issued-on", tag), _moment(contents.issued, tag)),
            (say("valid-until", tag), _day(contents.valid_until, tag)),
            (say("sealed-at", tag), moment(found.sealed_at, tag) if found.sealed_at else None),
            (say("proven-at", tag), moment(found.proven_at, tag) if found.proven_at else None),
            (say("level", tag), found.level),
            (say("certificate", tag), _text(found.certificate.get("subject"))),
            (say("identifier", tag), e("code", contents.id) if contents.id else None),
        )
    )
    return (e("h2", say("says", tag)), shown) if shown else None


def _check(check: Check, tag: str) -> Html:
    foreign = None if tag == _ENGLISH else _ENGLISH
    name = say(f"check-{check.name.value}", tag)
    sentence, language = _sentence(check, tag)
    advice = check.advice and reason(check.code, check.advice, tag, "advice")
    return e(
        "li",
        icon(check.status),
        e("h3", name),
        e("span", say(f"check-{check.status.value}", tag), class_=f"word {check.status.value}"),
        e("p", sentence, lang=language),
        e("p", advice or check.advice, lang=None if advice else foreign, class_="advice")
        if check.advice
        else None,
        evidence_of(check, tag, language=foreign),
    )


def day(at: date, tag: str) -> str:
    """A calendar day in words."""
    return str(format_date(at, "long", locale=_LOCALES.get(tag, tag)))


def _day(written: str | None, tag: str) -> str | None:
    """Of a day as the document writes it, in whatever zone: moved to another, it could change."""
    try:
        return day(datetime.fromisoformat(written or "").date(), tag)
    except ValueError:
        # What a stranger's file says is shown as it is.
        return written


def _moment(written: str | None, tag: str) -> str | None:
    """Of a point in time, with its zone: a bare day would be another one elsewhere."""
    try:
        at = datetime.fromisoformat(written or "")
    except ValueError:
        return written
    return moment(at, tag) if at.tzinfo else written


def _text(value: Any) -> Html | None:
    return e("bdi", value) if isinstance(value, str) else None
