"""One form, downloaded by officers with Excel in four languages and zones: the same list each time.

Everything that the reference says of registrations by form, in one untidy workbook.
"""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import load_workbook

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.imports import ImportState, ResponseImport, Verdict
from app.domain.enrolment.forms.mapping import Answer
from app.domain.enrolment.use_cases.commit import take_back_import
from app.domain.enrolment.use_cases.imports import map_form
from tests.contracts.import_steps import decides, registration_of
from tests.domain.enrolment.memory import Store
from tests.enrolment_builders import LIKENESS, OpenWork, officer, opened
from tests.enrolment_imports import FORM, TOOLS, Importer, verdicts
from tests.forms_workbooks import Row, mapping_questions, workbook
from tests.memory_ports import StoryClock

ZONES = {
    "es": "Atlantic/Canary",
    "fr": "Europe/Paris",
    "de": "Europe/Helsinki",
    "it": "America/Martinique",
}
ON_ONES_OWN = {
    "es": "Autónoma",
    "fr": "Indépendante",
    "de": "freiberuflich",
    "it": "Libera professionista",
}
ANONYMOUS_OTHER = {"es": "Otra", "fr": "Autre", "de": "Sonstige", "it": "Altro"}
each_language = pytest.mark.parametrize("language", list(ZONES))


@pytest.fixture
def work() -> Store:
    return Store()


@pytest.fixture
def clock(work: Store) -> StoryClock:
    return work.clock


class Workbooks:
    """Writes what Excel saves in one language and zone."""

    def __init__(self, language: str) -> None:
        self.language = language

    def file(self, rows: Sequence[Row]) -> bytes:
        """The bytes of a workbook with these rows."""
        zone = ZONES[self.language]
        return workbook(rows, language=self.language, zone=zone, more=["Comments?"])


class Officer(Importer):
    """Somebody who uploads workbooks in their own language."""

    language = "en"

    @classmethod
    def of(cls, work: OpenWork, clock: StoryClock, edition: Edition, language: str) -> "Officer":
        made = cls(work, clock, edition)
        made.language = language
        made.given = Workbooks(language)  # type: ignore[assignment]  # the same for the story
        made.tools = TOOLS
        return made

    async def map(self, time_zone: str = "", form: str = FORM) -> None:
        await map_form(
            self.edition.id, form, time_zone or ZONES[self.language],
            {q: Answer(a) for q, a in mapping_questions(self.language).items()},
            work=self.work(), caller=self.officer, clock=self.clock,
        )  # fmt: skip


def untidy(clock: StoryClock, language: str) -> list[Row]:
    """Rows for every case that the reference knows."""
    began = clock.now() - timedelta(days=1)
    minute = timedelta(minutes=1)

    def at(number: float) -> datetime:
        return began + number * minute

    return [
        Row(1, at(5), "Ana García", "ana@uniovi.es", "Universidad de Oviedo"),
        # The same person again, with the same address: the time of before, the answers of now.
        Row(2, at(6), "GARCÍA Ana", "Ana@UniOvi.es", "UNIOVI"),
        # The same name at the same institution, with another address.
        Row(3, at(7), "Ana García", "ana.garcia@gmail.com", "univ. de oviedo"),
        # One mailbox, two people, and one who may be either.
        Row(4, at(8), "Bruno López", "office@his.se", "HIS"),
        Row(5, at(8), "Carla Díaz", "office@his.se", "Högskolan i Skövde"),
        Row(6, at(9), "Bruno Lopes", "office@his.se", "HIS"),
        # Outside the window, on either side.
        Row(7, at(-1), "Early", "early@his.se", "HIS"),
        Row(8, at(60 * 24 * 11), "Late", "late@his.se", "HIS"),
        # No institution, one that says nothing, one's own, and one from outside.
        Row(9, at(10), "Nobody", "n@example.org", ""),
        Row(10, at(11), "Other", "o@example.org", ANONYMOUS_OTHER[language]),
        Row(11, at(12), "Frida", "f@example.org", ON_ONES_OWN[language]),
        Row(12, at(13), "Town", "t@example.org", "Ayuntamiento de Gijón"),
        # Two institutions: the first. One that has merged: what it is now.
        Row(13, at(14), "Two Homes", "two@example.org", "Karlsruhe University of Applied Sciences;"
            "University of Crete;"),
        Row(14, at(15), "Merged", "m@example.org", "CORK INSTITUTE OF TECHNOLOGY"),
        # A slip of the pen, and an address from elsewhere.
        Row(15, at(16), "Slip", "slip@example.org", "Universidad de Oviedoo"),
        Row(16, at(17), "Elsewhere", "e@uniovi.es", "HKA"),
        # Within the same second the lower number goes first, as a number.
        Row(100, at(18), "Hundred", "h@example.org", "University of Crete"),
        Row(20, at(18), "Twenty", "w@example.org", "University of Crete"),
        # Edited later: its time stays.
        Row(21, at(19), "Edited", "edited@h-ka.de", "University of Crete", modified=at(30)),
        # Unreadable in one way or another, and text that a spreadsheet would run.
        Row(22, at(20), "", "nameless@example.org", "HKA"),
        Row(23, at(21), "No address", "nowhere", "HKA"),
        Row(24, None, "No time", "time@example.org", "HKA"),
        Row(21, at(19), "Twice", "twice@example.org", "HKA"),
        Row(25, at(22), "=cmd|' /C calc'!A0", "formula@example.org", "HKA"),
    ]  # fmt: skip


