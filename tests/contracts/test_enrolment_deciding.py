"""What an officer decides about imported rows, on every store."""

from uuid import uuid4

import pytest

from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.edition import Mode
from app.domain.enrolment.errors import (
    DecisionInvalid,
    DecisionsOpen,
    InstitutionFixed,
    NothingToDecide,
    OverridesOff,
)
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.use_cases.affiliation import (
    Saying,
    confirm_affiliation,
    contest_affiliation,
)
from app.domain.enrolment.use_cases.deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases.lists import get_standing
from app.domain.enrolment.use_cases.registrations import cancel_registration
from tests.contracts.conftest import OpenWork
from tests.contracts.import_steps import decides, proven, publishes, registration_of
from tests.contracts.import_steps import edition as edition  # a fixture
from tests.contracts.import_steps import importer as importer  # a fixture
from tests.enrolment_builders import officer, opened, registers
from tests.enrolment_imports import Importer, at, verdicts
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock

HELD = "needs_decision institution_unclear unclear"


async def recorded(
    importer: Importer, of: Registration
) -> list[tuple[str | None, str | None, str | None]]:
    """What the audit record says of decisions: before, after and note, the oldest first."""
    async with importer.work() as w:
        found = await w.audit.page(
            kind="registration", subject=str(of.id), actor=None, after=None, limit=9
        )
    return [(one.before, one.after, one.note) for one in sorted(found, key=lambda one: one.id)]


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


async def test_an_officer_corrects_an_institution_while_the_list_is_provisional(
    importer: Importer, clock: StoryClock
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uoc.gr", "Panepistimion"),
        Row(2, at(clock, 2), "Bo", "bo@uoc.gr", "PANEPISTIMION"),
        Row(3, at(clock, 3), "Cy", "cy@uoc.gr", "University of Crete"),
        Row(4, at(clock, 4), "Di", "di@h-ka.de", "HKA"),
    ]
    await importer.take(rows)
    await decides(importer, "Ana", organisation="Panepistimion")
    # That was a mistake. Both who wrote it move, at their ranks; the caps hold at once.
    await decides(importer, "Ana", institution="UOC")
    assert [(name, bucket) for name, bucket, _ in await importer.standing()] == [
        ("Ana", "UOC"), ("Bo", "UOC"), ("Cy", "UOC"), ("Di", "HKA"),
    ]  # fmt: skip
    found = await get_standing(importer.edition.id, work=importer.work(), caller=importer.officer)
    assert [s.is_placed for s in found.standings] == [True, True, False, True]
    with pytest.raises(NothingToDecide):
        await decides(importer, "Ana", institution="UOC")
    # And back again: the spelling is an organisation's from now on, also for those to come.
    await decides(importer, "Bo", organisation="Panepistimion Ltd")
    more = await importer.take([Row(5, at(clock, 5), "Ed", "ed@uoc.gr", "panepistimion")])
    assert [(row.institution, row.warnings) for row in more] == [("EXT:panepistimion ltd", ())]
    assert (await registration_of(importer, "Ana")).bucket == "EXT:panepistimion ltd"
    async with importer.work() as w:
        assert await w.tallies.reconcile() == []


async def test_a_spelling_is_forgotten_alone_and_forgetting_it_again_is_nothing(
    work: OpenWork,
) -> None:
    async with work() as w:
        await w.external_spellings.remember("cruz roja", "Cruz Roja")
        await w.external_spellings.remember("cruz roja asturias", "Cruz Roja")
    async with work() as w:
        await w.external_spellings.forget("cruz roja")
        assert await w.external_spellings.all() == {"cruz roja asturias": "Cruz Roja"}
    async with work() as w:
        await w.external_spellings.forget("cruz roja")
        assert await w.external_spellings.all() == {"cruz roja asturias": "Cruz Roja"}


