"""An address is confirmed while it is being changed, on separate connections: the confirming waits,
and it is the lock that makes it wait."""

import asyncio
from functools import cached_property
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.enrolment_editions import PostgresEditions
from app.adapters.postgres.enrolment_people import PostgresPersons
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.person import Person
from app.domain.enrolment.use_cases.registrations import confirm_address
from app.domain.enrolment.views import RegistrationView
from tests.adapters.postgres.test_enrolment_joining import OpenWork, by_officer, until_waiting
from tests.adapters.postgres.test_enrolment_joining import clock as clock  # a fixture
from tests.adapters.postgres.test_enrolment_joining import work as work  # a fixture
from tests.enrolment_builders import opened
from tests.memory_ports import StoryClock

MENDED = "mended@example.org"


class _UnlockedEditions(PostgresEditions):
    """Reads an edition where it should be held."""

    async def get(self, edition: UUID) -> Edition:
        return await self.read(edition)


class _UnlockedPersons(PostgresPersons):
    """Reads people where they should be held."""

    async def get(self, person: UUID, *, hold: bool = False) -> Person:
        return await super().get(person)


class _Unlocked(PostgresWork):
    """The negative twin."""

    @cached_property
    def editions(self) -> PostgresEditions:
        return _UnlockedEditions(self)

    @cached_property
    def persons(self) -> PostgresPersons:
        return _UnlockedPersons(self)


async def while_an_officer_mends(
    view: RegistrationView, work: OpenWork, confirming_work: PostgresWork, engine: AsyncEngine
) -> tuple[str, bool]:
    """Confirm the address of before while another is written in its place; what holds then."""
    async with work() as w:
        await w.editions.get(view.registration.edition)
        person = await w.persons.get(view.person.id)
        person.email = MENDED
        await w.persons.save([person])
        confirming = asyncio.create_task(
            confirm_address(view.registration.id, [view.person.email], work=confirming_work)
        )
        # With the lock for the edition, without it for the person whom both write.
        await until_waiting(engine, 1)
    await confirming
    async with work() as w:
        now = await w.persons.get(view.person.id)
    return now.email, now.email_verified


@pytest.mark.parametrize("is_locked", [True, False])
async def test_confirming_an_address_does_not_bring_it_back_while_an_officer_mends_it(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine, is_locked: bool
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await by_officer(work, clock, edition, "Learner Eva")
    kind = PostgresWork if is_locked else _Unlocked
    confirming = kind(engine, PostgresOutbox(reactions.NAMES), clock, SYSTEM, "test")
    held = await while_an_officer_mends(view, work, confirming, engine)
    # The twin brings back what the officer has mended, and calls it confirmed.
    assert held == ((MENDED, False) if is_locked else (view.person.email, True))
