"""One plain sentence for officers: what became of a row, and what they do next.

The sentences stand in `app/data/officer_sentences.json`, by language and by the stable codes of
rows: the reason, else the verdict. They repeat nothing that the row itself says of a person.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from app.domain.enrolment.forms.codes import RowReason, RowWarning
from app.domain.enrolment.forms.imports import ImportRow, ImportState, Verdict
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import LIVE, State
from app.domain.enrolment.sentences import FALLBACK

_KEPT = frozenset({RowReason.FORM_NOT_MAPPED.value, RowReason.IMPORT_FAILED.value})
"""Reasons of responses that wait: what will come of them nobody knows."""
_HERE_TO_STAY = frozenset({Verdict.REJECTED, Verdict.INVALID, Verdict.UNCHANGED})
"""Verdicts that are the same before and after: nothing comes of such a row."""
_TRIED = frozenset({ImportState.RECEIVED, ImportState.NEEDS_MAPPING, ImportState.PLANNED})
_WHY_WAITING = frozenset(
    reason.value for reason in (Reason.QUOTA, Reason.FULL, Reason.RESERVED, Reason.CUT_OFF)
)
_ENDED = frozenset(state.value for state in State if state not in LIVE)
_ENDED_SINCE, _DECIDED_SINCE = "ended_since", "decided_since"
_DIFFERS = "other_than_planned"
_SAME_FROM_ELSEWHERE = "same_person_elsewhere"


def sentence_of(row: ImportRow, state: ImportState, language: str = FALLBACK) -> str:
    """What became of a row of an import in that state, or will once it is imported, and what its
    officer does next, to somebody who reads `language` (BCP 47)."""
    spoken = _spoken(language)
    is_idle = row.verdict in _HERE_TO_STAY
    if state is ImportState.TAKEN_BACK and not is_idle:
        return spoken["import_taken_back"]
    said = spoken[_key_of(row)]
    if state in _TRIED and not is_idle and row.reason not in _KEPT:
        return spoken["once_imported"].format(sentence=said)
    return said


def notes_of(row: ImportRow, language: str = FALLBACK) -> list[str]:
    """What else is worth knowing of a row, one sentence for each of its warnings."""
    spoken = _spoken(language)
    differs = (_DIFFERS,) if row.planned is not None else ()
    return [spoken[code] for code in (*row.warnings, *differs)]


def advice_on(question: str, language: str = FALLBACK) -> str:
    """What an officer decides where a registration raises this question: a code of
    `app.domain.enrolment.use_cases.undecided`."""
    return _spoken(language)[question]


def languages() -> list[str]:
    """Languages that there are sentences for officers in."""
    return sorted(_sentences())


def codes() -> frozenset[str]:
    """Every code that there is a sentence for."""
    return frozenset(_sentences()[FALLBACK])


def _key_of(row: ImportRow) -> str:
    now = row.standing.state if row.standing is not None else None
    if now in _ENDED and row.verdict not in _HERE_TO_STAY:
        return _ENDED_SINCE
    if row.verdict is Verdict.NEEDS_DECISION and now not in (None, State.NEEDS_DECISION):
        return _DECIDED_SINCE
    if row.reason is not None:
        is_same = row.reason == RowReason.SAME_PERSON
        differs = is_same and RowWarning.INSTITUTION_DIFFERS.value in row.warnings
        return _SAME_FROM_ELSEWHERE if differs else row.reason
    stands = row.standing
    if row.verdict is not Verdict.CREATE or stands is None:
        return row.verdict.value
    if stands.state == State.PLACED:
        return "create_placed"
    return f"create_{stands.reason}" if stands.reason in _WHY_WAITING else row.verdict.value


def _spoken(language: str) -> Mapping[str, str]:
    sentences = _sentences()
    return sentences.get(language.partition("-")[0].casefold(), sentences[FALLBACK])


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    file = resources.files("app.data") / "officer_sentences.json"
    found: Mapping[str, Mapping[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return found