async def test_an_organisation_that_was_a_mistake_is_forgotten_with_its_name(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(
        [
            Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "Uni Oviedo"),
            Row(2, at(clock, 2), "Bo", "bo@example.org", "Skovde Motor Club"),
        ]
    )
    await decides(importer, "Ana", organisation="Univercity of Oviedo")
    await decides(importer, "Bo", organisation="Skövde Motor Club")
    await decides(importer, "Ana", institution="UNIOVI")
    async with importer.work() as w:
        assert await w.external_spellings.all() == {"skovde motor club": "Skövde Motor Club"}
    # Who writes the name that was wrongly taken for an organisation's is asked about again.
    more = await importer.take([Row(3, at(clock, 3), "Ed", "ed@uniovi.es", "Univercity of Oviedo")])
    assert [(row.reason, row.institution) for row in more] == [
        (Reason.INSTITUTION_UNCLEAR.value, None)
    ]
    with pytest.raises(NothingToDecide):
        await decides(importer, "Ana", institution="UNIOVI")


async def test_a_partners_own_name_keeps_its_meaning_when_one_person_is_corrected(
    importer: Importer, clock: StoryClock
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "HKA"),
        Row(2, at(clock, 2), "Bo", "bo@h-ka.de", "HKA"),
        Row(3, at(clock, 3), "Ana", "ana@uniovi.es", "UNIOVI"),
    ]
    await importer.take(rows)
    ana = await registration_of(importer, "Ana")
    assert ana.warnings == ("email_domain_differs", "institution_differs")
    corrected = await decides(importer, "Ana", institution="UNIOVI")
    assert (corrected.bucket, corrected.warnings, corrected.rank) == ("UNIOVI", (), ana.rank)
    assert (await registration_of(importer, "Bo")).bucket == "HKA"
    assert verdicts(await importer.take(rows)) == ["unchanged"] * 3
    assert (await registration_of(importer, "Ana")).bucket == "UNIOVI"


