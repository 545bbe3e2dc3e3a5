"""Each rule of the field list, with an example that breaks it and one that keeps it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.domain.proposals.checks import Report, judge
from app.domain.proposals.content import (
    Content,
    RegistrationWindow,
)
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.specification import (
    OutcomeSkill,
    SkillDecision,
)
from tests.builders_proposals import (
    GROUP,
    NOW,
    POLICY,
    TEAMS,
    academic_data,
    esco_of,
    judged,
    listed,
)
from tests.domain.proposals.rules_academic import ACADEMIC_RULES
from tests.domain.proposals.rules_general import GENERAL_RULES
from tests.domain.proposals.rules_outcomes import ASSESSMENT_RULES, OUTCOME_RULES, RIGHTS_RULES
from tests.domain.proposals.variations import GOOD, academic, general, outcome, skill

RULES = {
    **GENERAL_RULES,
    **ACADEMIC_RULES,
    **OUTCOME_RULES,
    **ASSESSMENT_RULES,
    **RIGHTS_RULES,
}


def found(report: Report) -> set[tuple[str, str]]:
    return {(finding.pointer, finding.code) for finding in report.errors}


def test_a_complete_proposal_has_nothing_missing_and_nothing_to_look_at() -> None:
    assert judge(judged(GOOD)) == Report()


@pytest.mark.parametrize(("pointer", "code", "bad", "good"), RULES.values(), ids=RULES)
def test_a_rule_is_broken_by_one_example_and_kept_by_another(
    pointer: str, code: str, bad: Content, good: Content
) -> None:
    assert (pointer, code) in found(judge(judged(bad)))
    assert (pointer, code) not in found(judge(judged(good)))


WARNINGS: dict[str, tuple[str, str, Content, Content]] = {
    "know is no performance": (
        "/academic/outcomes/0/title/en",
        "verb_not_measurable",
        outcome(title={"en": "Know the tools."}),
        outcome(title={"en": "Knowingly select the tools."}),
    ),
    "nor is understanding in Spanish": (
        "/academic/outcomes/0/title/es",
        "verb_not_measurable",
        outcome(title={"en": "Explain the rules.", "es": "Comprender las normas."}),
        outcome(title={"en": "Explain the rules.", "es": "Explicar las normas."}),
    ),
    "quotas have their own fields": (
        "/academic/entry_requirements/en",
        "quota_text",
        academic(entry_requirements={"en": "Limited to 50 places."}),
        academic(entry_requirements={"en": "A first degree."}),
    ),
    "a broad field says little": (
        "/academic/isced_f/0/uri",
        "isced_f_broad",
        academic(isced_f=(listed("isced-f/01"),)),
        GOOD,
    ),
}


@pytest.mark.parametrize(("pointer", "code", "bad", "good"), WARNINGS.values(), ids=WARNINGS)
def test_a_warning_does_not_block(pointer: str, code: str, bad: Content, good: Content) -> None:
    report = judge(judged(bad))
    assert [(w.pointer, w.code) for w in report.warnings] == [(pointer, code)]
    assert report.errors == ()
    assert judge(judged(good)).warnings == ()


def test_a_group_of_skills_is_linked_only_where_the_alliance_allows_it() -> None:
    content = skill(OutcomeSkill(GROUP.label, SkillDecision.LINKED, GROUP))
    esco = esco_of(TEAMS, GROUP)
    strict = judge(judged(content, esco=esco))
    assert found(strict) == {("/academic/outcomes/0/skills/0/link/uri", "esco_group")}
    lenient = judge(judged(content, esco=esco, policy=replace(POLICY, esco_groups_allowed=True)))
    assert lenient == Report()


def test_the_lead_time_is_a_setting_of_the_alliance() -> None:
    tomorrow = general(
        planned_start=date(2027, 1, 16),
        registration_window=RegistrationWindow(
            NOW, datetime(2027, 1, 15, 20, tzinfo=UTC), "Europe/Madrid"
        ),
    )
    assert found(judge(judged(tomorrow))) == {("/general/planned_start", "lead_time")}
    assert judge(judged(tomorrow, policy=replace(POLICY, lead_time_days=1))) == Report()


def test_every_certified_text_is_needed_in_each_display_language() -> None:
    spanish = Concept("http://publications.europa.eu/resource/authority/language/SPA")
    content = academic(display_languages=(*academic_data().display_languages, spanish))
    missing = {pointer for pointer, code in found(judge(judged(content))) if code == "required"}
    assert missing == {
        "/general/summary_public/es",
        "/academic/description/es",
        "/academic/workload_parts/0/title/es",
        "/academic/workload_parts/1/title/es",
        "/academic/outcomes/0/title/es",
        "/academic/outcomes/1/title/es",
        "/academic/outcomes/2/title/es",
        "/academic/assessments/0/title/es",
        "/academic/grading_scheme/title/es",
        "/academic/qa_records/0/title/es",
        "/academic/qa_records/0/agency/es",
    }
