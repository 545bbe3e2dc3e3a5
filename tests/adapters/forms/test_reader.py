"""Exports of Microsoft Forms as they are: four languages, two formats, and untidy."""

import csv
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from openpyxl import Workbook

from app.adapters.forms.headers import suggestion
from app.adapters.forms.names import CldrNames
from app.adapters.forms.reader import MicrosoftForms
from app.domain.enrolment.errors_forms import FileRefused, MappingInvalid
from app.domain.enrolment.forms.cells import local_time
from app.domain.enrolment.forms.mapping import Answer, FormMapping, SystemColumn, suggest
from app.domain.enrolment.forms.responses import Export, Response, read_responses
from tests.forms_workbooks import NOON, QUESTIONS, Row, mapping_questions, saved, workbook
from tests.reference_data import reference_file

ANA = Row(1, NOON, "Ana García", "ana@uniovi.es", "Universidad de Oviedo")


def local(*numbers: int) -> datetime:
    """A time as a spreadsheet holds it: without zone."""
    return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001  # the point of it


def read(content: bytes) -> Export:
    return MicrosoftForms().read(content, "responses")


def mapping(questions: dict[str, str] | None = None, **more) -> FormMapping:
    given = {"time_zone": "Europe/Madrid", **more}
    return FormMapping(
        edition=uuid4(),
        form="form",
        questions={q: Answer(a) for q, a in (questions or mapping_questions()).items()},
        changed_at=NOON,
        changed_by="officer",
        **given,
    )


def responses(content: bytes, by: FormMapping | None = None) -> list[Response]:
    return list(read_responses(read(content), by or mapping(), CldrNames()))


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "it"])
def test_the_columns_are_known_in_each_language(language: str):
    export = read(workbook([ANA], language=language))
    system = [column.system for column in export.columns if column.system]
    expected = [
        SystemColumn.ID, SystemColumn.START, SystemColumn.COMPLETION, SystemColumn.EMAIL,
        SystemColumn.NAME, SystemColumn.LAST_MODIFIED,
    ]  # fmt: skip
    assert system == (expected[:5] if language == "de" else expected)
    assert export.language == language


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "it"])
def test_the_questions_suggest_what_they_ask(language: str):
    export = read(workbook([ANA], language=language, more=["Why do you want to come?"]))
    found = suggest(export.columns, export.language)
    assert {q: a.value for q, a in found.questions.items()} == mapping_questions(language)
    assert found.unknown == ("Why do you want to come?",)


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "it"])
def test_a_response_is_read_the_same_from_each_language(language: str):
    (found,) = responses(workbook([ANA], language=language), mapping(mapping_questions(language)))
    assert (found.row, found.number, found.completed_at) == (2, 1, NOON)
    answers = found.answers
    assert (answers.full_name, answers.email) == ("Ana García", "ana@uniovi.es")
    assert (answers.stated, answers.country) == ("Universidad de Oviedo", "ES")
    assert (found.problems, found.warnings) == ((), ())


def test_columns_of_an_unknown_language_are_known_by_place_and_type():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["番号", "開始時刻", "完了時刻", "メール", "名前", "Institution"])
    sheet.append([1, local(2027, 3, 1, 13), local(2027, 3, 1, 13, 5), "anonymous", None, "X"])
    export = read(saved(book))
    assert [c.system for c in export.columns] == [
        SystemColumn.ID, SystemColumn.START, SystemColumn.COMPLETION, SystemColumn.EMAIL,
        SystemColumn.NAME, None,
    ]  # fmt: skip
    assert export.language is None


def test_a_quiz_has_points_and_feedback_that_are_no_questions():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([
        "ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom", "Total points",
        "Quiz feedback", "Grade posted time", "Université", "Points - Université",
        "Feedback - Université",
    ])  # fmt: skip
    sheet.append([1, local(2027, 3, 1, 13), local(2027, 3, 1, 13), "a@b.org", "A", 0])
    export = read(saved(book))
    assert [c.header for c in export.columns if c.system is None] == ["Université"]


