"""Codes of countries and languages that people give of themselves."""

import pytest
from babel import Locale

from app.adapters.forms.names import CldrNames
from app.domain.enrolment.errors import RegistrationInvalid
from app.domain.enrolment.requests import RegistrationRequest
from app.domain.enrolment.sentences import languages
from app.domain.vocabulary.codes import is_country, is_language_tag


def refused(**given: str) -> list[tuple[str, str]]:
    request = RegistrationRequest("Ana", "ana@example.org", privacy_notice=True, **given)  # type: ignore[arg-type]
    try:
        request.check()
    except RegistrationInvalid as invalid:
        return [(finding.pointer, finding.code) for finding in invalid.findings]
    return []


@pytest.mark.parametrize("country", ["ES", "GB", "GR", "TF", "XK", "TW", "AX"])
def test_a_country_that_there_is_is_taken(country: str) -> None:
    assert refused(country=country) == []


@pytest.mark.parametrize("country", ["ZZ", "XX", "EU", "UK", "EL", "es", "E", "ESP", ""])
def test_a_country_that_there_is_not_is_refused(country: str) -> None:
    assert refused(country=country) == [("/country", "country")]


@pytest.mark.parametrize(
    "tag", ["en", "ast", "pt-BR", "es-419", "sr-Latn", "zh-Hant-TW", "sl-nedis", "de-CH-1996", "sh"]
)
def test_a_language_that_there_is_is_taken(tag: str) -> None:
    assert refused(language=tag) == []


@pytest.mark.parametrize(
    "tag",
    ["xx", "xx-nope", "zz", "und", "zxx", "EN", "english", "en-", "en-ZZ", "en_GB", "en-GB-GB", ""],
)
def test_a_language_that_there_is_not_is_refused(tag: str) -> None:
    assert refused(language=tag) == [("/language", "language")]


def test_whatever_a_form_reads_and_whatever_we_speak_is_a_code_that_is_taken() -> None:
    names, english = CldrNames(), Locale("en")
    read = {names.country(name) for name in english.territories.values()} - {None}
    assert {code for code in read if code and not is_country(code)} == set()
    spoken = {names.language(name) for name in english.languages.values()} - {None}
    unread = {tag for tag in (*spoken, *languages()) if tag and not is_language_tag(tag)}
    assert unread == set()
    assert names.country("Canary Islands") == "ES"
