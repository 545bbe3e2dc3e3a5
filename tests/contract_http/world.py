"""The story of the permission walk on PostgreSQL: what programs written by others are let loose on.

Memory takes whatever it is given; a database refuses texts, numbers and dates that a careless
program lets through to it.
"""

import json
import warnings
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.identity.local import ISSUER as LOCAL
from app.adapters.memory.unit_of_work import MemoryStore
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.outbox import REACTION, events_of
from app.demo.mailboxes import Mailboxes
from app.domain.access.roles import Role
from app.main import create_app
from app.ports import Ports
from app.running import react, react_to_all, run_job
from app.settings import Settings
from app.wiring import connected, mail_folder
from tests.api.conftest import Api
from tests.api.walk_story import ISSUER, LEAD, LEARNER, OFFICERS, Story, grant, person
from tests.memory_ports import MemoryQueue, grant_demo_roles

ASKERS: dict[str, str | None] = {
    "nobody": None,
    "the learner": LEARNER,
    "somebody": "learner-801",
    "coordinator": "ana-oviedo",
    "co_author": "ben-karlsruhe",
    "signatory": "sara-oviedo",
    "quality_officer": "quim-oviedo",
    "reviewer": "rea-crete",
    "student_reviewer": "seppo-xamk",
    "panel_chair": "petra-chair",
    "alliance_office": "olga-office",
    "enrolment_officer": "elena-oviedo",
    "teacher": "teo-oviedo",
    "results_confirmer": "rosa-oviedo",
    "issuer_officer": OFFICERS[0],
    "recognition_officer": "rita-rouen",
    "auditor": "aud-auditor",
}
"""A token of each role, at the institution where it counts most; nobody's, and learners'."""


@dataclass
class PostgresApi(Api):
    """The API on PostgreSQL; its queue is run when a test says so."""

    engine: AsyncEngine | None = field(default=None)

    async def drain(self) -> int:
        """Run what the queue holds, and what that leads to."""
        assert self.engine is not None
        ran = 0
        while rows := await self._taken():
            for entrypoint, payload in rows:
                told = json.loads(payload)
                if entrypoint == REACTION:
                    events = events_of(told, reactions.EVENTS)
                    if len(events) > 1:
                        await react_to_all(told["reaction"], events, self.ports)
                    else:
                        await react(told["reaction"], events[0], self.ports)
                else:
                    await run_job(UUID(told["job"]), self.ports)
                ran += 1
        return ran

    async def _taken(self) -> list[tuple[str, bytes]]:
        assert self.engine is not None
        async with self.engine.begin() as connection:
            found = await connection.execute(
                text("DELETE FROM pgqueuer RETURNING id, entrypoint, payload")
            )
            return [(entrypoint, payload) for _, entrypoint, payload in sorted(found.all())]


@dataclass
class World:
    """The API with much in it, and identifiers of things to ask for."""

    api: PostgresApi
    story: Story
    known: dict[str, list[str]]
    """By the names of path parameters."""
    tokens: dict[str, dict[str, str]]
    """Headers by who asks."""


@asynccontextmanager
async def world_on(url: str, folder: Path) -> AsyncIterator[World]:
    """Tell the story on this database, and begin two further ones that stand in the middle."""
    settings = Settings(
        database_url=url,
        data_dir=folder,
        worker_in_process=False,
        anonymous_requests_per_minute=10**9,
    )
    async with AsyncExitStack() as stack:
        # The stand-ins of development say what they are, which is no news here.
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", UserWarning)
        ports = await stack.enter_async_context(connected(settings, url))
        engine = make_engine(url, pool_size=1)
        stack.push_async_callback(engine.dispose)
        transport = httpx.ASGITransport(create_app(settings, ports), raise_app_exceptions=False)
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://test")
        )
        api = PostgresApi(ports, MemoryQueue(MemoryStore()), http, engine)
        yield await _told(api, ports, folder, mail_folder(settings))


async def _told(api: PostgresApi, ports: Ports, folder: Path, mail: Path) -> World:
    await grant_demo_roles(ports)
    for officer in OFFICERS:
        await grant(ports, officer, Role.ISSUER_OFFICER, ISSUER)
    story = Story(api, Mailboxes(mail).texts)
    await story.tell(folder)
    things = story.things
    # No key is elsewhere here: what is asked of such a batch is asked of another.
    things.setdefault("local_batch", things["batch"])
    things.setdefault("to_sign", things["credential"])
    # Strangers will end it, so nobody of the story may need it.
    passing = {
        "subject": {"issuer": LOCAL, "subject": "demo:learner-900"},
        "role": Role.AUDITOR.value,
    }
    granted = await story.do("olga-office", "POST", "/v1/grants", json=passing)
    known = {name: [value] for name, value in things.items()} | {
        "grant": [granted.json()["id"]],
        "code": [LEAD],
        "institution": [ISSUER],
        "name": ["eqf"],
        "language": ["en"],
        "channel": ["email"],
        "version": ["1.1.1"],
    }
    known["proposal"].append(await _draft(story))
    edition, registration = await _open_edition(story)
    known["edition"].append(edition)
    known["registration"] += [registration, things["undecided"]]
    return World(api, story, known, {who: api.headers(name) for who, name in ASKERS.items()})


async def _draft(story: Story) -> str:
    body = {"working_title": {"en": "Another"}, "model": "joint", "lead_institution": LEAD}
    made = await story.do("ana-oviedo", "POST", "/v1/proposals", json=body)
    identifier: str = made.json()["id"]
    return identifier


async def _open_edition(story: Story) -> tuple[str, str]:
    now = story.api.ports.clock.now()
    day = (now + timedelta(days=90)).date().isoformat()
    body: dict[str, Any] = {
        "proposal": story.things["proposal"],
        "start": day,
        "end": day,
        "time_zone": "Europe/Madrid",
        "registration_opens": (now - timedelta(days=1)).isoformat(),
        "registration_closes": (now + timedelta(days=30)).isoformat(),
        "mode": "direct",
    }
    made = await story.do("elena-oviedo", "POST", "/v1/editions", json=body)
    edition: str = made.json()["id"]
    path = f"/v1/editions/{edition}"
    await story.do("elena-oviedo", "POST", f"{path}/open", json={}, act=True)
    registered = await story.do(
        LEARNER, "POST", f"{path}/registrations", json=person(LEARNER, LEAD)
    )
    registration: str = registered.json()["id"]
    return edition, registration
