"""Rules of assessment, grading and quality assurance."""

from collections.abc import Iterator

from app.domain.proposals.checks.judged import (
    Issue,
    Judged,
    all_listed,
    https,
    issue,
    listed,
    needed,
    required,
    text,
)
from app.domain.proposals.checks.outcomes import code_rules
from app.domain.vocabulary.specification import Assessment, Scale


def _assessments(judged: Judged) -> Iterator[Issue]:
    assessments, pointer = judged.content.academic.assessments, "/academic/assessments"
    if not assessments:
        yield required(pointer)
    codes = {outcome.code for outcome in judged.content.academic.outcomes}
    for n, assessment in enumerate(assessments):
        at = f"{pointer}/{n}"
        yield from code_rules(f"{at}/code", [a.code for a in assessments], n)
        yield from _one(at, assessment, judged)
        for m, code in enumerate(assessment.outcomes):
            if code not in codes:
                yield issue(f"{at}/outcomes/{m}", "outcome_unknown", f"There is no outcome {code}.")


def _one(pointer: str, assessment: Assessment, judged: Judged) -> Iterator[Issue]:
    yield from text(f"{pointer}/title", assessment.title, judged.display_tags, longest=300)
    yield from listed(f"{pointer}/type", assessment.type, "assessment")
    yield from all_listed(f"{pointer}/mode", assessment.mode, "learning-assessment")
    yield from all_listed(f"{pointer}/languages", assessment.languages, "language")
    yield from listed(
        f"{pointer}/id_verification", assessment.id_verification, "supervision-verification"
    )


def _coverage(judged: Judged) -> Iterator[Issue]:
    academic = judged.content.academic
    if not academic.assessments:
        return
    assessed = {code for assessment in academic.assessments for code in assessment.outcomes}
    for n, outcome in enumerate(academic.outcomes):
        if outcome.code not in assessed:
            yield issue(
                f"/academic/outcomes/{n}",
                "outcome_not_assessed",
                f"No assessment covers the outcome {outcome.code}.",
                outcome=outcome.code,
            )


def _weights(judged: Judged) -> Iterator[Issue]:
    academic = judged.content.academic
    weights = [assessment.weight for assessment in academic.assessments]
    scheme = academic.grading_scheme
    graded = scheme is not None and scheme.scale is not Scale.PASS_FAIL
    if not weights or not (graded or any(weight is not None for weight in weights)):
        return
    total = sum(weight or 0 for weight in weights)
    if total != 100:
        yield issue(
            "/academic/assessments",
            "weights",
            f"The weights of all assessments add up to 100; these are {total}.",
            total=total,
        )


def _grading(judged: Judged) -> Iterator[Issue]:
    academic = judged.content.academic
    scheme, pointer = academic.grading_scheme, "/academic/grading_scheme"
    if scheme is None:
        yield required(pointer)
    else:
        yield from text(f"{pointer}/title", scheme.title, judged.display_tags, longest=300)
        yield from text(
            f"{pointer}/description",
            scheme.description,
            judged.display_tags,
            longest=2000,
            optional=True,
        )
        if not scheme.passing.strip():
            yield required(f"{pointer}/passing")
    yield from needed(
        "/academic/id_verification", academic.id_verification, "supervision-verification"
    )


def _quality(judged: Judged) -> Iterator[Issue]:
    academic, pointer = judged.content.academic, "/academic/qa_records"
    if not academic.qa_types:
        yield required("/academic/qa_types")
    yield from all_listed("/academic/qa_types", academic.qa_types, "accreditation")
    if not academic.qa_records:
        yield required(pointer)
    for n, record in enumerate(academic.qa_records):
        at = f"{pointer}/{n}"
        yield from text(f"{at}/title", record.title, judged.display_tags, longest=300)
        yield from text(f"{at}/agency", record.agency, judged.display_tags, longest=300)
        yield from listed(f"{at}/type", record.type, "accreditation")
        yield from listed(f"{at}/agency_country", record.agency_country, "country")
        yield from https(f"{at}/report_url", record.report_url)
        if record.issued_on and record.valid_until and record.valid_until < record.issued_on:
            yield issue(f"{at}/valid_until", "dates_order", "It ends after it was issued.")
        end = judged.content.general.planned_end
        if record.valid_until and end and record.valid_until < end:
            yield issue(
                f"{at}/valid_until",
                "expires_before_issue",
                "The decision has to be valid when credentials are issued, after the planned end.",
                end=end.isoformat(),
            )


RULES = (_assessments, _coverage, _weights, _grading, _quality)
