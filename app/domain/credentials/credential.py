"""The credential of one learner for one award."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from app.domain.credentials.events import (
    CredentialReinstated,
    CredentialRevoked,
    CredentialSealed,
    CredentialSuspended,
)
from app.domain.credentials.seal import IssuedCredential
from app.domain.credentials.status import (
    MOVES,
    PUBLIC,
    CredentialMoveNotAllowed,
    CredentialState,
    PublicStatus,
)
from app.domain.errors import Conflict, Forbidden, NotFound
from app.domain.events import Event
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.specification import Specification
from app.domain.vocabulary.text import LanguageMap


class CredentialNotFound(NotFound):
    """There is no such credential, or the caller may not know of it."""

    code = "credential_not_found"

    def __init__(self, credential: UUID) -> None:
        super().__init__(f"There is no credential {credential}.")


class SamePerson(Forbidden):
    """One person may not do both halves of what needs two."""

    code = "second_person_needed"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} needs two people, and you are the first. "
            "Ask another issuer officer of the institution."
        )


class NoChangePending(Conflict):
    """Nobody has proposed a change that could be confirmed."""

    code = "no_change_pending"

    def __init__(self) -> None:
        super().__init__("There is no change of this credential to confirm. Propose one first.")


@dataclass(frozen=True)
class Source:
    """What a credential was sealed from, as it was then. Personal data."""

    award: Award
    specification: Specification
    certified_hash: str
    """What the partners consented to (`MicroCredential.certified_hash`)."""


class Change(StrEnum):
    """A change of a sealed credential that needs two people."""

    REVOKE = "revoke"
    REINSTATE = "reinstate"


@dataclass(frozen=True)
class PendingChange:
    """What one person has proposed and a second has yet to confirm."""

    change: Change
    proposed_by: UUID
    proposed_at: datetime
    reason: str


@dataclass(eq=False)
class Credential:
    """A credential, from draft to whatever becomes of it after it was sealed.

    The sealed document is not part of the aggregate: nothing here can change it.
    """

    id: UUID
    registration: UUID
    edition: UUID
    proposal: UUID
    proposal_version: int
    issuer: InstitutionCode
    batch: UUID
    title: LanguageMap
    state: CredentialState
    since: datetime
    """When it came into its state."""
    prepared_by: UUID
    """Account of the officer who put it up for sealing."""
    approved_by: UUID | None = None
    """Account of the second officer."""
    sha256: str | None = None
    """SHA-256 of the sealed document, in hexadecimal."""
    sealed_at: datetime | None = None
    organisation: str | None = None
    organisation_identifier: str | None = None
    certificate_sha256: str | None = None
    development: bool = False
    profile: str | None = None
    languages: tuple[str, ...] = ()
    """Tags of its display images, primary language first."""
    reason: str | None = None
    """Why it was suspended, revoked or reinstated."""
    pending: PendingChange | None = None
    supersedes: UUID | None = None
    """The older credential of the same award that this one replaces."""
    version: int = 1
    events: list[Event] = field(default_factory=list, repr=False)

    @classmethod
    def draft(
        cls,
        credential: UUID,
        award: Award,
        title: LanguageMap,
        issuer: InstitutionCode,
        *,
        batch: UUID,
        prepared_by: UUID,
        at: datetime,
    ) -> Self:
        """A credential for an award that is ready, put up for sealing by one officer."""
        return cls(
            id=credential,
            registration=award.registration,
            edition=award.edition,
            proposal=award.proposal,
            proposal_version=award.proposal_version,
            issuer=issuer,
            batch=batch,
            title=title,
            state=CredentialState.DRAFT,
            since=at,
            prepared_by=prepared_by,
        )

    def approve(self, by: UUID, at: datetime) -> None:
        """Let it be sealed, on the word of a second person. Raises SamePerson."""
        if by == self.prepared_by:
            raise SamePerson("Sealing")
        self._move(CredentialState.APPROVED, at)
        self.approved_by = by

    def seal(self, issued: IssuedCredential) -> None:
        """It has been sealed: from now on it stands as it is."""
        self._move(CredentialState.SEALED, issued.issued_at)
        self.sha256 = issued.sha256
        self.sealed_at = issued.issued_at
        self.organisation = issued.organisation
        self.organisation_identifier = issued.organisation_identifier
        self.certificate_sha256 = issued.certificate_sha256
        self.development = issued.development
        self.profile = issued.profile
        self.languages = tuple(issued.images)
        self.events.append(CredentialSealed(self.id, self.registration, self.edition))

    def suspend(self, reason: str, at: datetime) -> None:
        """Take it out of force for now. One person is enough: it does no lasting harm."""
        self._move(CredentialState.SUSPENDED, at)
        self.reason = reason
        self.pending = None
        self.events.append(CredentialSuspended(self.id, self.registration))

    def propose(self, change: Change, reason: str, *, by: UUID, at: datetime) -> None:
        """Propose a change that a second person has to confirm; replaces an earlier proposal."""
        self._check(_TARGET[change])
        self.pending = PendingChange(change, by, at, reason)

    def confirm(self, *, by: UUID, at: datetime) -> None:
        """Carry out what another person has proposed. Raises NoChangePending, SamePerson."""
        if self.pending is None:
            raise NoChangePending
        if by == self.pending.proposed_by:
            raise SamePerson("Revoking or reinstating a credential")
        change, self.reason = self.pending.change, self.pending.reason
        self._move(_TARGET[change], at)
        self.pending = None
        self.events.append(
            CredentialRevoked(self.id, self.registration)
            if change is Change.REVOKE
            else CredentialReinstated(self.id, self.registration)
        )

    @property
    def public_status(self) -> PublicStatus:
        """What anybody may know. Raises CredentialNotFound before it is sealed."""
        if self.state not in PUBLIC:
            raise CredentialNotFound(self.id)
        return PublicStatus(self.id, self.state, self.since)

    def take_events(self) -> Sequence[Event]:
        """What has happened since it was loaded; asking empties the list."""
        taken, self.events = self.events, []
        return taken

    def _check(self, to: CredentialState) -> None:
        if to not in MOVES[self.state]:
            raise CredentialMoveNotAllowed(self.state, to)

    def _move(self, to: CredentialState, at: datetime) -> None:
        self._check(to)
        self.state = to
        self.since = at


_TARGET = {
    Change.REVOKE: CredentialState.REVOKED,
    Change.REINSTATE: CredentialState.SEALED,
}
