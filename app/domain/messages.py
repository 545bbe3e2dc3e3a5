"""Our own words to people, in the language they read; English where we have no words in it.

The texts stand in `app/data/messages`, one file per language. Values are put into them in one pass
and as they are: braces in a value, or in a name that somebody typed, mean nothing.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.errors import InternalInconsistency
from app.domain.mail import Message

LANGUAGES = ("en", "es", "fr", "de", "it", "ro", "sv", "fi", "el", "bg", "ga")
"""Languages that we have words in: those of the partners. The first one serves everybody else, and
says what is for offices alone and another has no words for."""

Value = str | date | datetime

_PLACE = re.compile(r"\{([a-z_]+)\}")
_LONGEST_VALUE = 300
# Anybody can register anybody's address under any "name": what is no plain name is not repeated
# to that address, or our mail would carry strangers' advertisements.
_PLAIN_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’-]|\.(?= |$)){0,79}")
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
    "de": (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
        "Oktober", "November", "Dezember",
    ),
    "it": (
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto",
        "settembre", "ottobre", "novembre", "dicembre",
    ),
    "ro": (
        "ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august",
        "septembrie", "octombrie", "noiembrie", "decembrie",
    ),
    "sv": (
        "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september",
        "oktober", "november", "december",
    ),
    "fi": (
        "tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta", "toukokuuta", "kesäkuuta",
        "heinäkuuta", "elokuuta", "syyskuuta", "lokakuuta", "marraskuuta", "joulukuuta",
    ),
    "el": (
        "Ιανουαρίου", "Φεβρουαρίου", "Μαρτίου", "Απριλίου", "Μαΐου", "Ιουνίου", "Ιουλίου",
        "Αυγούστου", "Σεπτεμβρίου", "Οκτωβρίου", "Νοεμβρίου", "Δεκεμβρίου",
    ),
    "bg": (
        "януари", "февруари", "март", "април", "май", "юни", "юли", "август", "септември",
        "октомври", "ноември", "декември",
    ),
    "ga": (
        "Eanáir", "Feabhra", "Márta", "Aibreán", "Bealtaine", "Meitheamh", "Iúil", "Lúnasa",
        "Meán Fómhair", "Deireadh Fómhair", "Samhain", "Nollaig",
    ),
}  # fmt: skip


def spoken(language: str) -> str:
    """The language of ours that serves a reader of `language` (BCP 47)."""
    primary = language.partition("-")[0].casefold()
    return primary if primary in LANGUAGES else LANGUAGES[0]


def compose(
    kind: str,
    *,
    id: str,  # noqa: A002 (what a message calls it)
    to: str,
    name: str,
    language: str,
    zone: str = "UTC",
    values: Mapping[str, Value],
    link: bool = False,
    account: bool = False,
) -> Message:
    """A message of one kind to one person.

    `values` fill the places of the text: `title`, `code`, `alliance`, `contact`, and those of its
    kind; `reason` and `decision` are codes. `zone` is the IANA name of the time zone that instants
    are told in. `link` adds how to use `values["link"]` until `values["until"]`; `account` points
    to `values["site"]` instead. Raises InternalInconsistency for a kind or a value that is missing.
    """
    tag = spoken(language)
    if kind not in _words(tag)["messages"]:
        tag = LANGUAGES[0]
    words = _words(tag)
    try:
        template: Mapping[str, str] = words["messages"][kind]
        told = {key: _told(value, tag, zone) for key, value in values.items()}
        for key, table in (("reason", "reasons"), ("decision", "decisions")):
            if key in told:
                told[key] = words[table][told[key]]
        paragraphs = [_greeting(words, name), _filled(template["text"], told)]
        if link:
            paragraphs.append(_filled(words["link"], told))
        elif account:
            paragraphs.append(_filled(words["account"], told))
        paragraphs.append(_filled(words["closing"], told))
        subject = _filled(template["subject"], told)
    except KeyError as missing:
        raise InternalInconsistency(f"message {kind}: nothing for {missing}") from missing
    return Message(id, to, subject, "\n\n".join(paragraphs) + "\n", tag)


def known_reason(code: str) -> bool:
    """Whether we have a sentence for this reason code."""
    return code in _words(LANGUAGES[0])["reasons"]


def day(value: date, language: str) -> str:
    """A day as people of that language write it."""
    month = _MONTHS[language][value.month - 1]
    if language == "es":
        return f"{value.day} de {month} de {value.year}"
    if language in ("de", "fi"):
        return f"{value.day}. {month} {value.year}"
    if language == "bg":
        return f"{value.day} {month} {value.year} г."
    return f"{value.day} {month} {value.year}"


def _told(value: Value, language: str, zone: str) -> str:
    if isinstance(value, datetime):
        there = value.astimezone(ZoneInfo(zone))
        return f"{day(there.date(), language)}, {there:%H:%M} ({there.tzname()})"
    if isinstance(value, date):
        return day(value, language)
    # One line each, so that no value can pretend to be a paragraph of ours.
    line = "".join(c for c in " ".join(value.split()) if c.isprintable())
    return line[:_LONGEST_VALUE]


def _greeting(words: Mapping[str, Any], name: str) -> str:
    plain = " ".join(name.split())
    if _PLAIN_NAME.fullmatch(plain):
        return _filled(words["greeting"], {"name": plain})
    return str(words["greeting_without_name"])


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values[place[1]], template)


@cache
def _words(language: str) -> Mapping[str, Any]:
    file = resources.files("app.data") / "messages" / f"{language}.json"
    words: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return words
