"""Reserves, unused places, the end of promotion, and caps that change: decisions all of them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.enrolment.changing import EditionChanges
from app.domain.enrolment.decisions import Kind
from app.domain.enrolment.edition import Edition, EditionState, Mode
from app.domain.enrolment.errors import (
    CapBelowAdmitted,
    EditionInvalid,
    NothingToRelease,
    ReasonNeeded,
    UnusedPolicyForbids,
)
from app.domain.enrolment.quota import PER_INSTITUTION, Quota, QuotaRule
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.timetable import UnusedPolicy, UnusedSeats
from app.domain.enrolment.use_cases.caps import (
    CapsStep,
    lift_caps,
    preview_caps,
    release_reserve,
    stop_promotion,
)
from app.domain.enrolment.use_cases.editions import (
    close_edition,
    edit_edition,
    start_edition,
)
from app.domain.enrolment.use_cases.registrations import record_no_show
from app.domain.enrolment.use_cases.timetable import make_due_moves
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import cancels, outcome, proven, states
from tests.enrolment_builders import an_edition, officer, opened, queue_up, registers
from tests.memory_ports import StoryClock

HELD = "institution:HIS"


def held(places: int, release_in: timedelta | None, clock: StoryClock) -> Quota:
    """Two for each institution, and one place held for Skövde."""
    release_at = None if release_in is None else clock.now() + release_in
    return Quota(
        places,
        (
            QuotaRule(PER_INSTITUTION, max=2),
            QuotaRule(HELD, max=2, min=1, release_at=release_at),
        ),
    )


async def version(work: OpenWork, edition: Edition) -> int:
    async with work() as w:
        return (await w.editions.read(edition.id)).version


async def due(work: OpenWork, clock: StoryClock) -> Sequence[UUID]:
    async with work() as w:
        return await w.editions.due(clock.now(), 10)


async def reasons(work: OpenWork, edition: Edition) -> list[str]:
    """Why caps changed, by the log."""
    async with work() as w:
        log = await w.decisions.page(edition.id, after=0, limit=100)
    return [str(line.reason) for line in log if line.kind is Kind.CAPS]


async def test_a_timer_releases_a_reserve_at_its_date_and_whoever_fits_gets_a_place(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, quota=held(2, timedelta(days=3), clock))
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN"])
    assert outcome(views[1]) == "waiting reserved"
    assert await due(work, clock) == []
    clock.move(timedelta(days=3))
    assert await due(work, clock) == [edition.id]
    await make_due_moves(edition.id, work=work(), clock=clock)
    assert await states(work, edition) == ["placed", "placed", "waiting"]
    assert await due(work, clock) == []
    # A second timer that comes late finds nothing to do.
    before = await version(work, edition)
    await make_due_moves(edition.id, work=work(), clock=clock)
    assert await version(work, edition) == before
    assert await reasons(work, edition) == ["caps_set", "reserve_released"]
    assert await proven(work, edition) == []


async def test_an_officer_releases_a_reserve_early_with_a_reason(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, quota=held(2, None, clock))
    await queue_up(work, clock, edition, ["HKA", "UDA"])
    step = CapsStep("release_reserve", "Skövde sends nobody.", HELD)
    wrong = CapsStep("release_reserve", "why", "institution:HKA")
    silent = CapsStep("release_reserve", " ", HELD)
    with pytest.raises(NothingToRelease):
        await release_reserve(edition.id, 2, wrong, work=work(), caller=officer(), clock=clock)
    with pytest.raises(ReasonNeeded):
        await release_reserve(edition.id, 2, silent, work=work(), caller=officer(), clock=clock)
    tried = CapsStep("release_reserve", "", HELD, dry_run=True)
    _, promoted = await release_reserve(
        edition.id, 2, tried, work=work(), caller=officer(), clock=clock
    )
    assert len(promoted) == 1
    assert await states(work, edition) == ["placed", "waiting"]
    released, promoted = await release_reserve(
        edition.id, 2, step, work=work(), caller=officer(), clock=clock
    )
    assert await states(work, edition) == ["placed", "placed"]
    # A later change of the rules does not hold again what was released.
    changed, _ = await edit_edition(
        edition.id, released.version, EditionChanges({"quota": held(3, None, clock)}, "one more"),
        work=work(), caller=officer(), clock=clock,
    )  # fmt: skip
    assert changed.quota.reserves == []
    assert await proven(work, edition) == []


async def test_places_that_institutions_leave_unused_stay_empty_unless_the_edition_says_otherwise(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=5, per_institution=1)
    await queue_up(work, clock, edition, ["HKA", "HKA", "HKA"])
    with pytest.raises(UnusedPolicyForbids):
        await lift_caps(
            edition.id, 2, CapsStep("lift_caps", "empty seats"), work=work(), caller=officer(),
            clock=clock,
        )  # fmt: skip
    changes = EditionChanges({"unused": UnusedSeats(UnusedPolicy.MANUAL)}, "agreed by all")
    await edit_edition(edition.id, 2, changes, work=work(), caller=officer(), clock=clock)
    _, promoted = await lift_caps(
        edition.id, 3, CapsStep("lift_caps", "empty seats"), work=work(), caller=officer(),
        clock=clock,
    )  # fmt: skip
    assert len(promoted) == 2
    assert await states(work, edition) == ["placed"] * 3
    assert await reasons(work, edition) == ["caps_set", "caps_lifted"]
    with pytest.raises(NothingToRelease):
        await lift_caps(
            edition.id, 4, CapsStep("lift_caps", "again"), work=work(), caller=officer(),
            clock=clock,
        )  # fmt: skip
    assert await proven(work, edition) == []


async def test_unused_places_are_there_for_everybody_at_the_announced_date(
    work: OpenWork, clock: StoryClock
) -> None:
    at = clock.now() + timedelta(days=5)
    edition = await opened(
        work, clock, mode=Mode.DIRECT, places=3, per_institution=1,
        unused=UnusedSeats(UnusedPolicy.AT_DATE, at),
    )  # fmt: skip
    await queue_up(work, clock, edition, ["HKA", "HKA", "UDA", "HKA"])
    clock.move(timedelta(days=5))
    assert await due(work, clock) == [edition.id]
    await make_due_moves(edition.id, work=work(), clock=clock)
    # In order of rank up to the places of the edition.
    assert await states(work, edition) == ["placed", "placed", "placed", "waiting"]
    assert await due(work, clock) == []
    assert await proven(work, edition) == []


async def test_a_policy_with_a_date_needs_one_and_the_others_have_none(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = an_edition(clock.now(), unused=UnusedSeats(UnusedPolicy.AT_DATE))
    with pytest.raises(EditionInvalid) as refused:
        edition.check(("UNIOVI",))
    assert [f.pointer for f in refused.value.findings] == ["/unused_seats/at"]


async def test_after_the_cut_off_a_place_that_becomes_free_goes_to_nobody(
    work: OpenWork, clock: StoryClock
) -> None:
    until = clock.now() + timedelta(days=4)
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1, promotion_until=until)
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN"])
    assert len(await cancels(work, clock, views[0])) == 1
    clock.move(timedelta(days=4))
    assert await due(work, clock) == [edition.id]
    await make_due_moves(edition.id, work=work(), clock=clock)
    assert await cancels(work, clock, views[1]) == []
    assert await states(work, edition) == ["cancelled", "cancelled", "waiting"]
    late = await registers(work, clock, edition, "late", "HKA")
    assert outcome(late) == "waiting cut_off"
    assert await proven(work, edition) == []


async def test_an_officer_ends_promotion_early(work: OpenWork, clock: StoryClock) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    step = CapsStep("stop_promotion", "The rooms are booked.")
    await stop_promotion(edition.id, 2, step, work=work(), caller=officer(), clock=clock)
    assert await cancels(work, clock, views[0]) == []
    assert await reasons(work, edition) == ["caps_set", "promotion_ended"]
    assert await proven(work, edition) == []


async def no_show(work: OpenWork, clock: StoryClock, registration: UUID) -> list[Registration]:
    async with work() as w:
        current = await w.registrations.read(registration)
    _, promoted = await record_no_show(
        current.id, current.version, "not there", work=work(), caller=officer(), clock=clock
    )
    return list(promoted)


async def test_the_place_of_a_no_show_goes_on_while_the_edition_gives_places(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(
        work, clock, mode=Mode.DIRECT, places=2,
        promotion_until=an_edition(clock.now()).starts_at + timedelta(days=3),
    )  # fmt: skip
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN", "HIS"])
    await close_edition(edition.id, 2, "full", work=work(), caller=officer(), clock=clock)
    await start_edition(edition.id, 3, "early", work=work(), caller=officer(), clock=clock)
    promoted = await no_show(work, clock, views[0].registration.id)
    assert [one.id for one in promoted] == [views[2].registration.id]
    clock.move(timedelta(days=70))
    await make_due_moves(edition.id, work=work(), clock=clock)
    assert await no_show(work, clock, views[1].registration.id) == []
    assert await states(work, edition) == ["no_show", "no_show", "placed", "waiting"]
    assert await proven(work, edition) == []


async def test_an_edition_runs_its_whole_timetable_by_itself(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = an_edition(clock.now(), mode=Mode.DIRECT)
    async with work() as w:
        await w.editions.add(edition)
    seen = []
    for days in (0, 11, 60, 60):
        clock.move(timedelta(days=days))
        assert await due(work, clock) == [edition.id]
        seen.append((await make_due_moves(edition.id, work=work(), clock=clock)).state)
        assert await due(work, clock) == []
    assert seen == [
        EditionState.OPEN, EditionState.CLOSED, EditionState.RUNNING, EditionState.GRADING,
    ]  # fmt: skip
    assert await proven(work, edition) == []


async def test_teaching_does_not_begin_by_itself_on_a_list_that_binds_nobody(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    clock.move(timedelta(days=100))
    moved = await make_due_moves(edition.id, work=work(), clock=clock)
    assert moved.state is EditionState.CLOSED
    assert await due(work, clock) == []


async def test_a_preview_of_caps_tells_what_the_change_then_does_and_changes_nothing(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=2, per_institution=1)
    views = await queue_up(work, clock, edition, ["HKA", "HKA", "UDA", "HKA", "URN"])
    rules = (QuotaRule(PER_INSTITUTION, max=2),)
    looked = await preview_caps(edition.id, 4, rules, work=work(), caller=officer())
    assert [e.registration for e in looked.gain] == [
        views[1].registration.id, views[4].registration.id,
    ]  # fmt: skip
    assert (dict(looked.placed), dict(looked.waiting)) == (
        {"HKA": 2, "UDA": 1, "URN": 1}, {"HKA": 1},
    )  # fmt: skip
    assert await states(work, edition) == ["placed", "waiting", "placed", "waiting", "waiting"]
    change = EditionChanges({"quota": Quota(4, rules)}, "a second tutor")
    _, promoted = await edit_edition(
        edition.id, 2, change, work=work(), caller=officer(), clock=clock
    )
    assert [one.id for one in promoted] == [e.registration for e in looked.gain]
    too_low = await preview_caps(edition.id, 3, None, work=work(), caller=officer())
    assert [(t.scope, t.cap, t.placed) for t in too_low.too_low] == [("edition", 3, 4)]
    with pytest.raises(CapBelowAdmitted):
        await edit_edition(
            edition.id, 3, EditionChanges({"quota": Quota(3, rules)}, "fewer"), work=work(),
            caller=officer(), clock=clock,
        )  # fmt: skip


async def test_a_preview_on_a_provisional_list_names_who_would_gain_and_who_would_lose(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, places=3, per_institution=2)
    views = await queue_up(work, clock, edition, ["HKA", "HKA", "UDA", "URN"])
    rules = (QuotaRule(PER_INSTITUTION, max=1),)
    looked = await preview_caps(edition.id, None, rules, work=work(), caller=officer())
    assert [e.registration for e in looked.gain] == [views[3].registration.id]
    assert [e.registration for e in looked.lose] == [views[1].registration.id]
    assert looked.too_low == ()
