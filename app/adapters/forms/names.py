"""Names of countries and languages in the languages of Europe, from CLDR."""

import unicodedata
from functools import cache

from babel import Locale, UnknownLocaleError

from app.domain.vocabulary.text import folded

_IN = (
    "en", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv",
    "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv", "uk", "tr", "ca", "gl", "eu",
)  # fmt: skip


class CldrNames:
    """See `app.domain.enrolment.forms.responses.Names`."""

    def country(self, text: str) -> str | None:
        """ISO 3166-1 alpha-2."""
        code = text.strip().upper()
        if code in _codes():
            return code
        return _countries().get(folded(text))

    def language(self, text: str) -> str | None:
        """BCP 47 tag of the language alone, without region."""
        visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
        name = folded(visible.partition("(")[0])
        return _languages().get(name)


@cache
def _codes() -> frozenset[str]:
    codes = (str(code) for code in Locale("en").territories)
    two_letters = frozenset(code for code in codes if len(code) == 2 and code.isalpha())
    # Codes that CLDR has for things that are no country.
    return two_letters - {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}


@cache
def _countries() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in reversed(_IN):
        for code, name in Locale(language).territories.items():
            if code in _codes():
                names[folded(name)] = code
    return names | {"uk": "GB", "usa": "US", "czech republic": "CZ", "holland": "NL"}


@cache
def _languages() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in reversed(_IN):
        for code, name in Locale(language).languages.items():
            if len(code) in (2, 3):
                names[folded(name)] = code
    for code in _IN:
        try:
            own = Locale(code).display_name or ""
        except UnknownLocaleError:
            continue
        names[folded(own.partition("(")[0])] = code
        names[code] = code
    return names
