"""Editions that change late: what opens again, what begins anew, and what is refused with a reason
that says what to do."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.domain.enrolment.changing import EditionChanges, EditionUnchangeable
from app.domain.enrolment.decisions import Kind
from app.domain.enrolment.edition import Edition, EditionState, Mode
from app.domain.enrolment.errors import EditionInvalid
from app.domain.enrolment.quota import PER_INSTITUTION, Quota, QuotaRule, one_cap
from app.domain.enrolment.timetable import UnusedPolicy, UnusedSeats
from app.domain.enrolment.use_cases.caps import CapsStep, preview_caps, release_reserve
from app.domain.enrolment.use_cases.editions import (
    close_edition,
    edit_edition,
    open_edition,
    start_edition,
)
from app.domain.enrolment.use_cases.timetable import make_due_moves
from app.domain.enrolment.window import RegistrationWindow
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import cancels, outcome, proven, states
from tests.enrolment_builders import PARTNERS, an_edition, officer, opened, queue_up, registers
from tests.memory_ports import StoryClock

HELD = "institution:HIS"


async def now_of(work: OpenWork, edition: Edition) -> Edition:
    async with work() as w:
        return await w.editions.read(edition.id)


async def changes(
    work: OpenWork, clock: StoryClock, edition: Edition, **values: Any
) -> tuple[Edition, int]:
    """The edition after the change, and how many got a place by it."""
    seen = (await now_of(work, edition)).version
    changed, promoted = await edit_edition(
        edition.id, seen, EditionChanges(values, "it has turned out so"),
        work=work(), caller=officer(), clock=clock,
    )  # fmt: skip
    return changed, len(promoted)


async def why_caps_changed(work: OpenWork, edition: Edition) -> list[str]:
    async with work() as w:
        log = await w.decisions.page(edition.id, after=0, limit=100)
    return [str(line.reason) for line in log if line.kind is Kind.CAPS]


async def taught(work: OpenWork, clock: StoryClock, edition: Edition) -> None:
    for step in (close_edition, start_edition):
        seen = (await now_of(work, edition)).version
        await step(edition.id, seen, "all are here", work=work(), caller=officer(), clock=clock)


def pointed_at(refused: pytest.ExceptionInfo[EditionInvalid]) -> list[tuple[str, str]]:
    return [(finding.pointer, finding.code) for finding in refused.value.findings]


async def test_a_later_end_of_promotion_gives_places_again_to_whoever_waits(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(
        work, clock, mode=Mode.DIRECT, places=1, promotion_until=clock.now() + timedelta(days=2)
    )
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    clock.move(timedelta(days=3))
    await make_due_moves(edition.id, work=work(), clock=clock)
    assert await cancels(work, clock, views[0]) == []
    later = clock.now() + timedelta(days=2)
    changed, promoted = await changes(work, clock, edition, promotion_until=later)
    assert (changed.quota.giving, promoted) == (True, 1)
    assert await states(work, edition) == ["cancelled", "placed"]
    clock.move(timedelta(days=2))
    await make_due_moves(edition.id, work=work(), clock=clock)
    assert not (await now_of(work, edition)).quota.giving
    assert await why_caps_changed(work, edition) == [
        "caps_set", "promotion_ended", "promotion_resumed", "promotion_ended",
    ]  # fmt: skip
    assert await proven(work, edition) == []


async def test_other_caps_and_a_later_end_of_promotion_are_one_change(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    await queue_up(work, clock, edition, ["HKA", "UDA"])
    await taught(work, clock, edition)
    with pytest.raises(EditionUnchangeable, match="Give a later promotion_until along with them"):
        await changes(work, clock, edition, quota=one_cap(2, 5))
    looked = await preview_caps(edition.id, 2, None, work=work(), caller=officer())
    assert (looked.is_possible, list(looked.gain)) == (False, [])
    assert "It gives no more places" in str(looked.refused)
    with pytest.raises(EditionInvalid) as refused:
        await changes(work, clock, edition, quota=one_cap(2, 5), promotion_until=clock.now())
    assert pointed_at(refused) == [("/promotion_until", "promotion_over")]
    until = clock.now() + timedelta(days=1)
    changed, promoted = await changes(
        work, clock, edition, quota=one_cap(2, 5), promotion_until=until
    )
    assert (changed.state, changed.quota.places, promoted) == (EditionState.RUNNING, 2, 1)
    # While it gives places, what a look at other caps calls possible is possible.
    looked = await preview_caps(edition.id, 3, None, work=work(), caller=officer())
    assert (looked.is_possible, looked.refused) == (True, None)
    await changes(work, clock, edition, quota=one_cap(3, 5))
    with pytest.raises(EditionUnchangeable, match="only its places, rules and promotion_until"):
        await changes(work, clock, edition, end=date(2027, 7, 1))
    assert await proven(work, edition) == []


async def test_a_reserve_that_is_set_after_a_release_holds_places_again(
    work: OpenWork, clock: StoryClock
) -> None:
    def held(least: int) -> Quota:
        return Quota(3, (QuotaRule(HELD, max=3, min=least),))

    edition = await opened(work, clock, mode=Mode.DIRECT, quota=held(1))
    step = CapsStep("release_reserve", "Skövde sends nobody.", HELD)
    await release_reserve(edition.id, 2, step, work=work(), caller=officer(), clock=clock)
    same, _ = await changes(work, clock, edition, quota=held(1))
    assert same.quota.reserves == []
    other, _ = await changes(work, clock, edition, quota=held(2))
    assert list(other.quota.reserves) == [(HELD, 2)]
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    assert [outcome(v) for v in views] == ["placed in_order", "waiting reserved"]
    assert await proven(work, edition) == []


async def test_a_cap_that_is_set_after_it_was_lifted_binds_again_or_is_refused(
    work: OpenWork, clock: StoryClock
) -> None:
    def capped(most: int) -> Quota:
        return Quota(9, (QuotaRule(PER_INSTITUTION, max=most),))

    edition = await opened(
        work, clock, mode=Mode.DIRECT, quota=capped(1),
        unused=UnusedSeats(UnusedPolicy.AT_DATE, clock.now() + timedelta(days=2)),
    )  # fmt: skip
    clock.move(timedelta(days=2))
    await make_due_moves(edition.id, work=work(), clock=clock)
    # By itself the cap would be lifted again before anybody could notice it.
    with pytest.raises(EditionInvalid) as refused:
        await changes(work, clock, edition, quota=capped(2))
    assert pointed_at(refused) == [("/rules/0/max", "caps_lifted")]
    changed, _ = await changes(work, clock, edition, quota=capped(2), unused=UnusedSeats())
    assert [rule.lifted for rule in changed.quota.rules] == [False]
    views = await queue_up(work, clock, edition, ["HKA", "HKA", "HKA"])
    assert [outcome(v) for v in views] == ["placed in_order"] * 2 + ["waiting quota"]
    assert await proven(work, edition) == []


async def test_a_later_end_of_registration_opens_a_closed_edition_again(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    await registers(work, clock, edition, "ana", "UNIOVI")
    await close_edition(edition.id, 2, "all here", work=work(), caller=officer(), clock=clock)
    window = edition.window
    again = RegistrationWindow(
        clock.now() + timedelta(days=1), clock.now() + timedelta(days=5), window.time_zone
    )
    with pytest.raises(EditionInvalid) as refused:
        await changes(work, clock, edition, window=again)
    assert pointed_at(refused) == [("/registration_opens", "opens_again_later")]
    again = RegistrationWindow(window.opens, clock.now() + timedelta(days=5), window.time_zone)
    changed, _ = await changes(work, clock, edition, window=again)
    assert changed.state is EditionState.OPEN
    assert outcome(await registers(work, clock, edition, "bert", "HKA")) == "waiting full"
    clock.move(timedelta(days=5))
    await make_due_moves(edition.id, work=work(), clock=clock)
    assert (await now_of(work, edition)).state is EditionState.CLOSED
    assert await why_caps_changed(work, edition) == ["caps_set"]
    assert await proven(work, edition) == []


async def test_instants_at_which_nothing_could_happen_are_pointed_at(clock: StoryClock) -> None:
    after = clock.now() + timedelta(days=365)
    edition = an_edition(
        clock.now(),
        window=RegistrationWindow(clock.now(), after, "Europe/Madrid"),
        quota=Quota(9, (QuotaRule(HELD, min=1, release_at=after),)),
        unused=UnusedSeats(UnusedPolicy.AT_DATE, after),
        promotion_until=clock.now() - timedelta(minutes=1),
    )
    assert [(finding.pointer, finding.code) for finding in edition.findings(PARTNERS)] == [
        ("/promotion_until", "promotion_before_opening"),
        ("/registration_closes", "registration_after_end"),
        ("/unused_seats/at", "unused_after_end"),
        ("/rules/0/release_at", "release_after_end"),
    ]


async def test_what_is_over_is_recorded_and_opens_for_nobody(
    work: OpenWork, clock: StoryClock
) -> None:
    long_ago = clock.now() - timedelta(days=300)
    edition = an_edition(
        clock.now(),
        start=(long_ago + timedelta(days=30)).date(),
        end=(long_ago + timedelta(days=60)).date(),
        window=RegistrationWindow(long_ago, long_ago + timedelta(days=9), "Europe/Madrid"),
    )
    assert edition.findings(PARTNERS) == []
    async with work() as w:
        await w.editions.add(edition)
    with pytest.raises(EditionInvalid) as refused:
        await open_edition(edition.id, 1, work=work(), caller=officer(), clock=clock)
    assert pointed_at(refused) == [("/end", "edition_over")]
    await make_due_moves(edition.id, work=work(), clock=clock)
    assert (await now_of(work, edition)).state is EditionState.CLOSED