def test_an_export_is_as_untidy_as_people_are():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([
        "Id", "Hora de inicio ", "Hora de\nfinalización", "Correo electrónico", "Nombre",
        "Institución", "Institución", "Correo\xa0de contacto",
    ])  # fmt: skip
    sheet.append([
        7.0, None, local(2027, 3, 1, 13), "anonymous", "Ana\xa0\u200bMaría  Pérez\n",
        " Universidad de Oviedo;Hochschule Karlsruhe; ", "", " ANA@uniovi.es ",
    ])  # fmt: skip
    sheet.append([None] * 8)
    sheet.append([
        "8", None, 46447.541666666664, "b@his.se", "anonymous", "HIS", None, None,
    ])  # fmt: skip
    questions = {"Institución": "institution", "Correo de contacto": "email"}
    found = responses(saved(book), mapping(questions))
    assert [(r.row, r.number, r.completed_at) for r in found] == [(2, 7, NOON), (4, 8, NOON)]
    first, second = found
    assert first.answers.full_name == "Ana María Pérez"
    assert (first.answers.email, first.answers.stated) == ("ANA@uniovi.es", "Universidad de Oviedo")
    # Where the form asked nothing, what Forms recorded counts; "anonymous" is nobody.
    assert (second.answers.email, second.problems) == ("b@his.se", ("name_missing",))
    headers = [c.header for c in read(saved(book)).columns]
    assert headers[5:7] == ["Institución", "Institución (2)"]


def test_what_cannot_be_read_is_told_row_by_row():
    rows = [
        Row(1.5, NOON, "A", "a@b.org", "HKA"),
        Row(2, None, "A", "a@b.org", "HKA"),
        Row(3, NOON, "", "", "HKA"),
        Row(4, NOON, "A", "no address", "HKA"),
        Row(5, NOON, "A" * 301, "a@b.org", "HKA"),
        Row(6, NOON, "A", "a@b.org", "HKA", "Atlantis"),
    ]
    found = responses(workbook(rows))
    assert [(r.problems, r.warnings) for r in found] == [
        (("response_number_missing",), ()),
        (("time_unreadable",), ()),
        (("name_missing", "email_missing"), ()),
        (("email_invalid",), ()),
        (("answer_too_long",), ()),
        ((), ("country_unreadable",)),
    ]


def test_a_formula_is_kept_as_the_text_it_is_and_flagged():
    rows = [
        Row(1, NOON, '=HYPERLINK("http://x.example","Ana")', "a@b.org", "HKA"),
        Row(2, NOON, "@SUM(A1)", "b@b.org", "HKA"),
        Row(3, NOON, "Ana", "c@b.org", "HKA"),
    ]
    found = responses(workbook(rows))
    assert [(r.answers.full_name, r.warnings) for r in found] == [
        ('=HYPERLINK("http://x.example","Ana")', ("formula_as_text",)),
        ("@SUM(A1)", ("formula_as_text",)),
        ("Ana", ()),
    ]


@pytest.mark.parametrize("zone", ["Europe/Helsinki", "Europe/Dublin"])
def test_times_are_those_of_the_zone_that_the_mapping_names(zone: str):
    (found,) = responses(workbook([ANA], zone=zone), mapping(time_zone=zone))
    assert found.completed_at == NOON


def test_in_the_night_of_the_clock_change_the_first_coming_counts_and_is_flagged():
    twice = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    rows = [Row(n, twice + timedelta(hours=n), "A", f"{n}@b.org", "HKA") for n in range(3)]
    found = responses(workbook(rows))
    assert [r.completed_at for r in found] == [twice, twice, twice + timedelta(hours=2)]
    assert [r.warnings for r in found] == [
        ("time_in_clock_change",), ("time_in_clock_change",), (),
    ]  # fmt: skip


def test_a_sheet_that_begins_further_down_keeps_its_row_numbers():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    headers = ["ID", "Start time", "Completion time", "Email", "Name", "Institution"]
    for index, header in enumerate(headers):
        sheet.cell(4, 2 + index, header)
    sheet.cell(5, 2, 1)
    sheet.cell(5, 4, local(2027, 3, 1, 13))
    sheet.cell(5, 5, "a@b.org")
    sheet.cell(5, 6, "=1+1")
    (found,) = responses(saved(book), mapping({"Institution": "institution"}))
    assert (found.row, found.answers.full_name) == (5, "=1+1")


