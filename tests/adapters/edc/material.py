"""Awards and specifications for the tests: one like the alliance's course, one that is full."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from app.domain.vocabulary.award import AssessmentResult, Award, Holder
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import AUTHORITY, SNB, country_concept, language_concept
from app.domain.vocabulary.specification import (
    AcademicData,
    Assessment,
    GradingScheme,
    LearningOutcome,
    Media,
    Organisation,
    OutcomeSkill,
    QualityRecord,
    Right,
    Scale,
    SkillDecision,
    SkillLink,
    Specification,
    Stackability,
    StackTarget,
    Visual,
    WorkloadPart,
)

ALLIANCE = {"en": "INGENIUM European University"}
CREDENTIAL = UUID("0198c0de-0000-7000-8000-00000000c0de")
ISSUED = datetime(2026, 11, 24, 10, 30, 15, tzinfo=UTC)

SUPERVISED_WITH_ID = Concept(f"{SNB}supervision-verification/70be69aaf9")
SUPERVISED_NO_ID = Concept(f"{SNB}supervision-verification/44314532f9")
UNSUPERVISED_WITH_ID = Concept(f"{SNB}supervision-verification/df2880c5cb")
UNSUPERVISED_NO_ID = Concept(f"{SNB}supervision-verification/c598449d64")
ONLINE = Concept(f"{SNB}learning-assessment/920fbb3cbe")
BLENDED = Concept(f"{SNB}learning-assessment/e92d221e4d")
ENGLISH, SPANISH, GERMAN = (language_concept(tag) for tag in ("en", "es", "de"))

ESCO = "http://data.europa.eu/esco/skill/"
TEAMS = SkillLink(f"{ESCO}60c78287-22eb-4103-9c8c-28deaa460da0", "work in teams", "en", "1.1.1")
POLICIES = SkillLink(
    f"{ESCO}c7acd37d-34ef-4ee7-8f81-f0b8cd06c66a",
    "apply system organisational policies",
    "en",
    "1.1.1",
)


def an_organisation(code: str, local: str, tag: str, english: str, country: str) -> Organisation:
    return Organisation(
        code=code,
        legal_name={tag: local, "en": english},
        alternative_name={"en": code},
        country=country_concept(country),
        homepage=f"https://{code.lower()}.example/",
        identifiers={"erasmus": f"X {code}01", "ror": f"0{code.lower()}"},
    )


OVIEDO = an_organisation("UNIOVI", "Universidad de Oviedo", "es", "University of Oviedo", "ES")
KARLSRUHE = an_organisation(
    "HKA", "Hochschule Karlsruhe", "de", "Karlsruhe University of Applied Sciences", "DE"
)
CHIETI = an_organisation(
    "UDA",
    "Università degli Studi “G. d’Annunzio” Chieti-Pescara",
    "it",
    "“G. d’Annunzio” University of Chieti-Pescara",
    "IT",
)
CRETE = an_organisation("UOC", "Πανεπιστήμιο Κρήτης", "el", "University of Crete", "GR")
PARTNERS: Mapping[str, Organisation] = {o.code: o for o in (OVIEDO, KARLSRUHE, CHIETI, CRETE)}
TEST_NUMBER = "NTRXX-DEVELOPMENT-UNIOVI"
ISSUER = replace(
    OVIEDO,
    legal_name={"es": "Universidad de Oviedo"},
    alternative_name={"es": "UNIOVI seal - DEVELOPMENT ONLY"},
    identifiers={**OVIEDO.identifiers, "eidas": TEST_NUMBER},
)


def an_outcome(number: int, english: str, spanish: str, *skills: OutcomeSkill) -> LearningOutcome:
    return LearningOutcome(code=f"LO{number}", title={"en": english, "es": spanish}, skills=skills)


def linked(link: SkillLink) -> OutcomeSkill:
    return OutcomeSkill(wording=link.label, decision=SkillDecision.LINKED, link=link)


def a_course() -> Specification:
    """The alliance's course as its authors would certify it, in two languages."""
    own = OutcomeSkill(
        wording="linking learning outcomes of qualifications with ESCO skills",
        decision=SkillDecision.OWN_WORDING,
        reason="ESCO has no such skill yet.",
    )
    return Specification(
        summary_public={
            "en": "Prepares staff to design, assure and certify a joint micro-credential together "
            "with partner universities.",
            "es": "Prepara al personal para diseñar, garantizar y certificar una microcredencial "
            "conjunta con universidades socias.",
        },
        target_groups=(Concept(f"{SNB}target-group/1599531db0"),),
        academic=AcademicData(
            title={
                "en": "Towards INGENIUM Micro-credentials Framework",
                "es": "Hacia un marco INGENIUM de microcredenciales",
            },
            description={"en": "A short online course.", "es": "Un curso breve en línea."},
            credential_profile=Concept(f"{SNB}credential/e34929035b"),
            opportunity_type=Concept(f"{SNB}learning-opportunity/74a4a268e8"),
            awarding_bodies=("UNIOVI", "HKA", "UDA"),
            issuer="UNIOVI",
            eqf_level=Concept(f"{SNB}eqf/6"),
            cycle="1",
            nqf_levels=(Concept(f"{SNB}qdr/c_6422359b"),),
            isced_f=(Concept(f"{SNB}isced-f/0111"),),
            ects=Decimal("1.0"),
            credit_framework=Concept(f"{SNB}education-credit/6fcec5c5af"),
            hours_per_ects=25,
            workload_hours=25,
            workload_parts=(
                WorkloadPart(
                    {"en": "Teaching", "es": "Docencia"},
                    Concept(f"{SNB}learning-activity/bf2e3a7bae"),
                    14,
                    contact=True,
                ),
                WorkloadPart(
                    {"en": "Group work", "es": "Trabajo en grupo"},
                    Concept(f"{SNB}learning-activity/3c8bd58d62"),
                    11,
                ),
            ),
            outcomes=(
                an_outcome(
                    1,
                    "Interpret and apply European and institutional rules for micro-credentials",
                    "Interpretar y aplicar las normas europeas e institucionales",
                    linked(POLICIES),
                ),
                an_outcome(
                    2,
                    "Design and document the structure of a joint micro-credential",
                    "Diseñar y documentar la estructura de una microcredencial conjunta",
                ),
                an_outcome(
                    3,
                    "Know the digital tools for managing and certifying micro-credentials",
                    "Conocer las herramientas digitales de gestión y certificación",
                ),
                an_outcome(
                    4,
                    "Integrate ESCO skills into outcomes and assessment criteria",
                    "Integrar competencias ESCO en los resultados y criterios de evaluación",
                    own,
                ),
                an_outcome(
                    5,
                    "Create a draft proposal together with colleagues of partner universities",
                    "Crear un borrador de propuesta con colegas de universidades socias",
                    linked(TEAMS),
                    linked(POLICIES),
                ),
            ),
            mode=(ONLINE,),
            learning_setting=Concept(f"{SNB}learning-setting/6fd4685715"),
            max_duration="P2M",
            languages_teaching=(ENGLISH,),
            assessments=(
                Assessment(
                    code="A1",
                    title={"en": "Quiz on the rules", "es": "Cuestionario sobre las normas"},
                    type=Concept(f"{SNB}assessment/b1b68f6735"),
                    mode=(ONLINE,),
                    languages=(ENGLISH,),
                    weight=40,
                    outcomes=("LO1", "LO3"),
                ),
                Assessment(
                    code="A2",
                    title={"en": "Proposal, peer reviewed", "es": "Propuesta evaluada por pares"},
                    type=Concept(f"{SNB}assessment/795dac4096"),
                    mode=(ONLINE,),
                    languages=(ENGLISH,),
                    weight=60,
                    outcomes=("LO2", "LO4", "LO5"),
                ),
            ),
            grading_scheme=GradingScheme(
                title={"en": "Pass or fail", "es": "Apto o no apto"},
                scale=Scale.PASS_FAIL,
                passing="Pass",
            ),
            id_verification=UNSUPERVISED_WITH_ID,
            qa_types=(Concept(f"{SNB}accreditation/bb4618238e"),),
            qa_records=(
                QualityRecord(
                    title={"en": "Demonstration record of institutional quality assurance"},
                    type=Concept(f"{SNB}accreditation/bb4618238e"),
                    agency={"en": "Demonstration Agency"},
                    agency_country=country_concept("ES"),
                    decision="passed",
                    valid_until=date(2031, 6, 1),
                ),
            ),
            entry_requirements={"en": "English, level B2", "es": "Inglés, nivel B2"},
            stackability=Stackability.STANDALONE,
            partial_qualification=False,
            homepage="https://ingenium.example/micro-credentials",
            display_languages=(ENGLISH, SPANISH),
            primary_language=ENGLISH,
        ),
    )


