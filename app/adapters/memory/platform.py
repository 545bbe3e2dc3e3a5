"""The platform's ports in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.adapters.reference import alliance as the_alliance
from app.adapters.reference import known_spellings, partners
from app.domain.access.ports import (
    AuditRecord,
    GrantNotFound,
    Identity,
    RoleGrant,
    expect_address,
)
from app.domain.access.roles import Caller, Grant, Role, Subject
from app.domain.enrolment.person import Person
from app.domain.enrolment.registration import Registration
from app.domain.ids import new_id
from app.domain.jobs import Job, JobItem, JobNotFound
from app.domain.vocabulary.institutions import Alliance, Institution, InstitutionNotFound
from app.domain.vocabulary.text import folded

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


class MemoryInstitutions:
    """See `app.domain.vocabulary.institutions.Institutions`."""

    def __init__(self, decided: "MemoryTable[str, str]") -> None:
        self._decided = decided

    async def alliance(self) -> Alliance:
        """The alliance itself."""
        return the_alliance()

    async def all(self) -> Sequence[Institution]:
        """Every partner, by code."""
        return partners()

    async def get(self, code: str) -> Institution:
        """One partner. Raises InstitutionNotFound."""
        for partner in partners():
            if partner.code == code:
                return partner
        raise InstitutionNotFound(code)

    async def aliases(self) -> Mapping[str, str]:
        """Every known spelling, folded, and whose it is."""
        return {**known_spellings(), **dict(self._decided.items())}

    async def remember_alias(self, spelling: str, institution: str) -> None:
        """Keep an officer's decision on a spelling."""
        self._decided.put(folded(spelling), institution)

    async def decided_aliases(self) -> Mapping[str, str]:
        """Those of the known spellings that officers have decided."""
        return dict(self._decided.items())

    async def forget_alias(self, spelling: str) -> None:
        """Take back an officer's decision on a spelling."""
        self._decided.delete(folded(spelling))


class MemoryAccounts:
    """See `app.domain.access.ports.Accounts`."""

    def __init__(
        self,
        work: "MemoryWork",
        accounts: "MemoryTable[tuple[str, str], tuple[UUID, datetime]]",
        grants: "MemoryTable[UUID, RoleGrant]",
        registrations: "MemoryTable[UUID, Registration]",
        persons: "MemoryTable[UUID, Person]",
    ) -> None:
        self._work = work
        self._accounts = accounts
        self._grants = grants
        self._registrations = registrations
        self._persons = persons

    def _addresses(self, registration: UUID | None) -> tuple[str | None, ...]:
        found = None if registration is None else self._registrations.get(registration)
        person = None if found is None else self._persons.get(found.person)
        return () if person is None else (person.email, person.wanted_email)

    async def caller(self, identity: Identity, *, at: datetime, trace_id: str) -> Caller:
        """The caller behind an identity."""
        if identity.subject is None:
            expect_address(identity, *self._addresses(identity.registration))
            return Caller(
                account=None,
                registration=identity.registration,
                email=identity.email,
                trace_id=trace_id,
            )
        account = await self.account(identity.subject)
        held = (
            Grant(g.role, g.institution, g.valid_from, g.valid_to)
            for g in self._grants.where(lambda grant: grant.account == account)
        )
        return Caller(
            account=account,
            grants=tuple(grant for grant in held if grant.holds_at(at)),
            email=identity.email,
            name=identity.name,
            trace_id=trace_id,
        )

    async def account(self, subject: Subject) -> UUID:
        """The account of a subject."""
        key = (subject.issuer, subject.subject)
        known = self._accounts.get(key)
        if known is None:
            known = new_id(), self._work.clock.now()
            self._accounts.put(key, known)
        return known[0]


class MemoryGrants:
    """See `app.domain.access.ports.Grants`."""

    def __init__(self, grants: "MemoryTable[UUID, RoleGrant]") -> None:
        self._grants = grants

    async def add(self, grant: RoleGrant) -> None:
        """Keep a new grant."""
        self._grants.put(grant.id, grant)

    async def get(self, grant: UUID) -> RoleGrant:
        """Load one to change it. Raises GrantNotFound."""
        await self._grants.lock(grant)
        found = self._grants.get(grant)
        if found is None:
            raise GrantNotFound(grant)
        return found

    async def save(self, grant: RoleGrant) -> None:
        """Keep its end."""
        self._grants.put(grant.id, grant)

    async def page(
        self, *, institution: str | None, role: Role | None, after: UUID | None, limit: int
    ) -> Sequence[RoleGrant]:
        """Grants by id."""
        found = (
            grant
            for grant in sorted(self._grants.values(), key=lambda grant: grant.id)
            if (institution is None or grant.institution == institution)
            and (role is None or grant.role == role)
            and (after is None or grant.id > after)
        )
        return list(found)[:limit]


class MemoryAuditRecords:
    """See `app.domain.access.ports.AuditRecords`."""

    def __init__(self, records: "MemoryTable[UUID, AuditRecord]") -> None:
        self._records = records

    async def page(
        self,
        *,
        kind: str | None,
        subject: str | None,
        actor: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[AuditRecord]:
        """Records in the order of their making."""
        found = (
            record
            for record in sorted(self._records.values(), key=lambda record: record.id)
            if (kind is None or record.kind == kind)
            and (subject is None or record.subject == subject)
            and (actor is None or record.actor == actor)
            and (after is None or record.id > after)
        )
        return list(found)[:limit]


class MemoryJobs:
    """See `app.domain.jobs.Jobs`."""

    def __init__(
        self,
        work: "MemoryWork",
        jobs: "MemoryTable[UUID, Job]",
        items: "MemoryTable[tuple[UUID, str], JobItem]",
    ) -> None:
        self._work = work
        self._jobs = jobs
        self._items = items

    async def start(self, kind: str, params: Mapping[str, Any], *, total: int | None = None) -> Job:
        """Write a job and put it in the queue."""
        job = Job.queued(kind, params, total, by=self._work.caller, at=self._work.clock.now())
        self._jobs.put(job.id, job)
        await self._work.trail.append("job", job.id, after=f"start:{kind}")
        await self.requeue(job)
        return job

    async def get(self, job: UUID) -> Job:
        """Load a job to change it. Raises JobNotFound."""
        await self._jobs.lock(job)
        return await self.read(job)

    async def read(self, job: UUID) -> Job:
        """Load a job without locking it. Raises JobNotFound."""
        found = self._jobs.get(job)
        if found is None:
            raise JobNotFound(job)
        return found

    async def save(self, job: Job) -> None:
        """Keep its state."""
        self._jobs.put(job.id, job)

    async def requeue(self, job: Job) -> None:
        """Put a job into the queue."""
        self._work.staged_jobs.append(job.id)

    async def items(self, job: UUID) -> Sequence[JobItem]:
        """What became of each thing so far, by key."""
        found = (item for (owner, _), item in self._items.items() if owner == job)
        return sorted(found, key=lambda item: item.key)

    async def put_item(self, job: UUID, item: JobItem) -> None:
        """Note what became of one thing."""
        self._items.put((job, item.key), item)

    async def put_items(self, job: UUID, items: Sequence[JobItem]) -> None:
        """The same for several things."""
        for item in items:
            await self.put_item(job, item)
