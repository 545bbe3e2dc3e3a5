"""Sealing where the key is: what is prepared, what is brought back, and what becomes of it."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Role
from app.domain.credentials.batch import BatchIncomplete, BatchNotFound, BatchState, IssuingBatch
from app.domain.credentials.ports_local import PreparedSealNotFound
from app.domain.credentials.seal import Brought, PreparedSeal, SealDoubtful
from app.domain.credentials.use_cases import local_sealing as local
from app.domain.credentials.use_cases.batches import cancel_batch
from app.domain.credentials.use_cases.local_sealing import NotSealedElsewhere, StillPreparing
from app.domain.errors import Finding
from app.domain.jobs import JobState
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import LOCAL, Notes, officer, stamp


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def prepare(house: House, batch: IssuingBatch, notes: Notes | None = None) -> Any:
    return await local.prepare_local_seals(
        batch.id,
        work=house.work,
        sealing=house.sealing,
        clock=house.clock,
        progress=notes or Notes(),
    )


async def to_sign(house: House, batch: IssuingBatch) -> list[PreparedSeal]:
    _, found = await local.download_local_sealing(
        batch.id, after=None, limit=100, work=house.work(house.ines), caller=house.ines
    )
    return list(found)


async def attach(
    house: House, batch: IssuingBatch, brought: Mapping[UUID, Brought]
) -> Sequence[tuple[str, str | None]]:
    outcomes = await local.attach_seals(
        batch.id,
        brought.items(),
        work=lambda: house.work(house.ines),
        sealing=house.sealing,
        caller=house.ines,
        clock=house.clock,
    )
    return [(one.status, one.code) for one in outcomes]


def stamped(*prepared: PreparedSeal) -> dict[UUID, Brought]:
    return {one.credential: Brought(stamp(one)) for one in prepared}


async def ready(house: House, learners: int = 3) -> tuple[IssuingBatch, list[PreparedSeal]]:
    house.learners(learners)
    batch = await house.approved(LOCAL)
    await prepare(house, batch)
    return batch, await to_sign(house, batch)


async def state(house: House, batch: IssuingBatch) -> BatchState:
    async with house.work() as work:
        found: IssuingBatch = await work.batches.read(batch.id)
    return found.state


async def test_what_two_officers_agreed_on_is_signed_elsewhere_and_kept(house: House) -> None:
    batch, prepared = await ready(house)
    assert (batch.local, batch.seal, batch.state) == (True, LOCAL, BatchState.APPROVED)
    assert await house.live() == {}
    assert await attach(house, batch, stamped(*prepared)) == [("sealed", None)] * 3
    assert await state(house, batch) is BatchState.FINISHED
    assert await house.live() == {one.registration: [one.credential] for one in prepared}
    assert {told["event"] for told in await house.told()} == {"CredentialSealed", "BatchFinished"}


async def test_signatures_come_back_one_by_one_and_the_last_finishes_the_batch(
    house: House,
) -> None:
    batch, prepared = await ready(house)
    seen = []
    for one in prepared:
        await attach(house, batch, stamped(one))
        _, learners = await local.get_local_sealing(
            batch.id, work=house.work(house.ines), caller=house.ines
        )
        seen.append((sum(each.waiting is not None for each in learners), await state(house, batch)))
    assert seen == [
        (2, BatchState.APPROVED),
        (1, BatchState.APPROVED),
        (0, BatchState.FINISHED),
    ]


async def test_a_wrong_signature_is_refused_and_the_others_are_kept(house: House) -> None:
    batch, prepared = await ready(house)
    wrong = {prepared[1].credential: Brought(stamp(prepared[0]))}
    assert await attach(house, batch, stamped(*prepared) | wrong) == [
        ("sealed", None),
        ("refused", "signature_refused"),
        ("sealed", None),
    ]
    assert len(await house.live()) == 2
    assert await attach(house, batch, stamped(prepared[1])) == [("sealed", None)]


async def test_bringing_the_same_twice_keeps_one_credential(house: House) -> None:
    batch, prepared = await ready(house)
    assert await attach(house, batch, stamped(prepared[0])) == [("sealed", None)]
    assert await attach(house, batch, stamped(prepared[0])) == [("already_sealed", None)]
    await attach(house, batch, stamped(*prepared))
    assert await attach(house, batch, stamped(*prepared)) == [("already_sealed", None)] * 3
    assert {len(ids) for ids in (await house.live()).values()} == {1}


async def test_two_who_bring_the_same_at_once_keep_one_credential(house: House) -> None:
    batch, prepared = await ready(house)
    both = await asyncio.gather(*(attach(house, batch, stamped(*prepared)) for _ in range(2)))
    assert sorted(status for outcomes in both for status, _ in outcomes) == (
        ["already_sealed"] * 3 + ["sealed"] * 3
    )
    assert await state(house, batch) is BatchState.FINISHED
    assert {len(ids) for ids in (await house.live()).values()} == {1}


async def test_a_learner_who_has_a_credential_from_elsewhere_gets_no_second(house: House) -> None:
    batch, prepared = await ready(house, 1)
    other = await house.approved()
    await house.run(other)
    assert await attach(house, batch, stamped(*prepared)) == [("already_sealed", None)]
    assert {len(ids) for ids in (await house.live()).values()} == {1}


async def test_an_award_that_changed_meanwhile_is_not_kept(house: House) -> None:
    batch, prepared = await ready(house, 2)
    house.awards.postpone(prepared[0].registration, "objection_open")
    assert await attach(house, batch, stamped(*prepared)) == [
        ("refused", "award_not_ready"),
        ("sealed", None),
    ]
    assert await state(house, batch) is BatchState.APPROVED


async def test_preparing_goes_on_where_it_stopped(house: House) -> None:
    house.learners(3)
    batch = await house.approved(LOCAL)
    assert await prepare(house, batch, Notes(cancel_after=1)) is None
    first = await to_sign(house, batch)
    assert await prepare(house, batch) == {"prepared": 3}
    assert [one.credential for one in await to_sign(house, batch)][:1] == [
        one.credential for one in first
    ]
    assert len(house.sealing.orders) == 3


async def test_who_cannot_be_prepared_is_named_and_the_others_can_be_signed(house: House) -> None:
    awards = house.learners(4)
    batch = await house.approved(LOCAL)
    house.awards.postpone(awards[0].registration, "objection_open")
    del house.awards.ready[awards[1].registration]
    notes = Notes()
    with pytest.raises(BatchIncomplete):
        await prepare(house, batch, notes)
    assert notes.codes() == {"award_not_ready": 1, "award_not_found": 1, "prepared": 2}
    assert len(await to_sign(house, batch)) == 2


async def test_a_seal_in_doubt_stops_the_preparing(house: House) -> None:
    house.learners(2)
    batch = await house.approved(LOCAL)
    house.sealing.findings = (Finding("", "certificate_expired", "It expired."),)
    with pytest.raises(SealDoubtful):
        await prepare(house, batch)


async def test_preparing_anew_makes_what_was_downloaded_void(house: House) -> None:
    batch, prepared = await ready(house, 2)
    with pytest.raises(StillPreparing):
        await renew(house, batch)
    await ended(house, batch)
    renewed = await renew(house, batch)
    assert renewed.job != batch.job
    await prepare(house, batch)
    assert await attach(house, batch, stamped(prepared[0])) == [
        ("refused", "prepared_seal_not_found")
    ]
    again = await to_sign(house, batch)
    assert await attach(house, batch, stamped(*again)) == [("sealed", None)] * 2


async def test_a_batch_that_is_given_up_forgets_what_was_to_be_signed(house: House) -> None:
    batch, prepared = await ready(house, 2)
    await ended(house, batch)
    await cancel_batch(
        batch.id,
        batch.version,
        work=house.work(house.ines),
        caller=house.ines,
        clock=house.clock,
    )
    with pytest.raises(PreparedSealNotFound):
        await local.get_prepared_seal(
            batch.id,
            prepared[0].credential,
            "get_prepared_seal",
            work=house.work(house.ines),
            caller=house.ines,
        )
    with pytest.raises(NotSealedElsewhere):
        await attach(house, batch, stamped(*prepared))


async def test_a_batch_whose_key_is_here_is_not_signed_elsewhere(house: House) -> None:
    house.learners(1)
    batch = await house.approved()
    with pytest.raises(NotSealedElsewhere):
        await prepare(house, batch)
    with pytest.raises(NotSealedElsewhere):
        await attach(house, batch, {batch.id: Brought(b"")})


async def test_what_is_to_be_signed_is_for_officers_of_the_issuer(house: House) -> None:
    batch, prepared = await ready(house, 1)
    for caller, refusal in (
        (officer(Role.ISSUER_OFFICER, "HKA"), BatchNotFound),
        (officer(Role.AUDITOR, None), NotAllowed),
    ):
        with pytest.raises(refusal):
            await local.download_local_sealing(
                batch.id, after=None, limit=9, work=house.work(caller), caller=caller
            )
        with pytest.raises(refusal):
            await local.attach_seals(
                batch.id,
                stamped(*prepared).items(),
                work=partial(house.work, caller),
                sealing=house.sealing,
                caller=caller,
                clock=house.clock,
            )


async def test_packages_are_read_in_parts_by_credential(house: House) -> None:
    batch, prepared = await ready(house, 5)
    found: list[PreparedSeal] = []
    while len(found) < 5:
        _, part = await local.download_local_sealing(
            batch.id,
            after=found[-1].credential if found else None,
            limit=2,
            work=house.work(house.ines),
            caller=house.ines,
        )
        found.extend(part)
    assert found == prepared == sorted(prepared, key=lambda one: one.credential)


async def renew(house: House, batch: IssuingBatch) -> IssuingBatch:
    renewed, _ = await local.renew_local_sealing(
        batch.id, batch.version, work=house.work(house.ines), caller=house.ines
    )
    return renewed


async def ended(house: House, batch: IssuingBatch) -> None:
    """The job of the batch has come to its end, as the worker would note it."""
    assert batch.job is not None
    async with house.work() as work:
        job = await work.jobs.get(batch.job)
        await work.jobs.save(job.moved(JobState.RUNNING).moved(JobState.SUCCEEDED))
