"""What an award becomes as a credential, beyond where each field stands."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.adapters.edc.elm.claims import weakest
from app.adapters.edc.elm.values import later, number
from app.domain.credentials.profile.validation import validate
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.award import AssessmentResult, Holder
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import SNB
from app.domain.vocabulary.specification import (
    AcademicData,
    SkillLink,
    Specification,
)
from tests.adapters.edc.credentials import a_credential, a_full_credential
from tests.adapters.edc.material import (
    ESCO,
    SUPERVISED_NO_ID,
    SUPERVISED_WITH_ID,
    TEAMS,
    UNSUPERVISED_NO_ID,
    UNSUPERVISED_WITH_ID,
    a_course,
    a_full_course,
    a_holder,
    an_award,
    linked,
)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def claim(credential: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = credential["credentialSubject"]["hasClaim"]
    return found


@pytest.mark.parametrize("course", [a_course(), a_full_course()])
def test_it_follows_the_profile(course: Specification) -> None:
    assert validate(a_credential(course)) == []


def test_a_joint_award_names_every_awarding_body_with_its_country_and_alliance() -> None:
    bodies = claim(a_credential())["awardedBy"]["awardingBody"]
    assert [
        (
            body["legalName"]["en"],
            body["location"]["address"]["countryCode"]["prefLabel"]["en"],
            body["groupMemberOf"]["prefLabel"]["en"],
        )
        for body in bodies
    ] == [
        ("University of Oviedo", "Spain", "INGENIUM European University"),
        ("Karlsruhe University of Applied Sciences", "Germany", "INGENIUM European University"),
        (
            "“G. d’Annunzio” University of Chieti-Pescara",
            "Italy",
            "INGENIUM European University",
        ),
    ]


def test_texts_stand_in_the_languages_given_and_labels_in_those_displayed() -> None:
    credential = a_credential()
    assert claim(credential)["title"].keys() == {"en", "es"}
    [country] = {
        tuple(node["prefLabel"])
        for node in objects(credential)
        if node.get("id", "").endswith("/country/ESP")
    }
    assert country == ("en", "es")


def test_every_date_is_a_full_date_time_with_zone() -> None:
    text = json.dumps(a_full_credential())
    dates = re.findall(r'"(\d{4}-\d\d[^"]*)"', text)
    assert len(dates) > 10
    assert [d for d in dates if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", d)] == []


def test_an_id_is_shared_only_by_objects_with_the_same_content() -> None:
    contents = defaultdict(set)
    for node in objects(a_full_credential()):
        if "id" in node:
            contents[node["id"]].add(json.dumps(node, sort_keys=True))
    assert {name for name, found in contents.items() if len(found) > 1} == set()
    assert len(contents) > 60


def test_an_object_that_occurs_again_has_the_same_id() -> None:
    credential = a_credential()
    processes = {
        node["id"] for node in objects(credential) if node.get("type") == "AwardingProcess"
    }
    assert processes == {"urn:epass:awardingProcess:1"}


def test_every_object_is_embedded_and_none_is_only_named() -> None:
    assert [node for node in objects(a_full_credential()) if set(node) == {"id"}] == []


def test_the_same_award_gives_the_same_bytes() -> None:
    assert json.dumps(a_full_credential()) == json.dumps(a_full_credential())


def test_the_name_is_marked_with_one_language() -> None:
    subject = a_credential()["credentialSubject"]
    assert subject["fullName"] == {"en": "Ana Ejemplo García"}
    assert subject["dateOfBirth"] == "1998-03-21T00:00:00Z"


def test_the_address_for_delivery_is_no_part_of_the_credential() -> None:
    assert "ana@example.org" not in json.dumps(a_full_credential())


@pytest.mark.parametrize(
    ("notation", "scheme"),
    [
        (
            "urn:schac:personalUniqueCode:int:esi:uniovi.es:UO1",
            "European Student Identifier",
        ),
        ("UO1", "Student identifier"),
    ],
)
def test_a_student_identifier_says_of_which_kind_it_is(notation: str, scheme: str) -> None:
    holder = Holder(full_name="Ana", student_identifier=notation)
    subject = a_credential(award=an_award(holder))["credentialSubject"]
    assert subject["identifier"]["schemeName"] == scheme
    assert "dateOfBirth" not in subject
    assert validate(a_credential(award=an_award(holder))) == []


EVIDENCE = [
    (SUPERVISED_WITH_ID, SUPERVISED_WITH_ID, SUPERVISED_WITH_ID),
    (SUPERVISED_WITH_ID, SUPERVISED_NO_ID, SUPERVISED_NO_ID),
    (SUPERVISED_WITH_ID, UNSUPERVISED_WITH_ID, UNSUPERVISED_WITH_ID),
    (SUPERVISED_NO_ID, UNSUPERVISED_WITH_ID, UNSUPERVISED_WITH_ID),
    (UNSUPERVISED_WITH_ID, SUPERVISED_WITH_ID, SUPERVISED_WITH_ID),
    (UNSUPERVISED_NO_ID, SUPERVISED_WITH_ID, SUPERVISED_WITH_ID),
    (UNSUPERVISED_NO_ID, UNSUPERVISED_WITH_ID, UNSUPERVISED_WITH_ID),
    (SUPERVISED_WITH_ID, None, None),
    (SUPERVISED_WITH_ID, Concept("urn:something:else"), None),
]


@pytest.mark.parametrize(("approved", "evidence", "written"), EVIDENCE)
def test_identification_is_what_the_evidence_says_whatever_was_planned(
    approved: Concept, evidence: Concept | None, written: Concept | None
) -> None:
    course = a_course()
    course = replace(course, academic=replace(course.academic, id_verification=approved))
    award = replace(
        an_award(), results=(AssessmentResult("A1", "Pass", date(2026, 11, 10), evidence),)
    )
    overall = claim(a_credential(course, award))["provenBy"]
    found = overall["hasPart"].get("idVerification", {}).get("id")
    assert found == (written.uri if written else None)
    assert overall.get("idVerification", {}).get("id") == found


def test_what_is_not_known_of_one_part_is_not_known_of_the_whole() -> None:
    assert weakest([SUPERVISED_WITH_ID, None]) is None
    assert weakest([]) is None


def test_an_award_without_results_of_its_parts_still_has_its_grade() -> None:
    overall = claim(a_credential(award=replace(an_award(), results=())))["provenBy"]
    assert overall["grade"]["noteLiteral"] == {"en": "Pass", "es": "Pass"}
    assert "hasPart" not in overall
    assert len(overall["specifiedBy"]["hasPart"]) == 2


def test_an_issuer_that_does_not_award_shows_its_mandate() -> None:
    course = a_course()
    lent = replace(course, academic=replace(course.academic, awarding_bodies=("HKA", "UDA")))
    credential = a_credential(lent)
    assert credential["evidence"]["dcType"]["id"] == f"{SNB}evidence-type/c_18016257"
    assert validate(credential) == []
    assert "evidence" not in a_credential()


def test_a_course_of_one_language_is_shown_in_one() -> None:
    course = a_course()
    english = course.academic.display_languages[:1]
    credential = a_credential(
        replace(course, academic=replace(course.academic, display_languages=english))
    )
    display = credential["displayParameter"]
    assert display["language"]["id"].endswith("/ENG")
    assert display["individualDisplay"]["language"]["id"].endswith("/ENG")


def test_a_language_without_a_picture_is_reported() -> None:
    credential = a_credential(images={"en": a_picture()})
    assert [finding.code for finding in validate(credential)] == ["display_language_missing"]


def a_picture() -> bytes:
    from tests.adapters.edc.material import PICTURE

    return PICTURE


def test_one_skill_labelled_in_two_ways_is_written_in_one() -> None:
    course = a_course()
    other = replace(TEAMS, label="working in teams")
    first, *others = course.academic.outcomes
    outcomes = (replace(first, skills=(linked(other),)), *others)
    credential = a_credential(replace(course, academic=replace(course.academic, outcomes=outcomes)))
    labels = {
        node["prefLabel"]["en"] for node in objects(credential) if node.get("id") == TEAMS.uri
    }
    assert labels == {"working in teams"}
    assert validate(credential) == []


def test_one_skill_linked_twice_in_an_outcome_is_written_once() -> None:
    course = a_course()
    link = SkillLink(f"{ESCO}60c78287-22eb-4103-9c8c-28deaa460da0", "work in teams", "en", "1.1.1")
    first, *others = course.academic.outcomes
    outcomes = (replace(first, skills=(linked(link), linked(link))), *others)
    credential = a_credential(replace(course, academic=replace(course.academic, outcomes=outcomes)))
    outcome = claim(credential)["specifiedBy"]["learningOutcome"][0]
    assert outcome["relatedESCOSkill"]["id"] == link.uri


def test_a_specification_that_is_still_empty_is_built_and_its_gaps_are_reported() -> None:
    empty = Specification(summary_public={}, target_groups=(), academic=AcademicData())
    codes = {finding.code for finding in validate(a_credential(empty))}
    assert "missing" in codes


def test_an_organisation_that_was_not_given_is_our_own_mistake() -> None:
    course = a_course()
    stranger = replace(course, academic=replace(course.academic, awarding_bodies=("NOBODY",)))
    with pytest.raises(InternalInconsistency, match="NOBODY"):
        a_credential(stranger)


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        ("2026-01-31T10:00:00+00:00", "P1M", "2026-02-28T10:00:00+00:00"),
        ("2028-02-29T10:00:00+00:00", "P1Y", "2029-02-28T10:00:00+00:00"),
        ("2026-11-30T10:00:00+00:00", "P3M", "2027-02-28T10:00:00+00:00"),
        ("2026-12-31T00:00:00+00:00", "P1Y6M", "2028-06-30T00:00:00+00:00"),
        ("2026-01-01T00:00:00+00:00", "P10D", "2026-01-11T00:00:00+00:00"),
        ("2026-01-01T00:00:00+00:00", "PT36H", "2026-01-02T12:00:00+00:00"),
    ],
)
def test_a_period_goes_by_the_calendar(start: str, period: str, end: str) -> None:
    assert later(datetime.fromisoformat(start), period) == datetime.fromisoformat(end)


@pytest.mark.parametrize("period", ["", "P", "1Y", "P1X"])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        later(datetime(2026, 1, 1, tzinfo=UTC), period)


def test_credits_are_written_without_trailing_zeros() -> None:
    assert [number(Decimal(n)) for n in ("1.0", "2.50", "10", "0.5")] == ["1", "2.5", "10", "0.5"]


def test_without_a_period_the_credential_does_not_expire() -> None:
    assert not {"validUntil", "expirationDate"} & a_credential().keys()


def test_the_holder_is_the_one_of_the_award() -> None:
    other = replace(a_holder(), full_name="Ναυσικά Παπαδοπούλου")
    assert a_credential(award=an_award(other))["credentialSubject"]["fullName"] == {
        "en": "Ναυσικά Παπαδοπούλου"
    }


def of_skill(credential: dict[str, Any], uri: str = TEAMS.uri) -> list[dict[str, str]]:
    return [node["prefLabel"] for node in objects(credential) if node.get("id") == uri]


def with_links(*links: SkillLink) -> Specification:
    """The course with one of the links in each of its first outcomes, and no others."""
    course = a_course()
    outcomes = [replace(outcome, skills=()) for outcome in course.academic.outcomes]
    for place, link in enumerate(links):
        outcomes[place] = replace(outcomes[place], skills=(linked(link),))
    return replace(course, academic=replace(course.academic, outcomes=tuple(outcomes)))


def test_a_skill_is_labelled_in_the_display_languages_in_which_esco_has_a_label() -> None:
    link = replace(TEAMS, labels={"es": "trabajar en equipo", "de": "in Teams arbeiten"})
    credential = a_credential(with_links(link))
    assert of_skill(credential) == [{"en": "work in teams", "es": "trabajar en equipo"}]
    assert validate(credential) == []


def test_the_label_that_was_linked_stays_whatever_languages_are_shown() -> None:
    link = replace(TEAMS, label="im Team arbeiten", language="de", labels={"en": "work in teams"})
    credential = a_credential(with_links(link))
    assert of_skill(credential) == [{"en": "work in teams", "de": "im Team arbeiten"}]


def test_what_somebody_linked_comes_before_what_esco_says_in_another_outcome() -> None:
    spanish = replace(
        TEAMS, label="trabajar en equipo", language="es", labels={"en": "work in teams"}
    )
    english = replace(TEAMS, label="working in teams", labels={"es": "trabajo en equipo"})
    for links in ((spanish, english), (english, spanish)):
        credential = a_credential(with_links(*links))
        told = {"en": "working in teams", "es": "trabajar en equipo"}
        assert of_skill(credential) == [told, told]
        assert validate(credential) == []


def test_the_alliance_is_named_in_the_display_languages_that_it_has_a_name_in() -> None:
    names = {"en": "An alliance", "es": "Una alianza", "fr": "Une alliance"}
    credential = a_credential(alliance_name=names)
    [body, *_] = claim(credential)["awardedBy"]["awardingBody"]
    assert body["groupMemberOf"]["prefLabel"] == {"en": "An alliance", "es": "Una alianza"}
    assert validate(credential) == []
