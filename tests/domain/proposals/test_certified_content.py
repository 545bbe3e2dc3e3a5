"""What is certified, and what a consent therefore binds to."""

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.domain.proposals.content import Content, Rights, certified
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.specification import OutcomeSkill, SkillDecision
from tests.builders_proposals import (
    TEAMS,
    a_complete_specification,
    a_linked_skill,
    a_right,
    academic_data,
    an_outcome,
    complete_content,
    general_information,
    listed,
)
from tests.reference_data import reference_file

GOOD = complete_content(rights=Rights(True, (a_right(),)))


def academic(**changes: Any) -> Content:
    return replace(GOOD, academic=academic_data(**changes))


def general(**changes: Any) -> Content:
    return replace(GOOD, general=general_information(**changes))


def first_skill(*skills: OutcomeSkill) -> Content:
    outcomes = (an_outcome("LO1", skills=skills), *academic_data().outcomes[1:])
    return academic(outcomes=outcomes)


NOT_CERTIFIED: dict[str, Content] = {
    "working title": general(working_title={"en": "Another name"}),
    "dates": general(planned_start=date(2027, 9, 1), planned_end=date(2027, 10, 1)),
    "places": general(places=60),
    "contact": general(contact_email="other@example.org"),
    "hours per credit": academic(hours_per_ects=26),
    "what an assessment covers": academic(
        assessments=(replace(academic_data().assessments[0], outcomes=("LO1",)),)
    ),
    "legal basis of a right": replace(GOOD, rights=Rights(True, (a_right(legal_basis="Law"),))),
    "an undecided skill": first_skill(a_linked_skill(), OutcomeSkill("evaluate data")),
    "a dropped skill": first_skill(
        a_linked_skill(), OutcomeSkill("evaluate data", SkillDecision.DROPPED)
    ),
    "the wording of a linked skill": first_skill(
        replace(a_linked_skill(), wording="teamwork", reason="It is what we mean.")
    ),
    "a label beside a controlled value": academic(
        eqf_level=Concept(listed("eqf/6").uri, {"en": "Level 6"})
    ),
}

CERTIFIED: dict[str, Content] = {
    "summary": general(summary_public={"en": "Another summary of fifty characters and more, see."}),
    "target groups": general(target_groups=()),
    "title": academic(title={"en": "Joint theory", "es": "Teoría", "de": "Theorie"}),
    "awarding bodies": academic(awarding_bodies=("UNIOVI",)),
    "level": academic(eqf_level=listed("eqf/7")),
    "identity verification": academic(
        id_verification=listed("supervision-verification/70be69aaf9")
    ),
    "linked skill": first_skill(
        replace(a_linked_skill(), link=replace(TEAMS, uri="http://data.europa.eu/esco/skill/x"))
    ),
    "own wording": first_skill(
        OutcomeSkill("our own words", SkillDecision.OWN_WORDING, reason="ESCO has none.")
    ),
    "a right": replace(GOOD, rights=Rights(True, (a_right(expiry=date(2029, 1, 1)),))),
}


@pytest.mark.parametrize("changed", NOT_CERTIFIED.values(), ids=NOT_CERTIFIED)
def test_what_is_not_certified_does_not_change_the_certified_hash(changed: Content) -> None:
    assert changed != GOOD
    assert changed.certified_hash == GOOD.certified_hash


@pytest.mark.parametrize("changed", CERTIFIED.values(), ids=CERTIFIED)
def test_what_is_certified_changes_the_certified_hash(changed: Content) -> None:
    assert changed.certified_hash != GOOD.certified_hash


def test_a_draft_that_is_almost_empty_has_a_certified_hash_too() -> None:
    empty = Content(general_information(summary_public={}, target_groups=()))
    assert empty.certified_hash.startswith("sha256:")


