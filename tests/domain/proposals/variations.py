"""Complete content with one thing changed, for the tables of rules."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.domain.proposals.content import (
    Content,
    Partner,
    Rights,
)
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.micro_credential import PartnerRole
from app.domain.vocabulary.specification import (
    AcademicData,
    Media,
    OutcomeSkill,
    StackTarget,
    Visual,
    WorkloadPart,
)
from tests.builders_proposals import (
    a_linked_skill,
    a_right,
    academic_data,
    an_outcome,
    complete_content,
    general_information,
    listed,
)

Row = tuple[str, str, Content, Content]


def general(**changes: Any) -> Content:
    return complete_content(general=general_information(**changes))


def academic(**changes: Any) -> Content:
    return complete_content(academic=academic_data(**changes))


def outcome(**changes: Any) -> Content:
    return academic(outcomes=(an_outcome("LO1", **changes), an_outcome("LO2"), an_outcome("LO3")))


def skill(skill: OutcomeSkill) -> Content:
    return outcome(skills=(skill, a_linked_skill()))


def assessment(**changes: Any) -> Content:
    return academic(assessments=(replace(academic_data().assessments[0], **changes),))


def record(**changes: Any) -> Content:
    return academic(qa_records=(replace(academic_data().qa_records[0], **changes),))


def right(**changes: Any) -> Content:
    return complete_content(rights=Rights(True, (a_right(**changes),)))


def window(**changes: Any) -> Content:
    usual = general_information().registration_window
    assert usual is not None
    return general(registration_window=replace(usual, **changes))


def parts(*hours: int) -> Content:
    kind = listed("learning-activity/bf2e3a7bae")
    return academic(workload_parts=tuple(WorkloadPart({"en": "Part"}, kind, h) for h in hours))


def credits_of(ects: str, hours: int) -> AcademicData:
    kind = listed("learning-activity/bf2e3a7bae")
    return academic_data(
        ects=Decimal(ects),
        workload_hours=hours,
        workload_parts=(WorkloadPart({"en": "All of it"}, kind, hours),),
    )


def in_spain(ects: str, hours: int) -> Content:
    return complete_content(academic=credits_of(ects, hours))


def picture(kind: str, content: str) -> Content:
    file_type = Concept(f"http://publications.europa.eu/resource/authority/file-type/{kind}")
    return academic(visual=Visual(logo=Media(file_type, content)))


GOOD = complete_content()
NOWHERE = Concept("http://example.org/nowhere")
PNG = "iVBORw0KGgo="
HERE = Partner("UNIOVI", PartnerRole.AWARDING)
WITH_TARGET = (StackTarget({"en": "Master of practice"}, "HKA"),)
