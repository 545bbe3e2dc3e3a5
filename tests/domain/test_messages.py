import json
import re
from datetime import UTC, date, datetime
from importlib import resources

import pytest

from app.domain.enrolment.officer_sentences import languages as languages_for_officers
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.enrolment.sentences import explain, key_of, languages
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
    "credential": "0193",
    "institution": "HKA",
    "why": "The grade was corrected.",
    "link": "https://mc.example.org/v1/links/abc",
    "until": datetime(2027, 7, 15, 10, 30, tzinfo=UTC),
    "site": "https://mc.example.org",
}

OF_CAPS = {"caps_set", "caps_changed", "reserve_released", "caps_lifted", "promotion_ended",
           "promotion_resumed"}  # fmt: skip
SHARED = ("group:externals", "group:partners", "institution:INDEPENDENT")
"""What a cap counts that is not one institution's; each has words of its own."""
TOLD = [reason for reason in Reason if reason.value not in OF_CAPS]


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


FOR_OFFICES = {"objection_raised", "credential_outdated", "contest_to_decide"}
"""Written to the contact address of an edition, in English."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_learners_are_told_is_said_in_the_languages_of_all_partners(language):
    assert set(words("en")["messages"]) - set(words(language)["messages"]) <= FOR_OFFICES


def test_every_partner_has_its_language_in_messages_and_in_sentences():
    alliance = json.loads(
        (resources.files("app.data") / "alliance.json").read_text(encoding="utf-8")
    )
    spoken_there = {partner["name_local_language"] for partner in alliance["partners"]}
    assert spoken_there - set(LANGUAGES) == set()
    assert sorted(LANGUAGES) == languages() == languages_for_officers()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_sentence_in_every_language(language):
    asked = [(reason, None) for reason in TOLD] + [(Reason.QUOTA, scope) for scope in SHARED]
    said = [explain(State.WAITING, reason, language, scope) for reason, scope in asked]
    assert all(said)
    assert len(set(said)) == len(said)
    assert all(known_reason(key_of(Reason.QUOTA, scope)) for scope in SHARED)
    if language != "en":
        english = [explain(State.WAITING, reason, scope=scope) for reason, scope in asked]
        assert [a for a, b in zip(said, english, strict=True) if a == b] == []


@pytest.mark.parametrize(
    ("language", "served"),
    [("es", "es"), ("es-AR", "es"), ("ES", "es"), ("fi", "fi"), ("pl", "en"), ("", "en")],
)
def test_who_reads_a_language_that_we_have_no_words_in_is_written_to_in_english(language, served):
    assert spoken(language) == served
    assert message(language=language).language == served


def test_days_are_written_as_people_write_them_and_times_with_their_zone():
    english = message("place_given")
    assert "from 10 May 2027 to 30 June 2027" in english.text
    spanish = message("result_confirmed", language="es", zone="Europe/Madrid")
    assert "8 de julio de 2027, 12:30 (CEST)" in spanish.text
    days = {"sv": "10 maj 2027", "fi": "10. toukokuuta 2027", "el": "10 Μαΐου 2027",
            "bg": "10 май 2027 г.", "ga": "10 Bealtaine 2027"}  # fmt: skip
    for language, day in days.items():
        assert day in message("place_given", language=language).text


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
            "sv": "ännu ingen plats", "fi": "ei ole vielä paikka", "el": "δεν είναι ακόμη θέση",
            "bg": "все още не е място", "ga": "Ní áit é seo fós",
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