WHERE: dict[str, Callable[[dict[str, Any]], object]] = {
    "summary_public": lambda s: s["summary_public"],
    "target_group_codes[]": lambda s: s["target_groups"],
    "title": lambda s: s["academic"]["title"],
    "description": lambda s: s["academic"]["description"],
    "credential_profile": lambda s: s["academic"]["credential_profile"],
    "opportunity_type": lambda s: s["academic"]["opportunity_type"],
    "awarding_bodies[]": lambda s: s["academic"]["awarding_bodies"],
    "issuer": lambda s: s["academic"]["issuer"],
    # Derived: the countries are facts of the bodies.
    "awarding_country[]": lambda s: s["academic"]["awarding_bodies"],
    "eqf_level": lambda s: s["academic"]["eqf_level"],
    "cycle": lambda s: s["academic"]["cycle"],
    "nqf_levels[]": lambda s: s["academic"]["nqf_levels"],
    "isced_f[]": lambda s: s["academic"]["isced_f"],
    "ects": lambda s: s["academic"]["ects"],
    "credit_framework": lambda s: s["academic"]["credit_framework"],
    "workload_hours": lambda s: s["academic"]["workload_hours"],
    "workload_parts[] {kind, hours, contact}": lambda s: [
        (p["kind"], p["hours"], p["contact"]) for p in s["academic"]["workload_parts"]
    ],
    "outcomes[] {code, text}": lambda s: [
        (o["code"], o["title"]) for o in s["academic"]["outcomes"]
    ],
    "outcomes[].esco_skills[]": lambda s: [
        skill["link"]["uri"] for o in s["academic"]["outcomes"] for skill in o["skills"]
    ],
    "outcomes[].other_skills[]": lambda s: [o["other_skills"] for o in s["academic"]["outcomes"]],
    "outcomes[].type": lambda s: [o["type"] for o in s["academic"]["outcomes"]],
    "outcomes[].reuse_level": lambda s: [o["reuse_level"] for o in s["academic"]["outcomes"]],
    "outcome_summary": lambda s: s["academic"]["outcome_summary"],
    "mode[]": lambda s: s["academic"]["mode"],
    "learning_setting": lambda s: s["academic"]["learning_setting"],
    "schedule": lambda s: s["academic"]["schedule"],
    "max_duration": lambda s: s["academic"]["max_duration"],
    "languages_teaching[]": lambda s: s["academic"]["languages_teaching"],
    "assessments[] {title, type, mode, language, weight}": lambda s: [
        (a["title"], a["type"], a["mode"], a["languages"], a["weight"])
        for a in s["academic"]["assessments"]
    ],
    "grading_scheme {title, scale, pass}": lambda s: [
        s["academic"]["grading_scheme"][k] for k in ("title", "scale", "passing")
    ],
    "id_verification": lambda s: [
        s["academic"]["id_verification"],
        *(a["id_verification"] for a in s["academic"]["assessments"]),
    ],
    "qa_types[]": lambda s: s["academic"]["qa_types"],
    "qa_records[] {agency, decision, valid_until, report_url}": lambda s: [
        (r["agency"], r["decision"], r["valid_until"], r["report_url"])
        for r in s["academic"]["qa_records"]
    ],
    "entry_requirements": lambda s: s["academic"]["entry_requirements"],
    "stackability": lambda s: s["academic"]["stackability"],
    "stacks_into[] {programme, institution, ects}": lambda s: s["academic"]["stacks_into"],
    "partial_qualification": lambda s: s["academic"]["partial_qualification"],
    "further_information": lambda s: [
        s["academic"]["further_information"],
        s["academic"]["homepage"],
    ],
    "validity_period": lambda s: s["academic"]["validity_period"],
    "display_languages[] / primary": lambda s: [
        s["academic"]["display_languages"],
        s["academic"]["primary_language"],
    ],
    "visual {logo, background}": lambda s: s["academic"]["visual"],
    "rights[].title": lambda s: [r["title"] for r in s["rights"]],
    "rights[].type": lambda s: [r["type"] for r in s["rights"]],
    "rights[].status": lambda s: [r["status"] for r in s["rights"]],
    "rights[].description": lambda s: [r["description"] for r in s["rights"]],
    "rights[].limit_organisations[]": lambda s: [r["limit_organisations"] for r in s["rights"]],
    "rights[].limit_jurisdiction[]": lambda s: [r["limit_jurisdiction"] for r in s["rights"]],
    "rights[].limit_occupation[]": lambda s: [r["limit_occupation"] for r in s["rights"]],
    "rights[].expiry": lambda s: [r["expiry"] for r in s["rights"]],
}
"""Where each certified field of the field list stands in what is hashed."""


@pytest.mark.reference
def test_every_field_of_the_list_that_enters_the_credential_is_certified() -> None:
    with reference_file("proposal-fields.csv").open(encoding="utf-8", newline="") as file:
        fields = [row["field"] for row in csv.DictReader(file) if row["in_credential"] == "Y"]
    assert sorted(fields) == sorted(WHERE)
    content = certified(a_complete_specification())
    for where in WHERE.values():
        where(content)
