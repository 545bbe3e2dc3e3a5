"""What stands behind an achievement, one function per class of the Learning Model."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from app.adapters.edc.elm.agents import organisation
from app.adapters.edc.elm.sources import Sources
from app.adapters.edc.elm.values import (
    Node,
    concept,
    concept_scheme,
    concepts,
    credit_point,
    day,
    esco_skill,
    hours,
    identifier,
    jurisdiction,
    node,
    note,
    number,
    texts,
    web_resource,
)
from app.adapters.edc.elm.words import Topic, phrase
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.specification import (
    Assessment,
    GradingScheme,
    LearningOutcome,
    OutcomeSkill,
    QualityRecord,
    Right,
    SkillDecision,
    SkillLink,
    StackTarget,
    WorkloadPart,
)
from app.domain.vocabulary.text import LanguageMap, in_language

OUTCOME_CODE = "Learning outcome"
ASSESSMENT_CODE = "Assessment"
SCALE = "Grading scale"
"""Names of our own schemes of identifiers."""
_CYCLES = "urn:epass:conceptScheme:qf-ehea"


def qualification(sources: Sources) -> Node:
    """The micro-credential itself: everything that is the same for all who earn it."""
    academic, languages = sources.academic, sources.languages
    framework = concept(academic.credit_framework, languages) if academic.credit_framework else {}
    return node(
        "Qualification",
        title=texts(academic.title),
        description=texts(academic.description),
        dcType=_one(academic.opportunity_type, sources),
        eqfLevel=_one(academic.eqf_level, sources),
        nqfLevel=concepts(academic.nqf_levels, languages),
        educationLevel=cycle(academic.cycle, languages) if academic.cycle else None,
        thematicArea=concepts(academic.isced_f, languages),
        creditPoint=credit_point(academic.ects, framework),
        volumeOfLearning=hours(academic.workload_hours) if academic.workload_hours else None,
        maximumDuration=academic.max_duration,
        language=concepts(academic.languages_teaching, languages),
        mode=concepts(academic.mode, languages),
        learningSetting=_one(academic.learning_setting, sources),
        targetGroup=concepts(sources.specification.target_groups, languages),
        entryRequirement=note(academic.entry_requirements),
        learningOutcomeSummary=note(academic.outcome_summary),
        learningOutcome=[learning_outcome(outcome, sources) for outcome in academic.outcomes],
        isPartialQualification=academic.partial_qualification,
        homepage=web_resource(academic.homepage),
        accreditation=[accreditation(record, sources) for record in academic.qa_records],
        additionalNote=_notes_on_the_whole(sources),
    )


def learning_outcome(outcome: LearningOutcome, sources: Sources) -> Node:
    """One outcome, with the skills it leads to."""
    return node(
        "LearningOutcome",
        identifier=identifier(OUTCOME_CODE, outcome.code),
        title=texts(outcome.title),
        dcType=_one(outcome.type, sources),
        reusabilityLevel=_one(outcome.reuse_level, sources),
        relatedESCOSkill=[
            esco_skill(skill.link.uri, skill_labels(skill.link, sources))
            for skill in _distinct_links(outcome.skills)
            if skill.link
        ],
        relatedSkill=concepts(outcome.other_skills, sources.languages),
        additionalNote=[
            note(
                {sources.primary: skill.wording},
                about=Topic.OWN_WORDING,
                languages=sources.languages,
            )
            for skill in outcome.skills
            if skill.decision is SkillDecision.OWN_WORDING
        ],
    )


def skill_labels(link: SkillLink, sources: Sources) -> LanguageMap:
    """As it was labelled when a person linked it, and by ESCO in the other display languages.

    What somebody linked in one of those, in another outcome, comes before ESCO's words.
    """
    linked = {tag: label for (uri, tag), label in sources.linked_labels.items() if uri == link.uri}
    known = {**link.labels, **linked, link.language: link.label}
    shown = [tag for tag in sources.languages if tag in known]
    return {tag: known[tag] for tag in dict.fromkeys((*shown, link.language))}


def overall_assessment_specification(sources: Sources) -> Node:
    """How the whole is graded, and the assessments that it consists of."""
    academic, languages = sources.academic, sources.languages
    scheme = academic.grading_scheme
    return node(
        "LearningAssessmentSpecification",
        title=phrase("overall-result", languages),
        gradingScheme=grading_scheme(scheme) if scheme else None,
        additionalNote=note(
            dict.fromkeys(languages, scheme.passing),
            about=Topic.PASSING_GRADE,
            languages=languages,
        )
        if scheme
        else None,
        hasPart=[
            learning_assessment_specification(assessment, sources)
            for assessment in academic.assessments
        ],
    )


def learning_assessment_specification(assessment: Assessment, sources: Sources) -> Node:
    """One assessment as it was planned."""
    languages = sources.languages
    scheme = sources.academic.grading_scheme
    return node(
        "LearningAssessmentSpecification",
        identifier=identifier(ASSESSMENT_CODE, assessment.code),
        title=texts(assessment.title),
        dcType=concept(assessment.type, languages),
        mode=concepts(assessment.mode, languages),
        language=concepts(assessment.languages, languages),
        gradingScheme=grading_scheme(scheme) if scheme else None,
        additionalNote=note(
            dict.fromkeys(languages, f"{assessment.weight} %"),
            about=Topic.WEIGHT,
            languages=languages,
        )
        if assessment.weight is not None
        else None,
    )


def grading_scheme(scheme: GradingScheme) -> Node:
    """The scheme that a grade is read by."""
    return node(
        "GradingScheme",
        title=texts(scheme.title),
        description=texts(scheme.description),
        identifier=identifier(SCALE, scheme.scale.value),
    )


def learning_activity_specification(part: WorkloadPart, sources: Sources) -> Node:
    """A part of the workload as it was planned; contact hours where people meet in it."""
    return node(
        "LearningActivitySpecification",
        title=texts(part.title),
        dcType=concept(part.kind, sources.languages),
        volumeOfLearning=hours(part.hours),
        contactHour=str(part.hours) if part.contact else None,
        language=concepts(sources.academic.languages_teaching, sources.languages),
    )


def learning_entitlement_specification(right: Right, sources: Sources) -> Node:
    """A right that the credential gives, and where it holds."""
    languages = sources.languages
    return node(
        "LearningEntitlementSpecification",
        title=texts(right.title),
        description=texts(right.description),
        dcType=concept(right.type, languages),
        entitlementStatus=concept(right.status, languages),
        limitOrganisation=[
            organisation(sources.organisation(code), sources, member=sources.alliance_name)
            for code in right.limit_organisations
        ],
        limitJurisdiction=[
            concept(jurisdiction(place), languages) for place in right.limit_jurisdiction
        ],
        limitOccupation=concepts(right.limit_occupation, languages),
    )


def accreditation(record: QualityRecord, sources: Sources) -> Node:
    """A quality-assurance decision, and the agency that took it."""
    agency = node(
        "Organisation",
        legalName=texts(record.agency),
        location=node(
            "Location",
            address=node("Address", countryCode=concept(record.agency_country, sources.languages)),
        )
        if record.agency_country
        else None,
    )
    return node(
        "Accreditation",
        title=texts(record.title),
        dcType=concept(record.type, sources.languages),
        accreditingAgent=agency,
        decision=_decision(record.decision, sources) if record.decision else None,
        dateIssued=day(record.issued_on) if record.issued_on else None,
        expiryDate=day(record.valid_until) if record.valid_until else None,
        report=web_resource(record.report_url),
    )


def cycle(name: str, languages: Sequence[str]) -> Node:
    """A cycle of the European Higher Education Area; no published list has IRIs for them."""
    return node(
        "Concept",
        id=f"urn:epass:concept:qf-ehea-{name}",
        inScheme=concept_scheme(_CYCLES),
        notation=name,
        prefLabel=phrase(f"cycle-{name}", languages),
    )


def _decision(words: str, sources: Sources) -> Node:
    """A decision in the agency's words. ELM wants a concept, and none is published for most."""
    return node(
        "Concept",
        id=f"urn:epass:concept:decision-{uuid5(NAMESPACE_URL, words)}",
        prefLabel={sources.primary: words},
    )


