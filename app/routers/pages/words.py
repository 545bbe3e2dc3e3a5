"""The words of our pages, in the languages of the partners, and which of them a reader wants."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "bg": "Български",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "es": "Español",
    "fi": "Suomi",
    "fr": "Français",
    "ga": "Gaeilge",
    "it": "Italiano",
    "ro": "Română",
    "sv": "Svenska",
}
"""By BCP 47 tag, each as it names itself."""
FALLBACK = "en"
_MOST_WISHES = 20
_NAMED = re.compile(r"\{(\w+)\}")


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    file = resources.files("app.data") / "pages" / "words.json"
    words: Mapping[str, Mapping[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return words


def say(phrase: str, language: str, /, **values: object) -> str:
    """A phrase in one of `LANGUAGES`."""
    return _words()[phrase][language].format(**values)


def reason(code: str, sentence: str, language: str, kind: str = "reason") -> str | None:
    """A check's sentence, or its advice, in another language than the verifier's (English); None
    where there is none.

    One code stands for several sentences, of a credential and of a transcript: the phrases
    `reason-CODE` and `reason-CODE-ANYTHING` are tried, or `advice-…` for that kind. What a sentence
    names, such as the signer, goes over as it is.
    """
    if language == FALLBACK:
        return None
    for name, pattern in _sentences().get((kind, code), ()):
        if found := pattern.fullmatch(sentence):
            return say(name, language, **found.groupdict())
    return None


@cache
def _sentences() -> Mapping[tuple[str, str], Sequence[tuple[str, re.Pattern[str]]]]:
    """By kind and code the phrases that translate a sentence, and which one they translate."""
    found: dict[tuple[str, str], list[tuple[str, re.Pattern[str]]]] = {}
    for phrase, translations in _words().items():
        kind, _, rest = phrase.partition("-")
        if kind in ("reason", "advice"):
            parts = _NAMED.split(translations[FALLBACK])
            written = "".join(
                f"(?P<{part}>.+)" if number % 2 else re.escape(part)
                for number, part in enumerate(parts)
            )
            pattern = re.compile(written, re.DOTALL)
            found.setdefault((kind, rest.partition("-")[0]), []).append((phrase, pattern))
    return found


def phrases() -> Sequence[str]:
    """The names of all phrases."""
    return list(_words())


def chosen_language(wish: str | None, accepted: str | None) -> str:
    """The language of an answer: the one asked for, else what a browser likes best (RFC 9110,
    section 12.5.4), else English."""
    if wish in LANGUAGES:
        return str(wish)
    liked = [_weighed(part) for part in (accepted or "").split(",")[:_MOST_WISHES]]
    for tag, weight in sorted(liked, key=lambda pair: -pair[1]):
        if weight > 0 and tag in LANGUAGES:
            return tag
    return FALLBACK


def _weighed(part: str) -> tuple[str, float]:
    tag, _, parameter = part.strip().partition(";")
    weight = 1.0
    if parameter.strip().startswith("q="):
        try:
            weight = float(parameter.strip()[2:])
        except ValueError:
            weight = 0.0
    return tag.strip().partition("-")[0].casefold(), weight
