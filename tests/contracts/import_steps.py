"""Steps that stories of imports share."""

import pytest

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.use_cases.deciding import OfficerDecision, decide_registration
from app.domain.enrolment.use_cases.lists import publish_list, replay_decisions
from tests.contracts.conftest import OpenWork
from tests.enrolment_builders import opened
from tests.enrolment_imports import Importer
from tests.memory_ports import StoryClock


@pytest.fixture
async def edition(work: OpenWork, clock: StoryClock) -> Edition:
    return await opened(work, clock, places=4, per_institution=2)


@pytest.fixture
async def importer(work: OpenWork, clock: StoryClock, edition: Edition) -> Importer:
    made = Importer(work, clock, edition)
    await made.map()
    return made


async def registration_of(importer: Importer, name: str) -> Registration:
    async with importer.work() as w:
        found = await w.registrations.page(
            importer.edition.id, buckets=None, states=(), after=None, limit=500
        )
        people = await w.persons.of([r.person for r in found])
    (one,) = [r for r in found if people[r.person].full_name == name]
    return one


async def decides(importer: Importer, name: str, **decision: object) -> Registration:
    registration = await registration_of(importer, name)
    decided = await decide_registration(
        registration.id,
        registration.version,
        OfficerDecision(**decision),  # type: ignore[arg-type]
        work=importer.work(),
        caller=importer.officer,
        clock=importer.clock,
    )
    return decided.view.registration


async def publishes(importer: Importer, *, leave_undecided: bool = False) -> None:
    async with importer.work() as w:
        version = (await w.editions.read(importer.edition.id)).version
    await publish_list(
        importer.edition.id, version, reason="early", leave_undecided=leave_undecided,
        work=importer.work(), caller=importer.officer, clock=importer.clock,
    )  # fmt: skip


async def proven(importer: Importer) -> list[str]:
    report = await replay_decisions(
        importer.edition.id, work=importer.work(), caller=importer.officer
    )
    return [difference.detail for difference in report.differences]
