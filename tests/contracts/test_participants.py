"""Editions and registrations as results see them, read from what enrolment keeps."""

from uuid import uuid4

import pytest

from app.domain.enrolment.registration import State
from app.domain.results.errors import EditionNotFound, RegistrationNotFound
from tests.contracts.results_house import course as course  # a fixture
from tests.contracts.results_house import planned_course as planned_course  # a fixture
from tests.results_course import TITLE, Course


async def test_an_edition_is_known_with_what_results_need(course: Course):
    async with course.work() as work:
        facts = await work.participants.edition(course.edition.id)
    assert (facts.code, facts.title, facts.state, facts.organiser, facts.awarding) == (
        "IMC-2026-001-E1",
        TITLE,
        "grading",
        "UNIOVI",
        ("UNIOVI", "HKA", "UDA"),
    )
    assert (facts.start, facts.end, facts.proposal) == (
        course.edition.start,
        course.edition.end,
        course.micro_credential.proposal,
    )
    assert (facts.time_zone, facts.is_binding, facts.contact_email) == (
        "Europe/Madrid",
        True,
        "micro@example.org",
    )


async def test_who_takes_part_comes_by_registration_and_those_who_wait_do_not(course: Course):
    learners = await course.learners(3)
    completed = await course.enrol("Done", state=State.COMPLETED)
    await course.enrol("Waits", state=State.WAITING)
    await course.enrol("Gone", state=State.WITHDRAWN)
    async with course.work() as work:
        found = await work.participants.of_edition(course.edition.id)
    assert [p.registration for p in found] == sorted([*learners, completed])
    assert {p.takes_part for p in found} == {True}


async def test_a_registration_is_known_whatever_its_state(course: Course):
    gone = await course.enrol(
        "Ana Núñez", state=State.WITHDRAWN, account=False, language="es", email="Ana@example.org"
    )
    async with course.work() as work:
        ana = await work.participants.get(gone)
    assert (ana.full_name, ana.email, ana.language, ana.institution, ana.account) == (
        "Ana Núñez",
        "Ana@example.org",
        "es",
        "UNIOVI",
        None,
    )
    assert (ana.state, ana.takes_part, ana.is_live) == ("withdrawn", False, False)


async def test_what_does_not_exist_is_not_found(course: Course):
    async with course.work() as work:
        with pytest.raises(RegistrationNotFound):
            await work.participants.get(uuid4())
        for ask in (work.participants.edition, work.participants.of_edition):
            with pytest.raises(EditionNotFound):
                await ask(uuid4())


async def test_only_live_people_whose_address_no_provider_verified_are_found_by_it(course: Course):
    by_form = await course.enrol("Ana", account=False, email="Ana@Example.org")
    unverified = await course.enrol("Ana Account", email="ana@example.org")
    verified = await course.enrol("Ana Verified", email="ana@example.org")
    async with course.work() as work:
        person = await work.persons.get((await work.registrations.read(verified)).person)
        person.email_verified = True
        await work.persons.save([person])
    await course.enrol("Gone", account=False, state=State.CANCELLED, email="gone@example.org")
    async with course.work() as work:
        find = work.participants.with_address
        found = await find(course.edition.id, " ana@EXAMPLE.org ")
        assert [p.registration for p in found] == [by_form, unverified]
        assert await find(course.edition.id, "gone@example.org") == []
        assert await find(uuid4(), "ana@example.org") == []


async def test_a_person_holds_the_registrations_of_their_account(course: Course):
    mine = await course.enrol("Mine")
    await course.enrol("Somebody else's")
    async with course.work() as work:
        assert set(await work.participants.held_by(course.accounts[mine])) == {mine}
        assert set(await work.participants.held_by(uuid4())) == set()
