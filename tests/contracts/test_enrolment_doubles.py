"""Somebody who may be registered already: officers see it, strangers learn nothing from it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import NothingToDecide
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.use_cases_deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases_register import register
from app.domain.enrolment.use_cases_registrations import (
    get_registration,
    list_registrations,
    my_registrations,
)
from app.domain.enrolment.use_cases_undecided import Undecided, list_undecided
from app.domain.enrolment.views import RegistrationView
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import outcome, proven, states
from tests.enrolment_builders import (
    LIKENESS,
    a_learner,
    a_request,
    officer,
    opened,
    queue_up,
    registers,
)
from tests.memory_ports import StoryClock

SHOWN = ("state", "reason", "warnings", "position", "position_within")


async def by_officer(
    work: OpenWork, clock: StoryClock, edition: Edition, name: str
) -> RegistrationView:
    """An officer registers somebody, who has no account."""
    manager = officer("UNIOVI", (await a_learner(work, f"manager-of-{name}")).account)
    clock.move(timedelta(seconds=1))
    view, _ = await register(
        edition.id, a_request(name, for_another=True), work=work(manager), caller=manager,
        clock=clock, likeness=LIKENESS,
    )  # fmt: skip
    return view


async def by_stranger(
    work: OpenWork, clock: StoryClock, edition: Edition, name: str, account: str
) -> RegistrationView:
    """Somebody states a name and an address that are not shown to be theirs."""
    stranger = await a_learner(work, account)
    clock.move(timedelta(seconds=1))
    view, is_new = await register(
        edition.id, a_request(name), work=work(stranger), caller=stranger, clock=clock,
        likeness=LIKENESS,
    )  # fmt: skip
    assert is_new
    return view


async def undecided(work: OpenWork, edition: Edition) -> list[Undecided]:
    found = await list_undecided(
        edition.id, after=None, limit=50, likeness=LIKENESS, work=work(), caller=officer()
    )
    return list(found)


async def decide(
    work: OpenWork, clock: StoryClock, registration: Registration, decision: OfficerDecision
) -> None:
    async with work() as w:
        version = (await w.registrations.read(registration.id)).version
    await decide_registration(
        registration.id, version, decision, work=work(), caller=officer(), clock=clock
    )


@pytest.mark.parametrize("mode", [Mode.DIRECT, Mode.PROVISIONAL])
async def test_who_states_the_name_and_address_of_somebody_is_answered_as_if_nobody_were_known(
    work: OpenWork, clock: StoryClock, mode: Mode
) -> None:
    edition = await opened(work, clock, mode=mode)
    await by_officer(work, clock, edition, "eva")
    answers = []
    for name, account in (("eva", "curious"), ("nobody-known", "other")):
        view = await by_stranger(work, clock, edition, name, account)
        stranger = await a_learner(work, account)
        again, _ = await register(
            edition.id, a_request(name), work=work(stranger), caller=stranger, clock=clock,
            likeness=LIKENESS,
        )  # fmt: skip
        seen = await get_registration(view.registration.id, work=work(), caller=stranger)
        (mine,) = await my_registrations(work=work(stranger), caller=stranger)
        for one in (view, again, seen, mine):
            assert one.own
        answers.append([(one.state, one.reason, one.warnings) for one in (view, again, seen, mine)])
        assert seen.position is not None
    assert answers[0] == answers[1]


async def test_a_possible_double_in_a_direct_edition_has_its_place_until_an_officer_merges_the_two(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=2)
    first = await by_officer(work, clock, edition, "eva")
    second = await by_stranger(work, clock, edition, "eva", "curious")
    waiting = await registers(work, clock, edition, "wanda", "HKA")
    (one,) = await undecided(work, edition)
    assert one.view.registration.id == second.registration.id
    assert list(one.questions) == ["possible_double"]
    assert [d.registration.id for d in one.doubles] == [first.registration.id]
    assert (one.doubles[0].same_address, one.doubles[0].same_name) == (True, True)
    merge = OfficerDecision(Ruling.MERGE, same_as=first.registration.id)
    await decide(work, clock, second.registration, merge)
    # The earlier of the two stays, and the surplus place goes to the list at once.
    assert await states(work, edition) == ["placed", "cancelled", "placed"]
    async with work() as w:
        promoted = await w.registrations.read(waiting.registration.id)
    assert promoted.reason == "promoted"
    assert await undecided(work, edition) == []
    assert await proven(work, edition) == []


async def test_an_officer_decides_that_two_who_are_alike_are_two(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    await by_officer(work, clock, edition, "eva")
    second = await by_stranger(work, clock, edition, "eva", "curious")
    await decide(work, clock, second.registration, OfficerDecision())
    assert await undecided(work, edition) == []
    with pytest.raises(NothingToDecide):
        await decide(work, clock, second.registration, OfficerDecision())
    assert await states(work, edition) == ["placed", "placed"]


@pytest.mark.parametrize("mode", [Mode.DIRECT, Mode.PROVISIONAL])
async def test_another_name_at_a_known_address_takes_part_and_officers_merge_it_or_let_it_be(
    work: OpenWork, clock: StoryClock, mode: Mode
) -> None:
    edition = await opened(work, clock, mode=mode, places=3, per_institution=3)
    first = await by_officer(work, clock, edition, "eva")
    others = []
    for account, name in (("curious", "Wanda Other"), ("brother", "Karl Third")):
        stranger = await a_learner(work, account)
        clock.move(timedelta(seconds=1))
        asked = replace(a_request("eva"), full_name=name)
        view, _ = await register(
            edition.id, asked, work=work(stranger), caller=stranger, clock=clock, likeness=LIKENESS
        )
        assert (view.state, view.warnings) == (first.state, first.warnings)
        others.append(view.registration)
    found = await undecided(work, edition)
    assert [(one.view.registration.id, list(one.questions)) for one in found] == [
        (other.id, ["possible_double"]) for other in others
    ]
    double = found[0].doubles[0]
    assert (double.registration.id, double.same_address, double.same_name) == (
        first.registration.id, True, False,
    )  # fmt: skip
    merge = OfficerDecision(Ruling.MERGE, same_as=first.registration.id)
    await decide(work, clock, others[0], merge)
    await decide(work, clock, others[1], OfficerDecision())
    assert await undecided(work, edition) == []
    state = first.state.value
    assert await states(work, edition) == [state, "cancelled", state]
    assert await proven(work, edition) == []


async def test_on_a_provisional_list_a_possible_double_waits_outside_and_officers_see_why(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    await by_officer(work, clock, edition, "eva")
    second = await by_stranger(work, clock, edition, "eva", "curious")
    assert (second.state, second.reason) == ("waiting", "provisional")
    shown = await list_registrations(
        edition.id, institution=None, states=(), after=None, limit=50, work=work(),
        caller=officer(),
    )  # fmt: skip
    assert [(one.state, one.reason) for one in shown] == [
        ("waiting", "provisional"), ("needs_decision", "possible_double"),
    ]  # fmt: skip
    assert [(one.position, one.position_within) for one in shown] == [(1, 1), (None, None)]


async def test_what_is_to_be_decided_comes_with_suggestions_in_order_of_rank(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    views = await queue_up(
        work, clock, edition,
        ["EXT:Universidad de Oviedoo", "HKA", "EXT:University", "EXT:Universidad de Oviedoo"],
    )  # fmt: skip
    found = await undecided(work, edition)
    assert [one.view.registration.id for one in found] == [
        views[0].registration.id, views[2].registration.id, views[3].registration.id,
    ]  # fmt: skip
    assert [(list(one.questions), [s.institution for s in one.suggestions]) for one in found] == [
        (["institution_unclear"], ["UNIOVI"]),
        (["institution_missing"], []),
        (["institution_unclear"], ["UNIOVI"]),
    ]
    rest = await list_undecided(
        edition.id, after=views[0].registration.rank, limit=1, likeness=LIKENESS, work=work(),
        caller=officer(),
    )  # fmt: skip
    assert [one.view.registration.id for one in rest] == [views[2].registration.id]
    # Decided once, remembered: who writes the same from now on is of Oviedo.
    await decide(work, clock, views[0].registration, OfficerDecision(institution="UNIOVI"))
    assert len(await undecided(work, edition)) == 1
    later = await registers(work, clock, edition, "later", "EXT:Universidad de Oviedoo")
    assert (later.registration.bucket, outcome(later)) == ("UNIOVI", "placed in_order")
