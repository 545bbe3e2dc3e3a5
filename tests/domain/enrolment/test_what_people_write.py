from collections.abc import Mapping

import pytest

from app.adapters.forms.likeness import RapidLikeness
from app.adapters.reference import known_spellings, partners
from app.domain.enrolment.affiliation import Matcher, Spellings, Unclear, external, partner
from app.domain.enrolment.reasons import Reason
from app.domain.vocabulary.institutions import Institution


def institution(code: str, name: str, city: str) -> Institution:
    return Institution(
        code=code, name_local=name, name_local_language="en", name_en=name, city=city,
        country="ES", homepage="https://example.org", mail_domains=(),
    )  # fmt: skip


def alliance(decided: Mapping[str, str] | None = None) -> Matcher:
    """With the names of all partners."""
    known = {one.code: one for one in partners()}
    return Matcher(Spellings(known, known_spellings(), decided or {}), RapidLikeness())


def matcher() -> Matcher:
    known = {
        "universidad de oviedo": "UNIOVI",
        "university of oviedo": "UNIOVI",
        "karlsruhe university of applied sciences": "HKA",
    }
    partners = {
        "UNIOVI": institution("UNIOVI", "University of Oviedo", "Oviedo"),
        "HKA": institution("HKA", "Karlsruhe University of Applied Sciences", "Karlsruhe"),
    }
    return Matcher(Spellings(partners, known), RapidLikeness())


def suggested(stated: str) -> list[str]:
    read = matcher().read(stated)
    assert isinstance(read, Unclear)
    return [suggestion.institution for suggestion in read.suggestions]


def test_a_word_that_one_partner_alone_has_suggests_that_partner():
    assert suggested("Uni Oviedo") == ["UNIOVI"]
    assert suggested("Karlsruhe, Informatik") == ["HKA"]


def test_words_of_two_partners_suggest_both():
    assert sorted(suggested("Oviedo und Karlsruhe")) == ["HKA", "UNIOVI"]


def test_a_spelling_that_is_known_and_a_name_that_is_like_none_need_nobody():
    assert matcher().read("Universidad de Oviedo") == partner("UNIOVI")
    assert matcher().read("Town Hall") == external("Town Hall")


@pytest.mark.parametrize(
    ("stated", "partner_meant"),
    [
        ("Univ. Creta", "UOC"), ("Univ. of Creete", "UOC"),
        ("Tech. Univ. Iasi", "TUIASI"), ("Uni Iaşi", "TUIASI"), ("Oviedoo uni", "UNIOVI"),
        ("Karlsrue Hochschule", "HKA"), ("Univ. Skövd", "HIS"), ("Uni Cork", "MTU"),
    ],
)  # fmt: skip
def test_a_slip_or_a_shortened_name_of_a_partner_makes_no_organisation_of_its_own(
    stated: str, partner_meant: str
) -> None:
    read = alliance().read(stated)
    assert isinstance(read, Unclear)
    assert [suggestion.institution for suggestion in read.suggestions] == [partner_meant]
    assert max(suggestion.likeness for suggestion in read.suggestions) < 1


@pytest.mark.parametrize(
    "name",
    ["Ayuntamiento de Gijón", "Red Cross",
     "Cruz Roja Española", "Technische Universität Wien", "ArcelorMittal", "Town Hall"],
)  # fmt: skip
def test_names_of_others_stay_what_they_are(name: str) -> None:
    assert alliance().read(name) == external(name)


def test_a_text_without_letters_names_nobody() -> None:
    for stated in ("=1+1", "?!", "---", "12345"):
        assert alliance().read(stated) == Unclear(Reason.INSTITUTION_MISSING)


def test_an_organisation_is_known_by_the_name_that_an_officer_gave_it() -> None:
    read = alliance({"motorklubb skovde": "Skövde Motor Club"})
    assert read.read("SKOVDE motor club") == external("Skövde Motor Club")