def a_holder() -> Holder:
    return Holder(
        full_name="Ana Ejemplo García",
        given_name="Ana",
        family_name="Ejemplo García",
        birth_date=date(1998, 3, 21),
        student_identifier="urn:schac:personalUniqueCode:int:esi:uniovi.es:UO000000",
        email="ana@example.org",
    )


def an_award(holder: Holder | None = None) -> Award:
    return Award(
        registration=UUID(int=1),
        edition=UUID(int=2),
        edition_code="IMC-2026-001-E2",
        edition_start=date(2026, 10, 5),
        edition_end=date(2026, 11, 15),
        proposal=UUID(int=3),
        proposal_version=1,
        holder=holder or a_holder(),
        grade="Pass",
        awarded_on=date(2026, 11, 20),
        results=(
            AssessmentResult("A1", "Pass", date(2026, 11, 10), UNSUPERVISED_WITH_ID),
            AssessmentResult("A2", "Pass", date(2026, 11, 18), SUPERVISED_WITH_ID),
        ),
    )


PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f"
    b"\x15\xc4\x89\x00\x00\x00\rIDATx\xdac\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa7\x9a\xa0\xa0\x00"
    b"\x00\x00\x00IEND\xaeB`\x82"
)
"""A picture of one pixel, where the test is not about pictures."""
OTHER_PICTURE = PICTURE + b"\x00"
PICTURES = {"en": PICTURE, "es": OTHER_PICTURE}


