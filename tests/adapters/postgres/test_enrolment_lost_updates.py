"""One person is changed in two editions at once, on separate connections."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.enrolment.edition import Mode
from app.domain.enrolment.person import Person
from app.domain.enrolment.use_cases.people import (
    PersonChanges,
    edit_registration,
    take_wanted_address,
)
from app.domain.enrolment.use_cases.registrations import confirm_address
from app.domain.enrolment.views import RegistrationView
from tests.adapters.postgres.test_enrolment_joining import OpenWork, by_officer, until_waiting
from tests.adapters.postgres.test_enrolment_joining import clock as clock  # a fixture
from tests.adapters.postgres.test_enrolment_joining import work as work  # a fixture
from tests.enrolment_builders import officer, opened
from tests.memory_ports import StoryClock

WANTED = "wanted@example.org"


def operation(
    name: str, view: RegistrationView, work: OpenWork, clock: StoryClock
) -> Coroutine[Any, Any, Any]:
    one = view.registration
    if name == "confirm":
        return confirm_address(one.id, [view.person.email], work=work())
    if name == "take":
        return take_wanted_address(one.id, [WANTED], work=work())
    named = PersonChanges(full_name="Learner Eve" if name == "rename" else None, country="ES")
    return edit_registration(one.id, one.version, named, work=work(), caller=officer(), clock=clock)


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("edit", ("Learner Eva", "eva@example.org", False, "ES", "fr")),
        ("rename", ("Learner Eve", "eva@example.org", False, "ES", "fr")),
        ("confirm", ("Learner Eva", "eva@example.org", True, None, "fr")),
        ("take", ("Learner Eva", WANTED, True, None, "fr")),
    ],
)
async def test_what_is_changed_in_one_edition_is_not_lost_by_a_change_in_another(
    work: OpenWork,
    clock: StoryClock,
    engine: AsyncEngine,
    name: str,
    after: tuple[str, str, bool, str | None, str],
) -> None:
    here = await opened(work, clock, mode=Mode.DIRECT)
    elsewhere = await opened(work, clock, mode=Mode.DIRECT)
    view = await by_officer(work, clock, here, "Learner Eva")
    assert (await by_officer(work, clock, elsewhere, "Learner Eva")).person.id == view.person.id
    async with work() as w:
        person = await w.persons.get(view.person.id, hold=True)
        person.country, person.wanted_email = None, WANTED if name == "take" else None
        await w.persons.save([person])
    async with work() as w:
        await w.editions.get(elsewhere.id)
        person = await w.persons.get(view.person.id, hold=True)
        person.language = "fr"
        await w.persons.save([person])
        waiting = asyncio.create_task(operation(name, view, work, clock))
        await until_waiting(engine, 1)
    await waiting
    async with work() as w:
        now = await w.persons.get(view.person.id)
    assert (now.full_name, now.email, now.email_verified, now.country, now.language) == after


async def test_what_a_form_says_of_somebody_is_not_written_over_what_was_changed_meanwhile(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await by_officer(work, clock, edition, "Learner Eva")

    async def respells(full_name: str, language: str) -> None:
        async with work() as w:
            said = Person(
                view.person.id, full_name, "Eva@example.org", country="SE", language=language
            )
            await w.persons.respell([said])

    async with work() as w:
        person = await w.persons.get(view.person.id, hold=True)
        person.email_verified = True
        await w.persons.save([person])
        respelling = asyncio.create_task(respells("LEARNER Eva", "sv"))
        await until_waiting(engine, 1)
    await respelling
    await respells("Learner Eva Ek", "fi")
    async with work() as w:
        now = await w.persons.get(view.person.id)
    assert (now.full_name, now.email, now.email_verified) == (
        "LEARNER Eva",
        "Eva@example.org",
        True,
    )
    assert (now.country, now.language) == ("SE", "sv")