SETTLED = [
    (1, "create"),
    (2, "duplicate same_person"),
    (3, "needs_decision possible_double"),
    (4, "create"),
    (5, "create"),
    (6, "needs_decision possible_double"),
    (7, "rejected early"),
    (8, "rejected late"),
    (9, "needs_decision institution_missing"),
    (10, "needs_decision institution_missing"),
    (11, "create"),
    (12, "create"),
    (13, "create"),
    (14, "create"),
    (15, "needs_decision institution_unclear"),
    (16, "create"),
    (100, "create"),
    (20, "create"),
    (21, "create"),
    (22, "invalid name_missing"),
    (23, "invalid email_invalid"),
    (24, "invalid time_unreadable"),
    (21, "invalid response_twice"),
    (25, "create"),
]
LIST = [
    ("GARCÍA Ana", "UNIOVI"),
    ("Bruno López", "HIS"),
    ("Carla Díaz", "HIS"),
    ("Frida", "INDEPENDENT"),
    ("Town", "EXT:ayuntamiento de gijon"),
    ("Two Homes", "HKA"),
    ("Merged", "MTU"),
    ("Elsewhere", "HKA"),
    ("Twenty", "UOC"),
    ("Hundred", "UOC"),
    ("Edited", "UOC"),
    ("=cmd|' /C calc'!A0", "HKA"),
]


@each_language
async def test_every_row_gets_the_verdict_that_was_settled(
    work: OpenWork, clock: StoryClock, language: str
) -> None:
    edition = await opened(work, clock, places=9, per_institution=2)
    one = Officer.of(work, clock, edition, language)
    await one.map()
    rows = untidy(clock, language)
    planned = await one.plan(rows)
    assert (planned.state, planned.unknown_columns, planned.missing_columns) == (
        ImportState.PLANNED, ("Comments?",), (),
    )  # fmt: skip
    seen = await one.rows(planned)
    told = list(zip((row.response for row in seen), verdicts(seen), strict=True))
    assert told == SETTLED
    done = await one.commit(planned)
    assert [verdict for _, verdict in told] == verdicts(await one.rows(done))
    standing = await one.standing()
    assert [(name, bucket) for name, bucket, _ in standing] == LIST
    by_number = {row.response: row for row in seen if row.reason != "response_twice"}
    assert [s.institution for s in by_number[15].suggestions] == ["UNIOVI"]
    assert by_number[2].same_as_row == 2
    assert by_number[25].warnings == ("formula_as_text",)
    assert (await registration_of(one, "Elsewhere")).warnings == ("email_domain_differs",)
    # The zone is the form's, not the edition's: what the workbook shows is another hour each time.
    assert standing[0][2] == f"{rows[0].at:%H:%M:%S}"
    stands = [
        (row.standing.state, row.standing.reason)
        for row in seen
        if row.standing and row.verdict is Verdict.CREATE
    ]
    assert stands.count(("placed", "in_order")) == 9
    edited = await registration_of(one, "Edited")
    # German workbooks have no column for the time of the last edit.
    last = rows[18].at if language == "de" else rows[18].modified
    assert (edited.receipt.received_at, edited.answers_at) == (rows[18].at, last)


@pytest.mark.parametrize("language", ["it"])
async def test_a_decision_on_a_spelling_is_remembered_for_the_next_workbook(
    work: OpenWork, clock: StoryClock, language: str
) -> None:
    edition = await opened(work, clock)
    one = Officer.of(work, clock, edition, language)
    await one.map()
    rows = untidy(clock, language)
    await one.take(rows)
    await decides(one, "Slip", institution="UNIOVI")
    at = clock.now() - timedelta(hours=2)
    later = [*rows, Row(30, at, "Slips again", "again@example.org", "universidad de OVIEDOO")]
    assert verdicts(await one.take(later))[-1] == "create"
    assert (await registration_of(one, "Slips again")).bucket == "UNIOVI"


