"""What a proposal needs to know from ESCO, asked through the port of the shared vocabulary."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.domain.errors import Finding
from app.domain.proposals.checks import EscoFacts
from app.domain.proposals.content import Content
from app.domain.proposals.errors import SkillDecisionInvalid
from app.domain.proposals.policy import ProposalPolicy
from app.domain.vocabulary.lists import code_of
from app.domain.vocabulary.skill_wordings import label_key
from app.domain.vocabulary.skills import ResolutionStatus, Skill, SkillNotFound, Skills
from app.domain.vocabulary.specification import (
    AcademicData,
    LinkMethod,
    OutcomeSkill,
    SkillDecision,
    SkillLink,
    Specification,
)


def author_language(content: Content) -> str:
    """BCP 47 tag of the language in which labels are shown to the authors."""
    primary = content.academic.primary_language
    return (code_of(primary.uri) if primary else None) or "en"


async def esco_facts(content: Content, skills: Skills) -> EscoFacts:
    """What ESCO says about each skill that the outcomes name. Raises SkillsUnavailable."""
    named = [skill for outcome in content.academic.outcomes for skill in outcome.skills]
    linked: dict[tuple[str, str], Skill] = {}
    for link in {s.link for s in named if s.link and s.decision is SkillDecision.LINKED}:
        try:
            linked[link.uri, link.language] = await skills.get(link.uri, link.language)
        except SkillNotFound:
            continue
    open_ones = list(
        dict.fromkeys(s.wording for s in named if s.decision is SkillDecision.UNDECIDED)
    )
    resolved = await skills.resolve(open_ones, author_language(content)) if open_ones else []
    return EscoFacts(linked, dict(zip(open_ones, resolved, strict=True)))


async def link_to(
    uri: str | None,
    wording: str,
    language: str,
    *,
    skills: Skills,
    policy: ProposalPolicy,
    by: UUID | None,
    at: datetime,
) -> SkillLink:
    """A link from the wording to the skill with that URI, with its label as it is shown now.

    Raises SkillDecisionInvalid, SkillsUnavailable.
    """
    if not uri:
        raise SkillDecisionInvalid(
            Finding("/uri", "required", "Give the URI of the skill that you link.")
        )
    try:
        skill = await skills.get(uri, language)
    except SkillNotFound as error:
        raise SkillDecisionInvalid(Finding("/uri", "esco_link_unknown", error.detail)) from error
    if skill.is_group and not policy.esco_groups_allowed:
        raise SkillDecisionInvalid(
            Finding(
                "/uri",
                "esco_group",
                f"“{skill.label}” is a group of skills and cannot be linked. Choose a skill of "
                "the group, or keep your own wording with a reason.",
            )
        )
    method = await _method(wording, skill, language, skills)
    return SkillLink(skill.uri, skill.label, skill.language, skill.version, method, by, at)


async def _method(wording: str, skill: Skill, language: str, skills: Skills) -> LinkMethod:
    if label_key(wording) == label_key(skill.label):
        return LinkMethod.EXACT
    [found] = await skills.resolve([wording], language)
    # Whatever is near is a candidate too, but bears the wording as no label.
    borne = () if found.status is ResolutionStatus.NOT_FOUND else (*found.candidates, *found.also)
    return LinkMethod.ALT_LABEL if skill.uri in {c.uri for c in borne} else LinkMethod.CHOSEN


def with_provenance(
    before: AcademicData, after: AcademicData, *, by: UUID | None, at: datetime
) -> AcademicData:
    """The section as it was written, with what we know of each link: nobody else can say it.

    A link that was there keeps what is known of it, wherever it was moved to.
    """
    known = {(skill.wording, link.what): link for skill, link in _links(before)}

    def told(skill: OutcomeSkill) -> OutcomeSkill:
        if skill.link is None:
            return skill
        new = replace(skill.link, method=LinkMethod.WRITTEN, linked_by=by, linked_at=at, labels={})
        return replace(skill, link=known.get((skill.wording, skill.link.what), new))

    outcomes = (replace(o, skills=tuple(told(s) for s in o.skills)) for o in after.outcomes)
    return replace(after, outcomes=tuple(outcomes))


async def with_labels(academic: AcademicData, skills: Skills) -> AcademicData:
    """The section with each linked skill's labels in the languages that it is shown in.

    They stand beside the label that was linked, and are ESCO's own words: of the same version, and
    only where it has a label in that language. Raises SkillsUnavailable.
    """
    tags = academic.display_tags

    async def labelled(skill: OutcomeSkill) -> OutcomeSkill:
        link = skill.link
        if link is None:
            return skill
        found = {tag: await _label(link, tag, skills) for tag in tags if tag != link.language}
        labels = {tag: label for tag, label in found.items() if label}
        return replace(skill, link=replace(link, labels=labels))

    outcomes = [
        replace(outcome, skills=tuple([await labelled(skill) for skill in outcome.skills]))
        for outcome in academic.outcomes
    ]
    return replace(academic, outcomes=tuple(outcomes))


async def _label(link: SkillLink, tag: str, skills: Skills) -> str | None:
    try:
        skill = await skills.get(link.uri, tag)
    except SkillNotFound:
        return None
    return skill.label if (skill.language, skill.version) == (tag, link.version) else None


def without_people(specification: Specification) -> Specification:
    """The specification as it is published: with links, without who made them."""

    def unnamed(skill: OutcomeSkill) -> OutcomeSkill:
        return replace(skill, link=replace(skill.link, linked_by=None)) if skill.link else skill

    outcomes = (
        replace(outcome, skills=tuple(unnamed(skill) for skill in outcome.skills))
        for outcome in specification.academic.outcomes
    )
    return replace(
        specification, academic=replace(specification.academic, outcomes=tuple(outcomes))
    )


def _links(academic: AcademicData) -> Iterator[tuple[OutcomeSkill, SkillLink]]:
    for outcome in academic.outcomes:
        for skill in outcome.skills:
            if skill.link is not None:
                yield skill, skill.link
