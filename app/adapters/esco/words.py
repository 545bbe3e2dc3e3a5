"""Words of labels and sentences, and what several forms of one word have in common.

Stemming is light and made for matching, not for reading: inflection goes, and in English the
commonest derivations too, since ESCO says `manage` where an author says `management`.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from app.domain.vocabulary.skill_wordings import label_key

# A sign that tells C, C++ and C# apart belongs to the word; other punctuation does not.
_WORD = re.compile(r"[^\W_]+(?:\+\+|#)?")
_CLAUSE = re.compile(r"[.;:!?()\[\]\n\r\t•·/|]+|,|\s[-–—]\s")


def _data() -> Any:
    file = resources.files("app.data") / "esco" / "words.json"
    return json.loads(file.read_text(encoding="utf-8"))


_DATA = _data()
_STOP: dict[str, frozenset[str]] = {
    tag: frozenset(words.split()) for tag, words in _DATA["stop_words"].items()
}
_NO_WORDS: frozenset[str] = frozenset()
# What is left of a word without its ending keeps at least four letters.
_ENDINGS: dict[str, tuple[str, ...]] = {
    tag: tuple(sorted(set(endings.split()), key=lambda ending: (-len(ending), ending)))
    for tag, endings in _DATA["endings"].items()
}
_COMPOUNDING = frozenset(["de", "sv", "nl", "da", "no", "fi"])
_LINKS = ("", "s", "es", "n", "en", "er", "e", "ns", "o", "ens")

_FINALS = tuple(sorted(_DATA["english_endings"].split(), key=lambda ending: -len(ending)))
# Words that the endings would make into others, or whose forms no ending explains.
_FORMS: dict[str, str] = {
    form: one for one, forms in _DATA["english_forms"].items() for form in forms.split()
}


def words_of(text: str) -> list[str]:
    """The words of a text, folded as labels are compared, in order."""
    return words_of_key(label_key(text))


def words_of_key(key: str) -> list[str]:
    """The words of a text that is folded already."""
    return _WORD.findall(key)


def clauses_of(text: str) -> Iterator[str]:
    """The pieces between signs that end a thought or separate items."""
    for piece in _CLAUSE.split(text):
        if piece and not piece.isspace():
            yield piece


def is_stop_word(word: str, language: str) -> bool:
    """Whether a folded word says nothing by itself."""
    return word in _STOP.get(language, _NO_WORDS)


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """What the forms of a folded word have in common."""
    if language == "en":
        return _english(word)
    endings = _ENDINGS.get(language)
    if endings is None:
        # No endings are known: the first letters are what forms of long words share.
        return word if len(word) < 6 else word[: max(5, len(word) - 3)]
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _english(word: str) -> str:
    kept = _FORMS.get(word)
    if kept is not None:
        return kept
    if len(word) < 4 or not word.isalpha():
        return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word
    found = word
    if found.endswith("ies") and len(found) > 4:
        found = found[:-3] + "y"
    elif found.endswith(("sses", "shes", "ches", "xes", "zes")):
        found = found[:-2]
    elif found.endswith("s") and not found.endswith(("ss", "us", "is")):
        found = found[:-1]
    kept = _FORMS.get(found)
    if kept is not None:
        return kept
    for ending in _FINALS:
        if found.endswith(ending):
            rest = found[: -len(ending)]
            if len(rest) >= (3 if ending in ("ing", "ed", "e", "s", "y") else 4) and _VOWEL(rest):
                found = rest
                break
    if len(found) > 3 and found[-1] == found[-2] and found[-1] not in "aeiouls":
        found = found[:-1]
    for ending, shorter in _JOINED:
        if found.endswith(ending) and len(found) - len(ending) >= (4 if ending == "at" else 3):
            found = found[: len(found) - len(ending)] + shorter
            break
    return found[:-1] if found.endswith(("e", "i", "y")) and len(found) > 3 else found


_JOINED = (
    ("ific", "if"), ("plic", "pl"), ("ificat", "if"), ("plicat", "pl"), ("isat", "is"),
    ("iz", "is"), ("izat", "is"), ("yz", "ys"), ("at", ""),
)  # fmt: skip
_VOWEL: Callable[[str], object] = re.compile("[aeiouy]").search


def compounds(language: str) -> bool:
    """Whether the language writes a compound as one word."""
    return language in _COMPOUNDING


def parts(word: str, language: str, known: Callable[[str], bool]) -> Sequence[str]:
    """The words a compound is made of, where the language writes them as one; else the word."""
    if language not in _COMPOUNDING or len(word) < 9:
        return (word,)
    for cut in range(len(word) - 4, 3, -1):
        head = word[:cut]
        tail = word[cut:]
        if len(tail) < 4 or not known(tail):
            continue
        for link in _LINKS:
            if link and not head.endswith(link):
                continue
            front = head[: len(head) - len(link)] if link else head
            if len(front) >= 4 and known(front):
                return (front, tail)
    return (word,)
