"""Importing responses of forms on every store: each row gets its verdict, and files may be late."""

from datetime import timedelta

import pytest

from app.domain.enrolment.forms.imports import Verdict
from app.domain.enrolment.forms.mapping import Answer
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.imports import map_form
from app.domain.enrolment.use_cases.registrations import cancel_registration
from tests.contracts.conftest import OpenWork
from tests.contracts.import_steps import decides, proven, publishes, registration_of
from tests.contracts.import_steps import edition as edition  # a fixture
from tests.contracts.import_steps import importer as importer  # a fixture
from tests.enrolment_builders import registers
from tests.enrolment_imports import Importer, at, verdicts
from tests.forms_workbooks import Row, mapping_questions
from tests.memory_ports import StoryClock


async def test_each_row_gets_its_verdict_and_the_dry_run_changes_nothing(
    importer: Importer, clock: StoryClock
) -> None:
    rows = [
        Row(1, at(clock, 5), "Ana García", "ana@uniovi.es", "Universidad de Oviedo"),
        Row(2, at(clock, 6), "Bert Braun", "bert@h-ka.de", "Hochschule Karlsruhe"),
        Row(3, at(clock, 7), "GARCIA, Ana", "ANA@uniovi.es", "Univ. de Oviedo"),
        Row(4, at(clock, -1), "Early Bird", "early@his.se", "HIS"),
        Row(5, at(clock, 60 * 24 * 11), "Late Riser", "late@his.se", "HIS"),
        Row(6, at(clock, 8), "Nobody Knows", "n@example.org", ""),
        Row(7, at(clock, 9), "Carla", "carla@example.org", "Univercity of Oviedo"),
        Row(8, at(clock, 10), "Dora", "dora@example.org", "Town Hall of Gijón"),
        Row(9, at(clock, 11), "", "x@example.org", "HKA"),
        Row(10, at(clock, 12), "=1+1", "f@example.org", "Χ University of Crete"),
        Row(11, at(clock, 13), "Ana García", "other@gmail.com", "UO"),
        Row(12, at(clock, 14), "Eva", "eva@his.se", "Högskolan i Skövde"),
        Row(12, at(clock, 14), "Eva", "eva@his.se", "Högskolan i Skövde"),
        Row(13, at(clock, 15), "Fausto", "f@unich.it", "Autónomo"),
        Row(14, at(clock, 16), "Gil", "gil@uniovi.es", "HKA"),
    ]
    planned = await importer.plan(rows)
    report = await importer.rows(planned)
    assert verdicts(report) == [
        "create",
        "create",
        "duplicate same_person",
        "rejected early",
        "rejected late",
        "needs_decision institution_missing",
        "needs_decision institution_unclear",
        "create",
        "invalid name_missing",
        "needs_decision institution_unclear",
        "needs_decision possible_double",
        "create",
        "invalid response_twice",
        "create",
        "create",
    ]
    assert planned.counts == {
        "create": 6, "duplicate": 1, "invalid": 2, "needs_decision": 4, "rejected": 2,
    }  # fmt: skip
    assert report[2].same_as_row == 2
    assert [s.institution for s in report[6].suggestions] == ["UNIOVI"]
    assert report[9].warnings == ("formula_as_text",)
    stands = [
        (row.institution, row.standing.state, row.standing.reason, row.standing.position)
        for row in report
        if row.standing and row.verdict is Verdict.CREATE
    ]
    assert stands == [
        ("UNIOVI", "placed", "in_order", 1),
        ("HKA", "placed", "in_order", 2),
        ("EXT:town hall of gijon", "placed", "in_order", 3),
        ("HIS", "placed", "in_order", 4),
        ("INDEPENDENT", "waiting", "full", 5),
        ("HKA", "waiting", "full", 6),
    ]
    assert {row.registration for row in report} == {None}
    assert await importer.standing() == []

    done = await importer.commit(planned)
    again = await importer.rows(done)
    assert verdicts(again) == verdicts(report)
    assert [row.standing for row in again] == [row.standing for row in report]
    assert done.differing == ()
    assert [name for name, *_ in await importer.standing()] == [
        "GARCIA, Ana", "Bert Braun", "Dora", "Eva", "Fausto", "Gil",
    ]  # fmt: skip
    gil = await registration_of(importer, "Gil")
    assert gil.warnings == ("email_domain_differs",)


