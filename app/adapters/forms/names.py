"""Names of countries and languages in the languages of Europe, from CLDR."""

import unicodedata
from functools import cache

from babel import Locale, UnknownLocaleError

from app.domain.vocabulary.text import folded

_IN = (
    "en", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv",
    "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv", "uk", "tr", "ca", "gl", "eu",
)  # fmt: skip


_OTHER_COUNTRIES = {"uk": "GB", "usa": "US", "czech republic": "CZ", "holland": "NL"}

_PART_OF = {"AC": "SH", "CQ": "GG", "DG": "IO", "EA": "ES", "IC": "ES", "TA": "SH"}
"""Islands and towns that CLDR names beside the country of ISO 3166-1 that they are part of."""

_NO_LANGUAGE = frozenset({"mul", "und", "zxx"})
"""Several, unknown, none: nothing that a letter could be written in."""


class CldrNames:
    """See `app.domain.enrolment.forms.responses.Names`.

    Looks into one language after another, English first: each has to be loaded once.
    """

    def country(self, text: str) -> str | None:
        """ISO 3166-1 alpha-2."""
        code = text.strip().upper()
        if code in _codes():
            return _PART_OF.get(code, code)
        name = folded(text)
        if name in _OTHER_COUNTRIES:
            return _OTHER_COUNTRIES[name]
        found = (_countries(language).get(name) for language in _IN)
        return next((code for code in found if code is not None), None)

    def language(self, text: str) -> str | None:
        """BCP 47 tag of the language alone, without region."""
        visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
        name = folded(visible.partition("(")[0])
        if name in _IN:
            return name
        found = (_languages(language).get(name) for language in _IN)
        return next((code for code in found if code is not None), None)


@cache
def _codes() -> frozenset[str]:
    codes = (str(code) for code in Locale("en").territories)
    two_letters = frozenset(code for code in codes if len(code) == 2 and code.isalpha())
    # Codes that CLDR has for things that are no country.
    return two_letters - {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}


@cache
def _countries(language: str) -> dict[str, str]:
    """The names of countries in one language, folded."""
    names = Locale(language).territories.items()
    return {folded(name): _PART_OF.get(code, code) for code, name in names if code in _codes()}


@cache
def _languages(language: str) -> dict[str, str]:
    """The names of languages in one language, folded; its own name for itself above all."""
    names = {
        folded(name): code
        for code, name in Locale(language).languages.items()
        if len(code) in (2, 3) and code not in _NO_LANGUAGE
    }
    try:
        own = Locale(language).display_name or ""
    except UnknownLocaleError:
        return names
    return names | {folded(own.partition("(")[0]): language}
