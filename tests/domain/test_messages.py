import json
import re
from datetime import UTC, date, datetime
from importlib import resources

import pytest

from app.domain.errors import InternalInconsistency
from app.domain.mail import Message
from app.domain.messages import LANGUAGES, compose, known_reason, spoken

VALUES = {
    "title": "Towards a Framework",
    "code": "IMC-2027-001-E1",
    "alliance": "INGENIUM European University",
    "contact": "office@example.org",
    "start": date(2027, 5, 10),
    "end": date(2027, 6, 30),
    "reason": "quota",
    "decision": "rejected",
    "window_ends": datetime(2027, 7, 8, 10, 30, tzinfo=UTC),
    "registration": "0192",
    "why": "The grade was corrected.",
    "link": "https://mc.example.org/v1/links/abc",
    "until": datetime(2027, 7, 15, 10, 30, tzinfo=UTC),
    "site": "https://mc.example.org",
}


def words(language: str):
    file = resources.files("app.data") / "messages" / f"{language}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def message(kind: str = "waiting", **more) -> Message:
    given = {"name": "Ana Núñez", "language": "en", "values": VALUES, **more}
    return compose(kind, id="m-1", to="ana@example.org", **given)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(words("en")["messages"]))
def test_every_message_can_be_said_in_every_language(language, kind):
    written = message(kind, language=language, link=True)
    # What a language has no words for yet is said in English, all of it.
    assert written.language == (language if kind in words(language)["messages"] else "en")
    assert "Towards a Framework" in written.text
    assert "{" not in written.text + written.subject


def test_all_languages_say_the_same_things_with_the_same_places():
    def shape(content):
        if isinstance(content, dict):
            return {key: shape(value) for key, value in content.items()}
        return sorted(re.findall(r"\{[a-z_]+\}", content))

    whole = shape(words("en"))
    assert shape(words("es")) == whole
    for tag in LANGUAGES:
        said = shape(words(tag))
        assert said.pop("messages").items() <= whole["messages"].items()
        assert said == {key: value for key, value in whole.items() if key != "messages"}


OF_ENROLMENT = {
    "registration_received", "link_again", "place_given", "promoted", "waiting",
    "registration_ended", "edition_moved", "affiliation_contested", "contest_dismissed",
    "address_changed",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_learners_are_told_of_their_registration_is_said_in_all_our_languages(language):
    assert set(words(language)["messages"]) >= OF_ENROLMENT


@pytest.mark.parametrize(
    ("language", "served"), [("es", "es"), ("es-AR", "es"), ("ES", "es"), ("fi", "en"), ("", "en")]
)
def test_who_reads_another_language_is_written_to_in_english(language, served):
    assert spoken(language) == served
    assert message(language=language).language == served


def test_days_are_written_as_people_write_them_and_times_with_their_zone():
    english = message("place_given")
    assert "from 10 May 2027 to 30 June 2027" in english.text
    spanish = message("result_confirmed", language="es", zone="Europe/Madrid")
    assert "8 de julio de 2027, 12:30 (CEST)" in spanish.text


def test_braces_in_a_value_mean_nothing():
    written = message(values={**VALUES, "title": "{contact} {0.__class__} %s {"})
    assert written.subject == "You are on the waiting list: {contact} {0.__class__} %s {"


def test_a_value_cannot_begin_a_paragraph_or_a_header_of_its_own():
    written = message(values={**VALUES, "title": "A\r\nBcc: x@example.org\n\nYou won\x00"})
    assert written.subject == "You are on the waiting list: A Bcc: x@example.org You won"
    assert "“A Bcc: x@example.org You won”" in written.text


@pytest.mark.parametrize(
    "name",
    [
        "Buy at http://evil.example now",
        "evil.example",
        "Free money: call 555123",
        "A" * 81,
        "{link}",
        "=1+1",
        "",
    ],
)
def test_what_is_no_plain_name_is_not_repeated_to_the_address(name):
    assert message(name=name).text.startswith("Hello,\n\n")


@pytest.mark.parametrize(
    "name", ["Ana Núñez", "Jean-Luc d'Arc", "Μαρία Παπαδοπούλου", "J. R. Ewing Jr.", "Иван"]
)
def test_people_are_greeted_by_their_name(name):
    assert message(name=name).text.startswith(f"Hello {name},\n\n")


def test_a_message_that_lacks_a_value_is_a_defect_of_ours():
    with pytest.raises(InternalInconsistency, match="window_ends"):
        message("result_confirmed", values={k: VALUES[k] for k in VALUES if k != "window_ends"})
    with pytest.raises(InternalInconsistency, match="no_such_kind"):
        message("no_such_kind")


def test_a_reason_without_words_is_known_to_have_none():
    assert known_reason("quota")
    assert not known_reason("provisional")


def test_no_message_about_a_registration_promises_a_place():
    for language in LANGUAGES:
        text = words(language)["messages"]["registration_received"]["text"]
        no_place = {
            "en": "not a place yet", "es": "no tienes plaza", "fr": "pas encore une place",
            "de": "noch kein Platz", "it": "Non è ancora un posto", "ro": "Nu este încă un loc",
        }  # fmt: skip
        assert no_place[language] in text


@pytest.mark.parametrize("bad", ["", "../x", "a/b", "a b", "x" * 201])
def test_a_message_id_is_safe_in_file_names_and_headers(bad):
    with pytest.raises(ValueError):
        Message(bad, "ana@example.org", "s", "t")


@pytest.mark.parametrize("bad", ["", "two\nlines"])
def test_a_subject_is_one_line(bad):
    with pytest.raises(ValueError):
        Message("m-1", "ana@example.org", bad, "t")
