"""Texts for people, in the languages they read.

A language map has BCP 47 tags as keys and one text per language, which is also how ELM holds
`rdf:langString` values (JSON-LD language maps).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

LanguageMap = Mapping[str, str]
"""`{"en": "…", "es": "…"}`."""

_FROM_ISO_639_3 = {
    "BUL": "bg", "CES": "cs", "DAN": "da", "DEU": "de", "ELL": "el", "ENG": "en", "SPA": "es",
    "EST": "et", "FIN": "fi", "FRA": "fr", "GLE": "ga", "HRV": "hr", "HUN": "hu", "ITA": "it",
    "LIT": "lt", "LAV": "lv", "MLT": "mt", "NLD": "nl", "POL": "pl", "POR": "pt", "RON": "ro",
    "SLK": "sk", "SLV": "sl", "SWE": "sv",
}  # fmt: skip


def language_tag(authority_uri: str) -> str | None:
    """The BCP 47 tag of a language of the EU's language authority list (`…/language/SPA` → `es`).

    None for a language outside the 24 official ones.
    """
    return _FROM_ISO_639_3.get(authority_uri.rsplit("/", 1)[-1])


def in_language(texts: LanguageMap, *preferred: str) -> str:
    """The text in the first preferred language that exists, else in English, else any; or ""."""
    for tag in (*preferred, "en"):
        if tag in texts:
            return texts[tag]
    return next(iter(texts.values()), "")


def is_blank(texts: LanguageMap | None) -> bool:
    """Whether there is no text in any language."""
    return not texts or all(not text.strip() for text in texts.values())


def missing_languages(texts: LanguageMap | None, wanted: Sequence[str]) -> list[str]:
    """The wanted tags that have no text."""
    return [tag for tag in wanted if not (texts or {}).get(tag, "").strip()]


_NO_CHARACTERS = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)


def is_writable(text: str) -> bool:
    """Whether it holds characters only: no half of one (a surrogate), and no code point that
    programs keep to themselves (noncharacters; Unicode, section 23.7). Many formats take neither.
    """
    return text.isascii() or _NO_CHARACTERS.search(text) is None


def only_writable(text: str) -> str:
    """The text without what is no character."""
    return text if text.isascii() else _NO_CHARACTERS.sub("", text)


_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Code points that show nothing where a program does not know them (the property
Default_Ignorable_Code_Point; Unicode, section 5.21)."""


_ONLY_WORDS = {code: " " for code in range(128) if not chr(code).isalnum()}
"""For texts in ASCII, which most are: a table is many times quicker than a look at each letter."""


def folded(text: str) -> str:
    """A key for comparing what people type: no accents, case, punctuation or double spaces."""
    letters = text.casefold()
    if letters.isascii():
        return " ".join(letters.translate(_ONLY_WORDS).split())
    decomposed = unicodedata.normalize("NFKD", _IGNORED.sub("", letters))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join("".join([c if c.isalnum() else " " for c in letters]).split())


def folded_email(email: str) -> str:
    """The address as a key. Case does not matter in practice, whatever RFC 5321 allows."""
    return email.strip().casefold()
