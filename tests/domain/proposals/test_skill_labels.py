"""Linked skills carry ESCO's labels in the languages of the credential; they are not certified."""

from dataclasses import replace
from datetime import UTC, datetime

from app.adapters.esco.builtin import builtin_skills
from app.domain.proposals.content import Content
from app.domain.proposals.esco import with_labels, with_provenance
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import AUTHORITY
from app.domain.vocabulary.specification import (
    AcademicData,
    LearningOutcome,
    OutcomeSkill,
    SkillDecision,
    SkillLink,
)
from tests.builders_proposals import TEAMS, general_information

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def in_languages(link: SkillLink, *codes: str) -> AcademicData:
    shown = tuple(Concept(f"{AUTHORITY}language/{code}") for code in codes)
    skill = OutcomeSkill(link.label, SkillDecision.LINKED, link=link)
    outcome = LearningOutcome(code="LO1", title={"en": "Works in teams"}, skills=(skill,))
    return AcademicData(primary_language=shown[0], display_languages=shown, outcomes=(outcome,))


def link_of(academic: AcademicData) -> SkillLink:
    link = academic.outcomes[0].skills[0].link
    assert link is not None
    return link


async def test_labels_are_those_of_the_display_languages_beside_the_one_that_was_linked() -> None:
    named = await with_labels(in_languages(TEAMS, "ENG", "SPA", "DEU"), builtin_skills())
    assert link_of(named) == replace(
        TEAMS, labels={"es": "trabajar en equipo", "de": "in Teams arbeiten"}
    )


async def test_a_label_of_another_version_or_of_an_unknown_skill_is_not_made_up() -> None:
    older = replace(TEAMS, version="1.0.9")
    unknown = replace(TEAMS, uri="http://data.europa.eu/esco/skill/00000000")
    for link in (older, unknown):
        named = await with_labels(in_languages(link, "ENG", "SPA"), builtin_skills())
        assert link_of(named).labels == {}


async def test_labels_change_nothing_of_what_partners_consent_to() -> None:
    bare = in_languages(TEAMS, "ENG", "SPA")
    named = await with_labels(bare, builtin_skills())
    assert named != bare
    general = general_information(summary_public={}, target_groups=())
    assert Content(general, named).certified_hash == Content(general, bare).certified_hash


async def test_nobody_else_can_write_them() -> None:
    forged = replace(TEAMS, labels={"es": "ser el jefe"})
    before, after = in_languages(TEAMS, "ENG"), in_languages(forged, "ENG")
    assert link_of(with_provenance(AcademicData(), after, by=None, at=NOW)).labels == {}
    assert link_of(with_provenance(before, after, by=None, at=NOW)).labels == {}
