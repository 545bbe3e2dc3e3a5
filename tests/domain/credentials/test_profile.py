"""The profile table, and what the validator says of documents that stray from it."""

import copy
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from app.domain.credentials.profile.limits import Limits
from app.domain.credentials.profile.model import Kind
from app.domain.credentials.profile.tables import edc_profile, read_profile
from app.domain.credentials.profile.validation import (
    MAX_FINDINGS,
    OWN_RULES,
    against_the_shapes,
    validate,
)
from app.domain.credentials.profile.values import is_absolute_iri, is_duration
from app.domain.errors import InternalInconsistency
from tests.adapters.edc.credentials import a_full_credential

GOOD = a_full_credential()
Change = Callable[[dict[str, Any]], None]


def test_the_profile_knows_what_family_it_is() -> None:
    profile = edc_profile()
    assert (profile.family, profile.version) == ("A", "1.1.0")
    assert profile.expand("elm:awardedBy") == "http://data.europa.eu/snb/model/elm/awardedBy"
    assert profile.schemas["http://data.europa.eu/snb/credential/e34929035b"] == (
        "http://data.europa.eu/snb/model/ap/edc-generic-full"
    )


def test_a_line_of_the_table_is_read_as_it_says() -> None:
    key = edc_profile().classes["Qualification"].keys["eqfLevel"]
    assert (key.iri, key.kind, key.minimum, key.maximum) == ("elm:EQFLevel", Kind.NODE, 0, 1)
    assert key.classes == {"Concept"}
    assert key.scheme == "http://data.europa.eu/snb/eqf/25831c2"
    assert key.enforced


def test_every_class_that_a_key_may_hold_is_in_the_table() -> None:
    profile = edc_profile()
    held = {name for key in profile.keys.values() for name in key.classes}
    assert held <= profile.classes.keys()
    assert len(profile.classes) >= 48
    assert len(profile.keys) >= 180


@pytest.mark.parametrize(
    "line",
    [
        "  title   skos:prefLabel   0..*   text",
        "  title   dc:title   0..1   string",
        "  learningOutcome   elm:learningOutcome   0..*   Nonsense",
        "  termsOfUse   cred:termsOfUse   0..1   iri",
    ],
)
def test_a_table_that_contradicts_itself_is_not_read(line: str, tmp_path: Path) -> None:
    for file in (resources.files("app.data") / "elm" / "edc-ap-1.1").iterdir():
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    with (tmp_path / "values.table").open("a", encoding="utf-8") as table:
        table.write(f"\nBroken = elm:Broken\n{line}\n")
    with pytest.raises(InternalInconsistency):
        read_profile(tmp_path)


def test_a_good_credential_gives_no_finding() -> None:
    assert validate(GOOD) == []