def a_right() -> Right:
    return Right(
        title={"en": "Admission to the follow-on course", "es": "Admisión al curso siguiente"},
        type=Concept(f"{SNB}entitlement/64aad92881"),
        status=Concept(f"{SNB}entitlement-status/b7015a8a8c"),
        description={"en": "Without further selection.", "es": "Sin más selección."},
        limit_organisations=("UNIOVI", "UOC"),
        limit_jurisdiction=(country_concept("ES"),),
        limit_occupation=(
            Concept(
                "http://data.europa.eu/esco/occupation/0fa5d837-b44a-4504-bcad-6bcc1b7f46fb",
                {"en": "ICT teacher secondary school"},
            ),
        ),
        legal_basis="Agreement of the partners, 2026",
        expiry=date(2029, 1, 31),
    )


def a_full_course() -> Specification:
    """Like `a_course`, with every field filled in."""
    course = a_course()
    academic = course.academic
    first, *others = academic.outcomes
    picture = Media(
        content_type=Concept(f"{AUTHORITY}file-type/PNG"),
        content="iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==",
        alternative_text={"en": "A red square", "es": "Un cuadrado rojo"},
    )
    return replace(
        course,
        rights=(a_right(),),
        academic=replace(
            academic,
            outcomes=(
                replace(
                    first,
                    type=Concept(f"{SNB}skill-type/skill"),
                    reuse_level=Concept(f"{SNB}skill-reuse-level/transversal"),
                    other_skills=(Concept(f"{SNB}dcf/3h9eab1489"),),
                ),
                *others,
            ),
            outcome_summary={"en": "Can run a joint course.", "es": "Sabe llevar un curso."},
            schedule=Concept(f"{SNB}learning-schedule/67395e6b5a"),
            assessments=(
                replace(academic.assessments[0], id_verification=SUPERVISED_WITH_ID),
                replace(academic.assessments[1], id_verification=SUPERVISED_NO_ID),
            ),
            grading_scheme=GradingScheme(
                title={"en": "Spanish scale", "es": "Escala española"},
                scale=Scale.ZERO_TO_TEN,
                passing="5.0",
                description={"en": "From 0 to 10.", "es": "De 0 a 10."},
            ),
            qa_types=(
                Concept(f"{SNB}accreditation/bb4618238e"),
                Concept(f"{SNB}accreditation/820101cba6"),
            ),
            qa_records=(
                replace(
                    academic.qa_records[0],
                    issued_on=date(2025, 6, 1),
                    report_url="https://agency.example/report",
                ),
            ),
            stackability=Stackability.STACKABLE,
            stacks_into=(
                StackTarget(
                    {"en": "Master in Joint Degrees", "es": "Máster en Títulos Conjuntos"},
                    "UOC",
                    Decimal("1.5"),
                ),
            ),
            partial_qualification=True,
            further_information={"en": "Taught every spring.", "es": "Se imparte en primavera."},
            validity_period="P5Y",
            visual=Visual(logo=picture, background=picture),
        ),
    )
