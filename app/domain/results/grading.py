"""What a grade says: read by the grading scheme of the micro-credential."""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from app.domain.errors import Finding
from app.domain.vocabulary.specification import GradingScheme, Scale

FAIL = "Fail"
"""How a pass-or-fail scheme writes that somebody did not pass."""

LETTERS = ("A", "B", "C", "D", "E", "FX", "F")
"""The letters of an A to F scale, the best first."""

_POINTS = re.compile(r"(\d{1,2})(?:[.,](\d{1,2}))?", re.ASCII)
_LONGEST = 20


class Outcome(StrEnum):
    """Whether the learning outcomes have been achieved."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_PARTICIPATED = "not_participated"
    """Held a place, but took no part: there is nothing to grade."""


class UnreadableGrade(Exception):
    """The scheme has no such grade. `finding` says what it has; the pointer is the caller's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def at(self, pointer: str) -> Finding:
        """The refusal as a finding about one field."""
        return Finding(pointer, self.code, self.detail)


def read_grade(scheme: GradingScheme, grade: str) -> str:
    """The grade as the scheme writes it. Raises UnreadableGrade."""
    text = grade.strip()
    match scheme.scale:
        case Scale.PASS_FAIL:
            for word in (scheme.passing, FAIL):
                if text.casefold() == word.casefold():
                    return word
            raise UnreadableGrade(
                "grade_scale", f"The scheme knows “{scheme.passing}” and “{FAIL}” alone."
            )
        case Scale.ZERO_TO_TEN:
            points = _points(text)
            if points is None:
                raise UnreadableGrade(
                    "grade_scale",
                    "Give a number from 0 to 10 with at most two decimals, such as 7.5.",
                )
            return format(points, "f")
        case Scale.A_TO_F:
            if text.upper() not in LETTERS:
                raise UnreadableGrade("grade_scale", f"Give one of {', '.join(LETTERS)}.")
            return text.upper()
        case Scale.NATIONAL:
            if not text or len(text) > _LONGEST or not text.isprintable():
                raise UnreadableGrade(
                    "grade_scale", f"Give the grade in 1 to {_LONGEST} printable characters."
                )
            return text


def outcome_of(scheme: GradingScheme, grade: str) -> Outcome | None:
    """Whether a grade that `read_grade` has read passes.

    None where the scheme's order is not known to us (national schemes), and the grade is not the
    lowest one that passes.
    """
    passes = _passes(scheme, grade)
    if passes is None:
        return None
    return Outcome.PASSED if passes else Outcome.FAILED


def _passes(scheme: GradingScheme, grade: str) -> bool | None:
    passing = scheme.passing.strip()
    match scheme.scale:
        case Scale.PASS_FAIL:
            return grade == scheme.passing
        case Scale.ZERO_TO_TEN:
            needed, points = _points(passing), _points(grade)
            return None if needed is None or points is None else points >= needed
        case Scale.A_TO_F:
            letter = passing.upper()
            return LETTERS.index(grade) <= LETTERS.index(letter) if letter in LETTERS else None
        case Scale.NATIONAL:
            return True if grade == passing else None


def judge(scheme: GradingScheme, grade: str, stated: Outcome | None) -> tuple[str, Outcome]:
    """The grade as the scheme writes it, and the outcome that it means.

    `stated` is what the teacher says it means: needed where the scheme does not tell, refused
    where it contradicts the scheme. Raises UnreadableGrade.
    """
    read = read_grade(scheme, grade)
    meant = outcome_of(scheme, read)
    if meant is None:
        if stated is None:
            raise UnreadableGrade(
                "outcome_needed",
                "This scheme does not tell whether the grade passes: state the outcome as well.",
            )
        return read, stated
    if stated is not None and stated is not meant:
        raise UnreadableGrade(
            "outcome_contradicts_grade",
            f"By the scheme, in which {scheme.passing} passes, this grade means {meant}.",
        )
    return read, meant


def missing_assessments(given: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Which assessments of the specification have no grade yet, in its order."""
    return [code for code in wanted if code not in given]


def _points(text: str) -> Decimal | None:
    found = _POINTS.fullmatch(text)
    if found is None:
        return None
    points = Decimal(f"{found[1]}.{found[2] or '0'}").normalize()
    # normalize() turns 10 into 1E+1, which nobody reads as a grade.
    points = points.quantize(Decimal(1)) if points == points.to_integral() else points
    return points if points <= 10 else None
