"""Outside systems are down for long: what was to be told is told when they are back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.clock import SystemClock
from app.domain.events import Event
from app.domain.ids import new_id
from app.domain.mail import MailUnavailable
from app.jobs_command import resting_of, resume, table_of
from app.ports import Ports
from app.settings import Settings
from app.wiring import connected
from app.worker import Worker, pause_after, queue_connection

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of the stand-ins, as they should


@dataclass(frozen=True)
class SomethingToTell(Event):
    """Of which somebody is to hear."""


@dataclass
class Post:
    """A reaction that needs the mail server."""

    trouble: Exception | None = None
    tried: int = 0
    told: list[Event] = field(default_factory=list)

    async def tell(self, event: Event, ports: Ports) -> None:
        self.tried += 1
        if self.trouble is not None:
            raise self.trouble
        self.told.append(event)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    made = Post()
    monkeypatch.setitem(reactions.BY_NAME, "test.tell", made.tell)
    monkeypatch.setitem(reactions.EVENTS, "SomethingToTell", SomethingToTell)
    return made


@asynccontextmanager
async def at_work(url: str, data_dir: Path) -> AsyncIterator[None]:
    async with connected(Settings(data_dir=data_dir), url) as ports:
        worker = Worker(ports, url, attempts=2)
        running = asyncio.create_task(worker.run())
        yield
        worker.stop()
        await running


async def happened(engine: AsyncEngine) -> SomethingToTell:
    event = SomethingToTell(new_id())
    outbox = PostgresOutbox({SomethingToTell: ("test.tell",)})
    async with PostgresWork(engine, outbox, SystemClock(), SYSTEM, "test") as work:
        await work.outbox.put(event)
    return event


async def in_the_queue(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list(await connection.scalars(text("SELECT status::text FROM pgqueuer")))


async def pass_the_time(engine: AsyncEngine) -> None:
    """Let pauses be over."""
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued'")
        )


async def until_tried(engine: AsyncEngine, post: Post, times: int) -> None:
    while post.tried < times:
        await pass_the_time(engine)
        await asyncio.sleep(0.05)


async def until(engine: AsyncEngine, wanted: list[str]) -> None:
    """Wait until the queue holds these; pauses pass at once."""
    while True:
        await pass_the_time(engine)
        if await in_the_queue(engine) == wanted:
            return
        await asyncio.sleep(0.05)


async def test_mail_that_is_down_for_long_loses_no_message(
    engine: AsyncEngine, database_url: str, data_dir: Path, post: Post
) -> None:
    post.trouble = MailUnavailable()
    event = await happened(engine)
    async with at_work(database_url, data_dir):
        await until_tried(engine, post, 3)
        # The tries of the outage do not count against what fails for another reason.
        post.trouble = RuntimeError("of the moment")
        await until_tried(engine, post, 4)
        post.trouble = None
        await until(engine, [])
    assert post.told == [event]


async def test_what_failed_for_good_rests_until_somebody_has_it_tried_again(
    engine: AsyncEngine, database_url: str, data_dir: Path, post: Post
) -> None:
    """A defect of ours is not tried for ever, unlike an outage, and nothing is lost by it."""
    post.trouble = RuntimeError("a defect")
    event = await happened(engine)
    async with at_work(database_url, data_dir):
        await until_tried(engine, post, 2)
        await until(engine, ["failed"])
        post.trouble = None
        connection = await queue_connection(database_url)
        queries = Queries(AsyncpgDriver(connection))
        resting = await resting_of(queries)
        assert table_of(resting).row_count == 1
        await resume(queries, resting)
        await connection.close()
        await until(engine, [])
    assert post.told == [event]


def test_pauses_grow_to_five_minutes_and_no_further() -> None:
    assert [pause_after(n) for n in (0, 3, 8, 9, 5000)] == [
        timedelta(seconds=1),
        timedelta(seconds=8),
        timedelta(seconds=256),
        timedelta(minutes=5),
        timedelta(minutes=5),
    ]