async def test_the_same_file_again_changes_nothing(importer: Importer, clock: StoryClock) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 2), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(3, at(clock, 3), "Bo", "bo@his.se", "Skovde Uni"),
        Row(4, at(clock, -3), "Cy", "cy@his.se", "HIS"),
    ]
    await importer.take(rows)
    before = await importer.standing()
    async with importer.work() as w:
        kept = await w.registrations.page(
            importer.edition.id, buckets=None, states=(), after=None, limit=9
        )
    again = await importer.take(rows)
    assert verdicts(again) == ["unchanged", "unchanged", "unchanged", "rejected early"]
    assert await importer.standing() == before
    async with importer.work() as w:
        now = await w.registrations.page(
            importer.edition.id, buckets=None, states=(), after=None, limit=9
        )
    assert [(r.id, r.version) for r in now] == [(r.id, r.version) for r in kept]


async def test_of_one_person_the_earliest_time_and_institution_and_the_latest_answers_count(
    importer: Importer, clock: StoryClock
) -> None:
    late = Row(5, at(clock, 50), "Ana García", "ana@uniovi.es", "Hochschule Karlsruhe")
    early = Row(2, at(clock, 20), "Ana Garcia", "ana@uniovi.es", "Universidad de Oviedo")
    await importer.take([late])
    rows = await importer.take([early])
    assert verdicts(rows) == ["duplicate same_person"]
    assert rows[0].warnings == ("institution_differs",)
    expected = [("Ana García", "UNIOVI", f"{at(clock, 20):%H:%M:%S}")]
    assert await importer.standing() == expected


@pytest.mark.parametrize("stated", ["HKA", "asdf qwerty", "Uni Oviedo"])
async def test_another_response_moves_nobody_to_an_institution_that_has_room(
    importer: Importer, clock: StoryClock, stated: str
) -> None:
    await importer.take(
        [
            Row(n, at(clock, n), f"Person {n}", f"p{n}@his.se", "Högskolan i Skövde")
            for n in range(1, 4)
        ]
    )  # fmt: skip
    before = await importer.standing()
    rows = await importer.take([Row(9, at(clock, 9), "Person 3", "p3@his.se", stated)])
    assert verdicts(rows) == ["duplicate same_person"]
    assert (rows[0].institution, rows[0].warnings) == ("HIS", ("institution_differs",))
    assert await importer.standing() == before
    third = await registration_of(importer, "Person 3")
    assert (third.bucket, third.stated, third.warnings) == (
        "HIS", "Högskolan i Skövde", ("institution_differs",),
    )  # fmt: skip
    same = await importer.take([Row(10, at(clock, 10), "Person 2", "p2@his.se", "HIS")])
    assert (verdicts(same), same[0].warnings) == (["duplicate same_person"], ())


async def test_who_named_no_institution_first_counts_for_the_one_named_then(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "")])
    rows = await importer.take(
        [
            Row(3, at(clock, 3), "Ana", "ana@uniovi.es", "HKA"),
            Row(2, at(clock, 2), "Ana", "ana@uniovi.es", "Universidad de Oviedo"),
        ]
    )
    assert verdicts(rows) == ["duplicate same_person"] * 2
    assert await importer.standing() == [("Ana", "UNIOVI", f"{at(clock, 1):%H:%M:%S}")]


