"""What retention needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from app.domain.jobs import Jobs
from app.domain.retention.rules import DataKind
from app.domain.unit_of_work import UnitOfWork

Counts = Mapping[str, int]
"""Records by table. Nothing about anybody."""


@dataclass(frozen=True)
class PersonBehind:
    """The person behind a registration, as far as erasing needs to know."""

    id: UUID
    account: UUID | None
    registrations: tuple[UUID, ...]
    live: tuple[UUID, ...]
    """Registrations that still wait for something in an edition that has not come to its end."""
    took_part: bool
    """Whether any of them was placed or completed: then there are records that universities have
    to keep."""
    is_erased: bool
    editions: Mapping[UUID, UUID] = field(default_factory=dict)
    """By registration."""
    known_by: tuple[str, ...] = field(default=(), repr=False)
    """Names and addresses that the person is known by. Personal data."""


@dataclass(frozen=True)
class ErasureRecord:
    """That something was erased: when, what kind, and how much. No personal data."""

    id: UUID
    at: datetime
    kind: str
    """A `DataKind`, or `person` for what somebody asked for."""
    counts: Counts
    by: str
    """`Caller.actor`."""
    cutoff: datetime | None = None
    registration: UUID | None = None
    """For a person's own data: by which registration they were named."""
    reason: str | None = None


class Retention(Protocol):
    """Finds and erases data about people. Counts, ranks, decisions, hashes and audit stay."""

    async def due(self, kind: DataKind, cutoff: datetime) -> Counts:
        """How much of a kind is older than the cutoff, by table; tables with none are left out."""
        ...

    async def erase(self, kind: DataKind, cutoff: datetime, limit: int) -> Counts:
        """Erase at most so many records of each table of a kind. What somebody else holds at this
        moment is left for the next time."""
        ...

    async def person(self, registration: UUID) -> PersonBehind:
        """The person behind a registration, held until the unit of work ends. Raises
        RegistrationToEraseNotFound."""
        ...

    async def erase_person(self, person: PersonBehind) -> Counts:
        """Erase what is known of a person. Of somebody who took part, name and result stay."""
        ...

    async def begin_day(self, day: date) -> bool:
        """Whether nobody has begun with this day's work yet; then it is begun."""
        ...


class Erasures(Protocol):
    """What was erased when. Append-only."""

    async def add(self, record: ErasureRecord) -> None:
        """Keep one."""
        ...

    async def page(
        self, *, kind: str | None, before: UUID | None, limit: int
    ) -> Sequence[ErasureRecord]:
        """The newest first."""
        ...

    async def last(self) -> Mapping[str, datetime]:
        """When something of each kind was last erased."""
        ...


class MailFiles(Protocol):
    """Mail that development writes into files."""

    async def older(self, cutoff: datetime) -> int:
        """How many are older."""
        ...

    async def erase(self, cutoff: datetime) -> int:
        """Erase those that are older; how many there were."""
        ...


class NoMailFiles:
    """Where mail is sent, no file of it is written."""

    async def older(self, cutoff: datetime) -> int:
        """None."""
        return 0

    async def erase(self, cutoff: datetime) -> int:
        """None."""
        return 0


class RetentionWork(UnitOfWork, Protocol):
    """A unit of work of retention."""

    @property
    def retention(self) -> Retention:
        """Finds and erases data about people."""
        ...

    @property
    def erasures(self) -> Erasures:
        """What was erased when."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Long work."""
        ...
