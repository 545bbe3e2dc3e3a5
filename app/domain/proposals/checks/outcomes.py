"""Rules of learning outcomes and of the skills that they name."""

from collections.abc import Iterator, Sequence

from app.domain.proposals.checks.judged import (
    Issue,
    Judged,
    all_listed,
    issue,
    listed,
    required,
    text,
    warning,
)
from app.domain.vocabulary.skills import ResolutionStatus
from app.domain.vocabulary.specification import LearningOutcome, OutcomeSkill, SkillDecision
from app.domain.vocabulary.text import folded

FEWEST, MOST = 3, 8
LONGEST = 300

NOT_MEASURABLE = {
    "en": (
        "know", "understand", "be aware", "be familiar", "become familiar", "appreciate", "learn",
        "have knowledge",
    ),
    "es": (
        "conocer", "comprender", "entender", "saber", "familiarizarse", "aprender", "tener nociones"
    ),
    "de": ("kennen", "verstehen", "wissen", "lernen"),
    "it": ("conoscere", "comprendere", "capire", "sapere", "imparare"),
    "fr": ("connaître", "comprendre", "savoir", "apprendre"),
}  # fmt: skip
"""Beginnings that name no performance one could assess, by language."""

_SAID = {
    ResolutionStatus.EXACT: "ESCO prefers these words for one skill: link it, if its meaning fits.",
    ResolutionStatus.ALT_LABEL: "In ESCO these are other words for a skill of another name.",
    ResolutionStatus.GROUP: "In ESCO this is the name of a group, not of a skill.",
    ResolutionStatus.AMBIGUOUS: "In ESCO several skills bear these words.",
    ResolutionStatus.NOT_FOUND: "ESCO knows no skill by these words.",
}


def _outcomes(judged: Judged) -> Iterator[Issue]:
    outcomes, pointer = judged.content.academic.outcomes, "/academic/outcomes"
    if not FEWEST <= len(outcomes) <= MOST:
        yield issue(
            pointer,
            "outcome_count",
            f"A micro-credential has {FEWEST} to {MOST} learning outcomes.",
            count=len(outcomes),
        )
    for n, outcome in enumerate(outcomes):
        at = f"{pointer}/{n}"
        yield from code_rules(f"{at}/code", [o.code for o in outcomes], n)
        yield from text(f"{at}/title", outcome.title, judged.display_tags, longest=LONGEST)
        yield from _verb(f"{at}/title", outcome)
        yield from listed(f"{at}/type", outcome.type, "skill-type")
        yield from listed(f"{at}/reuse_level", outcome.reuse_level, "skill-reuse-level")
        yield from all_listed(f"{at}/other_skills", outcome.other_skills, "dcf")


def code_rules(pointer: str, codes: Sequence[str], n: int) -> Iterator[Issue]:
    """The n-th of some codes: there, and not the same as one before it."""
    if not codes[n].strip():
        yield required(pointer)
    elif codes[n] in codes[:n]:
        yield issue(pointer, "duplicate", f"{codes[n]} is used twice.")


def _verb(pointer: str, outcome: LearningOutcome) -> Iterator[Issue]:
    for tag, words in outcome.title.items():
        start = folded(words) + " "
        for verb in NOT_MEASURABLE.get(tag.split("-")[0], ()):
            if start.startswith(folded(verb) + " "):
                yield warning(
                    f"{pointer}/{tag}",
                    "verb_not_measurable",
                    f"“{verb}” names nothing that can be assessed. Say what learners can do.",
                    verb=verb,
                )


def _skills(judged: Judged) -> Iterator[Issue]:
    for n, outcome in enumerate(judged.content.academic.outcomes):
        at = f"/academic/outcomes/{n}/skills"
        for m, skill in enumerate(outcome.skills):
            if not skill.wording.strip():
                yield required(f"{at}/{m}/wording")
            elif skill.wording in [s.wording for s in outcome.skills[:m]]:
                yield issue(f"{at}/{m}/wording", "duplicate", "This skill is named twice.")
            yield from _decision(f"{at}/{m}", skill, judged)
        if not any(
            s.decision in {SkillDecision.LINKED, SkillDecision.OWN_WORDING} for s in outcome.skills
        ) and not any(s.decision is SkillDecision.UNDECIDED for s in outcome.skills):
            yield issue(
                at,
                "outcome_without_skill",
                "Link at least one ESCO skill, or keep a wording of your own with a reason.",
                outcome=outcome.code,
            )


def _decision(pointer: str, skill: OutcomeSkill, judged: Judged) -> Iterator[Issue]:
    match skill.decision:
        case SkillDecision.UNDECIDED:
            yield _undecided(pointer, skill, judged)
        case SkillDecision.LINKED:
            yield from _link(pointer, skill, judged)
        case SkillDecision.OWN_WORDING if not (skill.reason or "").strip():
            yield issue(
                f"{pointer}/reason",
                "esco_reason_needed",
                "Say why no ESCO skill is linked: the reason stands in for it.",
            )
        case _:
            pass
    if skill.link is not None and skill.decision is not SkillDecision.LINKED:
        yield issue(
            f"{pointer}/link", "esco_link_unexpected", "Only a linked skill has a link to ESCO."
        )


def _undecided(pointer: str, skill: OutcomeSkill, judged: Judged) -> Issue:
    resolved = judged.esco.undecided.get(skill.wording)
    said = f" {_SAID[resolved.status]}" if resolved else ""
    said += "".join(f" {warning.detail}" for warning in resolved.warnings) if resolved else ""
    return issue(
        pointer,
        "esco_undecided",
        f"“{skill.wording}” is undecided: link it, keep it as your own wording with a reason, "
        f"or drop it.{said}",
        wording=skill.wording,
        status=resolved.status.value if resolved else None,
    )


def _link(pointer: str, skill: OutcomeSkill, judged: Judged) -> Iterator[Issue]:
    if skill.link is None:
        yield required(f"{pointer}/link")
        return
    known = judged.esco.linked.get((skill.link.uri, skill.link.language))
    if known is None:
        yield issue(
            f"{pointer}/link/uri",
            "esco_link_unknown",
            "ESCO knows no skill with this URI in the version used here.",
            uri=skill.link.uri,
        )
    elif known.is_group and not judged.policy.esco_groups_allowed:
        yield issue(
            f"{pointer}/link/uri",
            "esco_group",
            f"“{known.label}” is a group of skills. Choose a skill of the group, or keep your "
            "own wording.",
            uri=skill.link.uri,
        )
    elif skill.link.version == known.version and skill.link.label != known.label:
        yield issue(
            f"{pointer}/link/label",
            "esco_label_differs",
            f"In ESCO {known.version} this skill is called “{known.label}”.",
            label=known.label,
        )


RULES = (_outcomes, _skills)