async def test_the_language_of_a_form_changes_that_of_nobody(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")])
    other = "another-form"
    questions = {q: Answer(a) for q, a in mapping_questions("en").items()}
    await map_form(
        importer.edition.id, other, "Europe/Berlin", questions, language="de",
        work=importer.work(), caller=importer.officer, clock=clock,
    )  # fmt: skip
    rows = [
        Row(1, at(clock, 2), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 3), "Bert", "bert@h-ka.de", "HKA"),
    ]
    await importer.take(rows, other)
    spoken = []
    for name in ("Ana", "Bert"):
        one = await registration_of(importer, name)
        async with importer.work() as w:
            spoken.append((await w.persons.get(one.person)).language)
    assert spoken == ["en", "de"]


async def test_an_organisation_on_which_nobody_has_decided_is_told_once_in_a_file(
    importer: Importer, clock: StoryClock
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "Univ. Creta"),
        Row(2, at(clock, 2), "Bo", "bo@example.org", "asdf"),
        Row(3, at(clock, 3), "Cy", "cy@example.org", "ASDF"),
        Row(4, at(clock, 4), "Di", "di@example.org", "=1+1"),
    ]
    told = await importer.take(rows)
    assert verdicts(told) == [
        "needs_decision institution_unclear", "create", "create",
        "needs_decision institution_missing",
    ]  # fmt: skip
    assert [row.warnings for row in told] == [
        (), ("new_external_organisation",), (), ("formula_as_text",),
    ]  # fmt: skip
    assert [s.institution for s in told[0].suggestions] == ["UOC"]


async def test_people_who_share_a_mailbox_are_not_merged(
    importer: Importer, clock: StoryClock
) -> None:
    rows = await importer.take(
        [
            Row(1, at(clock, 1), "Ana García", "office@uniovi.es", "UNIOVI"),
            again := Row(2, at(clock, 2), "Bruno López", "office@uniovi.es", "UNIOVI"),
            Row(3, at(clock, 3), "Anna Garcia", "office@uniovi.es", "UNIOVI"),
        ]
    )
    # The third could be the first, or her sister: an officer looks.
    assert verdicts(rows) == ["create", "create", "needs_decision possible_double"]
    assert [row.warnings for row in rows] == [(), ("same_address",), ()]
    # One person under two names, perhaps: officers see it, and nothing is held back.
    assert [name for name, _, _ in await importer.standing()] == ["Ana García", "Bruno López"]
    first, second = [await registration_of(importer, n) for n in ("Ana García", "Bruno López")]
    assert (first.is_doubted, second.is_doubted) == (False, True)
    await decides(importer, "Bruno López")
    assert verdicts(await importer.take([again])) == ["unchanged"]
    assert not (await registration_of(importer, "Bruno López")).is_doubted


async def test_an_edited_response_keeps_its_time_and_takes_the_newer_answers(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "HKA")])
    edited = Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI", modified=at(clock, 9))
    assert verdicts(await importer.take([edited])) == ["update"]
    assert await importer.standing() == [("Ana", "UNIOVI", f"{at(clock, 1):%H:%M:%S}")]
    # The older file once more, late: the newer answers stand.
    older = Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "HKA", modified=at(clock, 2))
    assert verdicts(await importer.take([older])) == ["unchanged"]
    assert await importer.standing() == [("Ana", "UNIOVI", f"{at(clock, 1):%H:%M:%S}")]
    other = Row(1, at(clock, 1), "Ana", "eve@example.org", "UNIOVI", modified=at(clock, 20))
    (kept,) = await importer.take([other])
    assert verdicts([kept]) == ["unchanged kept_as_first_given"]
    assert kept.warnings == ("person_changed",)
    assert (await registration_of(importer, "Ana")).state is State.WAITING
    await publishes(importer)
    assert verdicts(await importer.take([other])) == ["unchanged kept_as_first_given"]


