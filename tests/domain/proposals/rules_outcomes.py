"""Rules of outcomes, assessment and rights: pointer, code, a bad example and a good one."""

from dataclasses import replace
from datetime import date

from app.domain.proposals.content import (
    Rights,
)
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.specification import (
    OutcomeSkill,
    SkillDecision,
)
from tests.builders_proposals import (
    TEAMS,
    a_linked_skill,
    a_right,
    an_outcome,
    complete_content,
    listed,
)
from tests.domain.proposals.variations import (
    GOOD,
    NOWHERE,
    Row,
    academic,
    assessment,
    outcome,
    record,
    right,
    skill,
)

OUTCOME_RULES: dict[str, Row] = {
    "three outcomes at least": (
        "/academic/outcomes",
        "outcome_count",
        academic(outcomes=(an_outcome("LO1"), an_outcome("LO2"))),
        GOOD,
    ),
    "eight outcomes at most": (
        "/academic/outcomes",
        "outcome_count",
        academic(outcomes=tuple(an_outcome(f"LO{n}") for n in range(9))),
        GOOD,
    ),
    "a code each": ("/academic/outcomes/0/code", "required", outcome(code=" "), GOOD),
    "a code for one": (
        "/academic/outcomes/1/code",
        "duplicate",
        academic(outcomes=(an_outcome("LO1"), an_outcome("LO1"), an_outcome("LO3"))),
        GOOD,
    ),
    "a short sentence": (
        "/academic/outcomes/0/title/en",
        "too_long",
        outcome(title={"en": "x" * 301}),
        outcome(title={"en": "x" * 300}),
    ),
    "a type of the list": (
        "/academic/outcomes/0/type/uri",
        "not_in_list",
        outcome(type=NOWHERE),
        outcome(type=listed("skill-type/skill")),
    ),
    "a reuse level of the list": (
        "/academic/outcomes/0/reuse_level/uri",
        "not_in_list",
        outcome(reuse_level=NOWHERE),
        outcome(reuse_level=listed("skill-reuse-level/transversal")),
    ),
    "skills of DigComp": (
        "/academic/outcomes/0/other_skills/0/uri",
        "not_in_list",
        outcome(other_skills=(NOWHERE,)),
        outcome(other_skills=(listed("dcf/3h9eab1489"),)),
    ),
    "a decision on every skill": (
        "/academic/outcomes/0/skills/0",
        "esco_undecided",
        skill(OutcomeSkill("evaluate data")),
        skill(OutcomeSkill("evaluate data", SkillDecision.DROPPED)),
    ),
    "a reason for one's own wording": (
        "/academic/outcomes/0/skills/0/reason",
        "esco_reason_needed",
        skill(OutcomeSkill("evaluate data", SkillDecision.OWN_WORDING, reason=" ")),
        skill(OutcomeSkill("evaluate data", SkillDecision.OWN_WORDING, reason="ESCO lacks it.")),
    ),
    "a link where it is linked": (
        "/academic/outcomes/0/skills/0/link",
        "required",
        skill(OutcomeSkill("evaluate data", SkillDecision.LINKED)),
        GOOD,
    ),
    "no link where it is not": (
        "/academic/outcomes/0/skills/0/link",
        "esco_link_unexpected",
        skill(OutcomeSkill("evaluate data", SkillDecision.DROPPED, TEAMS)),
        GOOD,
    ),
    "a link that ESCO knows": (
        "/academic/outcomes/0/skills/0/link/uri",
        "esco_link_unknown",
        skill(
            OutcomeSkill(
                "evaluate data", SkillDecision.LINKED, replace(TEAMS, uri="http://example.org/x")
            )
        ),
        GOOD,
    ),
    "a link under ESCO's own name": (
        "/academic/outcomes/0/skills/0/link/label",
        "esco_label_differs",
        skill(
            OutcomeSkill("evaluate data", SkillDecision.LINKED, replace(TEAMS, label="lead teams"))
        ),
        GOOD,
    ),
    "words for a skill": (
        "/academic/outcomes/0/skills/0/wording",
        "required",
        skill(OutcomeSkill("", SkillDecision.DROPPED)),
        GOOD,
    ),
    "a skill once": (
        "/academic/outcomes/0/skills/1/wording",
        "duplicate",
        skill(a_linked_skill()),
        GOOD,
    ),
    "a skill or a waiver": (
        "/academic/outcomes/0/skills",
        "outcome_without_skill",
        outcome(skills=(OutcomeSkill("evaluate data", SkillDecision.DROPPED),)),
        outcome(
            skills=(OutcomeSkill("evaluate data", SkillDecision.OWN_WORDING, reason="Not there."),)
        ),
    ),
}

