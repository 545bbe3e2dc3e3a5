"""One sentence for the person: why they have a place, or wait, or neither.

The sentences stand in `app/data/sentences.json`, by language and reason code.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State

FALLBACK = "en"
"""Serves everybody whose language we have no sentences in."""


def explain(state: State, reason: Reason, language: str = FALLBACK) -> str:
    """Why the registration is in its state, as one says it to the person who reads `language`
    (BCP 47)."""
    sentences = _sentences()
    spoken = sentences.get(language.partition("-")[0].casefold(), sentences[FALLBACK])
    return spoken[Reason.PASSED if state is State.COMPLETED else reason]


def languages() -> list[str]:
    """Languages that there are sentences in."""
    return sorted(_sentences())


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    file = resources.files("app.data") / "sentences.json"
    found: Mapping[str, Mapping[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return found