async def test_everybody_who_is_moved_along_has_an_audit_record_that_leads_to_the_one_decided_on(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(
        [
            Row(1, at(clock, 1), "Ana", "ana@uoc.gr", "Panepistimion"),
            Row(2, at(clock, 2), "Bo", "bo@uoc.gr", "PANEPISTIMION"),
            Row(3, at(clock, 3), "Cy", "cy@h-ka.de", "HKA"),
        ]
    )
    await decides(importer, "Ana", institution="HKA")
    await decides(importer, "Ana", institution="UOC", reason="She told me so.")
    ana, bo, cy = [await registration_of(importer, name) for name in ("Ana", "Bo", "Cy")]
    assert await recorded(importer, ana) == [
        (HELD, "waiting provisional HKA", None),
        ("waiting provisional HKA", "waiting provisional UOC", "She told me so."),
    ]
    assert await recorded(importer, bo) == [
        (HELD, "waiting provisional HKA", f"settled_with {ana.id}"),
        ("waiting provisional HKA", "waiting provisional UOC", f"settled_with {ana.id}"),
    ]
    assert await recorded(importer, cy) == []


@pytest.mark.parametrize("contested", [False, True])
async def test_whom_the_institution_has_spoken_of_is_not_moved_along_with_a_spelling(
    importer: Importer, clock: StoryClock, contested: bool
) -> None:
    names = ["Ana", "Bo", "Cy"]
    await importer.take(
        [
            Row(n, at(clock, n), name, f"p{n}@example.org", "Panepistimion")
            for n, name in enumerate(names, 1)
        ]
    )
    await decides(importer, "Ana", institution="HKA")
    bo = await registration_of(importer, "Bo")
    saying = Saying(bo.id, bo.version, "I looked into our files.")
    by = officer("HKA")
    said = contest_affiliation if contested else confirm_affiliation
    await said(saying, work=importer.work(by), caller=by, clock=clock)
    ana, cy = [await registration_of(importer, name) for name in ("Ana", "Cy")]
    decided = await decide_registration(
        ana.id, ana.version, OfficerDecision(institution="UOC"),
        work=importer.work(), caller=importer.officer, clock=clock,
    )  # fmt: skip
    assert list(decided.also) == [cy.id]
    assert [(await registration_of(importer, name)).bucket for name in names] == [
        "UOC", "HKA", "UOC",
    ]  # fmt: skip
    left = await registration_of(importer, "Bo")
    expected = ClaimState.CONTESTED if contested else ClaimState.CONFIRMED
    assert (left.claim_state, left.version) == (expected, bo.version + 1)
    async with importer.work() as w:
        assert await w.tallies.reconcile() == []


async def test_that_another_response_differs_is_settled_for_the_one_decided_on_alone(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(
        [
            Row(1, at(clock, 1), "Ana", "ana@example.org", "Panepistimion"),
            Row(2, at(clock, 2), "Bo", "bo@example.org", "Panepistimion"),
            Row(3, at(clock, 3), "Ana", "ana@example.org", "HIS"),
            Row(4, at(clock, 4), "Bo", "bo@example.org", "HIS"),
        ]
    )
    await decides(importer, "Ana", institution="UOC")
    ana, bo = [await registration_of(importer, name) for name in ("Ana", "Bo")]
    assert (ana.bucket, ana.warnings) == ("UOC", ())
    assert (bo.bucket, bo.warnings) == ("UOC", ("institution_differs",))


async def test_who_comes_to_the_institution_of_a_namesake_may_be_a_double(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take(
        [
            Row(1, at(clock, 1), "Ana", "ana@gmail.com", "Cruz Roja"),
            Row(2, at(clock, 2), "ANA", "ana@uniovi.es", "UNIOVI"),
        ]
    )
    assert len(await importer.standing()) == 2
    await decides(importer, "Ana", institution="UNIOVI")
    held = await registration_of(importer, "ANA")
    assert (held.state, held.reason) == (State.NEEDS_DECISION, Reason.POSSIBLE_DOUBLE)
    assert [name for name, *_ in await importer.standing()] == ["Ana"]


async def test_once_the_list_binds_nobodys_institution_is_corrected(
    importer: Importer, clock: StoryClock
) -> None:
    await importer.take([Row(1, at(clock, 1), "Ana", "ana@uoc.gr", "Panepistimion")])
    await decides(importer, "Ana", organisation="Panepistimion")
    await publishes(importer)
    with pytest.raises(InstitutionFixed):
        await decides(importer, "Ana", institution="UOC")
    assert (await registration_of(importer, "Ana")).bucket == "EXT:panepistimion"
    assert await proven(importer) == []


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


async def test_an_officer_places_somebody_above_the_caps_where_the_edition_allows_it(
    work: OpenWork, clock: StoryClock
) -> None:
    strict = await opened(work, clock, mode=Mode.DIRECT, places=1)
    generous = await opened(work, clock, mode=Mode.DIRECT, places=1, overrides_allowed=True)
    for one in (strict, generous):
        for name in ("ana", "bo", "cy"):
            await registers(work, clock, one, name)
    placing = {"ruling": Ruling.PLACE, "reason": "teaches the course next year"}
    with pytest.raises(OverridesOff):
        await decides(Importer(work, clock, strict), "Learner cy", **placing)
    importer = Importer(work, clock, generous)
    with pytest.raises(DecisionInvalid):
        await decides(importer, "Learner cy", ruling=Ruling.PLACE)
    placed = await decides(importer, "Learner cy", **placing)
    assert (placed.state, placed.reason) == (State.PLACED, Reason.OVERRIDE)
    with pytest.raises(NothingToDecide):
        await decides(importer, "Learner cy", **placing)
    async with work() as w:
        numbers = {t.scope: (t.placed, t.excess) for t in await w.tallies.of(generous.id)}
    assert numbers["edition"] == (2, 1)
    assert await proven(importer) == []
    # One of the two leaves: the edition is at its cap again, so that nobody is promoted.
    ana = await registration_of(importer, "Learner ana")
    _, promoted = await cancel_registration(
        ana.id, ana.version, work=work(), caller=importer.officer, clock=clock
    )
    assert promoted == []
    async with work() as w:
        numbers = {t.scope: (t.placed, t.excess) for t in await w.tallies.of(generous.id)}
    assert numbers["edition"] == (1, 0)
    assert await proven(importer) == []


async def test_placed_above_the_caps_before_publication_is_placed_by_it(
    work: OpenWork, clock: StoryClock
) -> None:
    generous = await opened(work, clock, places=1, overrides_allowed=True)
    for name in ("ana", "bo", "cy"):
        await registers(work, clock, generous, name)
    importer = Importer(work, clock, generous)
    await decides(importer, "Learner cy", ruling=Ruling.PLACE, reason="promised in writing")
    found = await get_standing(generous.id, work=work(), caller=importer.officer)
    assert [s.is_placed for s in found.standings] == [False, False, True]
    await publishes(importer)
    cy = await registration_of(importer, "Learner cy")
    assert (cy.state, cy.reason) == (State.PLACED, Reason.OVERRIDE)
    assert await proven(importer) == []
