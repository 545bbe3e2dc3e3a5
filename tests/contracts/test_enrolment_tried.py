"""What a registration gives away to those who try: nothing that is somebody else's."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.enrolment.edition import Mode
from app.domain.enrolment.errors import RegistrationInvalid
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import confirm_address
from app.domain.enrolment.use_cases.undecided import list_undecided
from app.domain.enrolment.views import RegistrationView
from tests.contracts.conftest import OpenWork
from tests.enrolment_builders import LIKENESS, a_learner, a_request, officer, opened, registers
from tests.memory_ports import StoryClock


def answered(view: RegistrationView) -> dict[str, Any]:
    """What an answer tells beyond names and numbers that are one's own."""
    return {
        "state": view.state,
        "reason": view.reason,
        "warnings": view.warnings,
        "waiting": view.waiting_position,
        "email_verified": view.person.email_verified,
        "country": view.person.country,
    }


async def test_an_officer_elsewhere_learns_nothing_of_whom_another_institution_sent(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)

    async def by(home: str) -> RegistrationView:
        caller = officer(home, (await a_learner(work, f"officer-{home}")).account)
        view, _ = await register(
            edition.id, a_request("otto", home, for_another=True), work=work(caller),
            caller=caller, clock=clock, likeness=LIKENESS,
        )  # fmt: skip
        return view

    first = await by("HKA")
    control = await registers(work, clock, edition, "nobody-known", "HIS")
    beside = await by("HIS")
    assert answered(beside) == {**answered(control), "email_verified": False}
    assert (beside.own, beside.registration.bucket) == (False, "HIS")
    assert (await by("HIS")).registration.id == beside.registration.id
    assert (await by("HKA")).registration.id == first.registration.id
    assert (await by("UNIOVI")).registration.id == first.registration.id
    # The officers of the edition see the two, and that they may be one.
    found = await list_undecided(
        edition.id, after=None, limit=50, likeness=LIKENESS, work=work(), caller=officer()
    )
    (double,) = found[0].doubles
    assert [one.view.registration.id for one in found] == [beside.registration.id]
    assert found[0].view.warnings == ("possible_double",)
    assert double.registration.id == first.registration.id


async def test_registering_again_under_another_name_shows_what_is_kept(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    await registers(work, clock, edition, "ana")
    ana = await a_learner(work, "ana")
    again, is_new = await register(
        edition.id, a_request("eve"), work=work(ana), caller=ana, clock=clock, likeness=LIKENESS
    )
    assert (is_new, again.person.full_name, again.person.email) == (
        False, "Learner ana", "ana@example.org",
    )  # fmt: skip


async def test_an_old_link_does_not_confirm_an_address_that_was_stated_since(
    work: OpenWork, clock: StoryClock
) -> None:
    first = await registers(work, clock, await opened(work, clock), "ana")
    ana = await a_learner(work, "ana")
    # In another edition they state the address of somebody else.
    other = await opened(work, clock)
    moved, _ = await register(
        other.id, a_request("victim"), work=work(ana), caller=ana, clock=clock, likeness=LIKENESS
    )
    assert (moved.person.id, moved.person.email_verified) == (first.person.id, False)

    async def verified() -> bool:
        async with work() as w:
            return (await w.persons.get(first.person.id)).email_verified

    await confirm_address(first.registration.id, {"ana@example.org"}, work=work())
    assert await verified() is False
    await confirm_address(first.registration.id, {"Victim@example.org"}, work=work())
    assert await verified() is True


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("full_name", "Ana \u202eairaM"),
        ("full_name", "\u200b"),
        ("email", "\u202eana@example.org"),
        ("email", "ana@example..org"),
        ("institution", "HKA\0"),
    ],
)
def test_what_only_looks_like_something_else_is_no_name_and_no_address(
    field: str, text: str
) -> None:
    changed: dict[str, Any] = {field: text}
    with pytest.raises(RegistrationInvalid) as refused:
        replace(a_request("ana"), **changed).check()
    assert [finding.pointer for finding in refused.value.findings] == [f"/{field}"]
