"""What those who watch a job are told of it, and how often."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from app.domain.jobs import JobItem
from app.ports import Ports
from app.running import JobProgress
from tests.memory_ports import memory_ports

pytestmark = pytest.mark.filterwarnings("ignore:The development identity is on:UserWarning")


async def a_job(ports: Ports) -> UUID:
    async with ports.system_work("start") as work:
        return (await work.jobs.start("issue_credentials", {}, total=3)).id


async def told(job: UUID, ports: Ports) -> tuple[int, list[JobItem]]:
    async with ports.reading() as work:
        return (await work.jobs.read(job)).done, list(await work.jobs.items(job))


async def test_what_is_told_first_is_seen_at_once(tmp_path: Path) -> None:
    ports, _, _ = memory_ports(tmp_path)
    job = await a_job(ports)
    await JobProgress(job, ports).item("a", "done", "sealed")
    assert await told(job, ports) == (0, [JobItem("a", "done", "sealed", {})])


async def test_all_that_was_told_is_written_when_the_work_ends(tmp_path: Path) -> None:
    ports, _, _ = memory_ports(tmp_path)
    job = await a_job(ports)
    progress = JobProgress(job, ports)
    for number, key in enumerate("abc"):
        await progress.item(key, "failed", "award_changed")
        await progress.item(key, "done", "sealed")
        await progress.report(number + 1, 3)
    await progress.close()
    assert await told(job, ports) == (3, [JobItem(key, "done", "sealed", {}) for key in "abc"])


async def test_a_wish_to_stop_is_known_at_the_end_however_quick_the_work_was(
    tmp_path: Path,
) -> None:
    ports, _, _ = memory_ports(tmp_path)
    job = await a_job(ports)
    progress = JobProgress(job, ports)
    before = await progress.stopped()
    async with ports.system_work("cancel") as work:
        await work.jobs.save(replace(await work.jobs.get(job), cancel_requested=True))
    assert (before, await progress.stopped()) == (False, True)