SPANISH = "Id;Hora de inicio;Hora de finalización;Correo electrónico;Nombre;Institución\r\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16", "cp1252"])
def test_a_csv_file_is_read_whatever_wrote_it(encoding: str):
    text = SPANISH + '1;;2027-03-01 13:00:00;a@b.org;"García; Ana";Oviedo\r\n'
    (found,) = responses(text.encode(encoding), mapping({"Institución": "institution"}))
    assert (found.answers.full_name, found.completed_at) == ("García; Ana", NOON)


@pytest.mark.parametrize(
    ("shown", "day_first", "expected"),
    [
        ("3/1/27 13:00:00", False, local(2027, 3, 1, 13)),
        ("7/27/26 19:06:23", None, local(2026, 7, 27, 19, 6, 23)),
        ("27/07/2026 19:06", None, local(2026, 7, 27, 19, 6)),
        ("27.07.2026 19:06:23", True, local(2026, 7, 27, 19, 6, 23)),
        ("3/1/27 1:00:00 PM", False, local(2027, 3, 1, 13)),
        ("3/1/27 12:00:00 AM", False, local(2027, 3, 1)),
        ("2027-03-01T13:00:00", None, local(2027, 3, 1, 13)),
        ("2027-03-01T13:00:00.499", None, local(2027, 3, 1, 13)),
        ("2027-03-01T13:00:00Z", None, datetime(2027, 3, 1, 13, tzinfo=UTC)),
        ("3/1/27 13:00", None, None),
        ("3/3/27 13:00", None, local(2027, 3, 3, 13)),
        ("31/31/27 13:00", True, None),
        ("tomorrow", None, None),
        ("", None, None),
        (46135.6, None, local(2026, 4, 23, 14, 24)),
        (True, None, None),
        (-1.0, None, None),
    ],
)
def test_times_as_spreadsheets_write_them(shown, day_first, expected):
    assert local_time(shown, day_first=day_first) == expected


@pytest.mark.parametrize(
    "shown",
    [
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59.900",
        "0001-01-01T00:00:00+23:59",
        "31/12/9999 23:59:59",
        datetime(9999, 12, 31, 23, 59, 59, 900_000),  # noqa: DTZ001  # as in a sheet
    ],
)
def test_a_time_that_nobody_lives_to_see_is_none(shown):
    assert local_time(shown, day_first=True) is None


def test_the_dates_of_a_file_tell_which_of_day_and_month_comes_first():
    text = SPANISH + "1;;01/03/2027 13:00;a@b.org;A;X\r\n2;;13/03/2027 13:00;b@b.org;B;X\r\n"
    found = responses(text.encode(), mapping({"Institución": "institution"}))
    assert [r.completed_at for r in found] == [NOON, NOON + timedelta(days=12)]
    doubtful = SPANISH + "1;;01/03/2027 13:00;a@b.org;A;X\r\n"
    (found_one,) = responses(doubtful.encode(), mapping({"Institución": "institution"}))
    assert found_one.problems == ("time_unreadable",)
    (told,) = responses(doubtful.encode(), mapping({"Institución": "institution"}, day_first=True))
    assert told.completed_at == NOON


def test_a_form_may_ask_for_the_parts_of_a_name_and_for_an_organisation():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([
        "ID", "Start time", "Completion time", "Email", "Name", "Language", "First name", "Surname",
        "University", "If other, which organisation?",
    ])  # fmt: skip
    sheet.append([
        1, None, local(2027, 3, 1, 13), "a@b.org", None, "español", "Ana", "García", "Other;",
        "Town Hall",
    ])  # fmt: skip
    export = read(saved(book))
    found = suggest(export.columns, export.language).questions
    assert [answer.value for answer in found.values()] == [
        "given_name", "family_name", "institution", "organisation",
    ]  # fmt: skip
    (one,) = responses(saved(book), mapping({q: a.value for q, a in found.items()}))
    answers = one.answers
    assert (answers.full_name, answers.stated, answers.organisation, answers.language) == (
        "Ana García", "Other", "Town Hall", "es",
    )  # fmt: skip


