"""A unit of work over dictionaries: locks, rolls back and hands out copies like a database."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from app.adapters.memory.credential_levels import MemoryRevisions
from app.adapters.memory.credentials import MemoryBatches, MemoryCredentials
from app.adapters.memory.credentials_life import MemoryShares, MemoryStatusLists
from app.adapters.memory.credentials_local import MemoryPreparedSeals, MemoryTranscripts
from app.adapters.memory.enrolment import EnrolmentRepositories
from app.adapters.memory.esco_versions import MemoryEscoVersions, MemoryLinkedSkills
from app.adapters.memory.platform import (
    MemoryAccounts,
    MemoryAuditRecords,
    MemoryGrants,
    MemoryInstitutions,
    MemoryJobs,
)
from app.adapters.memory.proposals import MemoryMicroCredentials, MemoryProposals
from app.adapters.memory.results import (
    MemoryCredentialData,
    MemoryLinks,
    MemoryMailLog,
    MemoryResults,
)
from app.adapters.memory.results_participants import MemoryParticipants
from app.adapters.memory.retention import MemoryErasures, MemoryRetention
from app.adapters.memory.wallets import MemoryWalletConsents
from app.adapters.results_awards import ResultAwards
from app.domain.access.ports import AuditRecord
from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.events import Event
from app.domain.ids import new_id

K = TypeVar("K")
V = TypeVar("V")


@dataclass
class MemoryStore:
    """What is committed, by table, and the locks on single rows."""

    tables: dict[str, dict[Any, Any]] = field(default_factory=dict)
    locks: dict[tuple[str, Any], asyncio.Lock] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    """Every event that was committed, in order."""
    started: list[UUID] = field(default_factory=list)
    """Jobs that wait for a worker."""
    on_commit: Callable[[Collection[Event], Collection[UUID]], None] | None = None
    """Called with the events and jobs of each commit, as a queue would be."""


class MemoryTable(Generic[K, V]):
    """One table as one unit of work sees it: the committed rows, and its own changes on top."""

    def __init__(self, work: "MemoryWork", name: str) -> None:
        self._work = work
        self._name = name
        self._committed: dict[K, V] = work.store.tables.setdefault(name, {})

    @property
    def _staged(self) -> dict[K, V | None]:
        return self._work.staged.setdefault(self._name, {})

    async def lock(self, key: K) -> None:
        """Wait for the row; it is ours until the unit of work ends. Ours already: no wait."""
        await self._work.lock(self._name, key)

    def get(self, key: K) -> V | None:
        """A copy of the row, or None."""
        found = self._staged[key] if key in self._staged else self._committed.get(key)
        return deepcopy(found)

    def put(self, key: K, value: V) -> None:
        """Insert or replace the row when the unit of work commits."""
        self._staged[key] = deepcopy(value)

    def delete(self, key: K) -> None:
        """Remove the row when the unit of work commits."""
        self._staged[key] = None

    def items(self) -> Iterator[tuple[K, V]]:
        """Copies of all rows."""
        merged: dict[K, V | None] = {**self._committed, **self._staged}
        for key, value in merged.items():
            if value is not None:
                yield key, deepcopy(value)

    def __iter__(self) -> Iterator[K]:
        """The keys of all rows."""
        for key in {**self._committed, **self._staged}:
            if self._staged.get(key, key) is not None:
                yield key

    def values(self) -> Iterator[V]:
        """Copies of all rows, without their keys."""
        yield from (value for _, value in self.items())

    def where(self, holds: Callable[[V], bool]) -> Iterator[V]:
        """Copies of the rows for which it holds; those that are passed over cost no copy."""
        merged: dict[K, V | None] = {**self._committed, **self._staged}
        for value in merged.values():
            if value is not None and holds(value):
                yield deepcopy(value)


class MemoryOutbox:
    """Keeps events until the unit of work commits."""

    def __init__(self, work: "MemoryWork") -> None:
        self._work = work

    async def put(self, *events: Event) -> None:
        """See `app.domain.unit_of_work.Outbox`."""
        self._work.staged_events.extend(events)


class MemoryTrail:
    """Writes audit records."""

    def __init__(self, work: "MemoryWork") -> None:
        self._work = work

    async def append(
        self,
        kind: str,
        subject: UUID | str,
        *,
        before: str | None = None,
        after: str | None = None,
        note: str | None = None,
    ) -> None:
        """See `app.domain.unit_of_work.Trail`."""
        record = AuditRecord(
            id=new_id(),
            at=self._work.clock.now(),
            actor=self._work.caller.actor,
            action=self._work.action,
            kind=kind,
            subject=str(subject),
            before=before,
            after=after,
            note=note,
            trace_id=self._work.caller.trace_id,
        )
        MemoryTable[UUID, AuditRecord](self._work, "audit_record").put(record.id, record)


class MemoryWork(EnrolmentRepositories):
    """`async with work:` is one transaction over a `MemoryStore`."""

    def __init__(
        self, store: MemoryStore, clock: Clock, caller: Caller, action: str = "test"
    ) -> None:
        self.store = store
        self.clock = clock
        self.caller = caller
        self.action = action
        self.staged: dict[str, dict[Any, Any]] = {}
        self.staged_events: list[Event] = []
        self.staged_jobs: list[UUID] = []
        self._held: dict[tuple[str, Any], asyncio.Lock] = {}

    async def lock(self, table: str, key: Any) -> None:
        """Hold a row until the end."""
        if (table, key) not in self._held:
            lock = self.store.locks.setdefault((table, key), asyncio.Lock())
            await lock.acquire()
            self._held[table, key] = lock

    async def __aenter__(self) -> Self:
        self._forget()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            self._forget()
            for lock in self._held.values():
                lock.release()
            self._held = {}

    def _commit(self) -> None:
        for name, rows in self.staged.items():
            committed = self.store.tables.setdefault(name, {})
            for key, value in rows.items():
                if value is None:
                    committed.pop(key, None)
                else:
                    committed[key] = value
        self.store.events.extend(self.staged_events)
        self.store.started.extend(self.staged_jobs)
        if self.store.on_commit is not None and (self.staged_events or self.staged_jobs):
            self.store.on_commit(tuple(self.staged_events), tuple(self.staged_jobs))

    def _forget(self) -> None:
        self.staged = {}
        self.staged_events = []
        self.staged_jobs = []

    @cached_property
    def outbox(self) -> MemoryOutbox:
        """Where events wait for the commit."""
        return MemoryOutbox(self)

    @cached_property
    def trail(self) -> MemoryTrail:
        """The audit record."""
        return MemoryTrail(self)

    @cached_property
    def institutions(self) -> MemoryInstitutions:
        """The partners of the alliance."""
        return MemoryInstitutions(MemoryTable(self, "institution_alias"))

    @cached_property
    def accounts(self) -> MemoryAccounts:
        """People who have signed in."""
        return MemoryAccounts(
            self,
            MemoryTable(self, "account"),
            MemoryTable(self, "role_grant"),
            MemoryTable(self, "registration"),
            MemoryTable(self, "person"),
        )

    @cached_property
    def grants(self) -> MemoryGrants:
        """Roles that have been granted."""
        return MemoryGrants(MemoryTable(self, "role_grant"))

    @cached_property
    def audit(self) -> MemoryAuditRecords:
        """The audit record, for reading."""
        return MemoryAuditRecords(MemoryTable(self, "audit_record"))

    @cached_property
    def jobs(self) -> MemoryJobs:
        """Long work."""
        return MemoryJobs(self, MemoryTable(self, "job"), MemoryTable(self, "job_item"))

    @cached_property
    def proposals(self) -> MemoryProposals:
        """Every proposal."""
        return MemoryProposals(
            self,
            MemoryTable(self, "proposal"),
            MemoryTable(self, "proposal_history"),
            MemoryTable(self, "proposal_number"),
        )

    @cached_property
    def credentials(self) -> MemoryCredentials:
        """Credentials and their sealed documents."""
        return MemoryCredentials(
            self,
            MemoryTable(self, "credential"),
            MemoryTable(self, "credential_document"),
            MemoryTable(self, "credential_delivery"),
            MemoryTable(self, "credential_live"),
            MemoryTable(self, "credential_seal_level"),
            self.revisions,
        )

    @cached_property
    def revisions(self) -> MemoryRevisions:
        """Revisions of sealed documents."""
        return MemoryRevisions(
            self,
            MemoryTable(self, "credential"),
            MemoryTable(self, "credential_document"),
            MemoryTable(self, "credential_revision"),
            MemoryTable(self, "credential_seal_level"),
        )

    @cached_property
    def transcripts(self) -> MemoryTranscripts:
        """Transcripts as they were signed."""
        return MemoryTranscripts(self, MemoryTable(self, "credential_transcript"))

    @cached_property
    def prepared_seals(self) -> MemoryPreparedSeals:
        """What is to be signed elsewhere."""
        return MemoryPreparedSeals(MemoryTable(self, "prepared_seal"))

    @cached_property
    def status_lists(self) -> MemoryStatusLists:
        """Where status is published."""
        return MemoryStatusLists(
            MemoryTable(self, "status_list"),
            MemoryTable(self, "status_list_entry"),
            MemoryTable(self, "status_list_place"),
            MemoryTable(self, "credential"),
        )

    @cached_property
    def wallet_consents(self) -> MemoryWalletConsents:
        """Whose credentials may go into their wallet."""
        return MemoryWalletConsents(MemoryTable(self, "wallet_consent"))

    @cached_property
    def shares(self) -> MemoryShares:
        """Links that holders share."""
        return MemoryShares(
            self, MemoryTable(self, "credential_share"), MemoryTable(self, "credential_share_view")
        )

    @cached_property
    def batches(self) -> MemoryBatches:
        """Issuing batches."""
        return MemoryBatches(self, MemoryTable(self, "issuing_batch"))

    @cached_property
    def micro_credentials(self) -> MemoryMicroCredentials:
        """Published ones."""
        return MemoryMicroCredentials(MemoryTable(self, "proposal"))

    @cached_property
    def participants(self) -> MemoryParticipants:
        """Editions and registrations as results see them."""
        return MemoryParticipants(self)

    @cached_property
    def esco_versions(self) -> MemoryEscoVersions:
        """Imported versions of ESCO."""
        return MemoryEscoVersions(MemoryTable(self, "esco_version"))

    @cached_property
    def linked_skills(self) -> MemoryLinkedSkills:
        """Links that proposals have to ESCO."""
        return MemoryLinkedSkills(MemoryTable(self, "proposal"))

    @cached_property
    def retention(self) -> MemoryRetention:
        """Finds and erases data about people."""
        return MemoryRetention(self)

    @cached_property
    def erasures(self) -> MemoryErasures:
        """What was erased when."""
        return MemoryErasures(self)

    @cached_property
    def awards(self) -> ResultAwards:
        """Who has passed, and what their credential will say."""
        return ResultAwards(self, self.clock)

    @cached_property
    def results(self) -> MemoryResults:
        """Results."""
        return MemoryResults(self, MemoryTable(self, "result"))

    @cached_property
    def credential_data(self) -> MemoryCredentialData:
        """What learners confirmed for their credential."""
        return MemoryCredentialData(self, MemoryTable(self, "credential_data"))

    @cached_property
    def links(self) -> MemoryLinks:
        """One-time links."""
        return MemoryLinks(self, MemoryTable(self, "learner_link"))

    @cached_property
    def mail_log(self) -> MemoryMailLog:
        """Which messages were handed over."""
        return MemoryMailLog(self, MemoryTable(self, "sent_mail"))


Reactions = Mapping[type[Event], Collection[str]]
"""Which reactions follow an event, by name."""
