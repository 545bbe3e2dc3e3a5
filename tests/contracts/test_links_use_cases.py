"""One-time links, as people without an account use them."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.domain.access.ports import Identity, address_key
from app.domain.enrolment.registration import State
from app.domain.errors import NotAuthenticated
from app.domain.results.errors import LinkNoLongerValid, LinkNotFound, RegistrationNotFound
from app.domain.results.links import LinkState
from app.domain.results.use_cases.links import (
    Session,
    look_at_link,
    make_link,
    open_link,
)
from tests.contracts.results_house import course as course  # a fixture
from tests.contracts.results_house import planned_course as planned_course  # a fixture
from tests.results_course import POLICY, Course


class Sessions:
    def issue(self, registration: UUID, address: str) -> tuple[str, int]:
        return f"session of {registration}", 3600


async def mailed(course: Course, registration: UUID) -> str:
    async with course.work() as work:
        address = (await work.participants.get(registration)).email
    return await make_link(
        registration, work=course.work(), clock=course.clock, policy=POLICY, address=address
    )


async def press(course: Course, token: str) -> Session:
    return await open_link(token, work=course.work(), sessions=Sessions(), clock=course.clock)


async def test_looking_at_a_link_says_what_it_is_for_and_changes_nothing(course: Course):
    ana = await course.enrol("Ana", account=False)
    token = await mailed(course, ana)
    for _ in range(3):
        seen = await look_at_link(token, work=course.work(), clock=course.clock)
        assert (seen.state, seen.edition.id) == (LinkState.VALID, course.edition.id)
        assert seen.expires_at == course.clock.now() + timedelta(days=14)


async def test_opening_a_link_gives_a_session_for_that_registration_once(course: Course):
    ana = await course.enrol("Ana", account=False)
    token = await mailed(course, ana)
    session = await press(course, token)
    assert (session.registration, session.edition, session.token, session.expires_in) == (
        ana,
        course.edition.id,
        f"session of {ana}",
        3600,
    )
    seen = await look_at_link(token, work=course.work(), clock=course.clock)
    assert seen.state is LinkState.USED
    with pytest.raises(LinkNoLongerValid):
        await press(course, token)


async def test_of_two_who_press_at_once_one_gets_in(course: Course):
    ana = await course.enrol("Ana", account=False)
    token = await mailed(course, ana)
    outcomes = await asyncio.gather(
        press(course, token), press(course, token), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "LinkNoLongerValid",
        "Session",
    ]


async def test_an_invented_or_expired_link_opens_nothing(course: Course):
    ana = await course.enrol("Ana", account=False)
    token = await mailed(course, ana)
    with pytest.raises(LinkNotFound):
        await press(course, token[:-1])
    course.clock.move(timedelta(days=14))
    with pytest.raises(LinkNoLongerValid):
        await press(course, token)
    async with course.work() as work:
        assert await work.links.confirmed_addresses([ana]) == {}


async def test_a_new_link_does_not_take_the_old_one_away(course: Course):
    ana = await course.enrol("Ana", account=False)
    first, second = await mailed(course, ana), await mailed(course, ana)
    assert (await press(course, second)).registration == ana
    assert (await press(course, first)).registration == ana


async def test_a_link_confirms_the_address_it_was_sent_to(course: Course):
    ana = await course.enrol("Ana", account=False, email="Ana@Example.org")
    await press(course, await mailed(course, ana))
    async with course.work() as work:
        assert await work.links.confirmed_addresses([ana]) == {ana: {"ana@example.org"}}


async def moves(course: Course, registration: UUID, address: str) -> None:
    """The address of a registration's person becomes another one."""
    async with course.work() as work:
        person = await work.persons.get((await work.registrations.read(registration)).person)
        person.email = address
        await work.persons.save([person])


async def test_a_link_to_an_address_that_was_left_opens_nothing_and_one_to_the_new_one_does(
    course: Course,
):
    ana = await course.enrol("Ana", account=False, email="old@example.org")
    token = await mailed(course, ana)
    await moves(course, ana, "new@example.org")
    seen = await look_at_link(token, work=course.work(), clock=course.clock)
    assert seen.state is LinkState.EXPIRED
    with pytest.raises(LinkNoLongerValid):
        await press(course, token)
    async with course.work() as work:
        assert await work.links.confirmed_addresses([ana]) == {}
    assert (await press(course, await mailed(course, ana))).registration == ana


async def test_a_session_ends_when_its_registration_has_another_address_and_one_of_nobody_is_none(
    course: Course,
):
    ana = await course.enrol("Ana", account=False, email="Old@example.org")

    async def registration_of(session: Identity) -> UUID | None:
        async with course.work() as work:
            caller = await work.accounts.caller(session, at=course.clock.now(), trace_id="t")
        return caller.registration

    old = Identity(None, registration=ana, address_key=address_key(ana, "old@example.org"))
    assert await registration_of(old) == ana
    await moves(course, ana, "new@example.org")
    nobody = uuid4()
    for session in (
        old,
        Identity(None, registration=ana),
        Identity(None, registration=nobody, address_key=address_key(nobody, "old@example.org")),
    ):
        with pytest.raises(NotAuthenticated):
            await registration_of(session)


async def test_who_has_gone_still_reaches_what_is_kept_about_them(course: Course):
    gone = await course.enrol("Gone", account=False, state=State.CANCELLED)
    assert (await press(course, await mailed(course, gone))).registration == gone


async def test_making_and_opening_a_link_is_recorded_without_address_or_token(course: Course):
    ana = await course.enrol("Ana", account=False, email="ana@example.org")
    token = await mailed(course, ana)
    await press(course, token)
    async with course.work() as work:
        records = await work.audit.page(kind="link", subject=None, actor=None, after=None, limit=10)
    assert [record.after for record in records] == ["made", "opened"]
    assert "ana@" not in str(records)
    assert token not in str(records)


async def test_a_link_for_nobody_is_not_made(course: Course):
    with pytest.raises(RegistrationNotFound):
        await make_link(
            uuid4(),
            work=course.work(),
            clock=course.clock,
            policy=POLICY,
            address="nobody@example.org",
        )
