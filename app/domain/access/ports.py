"""What the platform needs from outside: accounts, grants, tokens, the audit record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from app.domain.access.roles import Caller, Role, Subject
from app.domain.errors import NotAuthenticated, NotFound
from app.domain.jobs import Jobs
from app.domain.unit_of_work import UnitOfWork
from app.domain.vocabulary.institutions import InstitutionCode, Institutions
from app.domain.vocabulary.text import folded_email


@dataclass(frozen=True)
class Identity:
    """What a token says about its bearer, once it has been checked."""

    subject: Subject | None
    email: str | None = field(default=None, repr=False)
    """Only an address that the provider has verified."""
    name: str | None = field(default=None, repr=False)
    registration: UUID | None = None
    """For the session of a one-time link: the registration it may act for."""
    address_key: str | None = field(default=None, repr=False)
    """For such a session: `address_key` of where the link went. It is good for nothing once the
    registration's address is another one."""


def address_key(registration: UUID, address: str) -> str:
    """What a session keeps of an address, to know it again: SHA-256 as 64 hex digits."""
    return sha256(f"{registration} {folded_email(address)}".encode()).hexdigest()


def expect_address(identity: Identity, *addresses: str | None) -> None:
    """Raise NotAuthenticated unless the session was opened by mail to one of these addresses: that
    of the registration, and the one that its person wants instead."""
    if identity.registration is None:
        return
    keys = [address_key(identity.registration, a) for a in addresses if a is not None]
    if identity.address_key not in keys:
        raise NotAuthenticated(
            "The address that opened this session is not the registration's any more. Ask for a "
            "new link (POST /v1/links)."
        )


class Tokens(Protocol):
    """Checks bearer tokens."""

    async def identify(self, token: str) -> Identity:
        """Who bears the token. Raises NotAuthenticated, or Unavailable when the provider that
        issued it cannot be asked for its keys."""
        ...


class GrantNotFound(NotFound):
    """There is no such grant."""

    code = "grant_not_found"

    def __init__(self, grant: UUID) -> None:
        super().__init__(f"There is no grant {grant}.")


@dataclass(frozen=True)
class RoleGrant:
    """A grant as it is kept: who holds what, where, from when to when, and who gave it."""

    id: UUID
    account: UUID
    subject: Subject
    role: Role
    institution: InstitutionCode | None
    valid_from: datetime
    valid_to: datetime | None
    granted_by: str
    """`Caller.actor` of the person who granted it, or `operator` for the command line."""


class Accounts(Protocol):
    """People who have signed in, or to whom something was granted: subject and nothing else."""

    async def caller(self, identity: Identity, *, at: datetime, trace_id: str) -> Caller:
        """The caller behind an identity, with the grants in force; makes the account if new."""
        ...

    async def account(self, subject: Subject) -> UUID:
        """The account of a subject; makes it if new."""
        ...


class Callers(Protocol):
    """Finds callers quickly, outside any unit of work. A store may offer it."""

    async def known(self, identity: Identity, *, at: datetime, trace_id: str) -> Caller | None:
        """The caller behind an identity that has been here before, with the grants in force; None
        where `Accounts.caller` has to be asked."""
        ...


class Grants(Protocol):
    """Roles that have been granted."""

    async def add(self, grant: RoleGrant) -> None:
        """Keep a new grant."""
        ...

    async def get(self, grant: UUID) -> RoleGrant:
        """Load one to change it. Raises GrantNotFound."""
        ...

    async def save(self, grant: RoleGrant) -> None:
        """Keep its end."""
        ...

    async def page(
        self,
        *,
        institution: InstitutionCode | None,
        role: Role | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[RoleGrant]:
        """Grants by id, those of one institution or role if given, after a given one."""
        ...


@dataclass(frozen=True)
class AuditRecord:
    """One change: who did what to which thing, when. Holds no personal data."""

    id: UUID
    at: datetime
    actor: str
    action: str
    kind: str
    subject: str
    before: str | None
    after: str | None
    note: str | None
    trace_id: str


class AuditRecords(Protocol):
    """The audit record, for reading; it is written through `UnitOfWork.trail` only."""

    async def page(
        self,
        *,
        kind: str | None,
        subject: str | None,
        actor: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[AuditRecord]:
        """Records in the order of their making, after a given one."""
        ...


class PlatformWork(UnitOfWork, Protocol):
    """A unit of work of the platform itself."""

    @property
    def institutions(self) -> Institutions:
        """The partners of the alliance."""
        ...

    @property
    def accounts(self) -> Accounts:
        """People who have signed in."""
        ...

    @property
    def grants(self) -> Grants:
        """Roles that have been granted."""
        ...

    @property
    def audit(self) -> AuditRecords:
        """The audit record, for reading."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Long work."""
        ...
