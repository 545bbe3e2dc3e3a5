"""What a form asks agreement to, beside the registration, on every store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from app.domain.access.roles import Caller
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.imports import ResponseImport
from app.domain.enrolment.use_cases.commit import take_back_import
from app.domain.enrolment.use_cases.people import PersonChanges, edit_registration
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


async def changes(
    importer: Importer, caller: Caller, *, name: str = "Ana Gil", **changed: Any
) -> None:
    one = await registration_of(importer, name)
    await edit_registration(
        one.id, one.version, PersonChanges(**changed),
        work=importer.work(), caller=caller, clock=importer.clock,
    )  # fmt: skip


async def herself(importer: Importer) -> Caller:
    return Caller(account=None, registration=(await registration_of(importer, "Ana Gil")).id)


Who = Literal["learner", "officer"]


async def whoever(who: Who, importer: Importer) -> Caller:
    return importer.officer if who == "officer" else await herself(importer)


@pytest.mark.parametrize("who", ["learner", "officer"])
async def test_what_is_said_of_it_later_is_not_undone_by_the_form(
    importer: Importer, clock: StoryClock, who: Who
) -> None:
    await importer.take([ana(clock, "Yes")])
    caller = await whoever(who, importer)
    await changes(importer, caller, consents={"form_consent": False, "news": True})
    await importer.take([ana(clock, "Yes", edited=20)])
    assert await consents(importer) == {"news": clock.now()}


@pytest.mark.parametrize("who", ["learner", "officer"])
async def test_a_no_counts_although_something_else_has_been_edited_since(
    importer: Importer, clock: StoryClock, who: Who
) -> None:
    await importer.take([ana(clock, "Yes")])
    await changes(importer, await whoever(who, importer), country="ES")
    assert verdicts(await importer.take([ana(clock, "No", edited=20)])) == ["update"]
    assert await consents(importer) == {}


@pytest.mark.parametrize("who", ["learner", "officer"])
async def test_a_no_on_the_form_later_than_a_yes_that_was_said_here_counts(
    importer: Importer, clock: StoryClock, who: Who
) -> None:
    opened = at(clock, 0)
    await importer.take([ana(clock, "No")])
    await changes(importer, await whoever(who, importer), consents={"form_consent": True})
    said = clock.now()
    assert await consents(importer) == {"form_consent": said}
    await importer.take([ana(clock, "No", edited=20)])
    assert await consents(importer) == {"form_consent": said}
    clock.move(timedelta(hours=1))
    row = replace(ana(clock, "No"), at=opened + timedelta(minutes=5), modified=clock.now())
    # The same answers once more, sent later.
    assert verdicts(await importer.take([row])) == ["update"]
    assert await consents(importer) == {}
    assert verdicts(await importer.take([row])) == ["unchanged"]


@pytest.mark.parametrize("who", ["learner", "officer"])
async def test_an_import_that_is_taken_back_after_an_edit_takes_its_consent_with_it(
    importer: Importer, clock: StoryClock, who: Who
) -> None:
    await importer.take([ana(clock, "No")])
    done = await importer.commit(await importer.plan([ana(clock, "Yes", edited=20)]))
    await changes(importer, await whoever(who, importer), country="ES")
    assert await consents(importer) == {"form_consent": at(clock, 20)}
    await takes_back(importer, done)
    assert await consents(importer) == {}


@pytest.mark.parametrize("given", [True, False])
async def test_what_was_said_here_holds_again_once_a_later_import_is_taken_back(
    importer: Importer, clock: StoryClock, given: bool
) -> None:
    opened = at(clock, 0)
    await importer.take([ana(clock, "Perhaps")])
    await changes(importer, await herself(importer), consents={"form_consent": given})
    before = await consents(importer)
    assert before == ({"form_consent": clock.now()} if given else {})
    clock.move(timedelta(hours=1))
    answer = "No" if given else "Yes"
    row = replace(ana(clock, answer), at=opened + timedelta(minutes=5), modified=clock.now())
    done = await importer.commit(await importer.plan([row]))
    assert await consents(importer) == ({} if given else {"form_consent": clock.now()})
    await takes_back(importer, done)
    assert await consents(importer) == before


async def takes_back(importer: Importer, done: ResponseImport) -> None:
    await take_back_import(
        importer.edition.id, done.id, likeness=LIKENESS, work=importer.work(),
        caller=importer.officer, clock=importer.clock,
    )  # fmt: skip


async def test_an_import_that_is_taken_back_takes_its_consent_with_it(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([ana(clock, "No")])
    planned = await importer.plan([ana(clock, "Yes", edited=20)])
    done = await importer.commit(planned)
    assert await consents(importer) == {"form_consent": at(clock, 20)}
    await takes_back(importer, done)
    assert await consents(importer) == {}


@pytest.mark.parametrize("edited", [None, 20])
@pytest.mark.parametrize("tells_edits", [True, False])
async def test_a_consent_that_is_mapped_later_is_read_from_every_response(
    work: OpenWork, clock: StoryClock, edition: Edition, edited: float | None, tells_edits: bool
) -> None:
    importer = Importer(work, clock, edition)
    importer.given.tells_edits = tells_edits
    await importer.map()
    await importer.take([ana(clock, "Yes", edited=edited)])
    assert await consents(importer) == {}
    importer.asks_consent = True
    await importer.map()
    done = await importer.commit(await importer.plan([ana(clock, "Yes", edited=edited)]))
    assert verdicts(await importer.rows(done)) == ["update"]
    assert await consents(importer) == {"form_consent": at(clock, edited or 5)}
    again = await importer.take([ana(clock, "Yes", edited=edited)])
    assert verdicts(again) == ["unchanged"]
    await takes_back(importer, done)
    assert await consents(importer) == {}


async def test_a_consent_that_is_mapped_later_is_taken_alone_where_nobody_knows_what_was_edited(
    work: OpenWork, clock: StoryClock, edition: Edition
) -> None:
    importer = Importer(work, clock, edition)
    importer.given.tells_edits = False
    await importer.map()
    await importer.take([ana(clock, "Yes")])
    importer.asks_consent = True
    await importer.map()
    (row,) = await importer.take([replace(ana(clock, "Yes"), institution="HKA")])
    assert (row.verdict, row.warnings) == ("update", ("answers_changed",))
    assert await consents(importer) == {"form_consent": at(clock, 5)}
    assert (await registration_of(importer, "Ana Gil")).bucket == "UNIOVI"
