"""Possible doubles of a form's rows, as officers of other institutions see them: like anybody."""

from collections.abc import Sequence
from dataclasses import astuple

import pytest

from app.domain.access.roles import Caller
from app.domain.enrolment.edition import Mode
from app.domain.enrolment.forms.imports import ImportRow, ResponseImport
from app.domain.enrolment.use_cases.imports import get_import, list_import_rows
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import (
    cancel_registration,
    get_registration,
    list_registrations,
)
from app.domain.enrolment.views import RegistrationView
from tests.contracts.conftest import OpenWork
from tests.contracts.import_steps import decides, publishes, registration_of
from tests.contracts.import_steps import edition as edition  # a fixture
from tests.contracts.import_steps import importer as importer  # a fixture
from tests.enrolment_builders import LIKENESS, a_learner, a_request, officer, opened
from tests.enrolment_imports import Importer, at, verdicts
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock


def rows_with_a_double(clock: StoryClock) -> list[Row]:
    """Of Karlsruhe a first, one at its address, one who may be the first, and a last; Uma of
    Skövde, and one who may be her, stand between them."""
    return [
        Row(1, at(clock, 1), "Ana Garcia", "office@h-ka.de", "HKA"),
        Row(2, at(clock, 2), "Uma Berg", "uma@his.se", "HIS"),
        Row(3, at(clock, 3), "Bruno Braun", "office@h-ka.de", "HKA"),
        Row(4, at(clock, 4), "Uma Berg", "other@his.se", "HIS"),
        Row(5, at(clock, 5), "Anna Garcia", "office@h-ka.de", "HKA"),
        Row(6, at(clock, 6), "Carla Klein", "carla@h-ka.de", "HKA"),
    ]


Told = tuple[str, str, int | None, int | None, int | None]


def told(view: RegistrationView) -> Told:
    return (
        view.state.value, view.reason.value, view.position, view.position_within,
        view.waiting_position,
    )  # fmt: skip


async def listed(importer: Importer, caller: Caller) -> list[RegistrationView]:
    found = await list_registrations(
        importer.edition.id, institution="HKA", states=(), after=None, limit=50,
        work=importer.work(), caller=caller,
    )  # fmt: skip
    return list(found)


async def one_by_one(importer: Importer, caller: Caller) -> list[Told]:
    return [
        told(await get_registration(view.registration.id, work=importer.work(), caller=caller))
        for view in await listed(importer, caller)
    ]


async def report(importer: Importer, of: ResponseImport, caller: Caller) -> Sequence[ImportRow]:
    _, rows = await list_import_rows(of.id, after=0, limit=50, work=importer.work(), caller=caller)
    return rows


def standings(rows: Sequence[ImportRow]) -> list[tuple[object, ...] | None]:
    return [astuple(row.standing) if row.standing else None for row in rows]