def _one(value: Concept | None, sources: Sources) -> Node | None:
    return concept(value, sources.languages) if value else None


def _distinct_links(skills: Sequence[OutcomeSkill]) -> list[OutcomeSkill]:
    linked = {
        skill.link.uri: skill
        for skill in skills
        if skill.decision is SkillDecision.LINKED and skill.link
    }
    return list(linked.values())


def _notes_on_the_whole(sources: Sources) -> list[Node]:
    """The certified fields for which ELM has no property of their own."""
    academic, languages = sources.academic, sources.languages
    notes: list[Node] = []
    if academic.stackability:
        notes.append(
            note(
                phrase(academic.stackability.value, languages),
                about=Topic.STACKABILITY,
                languages=languages,
            )
        )
    notes.extend(
        note(_target(target, sources), about=Topic.STACKS_INTO, languages=languages)
        for target in academic.stacks_into
    )
    if academic.further_information:
        notes.append(
            note(
                academic.further_information,
                about=Topic.FURTHER_INFORMATION,
                languages=languages,
            )
        )
    decided = {record.type.uri for record in academic.qa_records}
    for kind in academic.qa_types:
        if kind.uri not in decided:
            labels: LanguageMap = concept(kind, languages)["prefLabel"]
            notes.append(note(labels, about=Topic.QUALITY_ASSURANCE, languages=languages))
    return [made for made in notes if made]


def _target(target: StackTarget, sources: Sources) -> LanguageMap:
    """`Master in Data (University of Crete), 3 ECTS`, in each language of the programme's name."""
    institution = sources.organisation(target.institution).legal_name
    credits_ = f", {number(target.ects)} ECTS" if target.ects is not None else ""
    return {
        tag: f"{name} ({in_language(institution, tag)}){credits_}"
        for tag, name in target.programme.items()
        if name.strip()
    }
