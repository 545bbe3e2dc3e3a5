"""The whole application on memory ports, with a queue that runs when a test says so."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app import reactions
from app.adapters.edc.image.branding import PLAIN
from app.adapters.edc.image.lettering import InnerLettering
from app.adapters.edc_preview import EdcPreview
from app.adapters.elmo.transcripts import ElmoTranscripts
from app.adapters.esco.builtin import builtin_skills
from app.adapters.forms.secrets import DerivedSecrets
from app.adapters.forms.tools import forms_tools
from app.adapters.identity.local import ISSUER as LOCAL_ISSUER
from app.adapters.identity.local import PEOPLE, DevelopmentIdentity
from app.adapters.identity.sessions import ISSUER as SESSION_ISSUER
from app.adapters.identity.sessions import LinkSessions
from app.adapters.identity.tokens import TokensByIssuer
from app.adapters.issuing.making import Maker
from app.adapters.issuing.sealing import EdcSealing
from app.adapters.issuing.trusted import RecognisedInstitutions
from app.adapters.issuing.verifier import EdcVerifier
from app.adapters.mail.memory import MemoryMailer
from app.adapters.memory.idempotency import MemoryIdempotency
from app.adapters.memory.seals import ThrowAwaySeals
from app.adapters.memory.unit_of_work import MemoryStore, MemoryWork
from app.adapters.pdf.pages import PdfPages
from app.domain.access.roles import SYSTEM, Caller, Role, Subject
from app.domain.access.use_cases import grant_role
from app.domain.clock import SystemClock
from app.domain.events import Event
from app.ports import Ports, Work
from app.running import react, run_job
from app.settings import Settings


class StoryClock:
    """Tells the time that the story needs; it moves when told to."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by


class MemoryQueue:
    """Events and jobs that committed, waiting to be run."""

    def __init__(self, store: MemoryStore) -> None:
        self._waiting: list[tuple[str, Any]] = []
        store.on_commit = self._committed

    def _committed(self, events: Collection[Event], jobs: Collection[UUID]) -> None:
        for event in events:
            self._waiting.extend((name, event) for name in reactions.NAMES.get(type(event), ()))
        self._waiting.extend(("", job) for job in jobs)

    def forget(self) -> None:
        """Let nothing follow from what has happened so far."""
        self._waiting.clear()

    async def drain(self, ports: Ports, only: str | None = None) -> int:
        """Run everything that waits, and what that leads to; how much it was.

        `only` names one reaction: the others of a story that is not about them are left out.
        """
        ran = 0
        while self._waiting:
            name, what = self._waiting.pop(0)
            if only is not None and name != only:
                continue
            await (react(name, what, ports) if name else run_job(what, ports))
            ran += 1
        return ran


SEALS = ThrowAwaySeals(SystemClock())
"""Shared by all tests of a process: making keys takes a second."""


async def _ready() -> int:
    return 0


async def session_of(ports: Ports, registration: str | UUID) -> str:
    """The bearer token of somebody who opened a link of that registration."""
    async with ports.reading() as work:
        participant = await work.participants.get(UUID(str(registration)))
    token, _ = ports.sessions.issue(participant.registration, participant.email)
    return token


def memory_ports(data_dir: Path, **more: Any) -> tuple[Ports, MemoryStore, MemoryQueue]:
    """Ports in memory, the store behind them and its queue; `more` replaces single ports."""
    clock = more.pop("clock", None) or StoryClock()
    settings = Settings(data_dir=data_dir)
    store = MemoryStore()
    queue = MemoryQueue(store)
    local = DevelopmentIdentity(data_dir / "keys", clock)
    sessions = LinkSessions("only for tests, and long enough for HS256", clock)

    def work(caller: Caller, action: str) -> Work:
        return MemoryWork(store, clock, caller, action)

    ports = Ports(
        settings=settings,
        clock=clock,
        work=work,
        reading=lambda: MemoryWork(store, clock, SYSTEM, "read"),
        tokens=TokensByIssuer({LOCAL_ISSUER: local, SESSION_ISSUER: sessions}),
        sessions=sessions,
        idempotency=MemoryIdempotency(clock),
        forms=forms_tools(),
        form_secrets=DerivedSecrets("only for tests"),
        skills=more.pop("skills", None) or builtin_skills(),
        mailer=more.pop("mailer", None) or MemoryMailer(clock),
        preview=more.pop("preview", None) or EdcPreview(settings.public_url),
        sealing=more.pop("sealing", None)
        or EdcSealing(Maker(SEALS, SEALS, public_url=settings.public_url, production=False), clock),
        lettering=InnerLettering(),
        transcribing=more.pop("transcribing", None) or ElmoTranscripts(SEALS),
        pages=more.pop("pages", None) or PdfPages(settings.public_url, lambda _: PLAIN),
        verifier=more.pop("verifier", None) or EdcVerifier(SEALS, RecognisedInstitutions(None)),
        ready=_ready,
        local_identity=local,
        **more,
    )
    return ports, store, queue


async def grant_demo_roles(ports: Ports) -> None:
    """Give the demo people their roles."""
    for person in PEOPLE:
        for role, institution in person.roles:
            await grant_role(
                Subject(LOCAL_ISSUER, f"demo:{person.name}"),
                Role(role),
                institution,
                None,
                None,
                work=ports.system_work("create_grant"),
                caller=None,
                clock=ports.clock,
            )


async def settle() -> None:
    """Let other tasks take their turn."""
    await asyncio.sleep(0)
