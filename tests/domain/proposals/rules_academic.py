"""Rules of certified data: pointer, code, an example that breaks it, one that keeps it."""

from base64 import b64decode, b64encode
from dataclasses import replace

from app.domain.proposals.content import (
    Model,
)
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.specification import (
    Stackability,
    StackTarget,
)
from tests.builders_proposals import (
    academic_data,
    complete_content,
    general_information,
    listed,
)
from tests.domain.proposals.variations import (
    GOOD,
    NOWHERE,
    PNG,
    WITH_TARGET,
    Row,
    academic,
    credits_of,
    in_spain,
    parts,
    picture,
)

ACADEMIC_RULES: dict[str, Row] = {
    "a title in the language of each awarding body": (
        "/academic/title/de",
        "required",
        academic(title={"en": "Joint practice", "es": "Práctica conjunta"}),
        GOOD,
    ),
    "a short title": (
        "/academic/title/en",
        "too_long",
        academic(title={"en": "x" * 151, "es": "x", "de": "x"}),
        academic(title={"en": "x" * 150, "es": "x", "de": "x"}),
    ),
    "a description in every display language": (
        "/academic/description/en",
        "required",
        academic(description={}),
        GOOD,
    ),
    "an optional text is whole or not there": (
        "/academic/outcome_summary/en",
        "required",
        academic(outcome_summary={"es": "Resumen"}),
        academic(outcome_summary={"es": "Resumen", "en": "Summary"}),
    ),
    "a profile": (
        "/academic/credential_profile",
        "required",
        academic(credential_profile=None),
        GOOD,
    ),
    "the profile whose demands a proposal can meet": (
        "/academic/credential_profile/uri",
        "not_generic",
        academic(credential_profile=listed("credential/6cf8e68c43")),
        academic(credential_profile=listed("credential/e34929035b")),
    ),
    "an opportunity type of the list": (
        "/academic/opportunity_type/uri",
        "not_in_list",
        academic(opportunity_type=NOWHERE),
        GOOD,
    ),
    "a setting": ("/academic/learning_setting", "required", academic(learning_setting=None), GOOD),
    "a schedule of the list": (
        "/academic/schedule/uri",
        "not_in_list",
        academic(schedule=NOWHERE),
        academic(schedule=listed("learning-schedule/67395e6b5a")),
    ),
    "a form of participation": ("/academic/mode", "required", academic(mode=()), GOOD),
    "each form of participation once": (
        "/academic/mode/1/uri",
        "duplicate",
        academic(mode=(listed("learning-assessment/920fbb3cbe"),) * 2),
        GOOD,
    ),
    "a language of teaching": (
        "/academic/languages_teaching",
        "required",
        academic(languages_teaching=()),
        GOOD,
    ),
    "awarding bodies": (
        "/academic/awarding_bodies",
        "required",
        academic(awarding_bodies=()),
        GOOD,
    ),
    "awarding bodies that award": (
        "/academic/awarding_bodies/2",
        "not_awarding",
        academic(awarding_bodies=("UNIOVI", "HKA", "XAMK")),
        GOOD,
    ),
    "all awarding partners are awarding bodies": (
        "/academic/awarding_bodies",
        "awarding_missing",
        academic(awarding_bodies=("UNIOVI",)),
        GOOD,
    ),
    "an awarding body once": (
        "/academic/awarding_bodies/2",
        "duplicate",
        academic(awarding_bodies=("UNIOVI", "HKA", "HKA")),
        GOOD,
    ),
    "an issuer": (
        "/academic/issuer",
        "required",
        academic(issuer=None),
        complete_content(
            general=general_information(model=Model.DECENTRALISED),
            academic=academic_data(issuer=None),
        ),
    ),
    "an issuer that awards": (
        "/academic/issuer",
        "not_awarding",
        academic(issuer="XAMK"),
        academic(issuer="HKA"),
    ),
    "a level": ("/academic/eqf_level", "required", academic(eqf_level=None), GOOD),
    "a level of higher education": (
        "/academic/eqf_level/uri",
        "eqf_level",
        academic(eqf_level=listed("eqf/4"), cycle=None),
        academic(eqf_level=listed("eqf/5"), cycle="short"),
    ),
    "a cycle of the QF-EHEA": ("/academic/cycle", "cycle", academic(cycle="4"), GOOD),
    "a cycle that goes with the level": (
        "/academic/cycle",
        "cycle_and_level",
        academic(cycle="2"),
        academic(eqf_level=listed("eqf/7"), cycle="2"),
    ),
    "national levels of the list": (
        "/academic/nqf_levels/0/uri",
        "not_in_list",
        academic(nqf_levels=(NOWHERE,)),
        academic(nqf_levels=(listed("qdr/c_055b6cf8"),)),
    ),
    "a field of education": ("/academic/isced_f", "required", academic(isced_f=()), GOOD),
    "three fields at most": (
        "/academic/isced_f",
        "too_many",
        academic(isced_f=tuple(listed(f"isced-f/011{n}") for n in (1, 2, 3, 4))),
        academic(isced_f=tuple(listed(f"isced-f/011{n}") for n in (1, 2, 3))),
    ),
    "credits": (
        "/academic/ects",
        "required",
        academic(ects=None),
        GOOD,
    ),
    "credits in halves": (
        "/academic/ects",
        "ects_step",
        in_spain("0.25", 25),
        in_spain("1.5", 38),
    ),
    "fewer than 15 credits in Spain": (
        "/academic/ects",
        "ects_limit",
        in_spain("15", 375),
        in_spain("14", 350),
    ),
    "credits of the ECTS": (
        "/academic/credit_framework/uri",
        "ects_needed",
        academic(credit_framework=listed("education-credit/60b314e826")),
        GOOD,
    ),
    "25 to 30 hours per credit": (
        "/academic/hours_per_ects",
        "hours_per_ects",
        academic(hours_per_ects=24),
        GOOD,
    ),
    "a workload": ("/academic/workload_hours", "required", academic(workload_hours=None), GOOD),
    "a workload of so many credits": (
        "/academic/workload_hours",
        "workload",
        complete_content(academic=replace(credits_of("1", 26), hours_per_ects=25)),
        complete_content(academic=replace(credits_of("1", 26), hours_per_ects=26)),
    ),
    "parts of the workload": ("/academic/workload_parts", "required", parts(), GOOD),
    "parts that add up": (
        "/academic/workload_parts",
        "workload_parts",
        parts(14, 10),
        parts(14, 11),
    ),
    "no empty part": ("/academic/workload_parts/1/hours", "hours", parts(25, 0), parts(25)),
    "a longest time to completion": (
        "/academic/max_duration",
        "duration",
        academic(max_duration="3 months"),
        academic(max_duration="P3M"),
    ),
    "a longest time that is enough": (
        "/academic/max_duration",
        "shorter_than_edition",
        academic(max_duration="P1M"),
        academic(max_duration="P8W"),
    ),
    "a validity": (
        "/academic/validity_period",
        "duration",
        academic(validity_period="forever"),
        academic(validity_period="P5Y"),
    ),
    "whether it stacks": ("/academic/stackability", "required", academic(stackability=None), GOOD),
    "what it stacks into": (
        "/academic/stacks_into",
        "required",
        academic(stackability=Stackability.STACKABLE),
        academic(stackability=Stackability.STACKABLE, stacks_into=WITH_TARGET),
    ),
    "a stand-alone one stands alone": (
        "/academic/stacks_into",
        "standalone",
        academic(stacks_into=WITH_TARGET),
        GOOD,
    ),
    "a programme of a partner": (
        "/academic/stacks_into/0/institution",
        "not_a_partner",
        academic(
            stackability=Stackability.STACKABLE,
            stacks_into=(StackTarget({"en": "Master"}, "ATLANTIS"),),
        ),
        academic(stackability=Stackability.INTEGRATED, stacks_into=WITH_TARGET),
    ),
    "whether it is part of a qualification": (
        "/academic/partial_qualification",
        "required",
        academic(partial_qualification=None),
        academic(partial_qualification=True),
    ),
    "a page over https": (
        "/academic/homepage",
        "https_needed",
        academic(homepage="http://example.org/course"),
        academic(homepage="https://example.org/course"),
    ),
    "display languages": (
        "/academic/display_languages",
        "required",
        academic(display_languages=()),
        GOOD,
    ),
    "a primary language that is displayed": (
        "/academic/primary_language/uri",
        "not_displayed",
        academic(
            primary_language=Concept(
                "http://publications.europa.eu/resource/authority/language/SPA"
            )
        ),
        GOOD,
    ),
    "pictures in base64": (
        "/academic/visual/logo/content",
        "base64",
        picture("PNG", "no base64!"),
        picture("PNG", PNG),
    ),
    "pictures that are what they say": (
        "/academic/visual/logo/content",
        "picture_type",
        picture("JPEG", PNG),
        picture("JPEG", "/9j/4AAQ"),
    ),
    "pictures a credential can show": (
        "/academic/visual/logo/content_type/uri",
        "picture_type",
        picture("GIF", "R0lGODlh"),
        picture("PNG", PNG),
    ),
    "pictures that a credential can carry": (
        "/academic/visual/logo/content",
        "too_large",
        picture("PNG", b64encode(b64decode(PNG) + bytes(500_000)).decode()),
        picture("PNG", b64encode(b64decode(PNG) + bytes(499_992)).decode()),
    ),
}