ASSESSMENT_RULES: dict[str, Row] = {
    "an assessment": ("/academic/assessments", "required", academic(assessments=()), GOOD),
    "an assessment of the list": (
        "/academic/assessments/0/type/uri",
        "not_in_list",
        assessment(type=NOWHERE),
        GOOD,
    ),
    "an assessment of outcomes that exist": (
        "/academic/assessments/0/outcomes/3",
        "outcome_unknown",
        assessment(outcomes=("LO1", "LO2", "LO3", "LO9")),
        GOOD,
    ),
    "every outcome is assessed": (
        "/academic/outcomes/2",
        "outcome_not_assessed",
        assessment(outcomes=("LO1", "LO2")),
        GOOD,
    ),
    "weights of 100 where there are marks": (
        "/academic/assessments",
        "weights",
        assessment(weight=90),
        assessment(weight=100),
    ),
    "a grading scheme": (
        "/academic/grading_scheme",
        "required",
        academic(grading_scheme=None),
        GOOD,
    ),
    "how learners are identified": (
        "/academic/id_verification",
        "required",
        academic(id_verification=None),
        GOOD,
    ),
    "a kind of quality assurance": ("/academic/qa_types", "required", academic(qa_types=()), GOOD),
    "a decision on quality": ("/academic/qa_records", "required", academic(qa_records=()), GOOD),
    "an agency with a name": (
        "/academic/qa_records/0/agency/en",
        "required",
        record(agency={}),
        GOOD,
    ),
    "a report over https": (
        "/academic/qa_records/0/report_url",
        "https_needed",
        record(report_url="ftp://example.org"),
        record(report_url="https://example.org/report"),
    ),
    "a decision that holds when credentials are issued": (
        "/academic/qa_records/0/valid_until",
        "expires_before_issue",
        record(valid_until=date(2027, 6, 29)),
        record(valid_until=date(2027, 6, 30)),
    ),
    "a decision that ends after it began": (
        "/academic/qa_records/0/valid_until",
        "dates_order",
        record(issued_on=date(2031, 1, 1)),
        record(valid_until=None),
    ),
}

RIGHTS_RULES: dict[str, Row] = {
    "whether there are rights": (
        "/rights/has_rights",
        "required",
        complete_content(rights=Rights()),
        GOOD,
    ),
    "no rights where there are none": (
        "/rights/rights",
        "no_rights",
        complete_content(rights=Rights(False, (a_right(),))),
        right(),
    ),
    "a right where there is one": (
        "/rights/rights",
        "required",
        complete_content(rights=Rights(True)),
        right(),
    ),
    "a right in words": (
        "/rights/rights/0/description/en",
        "required",
        right(description={}),
        right(),
    ),
    "a right of the list": (
        "/rights/rights/0/type/uri",
        "not_in_list",
        right(type=NOWHERE),
        right(),
    ),
    "a status of the list": (
        "/rights/rights/0/status/uri",
        "not_in_list",
        right(status=NOWHERE),
        right(status=listed("entitlement-status/b7015a8a8c")),
    ),
    "a right where a partner grants it": (
        "/rights/rights/0/limit_organisations/0",
        "not_a_partner",
        right(limit_organisations=("UOC",)),
        right(limit_organisations=("MTU",)),
    ),
    "a right in a country": (
        "/rights/rights/0/limit_jurisdiction/0/uri",
        "not_in_list",
        right(limit_jurisdiction=(NOWHERE,)),
        right(
            limit_jurisdiction=(
                Concept("http://publications.europa.eu/resource/authority/country/ESP"),
            )
        ),
    ),
    "a right to an occupation names it": (
        "/rights/rights/0/limit_occupation",
        "required",
        right(type=listed("entitlement/52f62180c2"), legal_basis="Law 1"),
        right(),
    ),
    "a right to an occupation has a law": (
        "/rights/rights/0/legal_basis",
        "required",
        right(
            type=listed("entitlement/52f62180c2"),
            limit_occupation=(Concept("http://data.europa.eu/esco/occupation/x"),),
        ),
        right(
            type=listed("entitlement/52f62180c2"),
            limit_occupation=(Concept("http://data.europa.eu/esco/occupation/x"),),
            legal_basis="Law 1",
        ),
    ),
    "a right that outlasts the course": (
        "/rights/rights/0/expiry",
        "expires_before_issue",
        right(expiry=date(2027, 6, 30)),
        right(expiry=date(2027, 7, 1)),
    ),
}
