"""The house that issues credentials, once in memory and once on PostgreSQL, for the same tests."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.memory.unit_of_work import MemoryStore, MemoryWork
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.credentials.batch import IssuingBatch, Outcome
from app.domain.credentials.events import BatchFinished, CredentialSealed
from app.domain.credentials.use_cases.batches import approve_batch, prepare_batch
from app.domain.credentials.use_cases.issue import issue_batch
from app.domain.ids import new_id
from app.domain.jobs import JobItem
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.micro_credential import MicroCredential
from tests.issuing_builders import (
    KnownAwards,
    Notes,
    OneMicroCredential,
    PaperSeal,
    TickingClock,
    an_award,
    officer,
    the_micro_credential,
)


class MemoryIssuingWork(MemoryWork):
    """A unit of work in memory, with awards that the test arranges."""

    awards: Any
    micro_credentials: Any


class PostgresIssuingWork(PostgresWork):
    """A unit of work on PostgreSQL, with awards that the test arranges."""

    awards: Any
    micro_credentials: Any


@dataclass
class House:
    """Everything that a story about issuing needs."""

    open_work: Callable[[Caller], Any]
    engine: AsyncEngine | None = None
    store: MemoryStore | None = None
    micro_credential: MicroCredential = field(default_factory=the_micro_credential)
    edition: UUID = field(default_factory=new_id)
    clock: TickingClock = field(default_factory=TickingClock)
    sealing: PaperSeal = field(default_factory=PaperSeal)
    ines: Caller = field(default_factory=officer)
    ivan: Caller = field(default_factory=officer)

    def __post_init__(self) -> None:
        self.awards = KnownAwards(self.edition, self.micro_credential.proposal)
        self.published = OneMicroCredential(self.micro_credential)

    def work(self, caller: Caller = SYSTEM) -> Any:
        """A unit of work."""
        opened = self.open_work(caller)
        opened.awards = self.awards
        opened.micro_credentials = self.published
        return opened

    def learners(self, number: int) -> list[Award]:
        """So many people pass."""
        awards = [
            an_award(self.edition, self.micro_credential, f"Learner {n}") for n in range(number)
        ]
        self.awards.ready.update({award.registration: award for award in awards})
        return awards

    async def prepared(self, seal: str | None = None) -> IssuingBatch:
        """A batch that the first officer has prepared."""
        return await prepare_batch(
            self.edition,
            seal_name=seal,
            work=lambda: self.work(self.ines),
            sealing=self.sealing,
            caller=self.ines,
            clock=self.clock,
        )

    async def approved(self, seal: str | None = None) -> IssuingBatch:
        """A batch that the second officer has approved."""
        batch = await self.prepared(seal)
        approved, _ = await approve_batch(
            batch.id,
            batch.version,
            work=lambda: self.work(self.ivan),
            sealing=self.sealing,
            caller=self.ivan,
            clock=self.clock,
        )
        return approved

    async def run(self, batch: IssuingBatch, notes: Notes | None = None) -> Outcome | None:
        """The batch's job, as a worker would run it; notes are kept as the job's items."""
        notes = notes or Notes()
        try:
            return await issue_batch(
                batch.id,
                work=self.work,
                sealing=self.sealing,
                clock=self.clock,
                progress=notes,
            )
        finally:
            assert batch.job is not None
            async with self.work() as work:
                for key, (status, code, detail) in notes.items.items():
                    await work.jobs.put_item(batch.job, JobItem(key, status, code, detail))

    async def live(self) -> dict[UUID, list[UUID]]:
        """The credentials of each registration of the story."""
        found: dict[UUID, list[UUID]] = {}
        async with self.work() as work:
            for credential in await work.credentials.page(
                issuers=None, edition=self.edition, state=None, after=None, limit=1000
            ):
                found.setdefault(credential.registration, []).append(credential.id)
        return found

    async def told(self) -> list[dict[str, Any]]:
        """Every event for which a reaction waits, by kind and fields."""
        if self.store is not None:
            return [
                {"event": type(event).__name__, "subject": str(event.subject)}
                for event in self.store.events
                if isinstance(event, CredentialSealed | BatchFinished)
            ]
        assert self.engine is not None
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT payload FROM pgqueuer WHERE entrypoint = 'reaction' ORDER BY id")
            )
            payloads = [json.loads(row.payload) for row in rows]
        return [{"event": p["event"], "subject": p["fields"]["subject"]} for p in payloads]


def memory_house() -> House:
    """In memory."""
    store, clock = MemoryStore(), TickingClock()
    return House(
        lambda caller: MemoryIssuingWork(store, clock, caller, "test"), store=store, clock=clock
    )


def postgres_house(engine: AsyncEngine) -> House:
    """On PostgreSQL."""
    clock = TickingClock()
    outbox = PostgresOutbox({CredentialSealed: ("test",), BatchFinished: ("test",)})
    return House(
        lambda caller: PostgresIssuingWork(engine, outbox, clock, caller, "test"),
        engine=engine,
        clock=clock,
    )
