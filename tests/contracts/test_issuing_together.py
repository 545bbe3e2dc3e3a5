"""Several credentials that are made and kept together fare as if each were alone."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.credentials.batch import BatchIncomplete, Outcome
from app.domain.credentials.seal import DocumentInvalid, SealUnavailable
from app.domain.errors import Finding
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import Notes


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        made = memory_house()
    else:
        engine: AsyncEngine = request.getfixturevalue("engine")
        made = postgres_house(engine)
    made.sealing.together = 4
    return made


async def test_everybody_gets_one_with_all_that_goes_with_it(house: House) -> None:
    awards = house.learners(17)
    batch = await house.approved()
    notes = Notes()

    assert await house.run(batch, notes) == Outcome(sealed=17, skipped=0, failed=0)

    live = await house.live()
    assert sorted(live) == sorted(award.registration for award in awards)
    async with house.work() as work:
        kept = {r: await work.credentials.read(c) for r, (c,) in live.items()}
        sources = [await work.credentials.source(c.id) for c in kept.values()]
        documents = [await work.credentials.document(c.id) for c in kept.values()]
        pictures = {await work.credentials.image(c.id, "es") for c in kept.values()}
        deliveries = [d for c in kept.values() for d in await work.credentials.deliveries(c.id)]
        places = [p for c in kept.values() for p in await work.status_lists.places(c.id)]
        standings = await work.revisions.standings([c.id for c in kept.values()])
        records = await work.audit.page(
            kind="credential", subject=None, actor=None, after=None, limit=99
        )
    assert {source.award.registration for source in sources} == set(live)
    assert {source.specification for source in map(_hashable, sources)} == {
        house.micro_credential.certified_hash
    }
    assert len(set(documents)) == 17
    assert len(pictures) == 1
    assert {d.credential for d in deliveries} == {c.id for c in kept.values()}
    assert [(d.state.value, d.attempts) for d in deliveries] == [("pending", 0)] * 17
    assert len({(place.list, place.position) for place in places}) == 2 * 17
    assert len(standings) == 17
    assert sorted(record.after for record in records) == sorted(c.sha256 for c in kept.values())
    assert {k: v[2]["credential"] for k, v in notes.items.items()} == {
        str(registration): str(credential.id) for registration, credential in kept.items()
    }
    assert len(await house.told()) == 17 + 1


def _hashable(source):
    return replace(source, specification=source.certified_hash)


async def test_who_is_not_ready_any_more_is_left_out_and_nobody_else(house: House) -> None:
    awards = sorted(house.learners(16), key=lambda award: award.registration)
    batch = await house.approved()

    def postpone(order) -> None:
        if order.award.registration == awards[0].registration:
            house.awards.postpone(awards[2].registration, "objection_open")
            house.awards.ready[awards[3].registration] = replace(awards[3], grade="Fail")

    house.sealing.before_issuing = postpone
    notes = Notes()
    with pytest.raises(BatchIncomplete):
        await house.run(batch, notes)

    assert notes.codes() == {"sealed": 14, "award_not_ready": 1, "award_changed": 1}
    assert len(await house.live()) == 14


async def test_a_document_that_is_refused_and_a_defect_hold_up_nobody(house: House, caplog) -> None:
    awards = sorted(house.learners(16), key=lambda award: award.registration)
    batch = await house.approved()

    def stumble(order) -> None:
        if order.award.registration == awards[1].registration:
            raise DocumentInvalid((Finding("/issuer", "required", "Say who issues."),))
        if order.award.registration == awards[2].registration:
            raise KeyError(order.award.holder.full_name)

    house.sealing.before_issuing = stumble
    notes = Notes()
    with pytest.raises(BatchIncomplete):
        await house.run(batch, notes)

    assert notes.codes() == {"sealed": 14, "document_invalid": 1, "issuing_defect": 1}
    assert "Learner" not in caplog.text
    house.sealing.before_issuing = lambda order: None
    assert await house.run(batch, notes) == Outcome(sealed=16, skipped=0, failed=0)


async def test_what_was_sealed_before_the_seal_was_out_of_reach_is_kept(house: House) -> None:
    house.learners(16)
    batch = await house.approved()

    def out_of_reach(order) -> None:
        if len(house.sealing.orders) > 6:
            raise SealUnavailable("The seal does not answer.")

    house.sealing.before_issuing = out_of_reach
    with pytest.raises(SealUnavailable):
        await house.run(batch)
    assert len(await house.live()) == 6

    house.sealing.before_issuing = lambda order: None
    assert await house.run(batch) == Outcome(sealed=16, skipped=0, failed=0)


async def test_two_batches_at_once_make_one_credential_each(house: House) -> None:
    house.learners(16)
    first, second = await house.approved(), await house.approved()

    outcomes = await asyncio.gather(house.run(first), house.run(second), house.run(second))
    assert outcomes[0] is not None
    assert outcomes[1] is not None

    assert (outcomes[0].sealed + outcomes[1].sealed, outcomes[1]) == (16, outcomes[2])
    assert [len(credentials) for credentials in (await house.live()).values()] == [1] * 16


async def test_a_text_that_cannot_be_stored_keeps_out_its_learner_alone(
    engine: AsyncEngine,
) -> None:
    house = postgres_house(engine)
    house.sealing.together = 4
    awards = house.learners(16)
    odd = awards[5]
    house.awards.ready[odd.registration] = replace(
        odd, holder=replace(odd.holder, full_name="Learner\x00")
    )
    batch = await house.approved()
    notes = Notes()
    with pytest.raises(BatchIncomplete):
        await house.run(batch, notes)

    assert notes.codes() == {"sealed": 15, "unwritable_text": 1}
    assert odd.registration not in await house.live()
