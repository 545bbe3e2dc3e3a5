"""What the learner has achieved, one function per class of the Learning Model."""

from app.adapters.edc.elm.agents import awarding_process, organisation
from app.adapters.edc.elm.sources import Sources
from app.adapters.edc.elm.specifications import (
    learning_activity_specification,
    learning_assessment_specification,
    learning_entitlement_specification,
    overall_assessment_specification,
    qualification,
)
from app.adapters.edc.elm.values import (
    Node,
    concept,
    credit_point,
    day,
    hours,
    identifier,
    node,
    note,
    period_of_time,
    texts,
)
from app.adapters.edc.elm.words import phrase
from app.domain.vocabulary.award import AssessmentResult
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import SNB
from app.domain.vocabulary.specification import Assessment, Right, WorkloadPart

EDITION_CODE = "Edition"

_WAYS = {
    (False, False): f"{SNB}supervision-verification/c598449d64",
    (False, True): f"{SNB}supervision-verification/df2880c5cb",
    (True, False): f"{SNB}supervision-verification/44314532f9",
    (True, True): f"{SNB}supervision-verification/70be69aaf9",
}
"""EU list supervision-verification by (supervised, identity verified)."""
_MEANING = {uri: meaning for meaning, uri in _WAYS.items()}


def learning_achievement(sources: Sources) -> Node:
    """The claim: what was achieved, by whom it is awarded, and what proves it."""
    academic, award = sources.academic, sources.award
    framework = academic.credit_framework
    return node(
        "LearningAchievement",
        title=texts(academic.title),
        awardedBy=awarding_process(sources),
        creditReceived=credit_point(
            academic.ects, concept(framework, sources.languages) if framework else {}
        ),
        provenBy=overall_assessment(sources),
        influencedBy=[learning_activity(part, sources) for part in academic.workload_parts],
        entitlesTo=[learning_entitlement(right, sources) for right in sources.specification.rights],
        learningOpportunity=learning_opportunity(sources) if award.edition_code else None,
        specifiedBy=qualification(sources),
    )


def overall_assessment(sources: Sources) -> Node:
    """The grade of the whole, with the results of its parts where they are recorded."""
    academic, award = sources.academic, sources.award
    planned = {assessment.code: assessment for assessment in academic.assessments}
    parts = [
        (result, planned[result.assessment])
        for result in award.results
        if result.assessment in planned
    ]
    return node(
        "LearningAssessment",
        title=phrase("overall-result", sources.languages),
        awardedBy=awarding_process(sources),
        grade=_grade(award.grade, sources),
        dateIssued=day(award.awarded_on),
        idVerification=_as_node(
            weakest([id_verification(result) for result, _ in parts]),
            sources,
        ),
        specifiedBy=overall_assessment_specification(sources),
        hasPart=[learning_assessment(result, assessment, sources) for result, assessment in parts],
    )


def learning_assessment(result: AssessmentResult, planned: Assessment, sources: Sources) -> Node:
    """The result of one assessment."""
    return node(
        "LearningAssessment",
        title=texts(planned.title),
        awardedBy=awarding_process(sources),
        grade=_grade(result.grade, sources),
        dateIssued=day(result.assessed_on),
        idVerification=_as_node(id_verification(result), sources),
        specifiedBy=learning_assessment_specification(planned, sources),
    )


def id_verification(result: AssessmentResult) -> Concept | None:
    """How the person was supervised and identified, as the result's evidence bears out.

    Never more, so nothing where there is none; and never less, whatever was planned: the result
    that its learner has accepted says the same.
    """
    return weakest([result.id_verification])


def weakest(ways: list[Concept | None]) -> Concept | None:
    """What all of several values of supervision-verification have in common.

    None if one of them is missing or of another list, for then nothing holds for all.
    """
    meanings = [_MEANING.get(way.uri) if way else None for way in ways]
    if not meanings:
        return None
    supervised = identified = True
    for meaning in meanings:
        if meaning is None:
            return None
        supervised, identified = supervised and meaning[0], identified and meaning[1]
    return Concept(_WAYS[supervised, identified])


def learning_activity(part: WorkloadPart, sources: Sources) -> Node:
    """A part of the workload, done in the weeks of the edition."""
    award = sources.award
    return node(
        "LearningActivity",
        title=texts(part.title),
        awardedBy=awarding_process(sources),
        workload=hours(part.hours),
        temporal=period_of_time(award.edition_start, award.edition_end),
        specifiedBy=learning_activity_specification(part, sources),
    )


def learning_entitlement(right: Right, sources: Sources) -> Node:
    """A right that the learner has now, or will have."""
    return node(
        "LearningEntitlement",
        title=texts(right.title),
        awardedBy=awarding_process(sources),
        dateIssued=day(sources.award.awarded_on),
        expiryDate=day(right.expiry) if right.expiry else None,
        specifiedBy=learning_entitlement_specification(right, sources),
    )


def learning_opportunity(sources: Sources) -> Node:
    """The edition that the learner attended."""
    academic, award = sources.academic, sources.award
    return node(
        "LearningOpportunity",
        identifier=identifier(EDITION_CODE, award.edition_code),
        title=texts(academic.title),
        providedBy=[
            organisation(sources.organisation(code), sources, member=sources.alliance_name)
            for code in academic.awarding_bodies
        ],
        temporal=period_of_time(award.edition_start, award.edition_end),
        learningSchedule=concept(academic.schedule, sources.languages)
        if academic.schedule
        else None,
    )


def _grade(grade: str, sources: Sources) -> Node:
    """Grades are written alike in every language."""
    return note(dict.fromkeys(sources.languages, grade))


def _as_node(value: Concept | None, sources: Sources) -> Node | None:
    return concept(value, sources.languages) if value else None