def claim(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["credentialSubject"]["hasClaim"]
    return found


def spec(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = claim(document)["specifiedBy"]
    return found


def put(where: Callable[[dict[str, Any]], dict[str, Any]], key: str, value: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        where(document)[key] = value

    return change


def drop(where: Callable[[dict[str, Any]], dict[str, Any]], key: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        del where(document)[key]

    return change


def root(document: dict[str, Any]) -> dict[str, Any]:
    return document


def subject(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["credentialSubject"]
    return found


def first_outcome(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = spec(document)["learningOutcome"][0]
    return found


def picture(document: dict[str, Any]) -> dict[str, Any]:
    display = document["displayParameter"]["individualDisplay"][0]
    found: dict[str, Any] = display["displayDetail"]["image"]
    return found


def second_body(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = claim(document)["awardedBy"]["awardingBody"][1]
    return found


NOTE = {"id": "urn:epass:note:999", "type": "Note", "noteLiteral": {"en": "x"}}

SHAPES: dict[str, tuple[Change, str]] = {
    "no credential subject": (drop(root, "credentialSubject"), "missing"),
    "no issuer": (drop(root, "issuer"), "missing"),
    "an issuer without the identifier of its seal": (
        drop(lambda d: d["issuer"], "eIDASIdentifier"),
        "missing",
    ),
    "no claim": (drop(subject, "hasClaim"), "missing"),
    "two issuers": (
        lambda d: d.update(issuer=[d["issuer"], {**d["issuer"], "id": "urn:epass:org:999"}]),
        "too_many",
    ),
    "a claim of the wrong class": (put(subject, "hasClaim", NOTE), "wrong_class"),
    "a class that does not exist": (put(subject, "hasClaim", {"type": "Merit"}), "unknown_type"),
    "an object that does not say what it is": (
        put(subject, "hasClaim", {"title": {"en": "x"}}),
        "type_missing",
    ),
    "a text that is not by language": (put(claim, "title", "A title"), "not_a_language_map"),
    "a text without a language": (
        put(claim, "title", {"@none": "A title"}),
        "not_a_language_map",
    ),
    "two texts in one language": (
        put(claim, "title", {"en": ["One", "Two"]}),
        "several_texts_of_one_language",
    ),
    "one language twice": (
        put(claim, "title", {"en": "One", "EN": "Two"}),
        "several_texts_of_one_language",
    ),
    "a text that is a number": (put(claim, "title", {"en": 7}), "not_a_text"),
    "names in two languages": (
        put(subject, "fullName", {"en": "Ana", "es": "Ana G."}),
        "too_many",
    ),
    "a date without its time": (put(root, "validFrom", "2026-11-24"), "not_a_date_time"),
    "a day that does not exist": (
        put(root, "validFrom", "2026-02-30T00:00:00Z"),
        "not_a_date_time",
    ),
    "hours that are no duration": (put(spec, "volumeOfLearning", "25 hours"), "not_a_duration"),
    "a truth that is none": (put(spec, "isPartialQualification", "perhaps"), "not_a_boolean"),
    "a page zero": (
        put(lambda d: d["displayParameter"]["individualDisplay"][0]["displayDetail"], "page", 0),
        "not_a_number",
    ),
    "a level of another list": (
        put(spec, "eqfLevel", copy.deepcopy(GOOD["credentialProfiles"])),
        "wrong_scheme",
    ),
    "a level without a scheme": (
        drop(lambda d: spec(d)["eqfLevel"], "inScheme"),
        "wrong_scheme",
    ),
    "an object where a literal belongs": (put(root, "issued", {"id": "urn:x:1"}), "not_a_literal"),
    "a literal where an object belongs": (put(claim, "awardedBy", 7), "not_an_object"),
    "a status inside": (
        put(root, "credentialStatus", {"id": "urn:x:1"}),
        "unusable_key",
    ),
    "a keyword inside": (put(claim, "@reverse", {}), "keyword"),
    "one id for two organisations": (
        lambda d: second_body(d).update(id=claim(d)["awardedBy"]["awardingBody"][0]["id"]),
        "several_texts_of_one_language",
    ),
}

OURS: dict[str, tuple[Change, str]] = {
    "an address that is none": (
        put(lambda d: spec(d)["homepage"], "contentURL", "see below"),
        "not_an_address",
    ),
    "a key that means nothing": (put(claim, "hasClame", NOTE), "unknown_key"),
    "a key of another class": (put(claim, "learningSetting", NOTE), "key_not_of_class"),
    "a key whose value is lost": (put(claim, "publisher", "urn:x:1"), "lost_key"),
    "a list of types": (put(claim, "type", ["LearningAchievement"]), "several_types"),
    "an object without an id": (drop(claim, "id"), "id_missing"),
    "an object with a relative id": (put(claim, "id", "claim-1"), "id_not_absolute"),
    "nothing": (put(claim, "dcType", None), "empty_value"),
    "an empty list": (put(claim, "dcType", []), "empty_value"),
    "an empty text by language": (put(claim, "description", {}), "empty_value"),
    "a list of lists": (put(claim, "additionalNote", [[NOTE]]), "nested_list"),
    "the same object twice": (put(claim, "additionalNote", [NOTE, NOTE]), "repeated_value"),
    "credits as a number": (
        put(lambda d: claim(d)["creditReceived"], "point", 1),
        "other_json_type",
    ),
    "a blank text": (put(claim, "description", {"en": " "}), "blank_text"),
    "a language that is none": (put(claim, "description", {"in English": "x"}), "not_a_language"),
    "a moment without its zone": (
        put(root, "validFrom", "2026-11-24T10:30:15"),
        "no_time_zone",
    ),
    "only the id of an object": (
        lambda d: claim(d)["provenBy"].update(awardedBy=claim(d)["awardedBy"]["id"]),
        "not_embedded",
    ),
    "a copy that is not whole": (
        lambda d: claim(d)["provenBy"]["awardedBy"].pop("awardingBody"),
        "not_embedded",
    ),
    "one id for different notes": (
        put(claim, "additionalNote", [NOTE, {**NOTE, "noteLiteral": {"es": "y"}}]),
        "same_id_other_content",
    ),
    "a value that the list does not have": (
        put(lambda d: spec(d)["eqfLevel"], "id", "http://data.europa.eu/snb/eqf/99"),
        "not_in_list",
    ),
    "an id that is no urn of a credential": (put(root, "id", "urn:uuid:1"), "id_not_a_urn"),
    "no name of the holder": (drop(subject, "fullName"), "holder_name_missing"),
    "names of two languages": (
        put(subject, "familyName", {"es": "Ejemplo"}),
        "holder_names_in_two_languages",
    ),
    "an end before the beginning": (
        put(root, "validUntil", "2020-01-01T00:00:00Z"),
        "dates_out_of_order",
    ),
    "two dates of issue": (put(root, "issuanceDate", "2020-01-01T00:00:00Z"), "dates_differ"),
    "a language that nothing is shown in": (
        lambda d: d["displayParameter"]["individualDisplay"].pop(),
        "display_language_missing",
    ),
    "another kind than the generic one": (
        put(
            lambda d: d["credentialProfiles"],
            "id",
            "http://data.europa.eu/snb/credential/6cf8e68c43",
        ),
        "not_generic",
    ),
    "no kind that is known": (
        put(lambda d: d["credentialProfiles"], "id", "urn:x:1"),
        "not_generic",
    ),
    "the schema of another kind": (
        put(
            lambda d: d["credentialSchema"],
            "id",
            "http://data.europa.eu/snb/model/ap/edc-accredited",
        ),
        "schema_of_other_profile",
    ),
    "a picture that is none": (put(picture, "content", "AAAA"), "picture_unreadable"),
    "a picture that is no base64": (put(picture, "content", "%%%"), "picture_unreadable"),
}


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    change(document)
    return document


@pytest.mark.parametrize("name", SHAPES)
def test_what_the_official_shapes_refuse_is_refused(name: str) -> None:
    change, code = SHAPES[name]
    findings = validate(changed(change))
    assert code in [finding.code for finding in against_the_shapes(findings)]


@pytest.mark.parametrize("name", OURS)
def test_what_the_official_shapes_let_pass_is_refused_before_sealing(name: str) -> None:
    change, code = OURS[name]
    assert code in [finding.code for finding in validate(changed(change))]
    assert code in OWN_RULES


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {},
        {"credential": GOOD},
        {key: value for key, value in GOOD.items() if key != "@context"},
        {**GOOD, "type": ["EuropeanDigitalCredential"]},
        {**GOOD, "type": "VerifiableCredential"},
        {**GOOD, "id": "1"},
    ],
)
def test_a_document_that_says_nothing_to_json_ld_does_not_pass_for_empty(document: Any) -> None:
    assert against_the_shapes(validate(document)) != []


def test_limits_come_before_everything_else() -> None:
    tight = Limits(depth=5, values=10**6, text=10**9)
    assert [f.code for f in validate(GOOD, limits=tight)] == ["too_deep"]
    assert [f.code for f in validate(GOOD, limits=Limits(values=50))] == ["too_many_values"]
    assert [f.code for f in validate(GOOD, limits=Limits(text=50))] == ["too_much_text"]


def test_nesting_without_end_is_no_danger() -> None:
    value: dict[str, Any] = {}
    for _ in range(100_000):
        value = {"hasPart": value}
    assert [f.code for f in validate({**GOOD, "credentialSubject": value})] == ["too_deep"]


def test_findings_are_counted_up_to_a_limit() -> None:
    document = changed(put(claim, "additionalNote", [{"type": "Nonsense"}] * 500))
    assert len(validate(document)) == MAX_FINDINGS


def test_a_finding_points_at_its_place() -> None:
    [finding] = validate(changed(put(first_outcome, "invented", 1)))
    assert finding.pointer == "/credentialSubject/hasClaim/specifiedBy/learningOutcome/0/invented"


@pytest.mark.parametrize("good", ["PT25H", "P2M", "P1Y6M", "P10D", "PT1H30M", "P1DT12H", "PT0.5S"])
def test_these_are_durations(good: str) -> None:
    assert is_duration(good)


@pytest.mark.parametrize("bad", ["", "P", "PT", "25H", "P25H", "PT2M3H", "p2m", "P2M ", "P-2M"])
def test_these_are_none(bad: str) -> None:
    assert not is_duration(bad)


@pytest.mark.parametrize(
    ("value", "absolute"),
    [
        ("urn:credential:1", True),
        ("mailto:a@example.org", True),
        ("https://example.org/ü", True),
        ("claim-1", False),
        ("/claims/1", False),
        ("urn:a b", False),
        ("", False),
        (None, False),
    ],
)
def test_an_iri_is_absolute_or_it_is_not(value: object, absolute: bool) -> None:
    assert is_absolute_iri(value) is absolute
