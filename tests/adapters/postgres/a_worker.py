"""A worker for tests, as a process of its own: `python -m … URL DATA_DIR PAUSE`.

Its one kind of work, `count`, writes an audit record for each of `n` things that has none yet.
"""

import asyncio
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app import reactions
from app.domain.jobs import Job, Progress
from app.ports import Ports
from app.settings import Settings
from app.wiring import connected
from app.worker import Worker


def counting(pause: float) -> Any:
    async def count(job: Job, ports: Ports, progress: Progress) -> Mapping[str, Any]:
        for number in range(job.params["n"]):
            async with ports.system_work("count") as work:
                held = await work.jobs.get(job.id)
                kept = {item.key for item in await work.jobs.items(held.id)}
                if str(number) not in kept:
                    await work.trail.append("thing", str(number), after=str(job.id))
                    await progress_item(work, job, number)
            await progress.report(number + 1, job.params["n"])
            await asyncio.sleep(pause)
        return {"counted": job.params["n"]}

    return count


async def progress_item(work: Any, job: Job, number: int) -> None:
    from app.domain.jobs import JobItem

    await work.jobs.put_item(job.id, JobItem(str(number), "done", "counted"))


async def main(url: str, data_dir: str, pause: float) -> None:
    reactions.RUNNERS["count"] = counting(pause)
    settings = Settings(data_dir=Path(data_dir))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        async with connected(settings, url) as ports:
            print("working", flush=True)
            await Worker(ports, url).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
