"""The long work of retention."""

from collections.abc import Mapping
from typing import Any

from app.domain.jobs import Job, Progress
from app.domain.retention.use_cases import ERASE_JOB, erase_due
from app.ports import Ports
from app.reactions.types import Reactions, Runners


async def run_erasing(job: Job, ports: Ports, progress: Progress) -> Mapping[str, Any]:
    """Erase everything that is due."""
    gone = await erase_due(
        policy=ports.settings.retention,
        open_work=lambda: ports.system_work(ERASE_JOB),
        mail=ports.mail_files,
        actor=job.requested_by,
        clock=ports.clock,
        stopped=progress.cancelled,
    )
    number = sum(gone.values())
    await progress.report(number, number)
    return gone


REACTIONS: Reactions = {}
RUNNERS: Runners = {ERASE_JOB: run_erasing}
