"""What a merge of two registrations makes of their people, in the other editions as well."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.access.roles import Caller
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.use_cases.deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import confirm_address, my_registrations
from app.domain.enrolment.views import RegistrationView
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import proven
from tests.enrolment_builders import LIKENESS, a_learner, a_request, officer, opened
from tests.memory_ports import StoryClock


async def by_list(
    work: OpenWork, clock: StoryClock, edition: Edition, email: str = "eva@example.org"
) -> RegistrationView:
    """Eva is registered without signing in."""
    manager = officer("UNIOVI", (await a_learner(work, "manager")).account)
    clock.move(timedelta(seconds=1))
    asked = replace(a_request("eva", for_another=True), email=email, country="ES")
    view, _ = await register(
        edition.id, asked, work=work(manager), caller=manager, clock=clock, likeness=LIKENESS
    )
    return view


async def signs_in(
    work: OpenWork, clock: StoryClock, edition: Edition, account: str
) -> tuple[RegistrationView, Caller]:
    """Somebody signs in and registers with Eva's name and address."""
    caller = await a_learner(work, account)
    clock.move(timedelta(seconds=1))
    view, is_new = await register(
        edition.id, a_request("eva"), work=work(caller), caller=caller, clock=clock,
        likeness=LIKENESS,
    )  # fmt: skip
    assert is_new
    return view, caller


async def merged(
    work: OpenWork, clock: StoryClock, view: RegistrationView, other: RegistrationView
) -> Registration:
    """An officer says that the two are one; gives what they are told of the first."""
    async with work() as w:
        version = (await w.registrations.read(view.registration.id)).version
    same = OfficerDecision(Ruling.MERGE, same_as=other.registration.id, reason="the same person")
    decided = await decide_registration(
        view.registration.id, version, same, work=work(), caller=officer(), clock=clock
    )
    return decided.view.registration


async def editions_of(work: OpenWork, caller: Caller) -> set[object]:
    found = await my_registrations(work=work(), caller=caller)
    return {view.registration.edition for view in found}


async def stored(work: OpenWork, view: RegistrationView) -> Registration:
    async with work() as w:
        return await w.registrations.read(view.registration.id)


async def test_nobody_gets_what_somebody_else_has_completed_elsewhere_by_being_taken_for_them(
    work: OpenWork, clock: StoryClock
) -> None:
    elsewhere = await opened(work, clock, mode=Mode.DIRECT)
    edition = await opened(work, clock, mode=Mode.DIRECT)
    done = await by_list(work, clock, elsewhere)
    await confirm_address(done.registration.id, ["eva@example.org"], work=work())
    async with work() as w:
        one = await w.registrations.get(done.registration.id)
        one.move(State.COMPLETED, Reason.PASSED)
        await w.registrations.save(await w.editions.get(elsewhere.id), [one])
    first = await by_list(work, clock, edition)
    assert first.person.id == done.person.id
    second, stranger = await signs_in(work, clock, edition, "curious")
    told = await merged(work, clock, second, first)
    assert await editions_of(work, stranger) == {edition.id}
    # What the officer is told is what there is.
    kept = await stored(work, second)
    assert (told.person, told.version) == (kept.person, kept.version)
    assert (await stored(work, first)).person == second.person.id
    assert (await stored(work, done)).person == done.person.id
    async with work() as w:
        eva = await w.persons.get(done.person.id)
    assert (eva.account, eva.email, eva.email_verified) == (None, "eva@example.org", True)
    assert await proven(work, edition) == []


@pytest.mark.parametrize(
    ("mode", "is_confirmed", "is_carried"),
    [
        (Mode.PROVISIONAL, False, True),
        (Mode.PROVISIONAL, True, False),
        (Mode.DIRECT, False, False),
    ],
)
async def test_a_turn_elsewhere_goes_along_unless_its_address_is_confirmed_or_it_has_become_a_seat(
    work: OpenWork, clock: StoryClock, mode: Mode, is_confirmed: bool, is_carried: bool
) -> None:
    elsewhere = await opened(work, clock, mode=mode)
    edition = await opened(work, clock, mode=Mode.DIRECT)
    there = await by_list(work, clock, elsewhere)
    first = await by_list(work, clock, edition)
    if is_confirmed:
        await confirm_address(first.registration.id, ["eva@example.org"], work=work())
    second, stranger = await signs_in(work, clock, edition, "curious")
    await merged(work, clock, second, first)
    assert await editions_of(work, stranger) == (
        {edition.id, elsewhere.id} if is_carried else {edition.id}
    )
    async with work() as w:
        known = await w.persons.of([first.person.id, second.person.id])
    assert set(known) == ({second.person.id} if is_carried else {first.person.id, second.person.id})
    assert known[second.person.id].country == ("ES" if is_carried else None)
    assert (await stored(work, there)).person in known


async def test_who_has_shown_the_one_address_of_both_to_be_theirs_gets_the_seats_elsewhere_too(
    work: OpenWork, clock: StoryClock
) -> None:
    elsewhere = await opened(work, clock, mode=Mode.DIRECT)
    edition = await opened(work, clock, mode=Mode.DIRECT)
    await by_list(work, clock, elsewhere)
    first = await by_list(work, clock, edition)
    eva = await a_learner(work, "eva")
    clock.move(timedelta(seconds=1))
    # By another form of her name, so that she is not found at once.
    asked = replace(a_request("eva"), full_name="Learner Eva Maria")
    second, _ = await register(
        edition.id, asked, work=work(eva), caller=eva, clock=clock, likeness=LIKENESS
    )
    await merged(work, clock, second, first)
    assert await editions_of(work, eva) == {edition.id, elsewhere.id}
    async with work() as w:
        assert set(await w.persons.of([first.person.id])) == set()


async def test_an_edition_that_changes_meanwhile_writes_nobody_back_who_has_been_joined(
    work: OpenWork, clock: StoryClock
) -> None:
    elsewhere = await opened(work, clock)
    edition = await opened(work, clock, mode=Mode.DIRECT)
    there = await by_list(work, clock, elsewhere)
    first = await by_list(work, clock, edition)
    second, eva = await signs_in(work, clock, edition, "curious")
    async with work() as w:
        held = await w.editions.get(elsewhere.id)
        one = await w.registrations.get(there.registration.id)
        await merged(work, clock, second, first)
        one.move(State.CANCELLED, Reason.BY_OFFICER)
        await w.registrations.save(held, [one])
    kept = await stored(work, there)
    assert (kept.state, kept.person) == (State.CANCELLED, second.person.id)
    assert await editions_of(work, eva) == {edition.id, elsewhere.id}
