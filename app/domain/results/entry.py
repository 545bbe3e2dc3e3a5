"""What a teacher enters, by hand or in a file, held against the specification."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.errors import Finding
from app.domain.results.errors import InvalidResult, NoGradingScheme
from app.domain.results.grading import (
    Outcome,
    UnreadableGrade,
    judge,
    missing_assessments,
    read_grade,
)
from app.domain.results.identity import NO_EVIDENCE, IdentityEvidence
from app.domain.results.result import Grade, Grading
from app.domain.vocabulary.specification import AcademicData, GradingScheme


@dataclass(frozen=True)
class GradeEntry:
    """The grade of one assessment as it was entered."""

    assessment: str
    grade: str
    assessed_on: date
    identity: IdentityEvidence = NO_EVIDENCE


@dataclass(frozen=True)
class ResultEntry:
    """Everything that was entered for one learner."""

    grades: tuple[GradeEntry, ...] = ()
    grade: str | None = None
    """The overall grade."""
    outcome: Outcome | None = None
    """Stated where the scheme does not tell, and for who took no part."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered at all."""
        return not self.grades and self.grade is None and self.outcome is None


def grading_of(entry: ResultEntry, academic: AcademicData, *, today: date) -> Grading:
    """What was entered, read by the specification's scheme and assessments.

    Raises NoGradingScheme, and InvalidResult with one finding per thing that cannot be right;
    pointers are relative to the entry.
    """
    if academic.grading_scheme is None:
        raise NoGradingScheme
    codes = [assessment.code for assessment in academic.assessments]
    found: list[Finding] = []
    grades = _grades(entry.grades, academic.grading_scheme, codes, today, found)
    if entry.outcome is Outcome.NOT_PARTICIPATED and (entry.grade is not None or entry.grades):
        found.append(
            Finding(
                "/outcome",
                "outcome_contradicts_grade",
                "Who took no part has no grades. Leave the grades out, or the outcome.",
            )
        )
    grade, outcome = _overall(entry, academic.grading_scheme, found)
    if outcome is Outcome.PASSED:
        found += [
            Finding(
                "/grades",
                "assessment_not_graded",
                f"Assessment {code} has no grade. All are graded before somebody passes.",
                {"assessment": code},
            )
            for code in missing_assessments([g.assessment for g in entry.grades], codes)
        ]
    if found:
        raise InvalidResult(found)
    return Grading(tuple(sorted(grades, key=lambda g: codes.index(g.assessment))), grade, outcome)


def _grades(
    entries: Sequence[GradeEntry],
    scheme: GradingScheme,
    codes: Sequence[str],
    today: date,
    found: list[Finding],
) -> list[Grade]:
    grades: dict[str, Grade] = {}
    for number, entry in enumerate(entries):
        pointer = f"/grades/{number}"
        if entry.assessment not in codes:
            found.append(
                Finding(
                    f"{pointer}/assessment",
                    "assessment_unknown",
                    f"The assessments are {', '.join(codes)}.",
                )
            )
        elif entry.assessment in grades:
            found.append(
                Finding(f"{pointer}/assessment", "assessment_twice", "Give one grade for each.")
            )
        elif entry.assessed_on > today:
            found.append(
                Finding(f"{pointer}/assessed_on", "date_in_future", "This day is yet to come.")
            )
        else:
            try:
                grade = read_grade(scheme, entry.grade)
            except UnreadableGrade as problem:
                found.append(problem.at(f"{pointer}/grade"))
            else:
                grades[entry.assessment] = Grade(
                    entry.assessment, grade, entry.assessed_on, entry.identity
                )
    return list(grades.values())


def _overall(
    entry: ResultEntry, scheme: GradingScheme, found: list[Finding]
) -> tuple[str | None, Outcome | None]:
    if entry.outcome is Outcome.NOT_PARTICIPATED:
        return None, entry.outcome
    if entry.grade is None:
        if entry.outcome is not None:
            found.append(
                Finding("/grade", "required", "State the overall grade beside the outcome.")
            )
        return None, None
    try:
        return judge(scheme, entry.grade, entry.outcome)
    except UnreadableGrade as problem:
        pointer = "/grade" if problem.code == "grade_scale" else "/outcome"
        found.append(problem.at(pointer))
        return None, None