async def test_a_late_row_takes_a_free_fitting_seat_or_waits_at_its_true_rank(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(
        [Row(n, at(clock, 10 * n), f"Person {n}", f"p{n}@uniovi.es", "UNIOVI") for n in range(1, 5)]
    )
    await publishes(importer)
    late = [
        Row(11, at(clock, 5), "First of all", "first@uniovi.es", "UNIOVI"),
        Row(12, at(clock, 35), "Between", "between@uniovi.es", "UNIOVI"),
        Row(13, at(clock, 50), "From Skövde", "s@his.se", "HIS"),
    ]
    planned = await importer.plan(late)
    foreseen = [row.standing for row in await importer.rows(planned)]
    rows = await importer.take(late)
    # Nobody who was told yes loses their place to somebody whose file came late.
    assert [(s.state, s.reason) for s in foreseen if s] == [
        ("waiting", "quota"), ("waiting", "quota"), ("placed", "in_order"),
    ]  # fmt: skip
    assert [(r.standing.state, r.standing.reason) for r in rows if r.standing] == [
        (s.state, s.reason) for s in foreseen if s
    ]
    # Officers see before whom each would have come, in the dry run as afterwards.
    for report in (await importer.rows(planned), rows):
        assert [
            (r.standing.position, r.standing.position_within, r.warnings)
            for r in report
            if r.standing
        ] == [(1, 1, ("late_row",)), (5, 5, ("late_row",)), (7, 1, ())]
    assert [name for name, *_ in await importer.standing()] == [
        "First of all", "Person 3", "Between", "Person 4",
    ]  # fmt: skip
    first = await registration_of(importer, "Person 1")
    await cancel_registration(
        first.id, first.version, work=importer.work(), caller=importer.officer, clock=clock
    )
    promoted = await registration_of(importer, "First of all")
    assert promoted.state is State.PLACED
    assert await proven(importer) == []


async def test_once_admitted_the_institution_is_fixed_and_an_earlier_response_changes_no_turn(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([Row(2, at(clock, 20), "Ana", "ana@uniovi.es", "UNIOVI")])
    await publishes(importer)
    rows = await importer.take(
        [
            Row(2, at(clock, 20), "Ana", "ana@uniovi.es", "HKA", modified=at(clock, 30)),
            Row(1, at(clock, 10), "Ana", "ana@uniovi.es", "UNIOVI"),
        ]
    )
    assert verdicts(rows) == ["update", "duplicate same_person"]
    assert rows[0].warnings == ("institution_kept",)
    assert "earlier_than_stored" in rows[1].warnings
    ana = await registration_of(importer, "Ana")
    assert (ana.bucket, ana.receipt.response, ana.state) == ("UNIOVI", 2, State.PLACED)


async def test_somebody_who_registered_over_the_api_is_known_by_the_verified_address(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    view = await registers(work, clock, importer.edition, "ana", "UNIOVI")
    rows = await importer.take(
        [
            Row(1, at(clock, 1), "Learner ANA", "ana@example.org", "HKA"),
            Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
        ]
    )
    assert verdicts(rows) == ["duplicate same_person", "create"]
    assert rows[0].registration == view.registration.id
    # The better rank is hers; what she said herself, signed in, stands.
    assert [(name, bucket) for name, bucket, _ in await importer.standing()] == [
        ("Learner ana", "UNIOVI"), ("Bo", "HIS"),
    ]  # fmt: skip


async def test_a_learner_who_signs_in_after_the_import_finds_their_registration(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    rows = await importer.take([Row(1, at(clock, 1), "Learner ana", "ANA@example.org", "HKA")])
    view = await registers(work, clock, importer.edition, "ana", "UNIOVI")
    assert view.registration.id == rows[0].registration


async def test_who_gave_up_is_not_brought_back_by_the_file(
    importer: Importer, clock: StoryClock
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 2), "Ana", "ana@uniovi.es", "UNIOVI"),
    ]
    await importer.take(rows[:1])
    ana = await registration_of(importer, "Ana")
    await cancel_registration(
        ana.id, ana.version, work=importer.work(), caller=importer.officer, clock=clock
    )
    assert verdicts(await importer.take(rows)) == [
        "unchanged", "duplicate registration_ended",
    ]  # fmt: skip
    clock.move(timedelta(hours=1))
    anew = Row(3, clock.now(), "Ana", "ana@uniovi.es", "UNIOVI")
    assert verdicts(await importer.take([anew])) == ["create"]