def test_a_mapping_that_cannot_work_is_pointed_at():
    with pytest.raises(MappingInvalid) as refused:
        mapping({"A": "email", "B/C": "email", "b c": "ignored"}, time_zone="Madrid").check()
    assert [(f.pointer, f.code) for f in refused.value.findings] == [
        ("/questions/B~1C", "meaning_twice"),
        ("/questions/b c", "header_twice"),
        ("/time_zone", "time_zone_unknown"),
        ("/questions", "institution_not_mapped"),
    ]


def test_a_file_without_the_columns_of_an_export_is_refused():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", "Institution"])
    sheet.append(["Ana", "HKA"])
    with pytest.raises(FileRefused) as refused:
        read(saved(book))
    assert refused.value.reason == "no_columns"


def test_headers_of_the_reference_data_are_known():
    known = 0
    for line in csv.DictReader(reference_file("forms-headers.csv").read_text().splitlines()):
        columns = [
            line[name].split("|")[0] for name in ("id", "start", "completion", "email", "name")
        ]
        text = ";".join([*columns, "Q"]) + "\r\n1;;2027-03-01 13:00:00;a@b.org;A;X\r\n"
        export = read(text.encode())
        assert [c.system for c in export.columns][:5] == [
            SystemColumn.ID, SystemColumn.START, SystemColumn.COMPLETION, SystemColumn.EMAIL,
            SystemColumn.NAME,
        ]  # fmt: skip
        known += export.language == line["lang"]
    assert known == 10


def test_every_question_of_the_examples_is_one_line_once_read():
    for language in QUESTIONS:
        export = read(workbook([ANA], language=language))
        assert all("\n" not in c.header and "\xa0" not in c.header for c in export.columns)


@pytest.mark.parametrize(
    ("answer", "problems"),
    [
        ("Sí;", ()),
        ("Yes", ()),
        ("Nein", ("privacy_notice_refused",)),
        ("No;", ("privacy_notice_refused",)),
        ("Όχι", ("privacy_notice_refused",)),
        ("No, gracias", ("privacy_notice_refused",)),
        ("Níl", ("privacy_notice_refused",)),
        ("n", ("privacy_notice_refused",)),
        ("Noted", ()),
        ("He leído el aviso y no tengo preguntas", ()),
        ("", ("privacy_notice_unanswered",)),
        (" ; ", ("privacy_notice_unanswered",)),
    ],
)
def test_nobody_is_registered_who_says_no_to_the_privacy_notice_or_nothing(
    answer: str, problems: tuple[str, ...]
):
    row = Row(1, NOON, "Ana García", "ana@uniovi.es", "Universidad de Oviedo", country=answer)
    questions = {
        question: "privacy_notice" if meaning == "country" else meaning
        for question, meaning in mapping_questions().items()
    }
    (found,) = responses(workbook([row]), mapping(questions))
    assert found.problems == problems


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("I agree to be photographed", "consent"),
        ("Doy mi consentimiento para el uso de mi imagen", "consent"),
        ("Je consens à ce que mon établissement soit informé", "consent"),
        ("Einwilligung in Fotoaufnahmen", "consent"),
        ("Acconsento all'uso della mia immagine", "consent"),
        ("Autorizo o uso da minha imagem", "consent"),
        ("Samtycke till fotografering", "consent"),
        ("Suostumus valokuvaukseen", "consent"),
        ("Sunt de acord cu publicarea fotografiilor", "consent"),
        ("Съгласие за снимки", "consent"),
        ("Συναινώ στη φωτογράφηση", "consent"),
        ("Acepto la política de privacidad", "privacy_notice"),
        ("Li a política de privacidade", "privacy_notice"),
        ("I have read the data protection notice and consent", "privacy_notice"),
        ("I consent to the processing of my personal data", "privacy_notice"),
        ("Doy mi consentimiento para el tratamiento de mis datos personales", "privacy_notice"),
        ("Consiento el tratamiento de mis datos", "privacy_notice"),
        ("Je consens au traitement de mes données personnelles", "privacy_notice"),
        ("J'accepte que mes données à caractère personnel soient traitées", "privacy_notice"),
        ("Einwilligung in die Verarbeitung meiner personenbezogenen Daten", "privacy_notice"),
        ("Ich stimme der Verarbeitung meiner Daten zu", "privacy_notice"),
        ("Acconsento al trattamento dei miei dati personali", "privacy_notice"),
        ("Autorizo o tratamento dos meus dados pessoais", "privacy_notice"),
        ("Jag samtycker till behandling av mina personuppgifter", "privacy_notice"),
        ("Suostun henkilötietojeni käsittelyyn", "privacy_notice"),
        ("Sunt de acord cu prelucrarea datelor mele cu caracter personal", "privacy_notice"),
        ("Съгласен съм личните ми данни да бъдат обработвани", "privacy_notice"),
        ("Συναινώ στην επεξεργασία των προσωπικών μου δεδομένων", "privacy_notice"),
        ("Toilím le próiseáil mo chuid sonraí pearsanta", "privacy_notice"),
        ("Toilím le grianghraif", "consent"),
        ("Personal motivation", None),
        ("To what extent do you agree with the aims?", None),
    ],
)
def test_a_question_for_consent_is_known_in_each_language_and_told_from_the_privacy_notice(
    header: str, meaning: str | None
):
    found = suggestion(header)
    assert (found and found.value) == meaning


