"""What goes by many identifiers at once, on every store."""

from uuid import uuid4

from app.domain.enrolment.edition import Edition
from tests.contracts.conftest import OpenWork
from tests.contracts.import_steps import edition as edition  # a fixture
from tests.contracts.import_steps import importer as importer  # a fixture
from tests.contracts.import_steps import registration_of
from tests.enrolment_imports import Importer, at
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock


async def test_more_can_be_asked_for_at_once_than_a_statement_has_parameters(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    await importer.take([Row(1, at(clock, 5), "Ana Gil", "ana@uniovi.es", "UNIOVI")])
    one = await registration_of(importer, "Ana Gil")
    others = [uuid4() for _ in range(33_000)]
    async with work() as w:
        assert [r.id for r in await w.registrations.many([*others, one.id])] == [one.id]
        assert [r.id for r in await w.registrations.of_persons([*others, one.person])] == [one.id]


async def test_those_whom_an_import_made_come_in_pages(
    importer: Importer, clock: StoryClock, work: OpenWork, edition: Edition
) -> None:
    await importer.take([Row(1, at(clock, 5), "Ana Gil", "ana@uniovi.es", "UNIOVI")])
    rows = [
        Row(n, at(clock, n), f"Ben {word}", f"{word}@his.se", "HIS")
        for n, word in enumerate(("one", "two", "three"), 2)
    ]
    done = await importer.commit(await importer.plan(rows))
    made = sorted([(await registration_of(importer, row.name)).id for row in rows])
    async with work() as w:
        first = await w.registrations.made_by(edition.id, done.id, None, 2)
        rest = await w.registrations.made_by(edition.id, done.id, first[-1], 2)
        assert ([*first], [*rest]) == (made[:2], made[2:])
        assert [*await w.registrations.made_by(edition.id, done.id, made[-1], 2)] == []
