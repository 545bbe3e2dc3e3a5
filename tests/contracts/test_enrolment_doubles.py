"""Somebody who may be registered already: officers see it, strangers learn nothing from it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.access.roles import Caller
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import DecisionsOpen, NothingToDecide, PersonKnown
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.use_cases.deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases.lists import publish_list
from app.domain.enrolment.use_cases.people import (
    PersonChanges,
    edit_registration,
    look_for_doubles_elsewhere,
)
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import (
    cancel_registration,
    get_registration,
    list_registrations,
    my_registrations,
)
from app.domain.enrolment.use_cases.undecided import Undecided, list_undecided
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


async def test_on_a_provisional_list_a_possible_double_is_ranked_like_anybody_and_publishing_asks(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    await by_officer(work, clock, edition, "eva")
    second = await by_stranger(work, clock, edition, "eva", "curious")
    control = await by_stranger(work, clock, edition, "nobody-known", "other")
    assert [(view.position, view.waiting_position) for view in (second, control)] == [
        (2, 2), (3, 3),
    ]  # fmt: skip
    (one,) = await undecided(work, edition)
    assert (one.view.registration.id, list(one.questions)) == (
        second.registration.id, ["possible_double"],
    )  # fmt: skip
    async with work() as w:
        version = (await w.editions.read(edition.id)).version
    with pytest.raises(DecisionsOpen) as refused:
        await publish_list(
            edition.id, version, reason="now", work=work(), caller=officer(), clock=clock
        )
    assert "1" in refused.value.detail
    await publish_list(
        edition.id, version, reason="now", leave_undecided=True, work=work(), caller=officer(),
        clock=clock,
    )  # fmt: skip
    for name, view in (("curious", second), ("other", control)):
        seen = await get_registration(
            view.registration.id, work=work(), caller=await a_learner(work, name)
        )
        assert (seen.state, seen.reason, seen.warnings) == ("placed", "in_order", ())


async def test_who_shares_an_address_with_another_name_holds_up_no_publication(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    await by_officer(work, clock, edition, "eva")
    stranger = await a_learner(work, "brother")
    asked = replace(a_request("eva"), full_name="Karl Third")
    await register(
        edition.id, asked, work=work(stranger), caller=stranger, clock=clock, likeness=LIKENESS
    )
    async with work() as w:
        version = (await w.editions.read(edition.id)).version
    published = await publish_list(
        edition.id, version, reason="now", work=work(), caller=officer(), clock=clock
    )
    assert (published.placed, published.undecided) == (2, 0)


@pytest.mark.parametrize("asked", [(), (State.WAITING,), (State.NEEDS_DECISION,)])
async def test_an_officer_elsewhere_sees_a_held_double_of_their_list_as_one_that_waits(
    work: OpenWork, clock: StoryClock, asked: tuple[State, ...]
) -> None:
    edition = await opened(work, clock)
    await registers(work, clock, edition, "ana", "HKA")
    held = await registers(work, clock, edition, "held", "HKA")
    async with work() as w:
        one = await w.registrations.get(held.registration.id)
        one.move(State.NEEDS_DECISION, Reason.POSSIBLE_DOUBLE)
        await w.registrations.save(await w.editions.get(edition.id), [one])

    async def told(caller: Caller) -> list[tuple[str, str]]:
        found = await list_registrations(
            edition.id, institution=None, states=asked, after=None, limit=1, work=work(),
            caller=caller,
        )  # fmt: skip
        more = await list_registrations(
            edition.id, institution=None, states=asked, limit=2, work=work(), caller=caller,
            after=found[-1].registration.rank if found else None,
        )  # fmt: skip
        return [(view.state.value, view.reason.value) for view in (*found, *more)]

    waits, doubt = ("waiting", "provisional"), ("needs_decision", "possible_double")
    kept = [one for one in (waits, doubt) if not asked or State(one[0]) in asked]
    assert await told(officer()) == kept
    assert await told(officer("HKA")) == ([] if asked == (State.NEEDS_DECISION,) else [waits] * 2)


async def test_once_the_list_is_out_one_held_as_a_double_is_only_told_to_be_looked_at(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    held = await registers(work, clock, edition, "held", "HKA")
    async with work() as w:
        one = await w.registrations.get(held.registration.id)
        one.move(State.NEEDS_DECISION, Reason.POSSIBLE_DOUBLE)
        await w.registrations.save(await w.editions.get(edition.id), [one])
        version = (await w.editions.read(edition.id)).version
    await publish_list(
        edition.id, version, reason="now", leave_undecided=True, work=work(), caller=officer(),
        clock=clock,
    )  # fmt: skip
    told = []
    for caller in (await a_learner(work, "held"), officer("HKA"), officer()):
        seen = await get_registration(held.registration.id, work=work(), caller=caller)
        told.append((seen.state, seen.reason))
    hidden = (State.NEEDS_DECISION, Reason.IN_REVIEW)
    assert told == [hidden, hidden, (State.NEEDS_DECISION, Reason.POSSIBLE_DOUBLE)]


@pytest.mark.parametrize("mode", [Mode.DIRECT, Mode.PROVISIONAL])
async def test_who_takes_the_name_of_somebody_registered_after_registering_is_looked_at_as_well(
    work: OpenWork, clock: StoryClock, mode: Mode
) -> None:
    edition = await opened(work, clock, mode=mode)
    first = await by_officer(work, clock, edition, "eva")
    second = await by_stranger(work, clock, edition, "nobody-known", "curious")
    stranger = await a_learner(work, "curious")

    async def renamed(name: str) -> RegistrationView:
        async with work() as w:
            version = (await w.registrations.read(second.registration.id)).version
        return await edit_registration(
            second.registration.id, version, PersonChanges(full_name=name), work=work(stranger),
            caller=stranger, clock=clock,
        )  # fmt: skip

    # Of the same institution, with another address: the name alone makes the two alike.
    answer = await renamed("LEARNER Eva")
    assert (answer.state, answer.reason, answer.warnings) == (
        second.state, second.reason, second.warnings,
    )  # fmt: skip
    (one,) = await undecided(work, edition)
    assert one.view.registration.id == second.registration.id
    assert [d.registration.id for d in one.doubles] == [first.registration.id]
    # An officer's decision holds for the name of then.
    await decide(work, clock, second.registration, OfficerDecision())
    await renamed("Somebody Else")
    assert await undecided(work, edition) == []
    await renamed("Eva Learner")
    assert len(await undecided(work, edition)) == 1
    # To rename oneself away again is no way out.
    await renamed("Somebody Else")
    assert len(await undecided(work, edition)) == 1


async def test_a_name_that_is_taken_in_one_edition_is_looked_for_in_the_others_too(
    work: OpenWork, clock: StoryClock
) -> None:
    first, second = await opened(work, clock), await opened(work, clock)
    await by_officer(work, clock, first, "eva")
    there = await by_stranger(work, clock, first, "nobody-known", "curious")
    here = await by_stranger(work, clock, second, "eva", "curious")
    assert await undecided(work, first) == []
    found = [
        await look_for_doubles_elsewhere(here.registration.id, renamed=False, open_work=work)
        for _ in range(2)
    ]
    assert found == [1, 0]
    (one,) = await undecided(work, first)
    assert one.view.registration.id == there.registration.id
    await decide(work, clock, there.registration, OfficerDecision())
    counts = [
        await look_for_doubles_elsewhere(here.registration.id, renamed=renamed, open_work=work)
        for renamed in (False, True)
    ]
    assert counts == [0, 1]


async def test_an_officer_elsewhere_does_not_learn_by_renaming_whom_others_have_registered(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    await by_officer(work, clock, edition, "eva")
    elsewhere = officer("HKA", (await a_learner(work, "officer-there")).account)
    view, _ = await register(
        edition.id, replace(a_request("eva", "HKA", for_another=True), full_name="No One"),
        work=work(elsewhere), caller=elsewhere, clock=clock, likeness=LIKENESS,
    )  # fmt: skip
    changes = PersonChanges(full_name="Learner eva")
    with pytest.raises(PersonKnown):
        await edit_registration(
            view.registration.id, 1, changes, work=work(), caller=officer(), clock=clock
        )
    seen = await edit_registration(
        view.registration.id, 1, changes, work=work(), caller=elsewhere, clock=clock
    )
    assert (seen.state, seen.reason, seen.warnings) == ("waiting", "provisional", ())
    assert len(await undecided(work, edition)) == 1


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


async def test_a_merge_makes_one_person_of_two_addresses_who_finds_it_by_signing_in(
    work: OpenWork, clock: StoryClock
) -> None:
    """The list knew her by her office's address; she registers by her own, a second time."""
    elsewhere = await opened(work, clock)
    edition = await opened(work, clock, mode=Mode.DIRECT)
    manager = officer("UNIOVI", (await a_learner(work, "manager")).account)
    by_list = []
    for one in (elsewhere, edition):
        clock.move(timedelta(seconds=1))
        view, _ = await register(
            one.id,
            replace(a_request("eva", for_another=True), email="eva.office@example.org"),
            work=work(manager), caller=manager, clock=clock, likeness=LIKENESS,
        )  # fmt: skip
        by_list.append(view.registration)
    second = await registers(work, clock, edition, "eva")
    eva = await a_learner(work, "eva")
    mine = await my_registrations(work=work(), caller=eva)
    assert [view.registration.id for view in mine] == [second.registration.id]
    same = OfficerDecision(Ruling.MERGE, same_as=by_list[1].id, reason="the same person")
    await decide(work, clock, second.registration, same)
    mine = await my_registrations(work=work(), caller=eva)
    assert [(view.registration.id, outcome(view)) for view in mine] == [
        (second.registration.id, "cancelled merged"),
        (by_list[1].id, "placed in_order"),
        (by_list[0].id, "waiting provisional"),
    ]
    assert {view.person.email for view in mine} == {"eva@example.org"}
    again, is_new = await register(
        edition.id, a_request("eva"), work=work(eva), caller=eva, clock=clock, likeness=LIKENESS
    )
    assert (again.registration.id, is_new) == (by_list[1].id, False)
    cancelled, _ = await cancel_registration(
        by_list[1].id, again.registration.version, work=work(), caller=eva, clock=clock
    )
    assert outcome(cancelled) == "cancelled by_person"
    assert await proven(work, edition) == []


async def test_a_merge_leaves_two_who_both_sign_in_two(work: OpenWork, clock: StoryClock) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    first = await registers(work, clock, edition, "eva")
    other = await a_learner(work, "eva-elsewhere")
    clock.move(timedelta(seconds=1))
    second, _ = await register(
        edition.id, a_request("eva"), work=work(other), caller=other, clock=clock,
        likeness=LIKENESS,
    )  # fmt: skip
    same = OfficerDecision(Ruling.MERGE, same_as=first.registration.id, reason="the same person")
    await decide(work, clock, second.registration, same)
    mine = await my_registrations(work=work(), caller=other)
    assert [outcome(view) for view in mine] == ["cancelled merged"]
