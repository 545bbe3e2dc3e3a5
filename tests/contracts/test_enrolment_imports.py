"""Importing responses of forms on every store: each row gets its verdict, and files may be late."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import (
    AlreadyPublished,
    DecisionInvalid,
    DecisionsOpen,
    EditionMoveNotAllowed,
    ImportNotFound,
    ImportStateError,
    NothingToDecide,
    PlanRefused,
    PlanTokenUnknown,
)
from app.domain.enrolment.forms.imports import ImportState, Verdict
from app.domain.enrolment.forms.mapping import Answer
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.use_cases_commit import commit_import, take_back_import
from app.domain.enrolment.use_cases_deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases_editions import close_edition, start_edition
from app.domain.enrolment.use_cases_imports import (
    get_import,
    list_import_rows,
    plan_received,
    receive_import,
    request_commit,
)
from app.domain.enrolment.use_cases_lists import publish_list, replay_decisions
from app.domain.enrolment.use_cases_registrations import cancel_registration
from tests.contracts.conftest import OpenWork
from tests.enrolment_builders import LIKENESS, officer, opened, registers
from tests.enrolment_imports import FORM, TOOLS, Importer, at, verdicts
from tests.forms_workbooks import Row, workbook
from tests.memory_ports import StoryClock


@pytest.fixture
async def edition(work: OpenWork, clock: StoryClock) -> Edition:
    return await opened(work, clock, places=4, per_institution=2)


@pytest.fixture
async def importer(work: OpenWork, clock: StoryClock, edition: Edition) -> Importer:
    made = Importer(work, clock, edition)
    await made.map()
    return made


async def registration_of(importer: Importer, name: str) -> Registration:
    async with importer.work() as w:
        found = await w.registrations.page(
            importer.edition.id, buckets=None, states=(), after=None, limit=500
        )
        people = await w.persons.of([r.person for r in found])
    (one,) = [r for r in found if people[r.person].full_name == name]
    return one


async def decides(importer: Importer, name: str, **decision: object) -> Registration:
    registration = await registration_of(importer, name)
    view, _ = await decide_registration(
        registration.id,
        registration.version,
        OfficerDecision(**decision),  # type: ignore[arg-type]
        work=importer.work(),
        caller=importer.officer,
        clock=importer.clock,
    )
    return view.registration


async def publishes(importer: Importer, **more: bool) -> None:
    async with importer.work() as w:
        version = (await w.editions.read(importer.edition.id)).version
    await publish_list(
        importer.edition.id, version, work=importer.work(), caller=importer.officer,
        clock=importer.clock, **more,
    )  # fmt: skip


async def proven(importer: Importer) -> list[str]:
    report = await replay_decisions(
        importer.edition.id, work=importer.work(), caller=importer.officer
    )
    return [difference.detail for difference in report.differences]


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


async def test_the_same_plan_token_again_finds_it_done(
    importer: Importer, clock: StoryClock
) -> None:
    planned = await importer.plan([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")])
    first = await importer.commit(planned)
    second = await importer.commit(planned)
    assert first.committed_at == second.committed_at
    assert len(await importer.standing()) == 1


async def test_of_one_person_the_earliest_time_and_the_latest_answers_count(
    importer: Importer, clock: StoryClock
) -> None:
    late = Row(5, at(clock, 50), "Ana García", "ana@uniovi.es", "Hochschule Karlsruhe")
    early = Row(2, at(clock, 20), "Ana Garcia", "ana@uniovi.es", "Universidad de Oviedo")
    await importer.take([late])
    rows = await importer.take([early])
    assert verdicts(rows) == ["duplicate same_person"]
    expected = [("Ana García", "HKA", f"{at(clock, 20):%H:%M:%S}")]
    assert await importer.standing() == expected


async def test_people_who_share_a_mailbox_are_not_merged(
    importer: Importer, clock: StoryClock
) -> None:
    rows = await importer.take(
        [
            Row(1, at(clock, 1), "Ana García", "office@uniovi.es", "UNIOVI"),
            Row(2, at(clock, 2), "Bruno López", "office@uniovi.es", "UNIOVI"),
            Row(3, at(clock, 3), "Anna Garcia", "office@uniovi.es", "UNIOVI"),
        ]
    )
    # The third could be the first, or her sister: an officer looks.
    assert verdicts(rows) == ["create", "create", "needs_decision possible_double"]


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
    assert verdicts(await importer.take([other])) == ["needs_decision person_changed"]


@pytest.mark.parametrize("take_new_time", [True, False])
async def test_a_changed_time_is_outside_the_list_until_an_officer_decides(
    importer: Importer, clock: StoryClock, take_new_time: bool
) -> None:
    await importer.take(
        [
            Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
            Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
        ]
    )
    moved = [Row(1, at(clock, 9), "Ana", "ana@uniovi.es", "UNIOVI")]
    assert verdicts(await importer.take(moved)) == ["needs_decision time_changed"]
    assert [name for name, *_ in await importer.standing()] == ["Bo"]
    await decides(importer, "Ana", take_new_time=take_new_time)
    expected = ["Bo", "Ana"] if take_new_time else ["Ana", "Bo"]
    assert [name for name, *_ in await importer.standing()] == expected
    # Decided is decided, whichever of the two files comes again.
    original = [Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")]
    assert verdicts(await importer.take(moved)) == ["unchanged"]
    assert verdicts(await importer.take(original)) == ["unchanged"]
    assert [name for name, *_ in await importer.standing()] == expected


async def test_after_publication_the_stored_time_stands_until_an_officer_decides(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(
        [
            Row(n, at(clock, n), f"Person {n}", f"p{n}@uniovi.es", "UNIOVI")
            for n in range(1, 6)
        ]
    )  # fmt: skip
    await publishes(importer)
    moved = [Row(5, at(clock, 3.5), "Person 5", "p5@uniovi.es", "UNIOVI")]
    assert verdicts(await importer.take(moved)) == ["needs_decision time_changed"]
    fifth = await registration_of(importer, "Person 5")
    assert (fifth.state, fifth.pending is not None) == (State.WAITING, True)
    decided = await decides(importer, "Person 5", take_new_time=True)
    assert (decided.state, decided.pending) == (State.WAITING, None)
    assert [name for name, *_ in await importer.standing()] == [
        "Person 3", "Person 5", "Person 4",
    ]  # fmt: skip
    assert await proven(importer) == []


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


async def test_an_officers_decision_on_a_spelling_settles_all_and_is_remembered(
    importer: Importer, clock: StoryClock
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "Univercity of Oviedo"),
        Row(2, at(clock, 2), "Bo", "bo@uniovi.es", "UNIVERCITY of  Oviedo"),
        Row(3, at(clock, 3), "Cy", "cy@example.org", "Skovde Motor Club"),
        Row(4, at(clock, 4), "Di", "di@example.org", ""),
    ]
    await importer.take(rows)
    assert await importer.standing() == []
    with pytest.raises(DecisionInvalid):
        await decides(importer, "Ana")
    with pytest.raises(DecisionInvalid):
        await decides(importer, "Ana", institution="NOWHERE")
    await decides(importer, "Ana", institution="UNIOVI")
    await decides(importer, "Cy", organisation="Skövde Motor Club")
    await decides(importer, "Di", independent=True)
    assert [(name, bucket) for name, bucket, _ in await importer.standing()] == [
        ("Ana", "UNIOVI"), ("Bo", "UNIOVI"), ("Cy", "EXT:skovde motor club"), ("Di", "INDEPENDENT"),
    ]  # fmt: skip
    with pytest.raises(NothingToDecide):
        await decides(importer, "Ana", institution="UNIOVI")
    known = await importer.take(
        [
            Row(5, at(clock, 5), "Ed", "ed@uniovi.es", "univercity of oviedo"),
            Row(6, at(clock, 6), "Fi", "fi@example.org", "skovde motor club!"),
        ]
    )
    assert [(row.verdict.value, row.institution) for row in known] == [
        ("create", "UNIOVI"), ("create", "EXT:skovde motor club"),
    ]  # fmt: skip


@pytest.mark.parametrize("ruling", ["admit", "reject", "merge"])
async def test_a_possible_double_is_one_person_or_two_or_none(
    importer: Importer, clock: StoryClock, ruling: str
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 2), "ANA", "ana@gmail.com", "UNIOVI"),
    ]
    await importer.take(rows)
    first = await registration_of(importer, "Ana")
    decision: dict[str, object] = {"ruling": Ruling(ruling), "reason": "asked both"}
    if ruling == "merge":
        with pytest.raises(DecisionInvalid):
            await decides(importer, "ANA", **{**decision, "same_as": uuid4()})
        decision["same_as"] = first.id
    decided = await decides(importer, "ANA", **decision)
    expected = {
        "admit": (State.WAITING, ["Ana", "ANA"]),
        "reject": (State.REJECTED, ["Ana"]),
        "merge": (State.CANCELLED, ["Ana"]),
    }[ruling]
    assert (decided.state, [name for name, *_ in await importer.standing()]) == expected
    assert verdicts(await importer.take(rows)) == ["unchanged", "unchanged"]


async def test_a_list_with_open_decisions_is_published_only_knowingly(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(
        [
            Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "Uni Oviedo"),
            Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
        ]
    )
    with pytest.raises(DecisionsOpen):
        await publishes(importer)
    await publishes(importer, leave_undecided=True)
    decided = await decides(importer, "Ana", institution="UNIOVI")
    assert decided.state is State.PLACED
    assert await proven(importer) == []


async def test_a_plan_is_refused_when_what_it_rests_on_has_changed(
    importer: Importer, clock: StoryClock
) -> None:
    rows = [Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")]
    planned = await importer.plan(rows)
    await importer.map("Europe/Helsinki")
    with pytest.raises(PlanRefused) as refused:
        await importer.commit(planned)
    assert refused.value.changed == ("the mapping of the form",)
    planned = await importer.plan(rows)
    async with importer.work() as w:
        await w.institutions.remember_alias("the oviedo one", "UNIOVI")
    with pytest.raises(PlanRefused) as refused:
        await importer.commit(planned)
    assert refused.value.changed == ("the known spellings of institutions",)
    planned, other = await importer.plan(rows), await importer.plan(rows)
    await importer.commit(other)
    with pytest.raises(PlanRefused) as refused:
        await importer.commit(planned)
    assert refused.value.changed == ("another import",)
    planned = await importer.plan(rows)
    await publishes(importer)
    with pytest.raises(PlanRefused) as refused:
        await importer.commit(planned)
    assert refused.value.changed == ("the edition's configuration",)


async def test_what_others_do_meanwhile_does_not_refuse_the_plan_but_is_told(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    planned = await importer.plan(
        [
            Row(1, at(clock, 1), "Learner ana", "ana@example.org", "UNIOVI"),
            Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
        ]
    )
    await registers(work, clock, importer.edition, "ana", "UNIOVI")
    done = await importer.commit(planned)
    assert done.differing == (2,)
    rows = await importer.rows(done)
    assert [(row.verdict, row.planned) for row in rows] == [
        (Verdict.DUPLICATE, Verdict.CREATE), (Verdict.CREATE, None),
    ]  # fmt: skip


async def test_an_import_is_taken_back_as_one_step_while_the_list_is_provisional(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    first = [
        Row(1, at(clock, 10), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 11), "Bo", "bo@his.se", "HIS"),
        Row(3, at(clock, 12), "Ana", "ana@gmail.com", "HKA"),
    ]
    await importer.take(first)
    await registers(work, clock, importer.edition, "cy", "UOC")
    before = await importer.standing()
    second = [
        Row(1, at(clock, 10), "Ana", "ana@uniovi.es", "HKA", modified=at(clock, 20)),
        Row(2, at(clock, 30), "Bo", "bo@his.se", "HIS"),
        Row(4, at(clock, 5), "Bo", "bo@his.se", "MTU"),
        Row(5, at(clock, 6), "Di", "di@his.se", "HIS"),
        Row(6, at(clock, 7), "Learner cy", "cy@example.org", "UOC"),
    ]
    planned = await importer.plan(second)
    done = await importer.commit(planned)
    # The second Ana may now be the first, since both say Karlsruhe.
    assert [name for name, *_ in await importer.standing()] == ["Di", "Learner cy", "Ana"]
    taken_back = await take_back_import(
        importer.edition.id, done.id, likeness=LIKENESS, work=work(), caller=importer.officer,
        clock=clock,
    )  # fmt: skip
    assert taken_back.state is ImportState.TAKEN_BACK
    assert await importer.standing() == before
    async with work() as w:
        assert await w.tallies.reconcile() == []
    with pytest.raises(ImportStateError):
        await take_back_import(
            importer.edition.id, done.id, likeness=LIKENESS, work=work(),
            caller=importer.officer, clock=clock,
        )  # fmt: skip
    # Taken back is not refused for good: the same rows may come again.
    again = await importer.take(second)
    assert verdicts(again)[2:] == ["duplicate same_person", "create", "duplicate same_person"]
    await publishes(importer, leave_undecided=True)
    with pytest.raises(AlreadyPublished):
        await take_back_import(
            importer.edition.id, done.id, likeness=LIKENESS, work=work(), caller=importer.officer,
            clock=clock,
        )  # fmt: skip


async def test_a_form_that_nobody_has_mapped_gets_a_suggestion_and_no_plan(
    work: OpenWork, clock: StoryClock, edition: Edition
) -> None:
    as_officer = officer()
    content = workbook(
        [Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "Universidad de Oviedo")],
        more=["¿Por qué?"],
    )
    new, job = await receive_import(
        edition.id, FORM, "respuestas.xlsx", content, work=work(), caller=as_officer, clock=clock
    )
    assert job.params == {"import": str(new.id)}
    found = await plan_received(new.id, open_work=work, tools=TOOLS, clock=clock)
    assert (found.state, found.plan_token) == (ImportState.NEEDS_MAPPING, None)
    assert found.suggestion is not None
    assert (found.suggestion.language, found.suggestion.questions) == (
        "es",
        {
            "Nombre y apellidos": Answer.FULL_NAME,
            "Correo electrónico de contacto": Answer.EMAIL,
            "Institución de origen": Answer.INSTITUTION,
            "País": Answer.COUNTRY,
        },
    )
    assert found.unknown_columns == ("¿Por qué?",)
    assert found.counts == {"create": 1}
    with pytest.raises(PlanRefused):
        await commit_import(
            new.id, "", open_work=work, tools=TOOLS, actor="x", clock=clock
        )  # fmt: skip


async def test_a_file_that_cannot_be_read_is_refused_and_kept(
    work: OpenWork, clock: StoryClock, edition: Edition
) -> None:
    new, _ = await receive_import(
        edition.id, FORM, "x.xlsx", b"PK nonsense", work=work(), caller=officer(), clock=clock
    )
    for _ in range(2):
        found = await plan_received(new.id, open_work=work, tools=TOOLS, clock=clock)
        assert (found.state, found.problem and found.problem[0]) == (
            ImportState.REFUSED, "unreadable",
        )  # fmt: skip
    async with work() as w:
        assert (await w.imports.file(new.id)).content == b"PK nonsense"


async def test_only_the_editions_own_officers_import_and_others_see_their_own_rows(
    importer: Importer, clock: StoryClock, work: OpenWork, edition: Edition
) -> None:
    done = await importer.commit(
        await importer.plan(
            [
                Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
                Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
            ]
        )
    )
    at_skovde = officer("HIS")
    with pytest.raises(NotAllowed):
        await receive_import(edition.id, FORM, "x", b"", work=work(), caller=at_skovde, clock=clock)
    with pytest.raises(NotAllowed):
        await request_commit(edition.id, done.plan_token or "", work=work(), caller=at_skovde)
    for caller, expected in ((at_skovde, ["Bo"]), (officer("HKA"), []), (officer(), ["Ana", "Bo"])):
        rows = await list_import_rows(done.id, after=0, limit=50, work=work(), caller=caller)
        assert [row.full_name for row in rows] == expected
        found, _ = await get_import(done.id, work=work(), caller=caller)
        assert found.file_hash == done.file_hash
    with pytest.raises(ImportNotFound):
        await get_import(uuid4(), work=work(), caller=officer())


async def test_a_plan_token_is_of_one_edition(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    planned = await importer.plan([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")])
    other = await opened(work, clock)
    for token in (planned.plan_token or "", "nonsense", f"{uuid4()}.abc"):
        with pytest.raises(PlanTokenUnknown):
            await request_commit(other.id, token, work=work(), caller=officer())
    found, job = await request_commit(
        importer.edition.id, planned.plan_token or "", work=work(), caller=officer()
    )
    assert (found.id, job.kind) == (planned.id, "commit_import")


async def test_nothing_is_imported_once_teaching_has_begun(
    importer: Importer, clock: StoryClock, work: OpenWork, edition: Edition
) -> None:
    planned = await importer.plan([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")])
    await publishes(importer)
    await close_edition(edition.id, 3, "early", work=work(), caller=officer(), clock=clock)
    await start_edition(edition.id, 4, work=work(), caller=officer(), clock=clock)
    with pytest.raises(EditionMoveNotAllowed):
        await importer.commit(planned)
    with pytest.raises(EditionMoveNotAllowed):
        await importer.plan([])


async def test_a_direct_edition_decides_the_rows_of_one_import_in_rank_order(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, places=2, per_institution=1, mode=Mode.DIRECT)
    importer = Importer(work, clock, edition)
    await importer.map()
    rows = await importer.take(
        [
            Row(3, at(clock, 30), "Third", "c@his.se", "HIS"),
            Row(1, at(clock, 10), "First", "a@uniovi.es", "UNIOVI"),
            Row(2, at(clock, 20), "Second", "b@h-ka.de", "HKA"),
        ]
    )
    assert [row.standing.state for row in rows if row.standing] == ["waiting", "placed", "placed"]
    assert await proven(importer) == []
