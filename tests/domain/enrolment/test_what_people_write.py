from app.adapters.forms.likeness import RapidLikeness
from app.domain.enrolment.affiliation import Matcher, Spellings, Unclear, external, partner
from app.domain.vocabulary.institutions import Institution


def institution(code: str, name: str, city: str) -> Institution:
    return Institution(
        code=code, name_local=name, name_local_language="en", name_en=name, city=city,
        country="ES", homepage="https://example.org", mail_domains=(),
    )  # fmt: skip


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
