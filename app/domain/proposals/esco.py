"""What a proposal needs to know from ESCO, asked through the port of the shared vocabulary."""

from app.domain.errors import Finding
from app.domain.proposals.checks import EscoFacts
from app.domain.proposals.content import Content
from app.domain.proposals.errors import SkillDecisionInvalid
from app.domain.proposals.policy import ProposalPolicy
from app.domain.vocabulary.lists import code_of
from app.domain.vocabulary.skills import Skill, SkillNotFound, Skills
from app.domain.vocabulary.specification import SkillDecision, SkillLink


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
    uri: str | None, language: str, *, skills: Skills, policy: ProposalPolicy
) -> SkillLink:
    """A link to the skill with that URI, with its label as it is shown now.

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
    return SkillLink(skill.uri, skill.label, skill.language, skill.version)
