"""Codes that people give of themselves: countries of ISO 3166-1, language tags of BCP 47."""

import re
from functools import cache
from importlib import resources

from app.domain.vocabulary.lists import controlled_list

_NOT_LISTED = frozenset({"TF", "XK"})
"""Beside the EU authority's countries: the French Southern Territories, which ISO 3166-1 has, and
Kosovo, which everybody writes with a code that ISO leaves to its users."""
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})"
    r"(-[A-Za-z]{4})?"
    r"(-(?P<region>[A-Za-z]{2}|[0-9]{3}))?"
    r"(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
)
"""Language, script, region, variants (RFC 5646, section 2.1), in the order that it demands; without
extensions and private use, which say nothing of what somebody reads."""


def is_country(code: str) -> bool:
    """Whether it is an ISO 3166-1 alpha-2 code, in capitals, of a country or territory."""
    return code in _countries()


def is_language_tag(tag: str) -> bool:
    """Whether it is a BCP 47 tag of a language that there is, its subtag in small letters; two
    letters of the region have to be a country's."""
    found = _TAG.fullmatch(tag)
    if found is None or found["language"] not in _languages():
        return False
    region = found["region"]
    return region is None or region.isdigit() or is_country(region.upper())


@cache
def _countries() -> frozenset[str]:
    return _NOT_LISTED.union(one.code for one in controlled_list("country") if one.code)


@cache
def _languages() -> frozenset[str]:
    """The codes of ISO 639-1, and those of ISO 639-3 for which CLDR has a name."""
    file = resources.files("app.data") / "language_subtags.txt"
    return frozenset(file.read_text(encoding="ascii").split())
