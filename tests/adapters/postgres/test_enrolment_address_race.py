"""An address is confirmed while it is being changed, on separate connections."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.enrolment.edition import Mode
from app.domain.enrolment.use_cases_registrations import confirm_address
from tests.adapters.postgres.test_enrolment_joining import OpenWork, by_officer, until_waiting
from tests.adapters.postgres.test_enrolment_joining import clock as clock  # a fixture
from tests.adapters.postgres.test_enrolment_joining import work as work  # a fixture
from tests.enrolment_builders import opened
from tests.memory_ports import StoryClock


async def test_confirming_an_address_does_not_bring_it_back_while_an_officer_mends_it(
    work: OpenWork, clock: StoryClock, engine: AsyncEngine
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await by_officer(work, clock, edition, "Learner Eva")
    before = view.person.email
    async with work() as w:
        await w.editions.get(edition.id)
        person = await w.persons.get(view.person.id)
        person.email = "mended@example.org"
        await w.persons.save([person])
        confirming = asyncio.create_task(
            confirm_address(view.registration.id, [before], work=work())
        )
        await until_waiting(engine, 1)
    await confirming
    async with work() as w:
        now = await w.persons.get(view.person.id)
    assert (now.email, now.email_verified) == ("mended@example.org", False)
