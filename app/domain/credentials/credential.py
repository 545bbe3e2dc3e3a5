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
    CredentialSuperseded,
    CredentialSuspended,
    SealLevelDue,
)
from app.domain.credentials.seal import IssuedCredential
from app.domain.credentials.status import (
    MOVES,
    PUBLIC,
    CredentialMoveNotAllowed,
    CredentialState,
    PublicStatus,
)
from app.domain.errors import Conflict, Finding, Forbidden, Invalid, NotFound, Stale
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


class ChangePending(Conflict):
    """Another change was proposed before and nobody has decided on it yet."""

    code = "change_pending"

    def __init__(self) -> None:
        super().__init__(
            "A change of this credential is proposed already and waits for a second officer. "
            "Confirm it or drop it first."
        )


class CredentialStale(Stale):
    """The credential has changed since the caller read it."""

    code = "stale"

    def __init__(self, current: int) -> None:
        super().__init__(
            "The credential has changed since you read it. Read it again, then decide.",
            current=current,
        )


class ReasonNeeded(Invalid):
    """What changes a credential in force is done for a reason, which is kept and told."""

    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__(
            f"Say why, in 1 to {LONGEST_REASON} characters. The holder is told; name nobody else.",
            findings=[Finding("/reason", "required", f"1 to {LONGEST_REASON} characters.")],
        )


class AlreadyReplaced(Conflict):
    """Another credential of the same award took its place."""

    code = "credential_replaced"

    def __init__(self, successor: UUID) -> None:
        super().__init__(f"This credential was replaced by {successor}. Change that one.")


LONGEST_REASON = 300
"""Characters: a reason is told in a message, whole."""


def tidy_reason(reason: str) -> str:
    """A reason in one line. Raises ReasonNeeded."""
    tidy = " ".join(reason.split())
    if not 1 <= len(tidy) <= LONGEST_REASON or not tidy.isprintable():
        raise ReasonNeeded
    return tidy


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
    superseded_by: UUID | None = None
    """The newer credential of the same award that replaces this one."""
    valid_until: datetime | None = None
    """When it expires by its own word."""
    erased_at: datetime | None = None
    """When everything about its holder was erased; what is left is the register's entry."""
    revision_hashes: tuple[str, ...] = ()
    """SHA-256 of further revisions of the document that were erased, oldest first."""
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
        supersedes: UUID | None = None,
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
            supersedes=supersedes,
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
        self.valid_until = issued.valid_until
        self.events.append(
            CredentialSealed(self.id, self.registration, self.edition, self.supersedes)
        )
        if issued.rises:
            self.events.append(SealLevelDue(self.id))

    def suspend(self, reason: str, at: datetime) -> None:
        """Take it out of force for now. One person is enough: it does no lasting harm.

        What two others are about to change stays proposed, where it can still be done.
        Raises ReasonNeeded, CredentialMoveNotAllowed.
        """
        reason = tidy_reason(reason)
        self._move(CredentialState.SUSPENDED, at)
        self.reason = reason
        if self.pending is not None and self.pending.change not in self.changes:
            self.pending = None
        self.events.append(CredentialSuspended(self.id, self.registration, self.version + 1))

    def propose(self, change: Change, reason: str, *, by: UUID, at: datetime) -> None:
        """Propose a change that a second person has to confirm.

        Raises ReasonNeeded, AlreadyReplaced, CredentialMoveNotAllowed, ChangePending.
        """
        reason = tidy_reason(reason)
        self._check_change(change)
        if self.pending is not None:
            raise ChangePending
        self.pending = PendingChange(change, by, at, reason)

    def drop_proposal(self) -> None:
        """Take a proposed change back. Raises NoChangePending."""
        if self.pending is None:
            raise NoChangePending
        self.pending = None

    def confirm(self, *, by: UUID, at: datetime) -> None:
        """Carry out what another person has proposed.

        Raises NoChangePending, SamePerson, AlreadyReplaced.
        """
        if self.pending is None:
            raise NoChangePending
        if by == self.pending.proposed_by:
            raise SamePerson("Revoking or reinstating a credential")
        self._check_change(self.pending.change)
        change, self.reason = self.pending.change, self.pending.reason
        self._move(_TARGET[change], at)
        self.pending = None
        self.events.append(
            CredentialRevoked(self.id, self.registration, self.version + 1)
            if change is Change.REVOKE
            else CredentialReinstated(self.id, self.registration, self.version + 1)
        )

    def give_way(self, successor: UUID, reason: str, at: datetime) -> None:
        """Another credential takes its place; one that was revoked stays so, with the link.

        Raises AlreadyReplaced, CredentialMoveNotAllowed.
        """
        if self.superseded_by is not None:
            raise AlreadyReplaced(self.superseded_by)
        if self.state is not CredentialState.REVOKED:
            self._move(CredentialState.SUPERSEDED, at)
            self.reason = reason
        self.superseded_by = successor
        self.pending = None
        self.events.append(CredentialSuperseded(self.id, self.registration, successor))

    def erase(self, at: datetime, revisions: Sequence[str] = ()) -> None:
        """Keep the register's entry alone: words of officers may speak of the holder.

        `revisions` are the hashes of the further revisions that went.
        """
        self.revision_hashes = (*self.revision_hashes, *revisions)
        self.reason = None
        self.pending = None
        self.erased_at = self.erased_at or at

    def expect(self, version: int) -> None:
        """Raises CredentialStale when the caller saw another version than this one."""
        if version != self.version:
            raise CredentialStale(self.version)

    @property
    def may_be_replaced(self) -> bool:
        """Whether a new credential of the same award may take its place."""
        return self.state in REPLACEABLE and self.superseded_by is None and self.erased_at is None

    @property
    def changes(self) -> Sequence[Change]:
        """Which changes its state leads to, whether or not one is proposed already."""
        if self.superseded_by is not None:
            return ()
        return tuple(change for change, to in _TARGET.items() if to in MOVES[self.state])

    @property
    def public_status(self) -> PublicStatus:
        """What anybody may know. Raises CredentialNotFound before it is sealed."""
        if self.state not in PUBLIC:
            raise CredentialNotFound(self.id)
        return PublicStatus(
            self.id,
            self.state,
            self.since,
            valid_until=self.valid_until,
            successor=self.superseded_by,
            predecessor=self.supersedes,
            issuer=self.issuer,
            sealed_at=self.sealed_at,
            sha256=self.sha256,
            revision_hashes=self.revision_hashes,
            certificate_sha256=self.certificate_sha256,
        )

    def take_events(self) -> Sequence[Event]:
        """What has happened since it was loaded; asking empties the list."""
        taken, self.events = self.events, []
        return taken

    def _check_change(self, change: Change) -> None:
        if self.superseded_by is not None:
            raise AlreadyReplaced(self.superseded_by)
        self._check(_TARGET[change])

    def _check(self, to: CredentialState) -> None:
        if to not in MOVES[self.state]:
            raise CredentialMoveNotAllowed(self.state, to)

    def _move(self, to: CredentialState, at: datetime) -> None:
        self._check(to)
        self.state = to
        self.since = at


REPLACEABLE = frozenset(
    {CredentialState.SEALED, CredentialState.SUSPENDED, CredentialState.REVOKED}
)
"""States in which a credential may be replaced by a new one of the same award."""

_TARGET = {
    Change.REVOKE: CredentialState.REVOKED,
    Change.REINSTATE: CredentialState.SEALED,
}
