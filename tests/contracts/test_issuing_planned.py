"""Batches that are planned, given up in the middle, and run again. On both stores."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.credentials.batch import (
    BatchIncomplete,
    BatchState,
    NothingToRerun,
    Outcome,
    ScheduleInvalid,
)
from app.domain.credentials.use_cases.batches import (
    approve_batch,
    cancel_batch,
    prepare_batch,
    rerun_batch,
    start_due_batch,
)
from app.domain.jobs import JobState
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import Notes


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def planned(house, days):
    batch = await prepare_batch(
        house.edition,
        scheduled_for=house.clock.time + timedelta(days=days),
        work=lambda: house.work(house.ines),
        sealing=house.sealing,
        caller=house.ines,
        clock=house.clock,
    )
    return await approve_batch(
        batch.id,
        batch.version,
        work=lambda: house.work(house.ivan),
        sealing=house.sealing,
        caller=house.ivan,
        clock=house.clock,
    )


async def due(house):
    async with house.work() as work:
        return [batch.id for batch in await work.batches.due(house.clock.now(), 10)]


async def test_a_planned_batch_gets_its_job_when_the_day_has_come(house):
    house.learners(2)
    batch, job = await planned(house, 3)
    assert (job, batch.job, await due(house)) == (None, None, [])
    work = house.work(house.ivan)
    assert await start_due_batch(batch.id, work=work, clock=house.clock) is None
    house.clock.time += timedelta(days=3)
    assert await due(house) == [batch.id]
    started = await start_due_batch(batch.id, work=house.work(house.ivan), clock=house.clock)
    assert started is not None
    async with house.work() as work:
        job = await work.jobs.read(started.job)
    assert (job.state, job.requested_by) == (JobState.QUEUED, house.ivan.actor)
    again = await start_due_batch(batch.id, work=house.work(house.ivan), clock=house.clock)
    assert (again, await due(house)) == (None, [])
    assert await house.run(started) == Outcome(sealed=2, skipped=0, failed=0)


@pytest.mark.parametrize("days", [-1, 367])
async def test_no_batch_is_planned_for_the_past_or_for_ever_after(house, days):
    house.learners(1)
    with pytest.raises(ScheduleInvalid):
        await planned(house, days)


async def test_a_planned_batch_can_be_given_up_before_its_day(house):
    house.learners(1)
    batch, _ = await planned(house, 3)
    cancelled = await cancelled_by_ines(house, batch)
    assert cancelled.state is BatchState.CANCELLED
    house.clock.time += timedelta(days=4)
    assert await due(house) == []


async def cancelled_by_ines(house, batch):
    async with house.work() as work:
        version = (await work.batches.read(batch.id)).version
    return await cancel_batch(
        batch.id, version, work=house.work(house.ines), caller=house.ines, clock=house.clock
    )


async def moved(house, batch, state):
    async with house.work() as work:
        job = await work.jobs.get(batch.job)
        await work.jobs.save(replace(job, state=state, cancel_requested=job.cancel_requested))


async def test_a_batch_given_up_in_the_middle_keeps_what_is_sealed_and_ends(house):
    house.learners(6)
    batch = await house.approved()
    await moved(house, batch, JobState.RUNNING)

    class Watched(Notes):
        async def item(self, key, status, code, detail=None):
            await super().item(key, status, code, detail)
            if len(self.items) == 2:
                given_up.append(await cancelled_by_ines(house, batch))

        async def cancelled(self):
            async with house.work() as work:
                return (await work.jobs.read(batch.job)).cancel_requested

    given_up: list = []
    assert await house.run(batch, Watched()) is None
    assert (given_up[0].state, given_up[0].cancel_requested) == (BatchState.RUNNING, True)
    async with house.work() as work:
        assert (await work.batches.read(batch.id)).state is BatchState.CANCELLED
    assert 2 <= len(await house.live()) <= 4


async def test_only_failures_are_run_again_on_an_officers_word(house):
    awards = house.learners(3)
    batch = await house.approved()
    house.awards.postpone(awards[0].registration, "objection_open")
    with pytest.raises(BatchIncomplete):
        await house.run(batch)
    await moved(house, batch, JobState.RUNNING)
    with pytest.raises(NothingToRerun):
        await rerun(house, batch)
    await moved(house, batch, JobState.FAILED)
    again, job = await rerun(house, batch)
    assert (job.state, job.error) == (JobState.QUEUED, None)
    house.awards.ready[awards[0].registration] = awards[0]
    del house.awards.not_ready[awards[0].registration]
    house.sealing.orders.clear()
    assert await house.run(again) == Outcome(sealed=3, skipped=0, failed=0)
    assert len(house.sealing.orders) == 1
    await moved(house, batch, JobState.SUCCEEDED)
    with pytest.raises(NothingToRerun):
        await rerun(house, batch)


async def rerun(house, batch):
    async with house.work() as work:
        version = (await work.batches.read(batch.id)).version
    return await rerun_batch(batch.id, version, work=house.work(house.ines), caller=house.ines)
