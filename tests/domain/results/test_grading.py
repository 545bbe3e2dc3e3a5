import pytest

from app.domain.results.grading import Outcome, UnreadableGrade, judge, read_grade
from app.domain.results.identity import (
    SUPERVISED_WITH_ID,
    SUPERVISED_WITHOUT_ID,
    UNSUPERVISED_WITH_ID,
    UNSUPERVISED_WITHOUT_ID,
    IdentityCheck,
    IdentityEvidence,
)
from app.domain.vocabulary.specification import GradingScheme, Scale

PASS_FAIL = GradingScheme({"en": "Pass or fail"}, Scale.PASS_FAIL, "Pass")
POINTS = GradingScheme({"en": "0 to 10"}, Scale.ZERO_TO_TEN, "5.0")
LETTERS = GradingScheme({"en": "A to F"}, Scale.A_TO_F, "E")
NATIONAL = GradingScheme({"en": "German"}, Scale.NATIONAL, "4,0")


@pytest.mark.parametrize(
    ("scheme", "grade", "read", "outcome"),
    [
        (PASS_FAIL, " pass ", "Pass", Outcome.PASSED),
        (PASS_FAIL, "FAIL", "Fail", Outcome.FAILED),
        (POINTS, "5", "5", Outcome.PASSED),
        (POINTS, "5.0", "5", Outcome.PASSED),
        (POINTS, "4,99", "4.99", Outcome.FAILED),
        (POINTS, "10", "10", Outcome.PASSED),
        (POINTS, "0", "0", Outcome.FAILED),
        (POINTS, "07.50", "7.5", Outcome.PASSED),
        (LETTERS, "a", "A", Outcome.PASSED),
        (LETTERS, "E", "E", Outcome.PASSED),
        (LETTERS, "fx", "FX", Outcome.FAILED),
        (NATIONAL, "4,0", "4,0", Outcome.PASSED),
    ],
)
def test_a_grade_is_written_as_its_scheme_writes_it_and_passes_or_not(scheme, grade, read, outcome):
    assert judge(scheme, grade, None) == (read, outcome)


@pytest.mark.parametrize(
    ("scheme", "grade"),
    [
        (PASS_FAIL, "good"),
        (PASS_FAIL, ""),
        (POINTS, "10.01"),
        (POINTS, "11"),
        (POINTS, "-1"),
        (POINTS, "1e1"),
        (POINTS, "NaN"),
        (POINTS, "5.001"),
        (POINTS, "٥"),
        (LETTERS, "G"),
        (LETTERS, "A+"),
        (NATIONAL, ""),
        (NATIONAL, "x" * 21),
        (NATIONAL, "1\n2"),
    ],
)
def test_a_grade_that_the_scheme_does_not_have_is_refused(scheme, grade):
    with pytest.raises(UnreadableGrade) as refused:
        read_grade(scheme, grade)
    assert refused.value.at("/grade").code == "grade_scale"


def test_a_national_grade_needs_the_outcome_beside_it_unless_it_is_the_lowest_that_passes():
    with pytest.raises(UnreadableGrade) as refused:
        judge(NATIONAL, "2,3", None)
    assert refused.value.code == "outcome_needed"
    assert judge(NATIONAL, "2,3", Outcome.PASSED) == ("2,3", Outcome.PASSED)
    assert judge(NATIONAL, "5,0", Outcome.FAILED) == ("5,0", Outcome.FAILED)


def test_an_outcome_that_contradicts_the_scheme_is_refused():
    with pytest.raises(UnreadableGrade) as refused:
        judge(POINTS, "4.5", Outcome.PASSED)
    assert refused.value.code == "outcome_contradicts_grade"


@pytest.mark.parametrize(
    ("check", "supervised", "claim"),
    [
        (IdentityCheck.NONE, False, UNSUPERVISED_WITHOUT_ID),
        (IdentityCheck.NONE, True, SUPERVISED_WITHOUT_ID),
        (IdentityCheck.EMAIL_LINK, True, SUPERVISED_WITHOUT_ID),
        (IdentityCheck.EMAIL_LINK, False, UNSUPERVISED_WITHOUT_ID),
        (IdentityCheck.INSTITUTIONAL_LOGIN, False, UNSUPERVISED_WITH_ID),
        (IdentityCheck.KNOWN_IN_PERSON, True, SUPERVISED_WITH_ID),
        (IdentityCheck.DOCUMENT_SEEN, True, SUPERVISED_WITH_ID),
        (IdentityCheck.DOCUMENT_SEEN, False, UNSUPERVISED_WITH_ID),
    ],
)
def test_a_claim_about_identity_is_never_more_than_the_evidence(check, supervised, claim):
    concept = IdentityEvidence(check, supervised).concept
    assert concept.uri == claim
    assert concept.label["en"]


def test_without_any_evidence_the_weakest_claim_stands():
    assert IdentityEvidence().concept.uri == UNSUPERVISED_WITHOUT_ID
