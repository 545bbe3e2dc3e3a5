"""What the benchmarks need before they begin, made over HTTP by the people who would make it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.demo import play_enrolment, play_proposals
from app.demo.content import FRAMEWORK
from app.demo.stage import Stage

PARTNERS = ("UNIOVI", "HKA", "UDA")
"""The awarding bodies of the micro-credential."""
HOMES = ("HIS", "HKA", "MTU", "MUS", "TUIASI", "UDA", "UNIOVI", "UOC", "URN", "XAMK")
"""Where learners come from."""

_UNTIL_IT_STARTS = timedelta(days=150)


async def publish(stage: Stage) -> str:
    """Write the alliance's course, agree on it and have it published; the proposal's identifier."""
    start = datetime.now(UTC).date() + _UNTIL_IT_STARTS
    path = await play_proposals.write(stage, FRAMEWORK, start)
    await play_proposals.decide_skills(stage, path, FRAMEWORK)
    await play_proposals.submit(stage, path)
    await play_proposals.consent(stage, path, *PARTNERS)
    await play_proposals.approve(stage, path, *PARTNERS)
    return path.rpartition("/")[2]


async def direct_edition(stage: Stage, proposal: str, places: int, quota: int) -> str:
    """Plan and open an edition in which everybody is told at once; its path."""
    return await open_edition(stage, proposal, places, quota, mode="direct")


async def open_edition(stage: Stage, proposal: str, places: int, quota: int, *, mode: str) -> str:
    """Plan and open an edition; its path."""
    now = datetime.now(UTC)
    start = now.date() + _UNTIL_IT_STARTS
    plan: dict[str, Any] = {
        "proposal": proposal,
        "mode": mode,
        "start": start.isoformat(),
        "end": (start + timedelta(days=50)).isoformat(),
        "time_zone": "Europe/Madrid",
        "registration_opens": (now - timedelta(days=1)).isoformat(),
        "registration_closes": (now + timedelta(days=60)).isoformat(),
        "places": places,
        "quota_per_institution": quota,
    }
    return await play_enrolment.plan(stage, plan)
