"""Letters of several scripts within one word: they look alike, and tell two names apart that a
reader could not (Unicode Technical Standard 39, section 5)."""

import unicodedata
from collections.abc import Set

from app.domain.errors import Finding

_CONFUSABLE = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Scripts with letters that cannot be told from those of another of these."""
INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that count as printable although nothing is seen of them."""


def scripts_mixed(text: str) -> Set[str]:
    """The scripts of the first word that mixes several which are easily confused; else none."""
    for word in text.replace("-", " ").split():
        scripts = {script for letter in word if (script := _script(letter)) is not None}
        if len(scripts) > 1:
            return scripts
    return frozenset()


def mixed_scripts(pointer: str, scripts: Set[str]) -> Finding:
    """What to tell of such a word, without the word."""
    named = " and ".join(sorted(script.capitalize() for script in scripts))
    return Finding(
        pointer,
        "mixed_scripts",
        f"A word of the name mixes letters that look alike, {named}. It may be a slip of a "
        "keyboard, or meant to look like another name: compare it with the person's document.",
    )


def _script(letter: str) -> str | None:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return name if name in _CONFUSABLE else None
