"""When an edition's issuer has come to stay, once in memory and once on PostgreSQL."""

import pytest

from app.domain.credentials.use_cases.batches import cancel_batch
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.enrolment_builders import an_edition


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def begun(house: House) -> bool:
    async with house.work() as work:
        found: bool = await work.editions.issuing_begun(house.edition)
    return found


async def test_issuing_has_begun_with_the_second_persons_word_and_ends_with_the_batch(
    house: House,
) -> None:
    house.learners(1)
    await house.prepared()
    assert await begun(house) is False
    batch = await house.approved()
    assert await begun(house) is True
    await cancel_batch(
        batch.id, batch.version, work=house.work(house.ines), caller=house.ines, clock=house.clock
    )
    assert await begun(house) is False
    await house.run(await house.approved())
    assert await begun(house) is True


async def test_the_issuer_of_an_edition_is_kept(house: House) -> None:
    edition = an_edition(house.clock.now(), issuer="HKA")
    async with house.work() as work:
        await work.editions.add(edition)
    async with house.work() as work:
        kept = await work.editions.get(edition.id)
        seen = await work.participants.edition(edition.id)
        assert (kept.issuer, seen.issuer) == ("HKA", "HKA")
        kept.issuer = None
        await work.editions.save(kept)
    async with house.work() as work:
        assert (await work.editions.read(edition.id)).issuer is None
