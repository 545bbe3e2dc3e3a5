import csv
import json

import pytest

from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import (
    AUTHORITY,
    SNB,
    ConceptNotFound,
    VocabularyNotFound,
    code_of,
    controlled_list,
    country_concept,
    labelled,
    language_concept,
    list_names,
    list_of,
    list_with_scheme,
    scheme_of,
)
from tests.reference_data import reference_file


def _rows(relative: str) -> list[dict[str, str]]:
    with reference_file(relative).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


ALLIANCE_LANGUAGES = {"bg", "de", "el", "en", "es", "fi", "fr", "it", "ro", "sv"}


@pytest.mark.parametrize("name", list_names())
def test_every_value_of_every_list_has_an_english_label_and_finds_its_list_again(name):
    known = controlled_list(name)
    assert len(known) > 0
    assert [c.uri for c in known if not c.label.get("en", "").strip()] == []
    assert [c.uri for c in known if list_of(c.uri) is not known] == []
    assert {scheme_of(c.uri) for c in known} == {known.scheme}


@pytest.mark.reference
@pytest.mark.parametrize("name", list_names())
def test_the_lists_hold_exactly_the_values_of_the_published_ones(name):
    schemes = json.loads(reference_file("elm/vocab/elm-vocabularies.json").read_text())
    known = controlled_list(name)
    published = {c["id"].strip() for c in schemes[known.scheme]["concepts"]}
    if name == "language":
        published |= {row["uri"] for row in _rows("vocab/language.csv")}
    assert set(known.concepts) == published


@pytest.mark.reference
@pytest.mark.parametrize(
    "name", sorted(set(list_names()) - {"country", "credential", "language", "verification"})
)
def test_english_labels_and_notations_are_the_published_ones(name):
    schemes = json.loads(reference_file("elm/vocab/elm-vocabularies.json").read_text())
    known = controlled_list(name)
    for concept in schemes[known.scheme]["concepts"]:
        ours = known.concepts[concept["id"].strip()]
        assert ours.label["en"] == concept["prefLabel"]["en"]
        assert concept.get("notation") in (None, ours.notation)


@pytest.mark.reference
def test_country_codes_agree_with_the_published_ones():
    rows = _rows("vocab/country.csv")
    stated = {row["uri"]: row["iso2"] for row in rows if row["iso2"]}
    assert {uri: code_of(uri) for uri in stated} == stated
    countries = controlled_list("country")
    assert [r["uri"] for r in rows if countries.concepts[r["uri"]].label["en"] != r["label"]] == []


@pytest.mark.reference
def test_a_list_is_enforced_exactly_when_the_shapes_name_its_scheme():
    shapes = reference_file("elm/shapes/edc/EDC-generic-full.ttl").read_text()
    for name in list_names():
        known = controlled_list(name)
        assert known.enforced == (f"hasValue <{known.scheme}>" in shapes), name


def test_authority_lists_carry_the_notation_that_edc_writes():
    for name in ("language", "country", "file-type"):
        assert {c.notation for c in controlled_list(name)} == {name}


def test_countries_are_found_by_their_two_letters_and_named_in_the_alliances_languages():
    spain = country_concept("ES")
    assert spain.uri == f"{AUTHORITY}country/ESP"
    assert set(spain.label) == ALLIANCE_LANGUAGES
    assert (spain.label["es"], spain.label["fi"]) == ("España", "Espanja")
    assert country_concept("gr").uri == f"{AUTHORITY}country/GRC"
    assert code_of(f"{AUTHORITY}country/GRC") == "GR"
    with pytest.raises(ConceptNotFound) as refused:
        country_concept("XX")
    assert refused.value.code == "concept_not_found"


def test_languages_are_found_by_their_tag():
    assert language_concept("el").uri == f"{AUTHORITY}language/ELL"
    assert code_of(f"{AUTHORITY}language/SWE") == "sv"
    for concept in controlled_list("language"):
        assert set(concept.label) == ALLIANCE_LANGUAGES, concept.uri


def test_two_letter_codes_stand_for_one_country_each():
    codes = [c.code for c in controlled_list("country") if c.code]
    assert len(codes) == len(set(codes))


def test_other_spellings_of_a_scheme_are_understood():
    target_group = controlled_list("target-group")
    assert list_with_scheme(f"{SNB}target-groups/25831c2") == target_group
    assert list_with_scheme(f"{SNB}target-group/conceptScheme_6e77f78f") == target_group
    assert list_with_scheme(f"{SNB}target-group/25831c2") == target_group
    assert list_with_scheme("http://example.org/scheme") is None


def test_the_accredited_profile_has_two_iris_and_one_is_written():
    profiles = controlled_list("credential")
    assert profiles.canonical(f"{SNB}credential/c_ae121a00") == f"{SNB}credential/6cf8e68c43"
    assert profiles.canonical(f"{SNB}credential/e34929035b") == f"{SNB}credential/e34929035b"


def test_labels_are_ours_whatever_was_sent():
    sent = Concept(f"{SNB}eqf/6", {"en": "Whatever"})
    assert labelled(sent) == Concept(f"{SNB}eqf/6", {"en": "Level 6"})


def test_a_value_of_no_list_stays_as_it_is():
    skill = Concept("http://data.europa.eu/esco/skill/1", {"en": "a skill"})
    assert labelled(skill) == skill
    assert list_of(skill.uri) is None
    assert scheme_of(f"{SNB}eqf/9") is None
    assert scheme_of(f"{SNB}../country/x") is None


def test_an_unknown_list_is_refused_whatever_its_name_looks_like():
    for name in ("nonsense", "../esco/builtin", ""):
        with pytest.raises(VocabularyNotFound):
            controlled_list(name)
