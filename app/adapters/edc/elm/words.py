"""The few fixed words that we add to an author's texts, in the languages of the partners."""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources

FALLBACK = "en"
_FILES = ("words.json", "words_document.json")


class Topic(StrEnum):
    """What an additional note is about; ELM has no property of its own for these."""

    STACKABILITY = "stackability"
    STACKS_INTO = "stacks-into"
    FURTHER_INFORMATION = "further-information"
    WEIGHT = "weight"
    PASSING_GRADE = "passing-grade"
    OWN_WORDING = "own-wording"
    QUALITY_ASSURANCE = "quality-assurance"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    folder = resources.files("app.data") / "elm"
    words: dict[str, Mapping[str, str]] = {}
    for file in _FILES:
        words |= json.loads((folder / file).read_text(encoding="utf-8"))
    return words


def word(name: str, language: str, **values: object) -> str:
    """A phrase in a language, or in English where we have no translation."""
    translations = _words()[name]
    return translations.get(language, translations[FALLBACK]).format(**values)


def phrase(name: str, languages: Iterable[str], **values: object) -> dict[str, str]:
    """A phrase as language map, in those of the languages that we have; in English if in none."""
    translations = _words()[name]
    known = [tag for tag in languages if tag in translations] or [FALLBACK]
    return {tag: translations[tag].format(**values) for tag in known}


_TONOS = "\N{COMBINING ACUTE ACCENT}"


def capitals(text: str) -> str:
    """In capitals, which in Greek have no accents."""
    decomposed = unicodedata.normalize("NFD", text.upper())
    bare = (
        letter
        for before, letter in zip(f" {decomposed}", decomposed, strict=False)
        if not (letter == _TONOS and "GREEK" in unicodedata.name(before, ""))
    )
    return unicodedata.normalize("NFC", "".join(bare))
