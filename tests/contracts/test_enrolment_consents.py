"""What a form asks agreement to, beside the registration, on every store."""

import pytest

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.use_cases_commit import take_back_import
from app.domain.enrolment.use_cases_people import PersonChanges, edit_registration
from tests.contracts.conftest import OpenWork
from tests.contracts.import_steps import edition as edition  # a fixture
from tests.contracts.import_steps import registration_of
from tests.enrolment_builders import LIKENESS
from tests.enrolment_imports import Importer, at, verdicts
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock


@pytest.fixture
async def importer(work: OpenWork, clock: StoryClock, edition: Edition) -> Importer:
    made = Importer(work, clock, edition)
    made.asks_consent = True
    await made.map()
    return made


def ana(clock: StoryClock, consent: str, *, edited: float | None = None, number: int = 1) -> Row:
    return Row(
        number, at(clock, 5), "Ana Gil", "ana@uniovi.es", "UNIOVI",
        modified=None if edited is None else at(clock, edited), consent=consent,
    )  # fmt: skip


async def consents(importer: Importer, name: str = "Ana Gil") -> dict[str, object]:
    return dict((await registration_of(importer, name)).consents)


async def test_a_consent_is_kept_with_its_time_and_none_keeps_nobody_away(
    importer: Importer, clock: StoryClock
) -> None:
    rows = await importer.take(
        [
            ana(clock, "Yes"),
            Row(2, at(clock, 6), "Bo Ek", "bo@his.se", "HIS", consent="No"),
            Row(3, at(clock, 7), "Cy Ray", "cy@mtu.ie", "MTU", consent=""),
            Row(4, at(clock, 8), "Di Oe", "di@h-ka.de", "HKA", consent="Ich stimme nicht zu"),
        ]
    )
    assert verdicts(rows) == ["create"] * 4
    assert [row.warnings for row in rows] == [
        (), ("consent_refused",), ("consent_unanswered",), ("consent_unclear",),
    ]  # fmt: skip
    assert await consents(importer) == {"form_consent": at(clock, 5)}
    for name in ("Bo Ek", "Cy Ray", "Di Oe"):
        one = await registration_of(importer, name)
        assert (dict(one.consents), one.warnings) == ({}, ())


async def test_an_edited_response_gives_or_takes_back_its_consent(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([ana(clock, "No")])
    assert verdicts(await importer.take([ana(clock, "Yes", edited=20)])) == ["update"]
    assert await consents(importer) == {"form_consent": at(clock, 20)}
    # An older file that comes late changes nothing.
    await importer.take([ana(clock, "No")])
    assert await consents(importer) == {"form_consent": at(clock, 20)}
    assert verdicts(await importer.take([ana(clock, "No", edited=30)])) == ["update"]
    assert await consents(importer) == {}


async def test_what_the_person_says_later_is_not_undone_by_the_form(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([ana(clock, "Yes")])
    one = await registration_of(importer, "Ana Gil")
    await edit_registration(
        one.id, one.version, PersonChanges(consents={"form_consent": False, "news": True}),
        work=importer.work(), caller=importer.officer, clock=clock,
    )  # fmt: skip
    await importer.take([ana(clock, "Yes", edited=20)])
    assert await consents(importer) == {"news": clock.now()}


async def test_an_import_that_is_taken_back_takes_its_consent_with_it(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([ana(clock, "No")])
    planned = await importer.plan([ana(clock, "Yes", edited=20)])
    done = await importer.commit(planned)
    assert await consents(importer) == {"form_consent": at(clock, 20)}
    await take_back_import(
        importer.edition.id, done.id, likeness=LIKENESS, work=importer.work(),
        caller=importer.officer, clock=clock,
    )  # fmt: skip
    assert await consents(importer) == {}
