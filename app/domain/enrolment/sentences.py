"""One sentence for the person: why they have a place, or wait, or neither.

The sentences stand in `app/data/sentences.json`, by language and reason code; for a cap that
several institutions share, by `quota_` and whose it is.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from app.domain.enrolment.affiliation import ALL_EXTERNALS
from app.domain.enrolment.quota import EXTERNALS, PARTNERS, Scope, institution_scope
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.vocabulary.institutions import INDEPENDENT

FALLBACK = "en"
"""Serves everybody whose language we have no sentences in."""


_SHARED: Mapping[Scope, str] = {
    EXTERNALS: "externals",
    institution_scope(ALL_EXTERNALS): "externals",
    PARTNERS: "partners",
    institution_scope(INDEPENDENT): "independent",
}
"""Caps that people share who are not of one institution, and how the words for them are called."""


def explain(
    state: State, reason: Reason, language: str = FALLBACK, scope: Scope | None = None
) -> str:
    """Why the registration is in its state, as one says it to the person who reads `language`
    (BCP 47). `scope` is what the cap counts that keeps somebody waiting."""
    sentences = _sentences()
    spoken = sentences.get(language.partition("-")[0].casefold(), sentences[FALLBACK])
    return spoken[Reason.PASSED if state is State.COMPLETED else key_of(reason, scope)]


def key_of(reason: Reason, scope: Scope | None) -> str:
    """Under which key the words for the reason stand: whose cap it is makes a difference to whom
    the next place helps."""
    shared = _SHARED.get(scope) if reason is Reason.QUOTA and scope is not None else None
    return reason.value if shared is None else f"{reason.value}_{shared}"


def languages() -> list[str]:
    """Languages that there are sentences in."""
    return sorted(_sentences())


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    file = resources.files("app.data") / "sentences.json"
    found: Mapping[str, Mapping[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return found