async def test_an_officer_elsewhere_finds_a_held_double_at_a_rank_of_its_own_among_those_who_wait(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(rows_with_a_double(clock))
    elsewhere = officer("HKA")
    seen = [told(view) for view in await listed(importer, elsewhere)]
    assert seen == [
        ("waiting", "provisional", 1, 1, 1),
        ("waiting", "provisional", 3, 2, 3),
        ("waiting", "provisional", 5, 3, 5),
        ("waiting", "provisional", 6, 4, 6),
    ]
    assert await one_by_one(importer, elsewhere) == seen
    # Those who decide on doubles see who is held, and the ranks of those who take part.
    decides_on_it = [told(view) for view in await listed(importer, officer())]
    assert decides_on_it == [
        ("waiting", "provisional", 1, 1, 1),
        ("waiting", "provisional", 3, 2, 3),
        ("needs_decision", "possible_double", None, None, None),
        ("waiting", "provisional", 4, 3, 4),
    ]


async def test_once_the_list_is_out_a_held_double_has_no_rank_in_the_list_nor_by_itself(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(rows_with_a_double(clock))
    await publishes(importer, leave_undecided=True)
    elsewhere = officer("HKA")
    seen = [told(view) for view in await listed(importer, elsewhere)]
    assert seen == [
        ("placed", "in_order", 1, 1, None),
        ("placed", "in_order", 3, 2, None),
        ("needs_decision", "in_review", None, None, None),
        ("waiting", "quota", 4, 3, 1),
    ]
    assert await one_by_one(importer, elsewhere) == seen


async def test_the_report_shows_an_officer_elsewhere_no_possible_double_in_any_of_its_steps(
    importer: Importer, clock: StoryClock
) -> None:
    elsewhere = officer("HKA")
    planned = await importer.plan(rows_with_a_double(clock))
    rows = await report(importer, planned, elsewhere)
    assert verdicts(rows) == ["create"] * 4
    assert [row.warnings for row in rows] == [()] * 4
    assert standings(rows) == [("waiting", "provisional", None, None)] * 4
    done = await importer.commit(planned)
    rows = await report(importer, done, elsewhere)
    assert verdicts(rows) == ["create"] * 4
    assert [(row.warnings, row.suggestions, row.planned) for row in rows] == [((), (), None)] * 4
    assert standings(rows) == [
        ("waiting", "provisional", 1, 1), ("waiting", "provisional", 3, 2),
        ("waiting", "provisional", 5, 3), ("waiting", "provisional", 6, 4),
    ]  # fmt: skip
    await publishes(importer, leave_undecided=True)
    rows = await report(importer, done, elsewhere)
    assert verdicts(rows) == ["create", "create", "needs_decision in_review", "create"]
    assert standings(rows) == [
        ("placed", "in_order", 1, 1), ("placed", "in_order", 3, 2),
        ("needs_decision", "in_review", None, None), ("waiting", "quota", 4, 3),
    ]  # fmt: skip


async def test_the_editions_own_officers_read_the_report_as_it_is(
    importer: Importer, clock: StoryClock
) -> None:
    done = await importer.commit(await importer.plan(rows_with_a_double(clock)))
    rows = await report(importer, done, officer())
    assert verdicts(rows) == [
        "create", "create", "create", "needs_decision possible_double",
        "needs_decision possible_double", "create",
    ]  # fmt: skip
    assert [row.warnings for row in rows] == [(), (), ("same_address",), (), (), ()]
    assert rows == await importer.rows(done)


async def test_the_numbers_of_an_import_tell_an_officer_elsewhere_of_no_double(
    importer: Importer, clock: StoryClock
) -> None:
    unclear = Row(7, at(clock, 7), "Dora", "d@uniovi.es", "Univercity of Oviedo")
    done = await importer.commit(await importer.plan([*rows_with_a_double(clock), unclear]))
    numbers = []
    for caller in (officer(), officer("HKA")):
        found, _ = await get_import(done.id, work=importer.work(), caller=caller)
        numbers.append(dict(found.counts))
    assert numbers == [{"create": 4, "needs_decision": 3}, {"create": 6, "needs_decision": 1}]
    await publishes(importer, leave_undecided=True)
    found, _ = await get_import(done.id, work=importer.work(), caller=officer("HKA"))
    assert found.counts == {"create": 4, "needs_decision": 3}


async def test_a_double_that_came_up_after_the_dry_run_differs_for_nobody_elsewhere(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    """Eva becomes a double between dry run and commit, and Uma is none any more."""
    elsewhere = officer("HKA")
    manager = officer("UNIOVI", (await a_learner(work, "manager")).account)
    first, _ = await register(
        importer.edition.id, a_request("uma", "HKA", for_another=True), work=work(manager),
        caller=manager, clock=clock, likeness=LIKENESS,
    )  # fmt: skip
    planned = await importer.plan(
        [
            Row(1, at(clock, 1), "eva learner", "private@example.org", "HKA"),
            Row(2, clock.now(), "uma learner", "private.uma@example.org", "HKA"),
        ]
    )
    assert verdicts(await importer.rows(planned)) == ["create", "needs_decision possible_double"]
    await cancel_registration(
        first.registration.id, first.registration.version, work=work(), caller=manager,
        clock=clock,
    )  # fmt: skip
    clock.move(-(clock.now() - at(clock, 0)))
    await register(
        importer.edition.id, a_request("eva", "HKA", for_another=True), work=work(manager),
        caller=manager, clock=clock, likeness=LIKENESS,
    )  # fmt: skip
    done = await importer.commit(planned)
    assert done.differing == (2, 3)
    assert verdicts(await importer.rows(done)) == ["needs_decision possible_double", "create"]
    rows = await report(importer, done, elsewhere)
    assert [(row.verdict.value, row.reason, row.planned) for row in rows] == [
        ("create", None, None), ("create", None, None),
    ]  # fmt: skip
    found, _ = await get_import(done.id, work=work(), caller=elsewhere)
    assert (found.counts, found.differing) == ({"create": 2}, ())


async def test_a_row_shows_no_officer_what_became_of_somebody_who_counts_elsewhere_now(
    importer: Importer, clock: StoryClock
) -> None:
    done = await importer.commit(await importer.plan(rows_with_a_double(clock)))
    await decides(importer, "Anna Garcia", institution="UDA")
    anna = await registration_of(importer, "Anna Garcia")
    assert anna.bucket == "UDA"
    rows = await report(importer, done, officer("HKA"))
    assert standings(rows)[2] is None


@pytest.mark.parametrize("is_planned", [True, False])
async def test_in_a_direct_edition_a_row_that_is_held_is_one_that_is_looked_at(
    work: OpenWork, clock: StoryClock, is_planned: bool
) -> None:
    edition = await opened(work, clock, places=4, per_institution=2, mode=Mode.DIRECT)
    importer = Importer(work, clock, edition)
    await importer.map()
    found = await importer.plan(rows_with_a_double(clock))
    if not is_planned:
        found = await importer.commit(found)
    rows = await report(importer, found, officer("HKA"))
    assert verdicts(rows) == ["create", "create", "needs_decision in_review", "create"]
    assert [row.standing and (row.standing.state, row.standing.reason) for row in rows] == [
        ("placed", "in_order"), ("placed", "in_order"), ("needs_decision", "in_review"),
        ("waiting", "quota"),
    ]  # fmt: skip