@pytest.mark.parametrize(
    ("answer", "given", "warnings"),
    [
        ("Sí;", True, ()),
        ("I agree that photographs of me are shown", True, ()),
        ("Ja", True, ()),
        ("yes please", True, ()),
        ("Si", True, ()),
        ("Sí quiero", True, ()),
        ("Si, acepto", True, ()),
        ("J’accepte", True, ()),
        ("Ich willige in Fotoaufnahmen ein", True, ()),
        ("Sono d'accordo", True, ()),
        ("Sim", True, ()),
        ("Jag samtycker till att ni visar bilder", True, ()),
        ("Kyllä", True, ()),
        ("Suostun", True, ()),
        ("Da", True, ()),
        ("Sunt de acord", True, ()),
        ("Да", True, ()),
        ("Съгласна съм", True, ()),
        ("Ναι", True, ()),
        ("Συμφωνώ", True, ()),
        ("Tá", True, ()),
        ("Aontaím", True, ()),
        ("n", False, ("consent_refused",)),
        ("Ní aontaím", False, ("consent_refused",)),
        ("En suostu", False, ("consent_unclear",)),
        ("Samtycker ej", False, ("consent_unclear",)),
        ("I disagree", False, ("consent_unclear",)),
        ("Decline", False, ("consent_unclear",)),
        ("N/A", False, ("consent_unclear",)),
        ("-", False, ("consent_unclear",)),
        ("Ich lehne ab", False, ("consent_unclear",)),
        ("Rechazo", False, ("consent_unclear",)),
        ("Refuz", False, ("consent_unclear",)),
        ("Yes/No", False, ("consent_unclear",)),
        ("Yes, but no photographs", False, ("consent_unclear",)),
        ("Da, dar nu pentru fotografii", False, ("consent_unclear",)),
        ("Da decidere", False, ("consent_unclear",)),
        ("Si es posible", False, ("consent_unclear",)),
        ("I have read it", False, ("consent_unclear",)),
        ("Nein", False, ("consent_refused",)),
        ("No, gracias", False, ("consent_refused",)),
        ("Όχι", False, ("consent_refused",)),
        ("Não", False, ("consent_refused",)),
        ("Ich stimme nicht zu", False, ("consent_unclear",)),
        ("I don't agree", False, ("consent_unclear",)),
        ("Je n'accepte pas", False, ("consent_unclear",)),
        ("", False, ("consent_unanswered",)),
        (" ; ", False, ("consent_unanswered",)),
    ],
)
def test_only_a_clear_answer_is_a_consent_and_nobody_is_refused_for_want_of_one(
    answer: str, given: bool, warnings: tuple[str, ...]
):
    row = Row(1, NOON, "Ana García", "ana@uniovi.es", "Universidad de Oviedo", country=answer)
    questions = {
        question: "consent" if meaning == "country" else meaning
        for question, meaning in mapping_questions().items()
    }
    (found,) = responses(workbook([row]), mapping(questions))
    assert (found.answers.consent, found.warnings, found.problems) == (given, warnings, ())


def test_a_form_that_asks_for_no_consent_says_nothing_of_one():
    (found,) = responses(workbook([ANA]))
    assert (found.answers.consent, found.warnings) == (None, ())