@pytest.mark.parametrize("language", ["de"])
async def test_it_is_taken_back_while_the_list_is_provisional(
    work: OpenWork, clock: StoryClock, language: str
) -> None:
    edition = await opened(work, clock)
    one = Officer.of(work, clock, edition, language)
    await one.map()
    rows = untidy(clock, language)
    await one.take(rows[:4])
    before = await one.standing()
    done = await one.commit(await one.plan(rows))
    assert len(await one.standing()) == len(LIST)
    back: ResponseImport = await take_back_import(
        edition.id, done.id, likeness=LIKENESS, work=work(), caller=officer(), clock=clock
    )
    assert back.state is ImportState.TAKEN_BACK
    assert await one.standing() == before
    assert verdicts(await one.take(rows))[4] == "create"


async def test_officers_with_excel_in_four_languages_upload_into_one_edition(
    work: OpenWork, clock: StoryClock
) -> None:
    """The same questions, whose headers are the form's; only Excel's own differ."""
    began = clock.now() - timedelta(days=1)
    rows = [
        Row(n, began + timedelta(minutes=n), f"Person {n}", f"p{n}@example.org", "HKA")
        for n in range(1, 9)
    ]
    lists = []
    for order in (list(ZONES), list(reversed(ZONES))):
        edition = await opened(work, clock, places=9, per_institution=2)
        for index, language in enumerate(order):
            one = Officer.of(work, clock, edition, language)
            await one.map()
            await one.take(rows[: 2 * index + 2])
        lists.append(await Importer(work, clock, edition).standing())
    assert lists[0] == lists[1]
    assert [name for name, *_ in lists[0]] == [row.name for row in rows]


async def test_in_the_night_of_the_clock_change_utc_decides(
    work: OpenWork, clock: StoryClock
) -> None:
    clock.move(datetime(2027, 10, 31, 12, tzinfo=UTC) - clock.now())
    edition = await opened(work, clock, start=date(2027, 12, 1), end=date(2027, 12, 20))
    one = Officer.of(work, clock, edition, "fr")
    await one.map()
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    rows = [
        Row(1, first, "Before", "b@his.se", "HIS"),
        Row(2, first + timedelta(hours=1), "After", "a@his.se", "HIS"),
        Row(3, first + timedelta(hours=2), "Later", "l@his.se", "HIS"),
    ]
    clock.move(timedelta(hours=1))
    planned = await one.rows(await one.plan(rows))
    # 2:30 came twice in that night; which of the two a row means, the workbook does not say.
    assert [row.warnings for row in planned] == [
        ("time_in_clock_change",), ("time_in_clock_change",), (),
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["fr"])
async def test_a_mapping_that_names_a_column_which_the_file_lacks_gives_no_plan(
    work: OpenWork, clock: StoryClock, language: str
) -> None:
    edition = await opened(work, clock)
    one = Officer.of(work, clock, edition, language)
    await one.map()
    other = {**mapping_questions(language), "Teléfono": "country"}
    del other[list(mapping_questions(language))[3]]
    await map_form(
        edition.id, FORM, ZONES[language], {q: Answer(a) for q, a in other.items()},
        work=work(), caller=one.officer, clock=clock,
    )  # fmt: skip
    planned = await one.plan(untidy(clock, language)[:1])
    assert (planned.state, planned.plan_token, planned.missing_columns) == (
        ImportState.NEEDS_MAPPING, None, ("Teléfono",),
    )  # fmt: skip
    assert list(planned.unknown_columns) == [list(mapping_questions(language))[3], "Comments?"]
    # A column that is not read need not be there.
    await map_form(
        edition.id, FORM, ZONES[language],
        {q: Answer(a) for q, a in {**other, "Teléfono": "ignored"}.items()},
        work=work(), caller=one.officer, clock=clock,
    )  # fmt: skip
    assert (await one.plan(untidy(clock, language)[:1])).state is ImportState.PLANNED


def test_what_these_workbooks_hold_is_what_excel_would_show() -> None:
    clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))
    rows = untidy(clock, "it")
    sheet = load_workbook(io.BytesIO(Workbooks("it").file(rows))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]][:5] == [
        "ID", "Ora di inizio", "Ora di completamento", "Posta elettronica", "Nome",
    ]  # fmt: skip
    # Martinique is four hours behind UTC.
    assert sheet["C2"].value == datetime(2027, 2, 28, 5, 5)  # noqa: DTZ001  # as in a sheet
