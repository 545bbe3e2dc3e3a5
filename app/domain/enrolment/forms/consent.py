"""What people answer when a form asks whether they agree to something beyond their registration.

Nothing depends on it: who does not agree is registered all the same, and no agreement is kept that
was not clearly given (GDPR, article 4(11): a clear affirmative act).
"""

from collections.abc import Mapping
from datetime import datetime

from app.domain.enrolment.forms.codes import RowWarning
from app.domain.vocabulary.text import folded

BY_FORM = "form_consent"
"""The code under which a registration keeps the agreement that its form asked for."""

UNANSWERED = RowWarning.CONSENT_UNANSWERED.value
REFUSED = RowWarning.CONSENT_REFUSED.value
UNCLEAR = RowWarning.CONSENT_UNCLEAR.value
WARNINGS = frozenset({UNANSWERED, REFUSED, UNCLEAR})
"""Codes that tell an officer why no agreement is kept."""

NO = frozenset({"no", "nein", "non", "nao", "nu", "nej", "ei", "не", "οχι", "nil", "false", "0"})
"""Folded: how people say in the alliance's languages that they do not agree."""
_DOUBTS = NO - {"nu"} | frozenset({
    "not", "don", "dont", "never", "maybe", "unsure", "nunca", "quiza", "quizas", "nicht", "kein",
    "keine", "keinen", "keiner", "vielleicht", "pas", "jamais", "peut", "refuse", "mai", "forse",
    "rifiuto", "talvez", "inte", "kanske", "ehka", "poate", "може", "δεν", "ισως",
})  # fmt: skip
"""Folded: words by which a longer answer may say no, or nothing."""


def consent_in(answer: str) -> tuple[bool, str | None]:
    """Whether an answer gives consent, and else the code of why not. Any answer that is neither
    blank nor holds a word of refusal or doubt does: a form shows a box to tick, with its own words
    beside it."""
    words = folded(answer).split()
    if not words:
        return False, UNANSWERED
    if words[0] in NO:
        return False, REFUSED
    return (False, UNCLEAR) if _DOUBTS.intersection(words) else (True, None)


def consents_after(
    consents: Mapping[str, datetime], given_at: datetime | None
) -> Mapping[str, datetime]:
    """The agreements of a registration whose form's answers gave consent then, or gave none."""
    kept = {code: since for code, since in consents.items() if code != BY_FORM}
    return kept if given_at is None else {**kept, BY_FORM: given_at}
