"""What has gone wrong in other systems of registration, and does not here."""

import pytest

from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import (
    NotInThisState,
    RegistrationClosed,
    RegistrationMoveNotAllowed,
)
from app.domain.enrolment.quota import EXTERNALS, PER_INSTITUTION, Availability, Quota, QuotaRule
from app.domain.enrolment.use_cases.deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases.editions import cancel_edition, close_edition, start_edition
from app.domain.enrolment.use_cases.people import PersonChanges, edit_registration
from app.domain.enrolment.use_cases.places import get_availability
from app.domain.enrolment.use_cases.registrations import record_no_show
from app.domain.errors import Conflict
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import cancels, proven, states
from tests.enrolment_builders import officer, opened, queue_up, registers
from tests.memory_ports import StoryClock


async def test_giving_up_a_place_above_the_caps_frees_no_place_that_never_was(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1, overrides_allowed=True)
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN"])
    await decide_registration(
        views[1].registration.id, 1, OfficerDecision(Ruling.PLACE, reason="a guest"),
        work=work(), caller=officer(), clock=clock,
    )  # fmt: skip
    assert await states(work, edition) == ["placed", "placed", "waiting"]
    # Two hold one place; whichever of them leaves, the edition is still full.
    assert await cancels(work, clock, views[0]) == []
    assert len(await cancels(work, clock, views[1])) == 1
    assert await states(work, edition) == ["cancelled", "cancelled", "placed"]
    assert await proven(work, edition) == []


async def test_a_freed_place_goes_to_the_list_of_its_own_edition(
    work: OpenWork, clock: StoryClock
) -> None:
    first = await opened(work, clock, mode=Mode.DIRECT, places=1)
    second = await opened(work, clock, mode=Mode.DIRECT, places=1)
    views = await queue_up(work, clock, first, ["HKA"])
    await queue_up(work, clock, second, ["HKA", "UDA"])
    assert await cancels(work, clock, views[0]) == []
    assert await states(work, second) == ["placed", "waiting"]


async def test_one_freed_place_promotes_one(work: OpenWork, clock: StoryClock) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=2)
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN", "HIS", "MTU"])
    assert len(await cancels(work, clock, views[0])) == 1
    assert await states(work, edition) == [
        "cancelled", "placed", "placed", "waiting", "waiting",
    ]  # fmt: skip


async def told(work: OpenWork, edition: Edition, bucket: str) -> Availability:
    _, items = await get_availability(edition.id, work=work())
    return dict(items)[bucket]


async def test_what_is_announced_to_be_open_is_open_and_what_is_full_is_full(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=5, per_institution=2)
    queue = ["HKA", "HKA", "HKA", "UDA", "INDEPENDENT", "HIS", "UDA", "INDEPENDENT", "URN"]
    for number, bucket in enumerate(queue):
        announced = await told(work, edition, bucket)
        institution = None if bucket == "INDEPENDENT" else bucket
        view = await registers(work, clock, edition, f"n{number}", institution)
        assert (announced is Availability.OPEN) == (view.registration.state == "placed")


async def test_who_comes_from_outside_queues_behind_those_whom_the_same_cap_keeps_waiting(
    work: OpenWork, clock: StoryClock
) -> None:
    rules = (QuotaRule(PER_INSTITUTION, max=2), QuotaRule(EXTERNALS, max=1))
    edition = await opened(work, clock, mode=Mode.DIRECT, quota=Quota(9, rules))
    await registers(work, clock, edition, "ana", "EXT:Alpha Works")
    assert await told(work, edition, "EXT:") is Availability.FULL
    await registers(work, clock, edition, "bert", "EXT:Beta Cooperative")
    assert await told(work, edition, "EXT:") is Availability.FULL_WITH_QUEUE
    assert await told(work, edition, "INDEPENDENT") is Availability.FULL_WITH_QUEUE
    # Partners are kept from nothing by it, and a full one of them has a queue of its own.
    assert await told(work, edition, "HKA") is Availability.OPEN
    for number in range(2):
        await registers(work, clock, edition, f"hka-{number}", "HKA")
    assert await told(work, edition, "HKA") is Availability.FULL


async def test_nothing_is_done_in_an_edition_that_was_called_off(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await registers(work, clock, edition, "ana", "HKA")
    await cancel_edition(edition.id, 2, "no room", work=work(), caller=officer(), clock=clock)
    with pytest.raises(RegistrationClosed):
        await registers(work, clock, edition, "ben", "HKA")
    one = view.registration
    with pytest.raises(NotInThisState):
        await record_no_show(one.id, 2, work=work(), caller=officer(), clock=clock)
    with pytest.raises(Conflict):
        await edit_registration(
            one.id, 2, PersonChanges(country="ES"), work=work(), caller=officer(), clock=clock
        )
    assert await states(work, edition) == ["cancelled"]


async def test_somebody_who_left_cannot_leave_again_as_a_no_show(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await registers(work, clock, edition, "ana", "HKA")
    await close_edition(edition.id, 2, "full", work=work(), caller=officer(), clock=clock)
    await start_edition(edition.id, 3, "early", work=work(), caller=officer(), clock=clock)
    await cancels(work, clock, view)
    assert await states(work, edition) == ["withdrawn"]
    with pytest.raises(RegistrationMoveNotAllowed):
        await record_no_show(view.registration.id, 2, work=work(), caller=officer(), clock=clock)
    assert await proven(work, edition) == []
