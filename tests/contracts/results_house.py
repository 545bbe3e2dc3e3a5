"""The course of `tests/results_course.py` in both lives."""

import pytest

from app import reactions
from app.adapters.memory.unit_of_work import MemoryStore
from app.adapters.postgres.outbox import PostgresOutbox
from app.domain.access.roles import Caller
from tests.memory_ports import StoryClock
from tests.results_course import Course, MemoryCourseWork, PostgresCourseWork


@pytest.fixture(params=["memory", "postgres"])
def planned_course(request: pytest.FixtureRequest, clock: StoryClock) -> Course:
    """An edition that is not kept yet, on each store."""
    if request.param == "memory":
        store = MemoryStore()

        def in_memory(caller: Caller, action: str) -> MemoryCourseWork:
            return MemoryCourseWork(store, clock, caller, action)

        return Course(in_memory, clock)
    engine = request.getfixturevalue("engine")
    outbox = PostgresOutbox(reactions.NAMES)

    def on_postgres(caller: Caller, action: str) -> PostgresCourseWork:
        return PostgresCourseWork(engine, outbox, clock, caller, action)

    return Course(on_postgres, clock)


@pytest.fixture
async def course(planned_course: Course) -> Course:
    """An edition in grading, on each store."""
    return await planned_course.take_place()
