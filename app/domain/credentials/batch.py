"""Issuing in batches: one officer prepares, another approves, a job seals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from uuid import UUID

from app.domain.canonical import content_hash
from app.domain.credentials.credential import SamePerson
from app.domain.credentials.events import BatchApproved, BatchFinished
from app.domain.credentials.seal import (
    DEFAULT_SEAL,
    DocumentInvalid,
    SealDoubtful,
    SealFacts,
    SealName,
)
from app.domain.errors import Conflict, Finding, Invalid, NotFound, Stale
from app.domain.events import Event
from app.domain.ids import new_id
from app.domain.plain import to_plain
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import MicroCredential


class BatchState(StrEnum):
    """Where a batch stands."""

    PREPARED = "prepared"
    APPROVED = "approved"
    """Its job waits for a worker."""
    RUNNING = "running"
    STOPPED = "stopped"
    """Its job was cancelled, or the seal refused: resuming the job goes on."""
    FINISHED = "finished"
    """Every learner has an outcome. Failed ones are tried again when the job is resumed."""
    CANCELLED = "cancelled"


MOVES: Mapping[BatchState, frozenset[BatchState]] = {
    BatchState.PREPARED: frozenset({BatchState.APPROVED, BatchState.CANCELLED}),
    BatchState.APPROVED: frozenset({BatchState.RUNNING, BatchState.CANCELLED}),
    # A worker that dies leaves its batch running; the next one takes it up as it is.
    BatchState.RUNNING: frozenset(
        {BatchState.RUNNING, BatchState.STOPPED, BatchState.FINISHED, BatchState.CANCELLED}
    ),
    BatchState.STOPPED: frozenset({BatchState.RUNNING, BatchState.CANCELLED}),
    BatchState.FINISHED: frozenset({BatchState.RUNNING}),
    BatchState.CANCELLED: frozenset(),
}


AGREED = frozenset({BatchState.APPROVED, BatchState.RUNNING, BatchState.STOPPED})
"""Two people have agreed on it, and it has not come to its end."""

OPEN = AGREED | {BatchState.PREPARED}
"""It has not come to its end."""

_NEVER_RUN_AGAIN = frozenset({BatchState.PREPARED, BatchState.CANCELLED})

FARTHEST = timedelta(days=366)
"""How far ahead a batch can be planned."""


class BatchNotFound(NotFound):
    """There is no such batch, or the caller may not know of it."""

    code = "issuing_batch_not_found"

    def __init__(self, batch: UUID) -> None:
        super().__init__(f"There is no issuing batch {batch}.")


class BatchMoveNotAllowed(Conflict):
    """The batch is in a state that does not lead there."""

    code = "issuing_batch_state"

    def __init__(self, state: BatchState, to: BatchState) -> None:
        super().__init__(f"An issuing batch that is {state} cannot become {to}.")


class BatchStale(Stale):
    """The batch has changed since the caller read it."""

    code = "stale"

    def __init__(self, current: int) -> None:
        super().__init__(
            "The issuing batch has changed since you read it. Read it again, then decide.",
            current=current,
        )


class NothingToIssue(Conflict):
    """Nobody's credential is ready that has not been issued already."""

    code = "nothing_to_issue"

    def __init__(self, issued: int, not_ready: int) -> None:
        super().__init__(
            f"There is nothing to issue: {issued} issued already, {not_ready} not ready. "
            "GET the edition's awards for the reasons."
        )


class NothingToRerun(Conflict):
    """Nothing of the batch has failed, or its job has not come to an end."""

    code = "nothing_to_rerun"

    def __init__(self) -> None:
        super().__init__(
            "Only what failed is run again, once the batch's job has ended. "
            "GET the batch for the outcome of each learner."
        )


class ScheduleInvalid(Invalid):
    """The moment for which a batch is planned cannot be."""

    code = "schedule_invalid"

    def __init__(self) -> None:
        super().__init__(
            "Plan a batch for a moment within the next year, or for none to have it at once.",
            findings=[Finding("/scheduled_for", "range", "From now on, at most a year ahead.")],
        )


class SealChanged(Conflict):
    """The seal is another one than when the batch was prepared."""

    code = "seal_changed"

    def __init__(self) -> None:
        super().__init__(
            "The institution's seal was replaced after this batch was prepared. "
            "Cancel the batch and prepare a new one, so that both officers see the same seal."
        )


class SpecificationChanged(Conflict):
    """The certified content is another one than when the batch was prepared."""

    code = "specification_changed"

    def __init__(self) -> None:
        super().__init__(
            "The micro-credential was changed after this batch was prepared. "
            "Cancel the batch and prepare a new one."
        )


class BatchIncomplete(Conflict):
    """Some credentials of a batch could not be made."""

    code = "issuing_incomplete"

    def __init__(self, failed: int, total: int) -> None:
        super().__init__(
            f"{failed} of {total} credentials could not be made; the job's items say why. "
            "Put that right and resume the job: those that were made stay as they are."
        )


@dataclass(frozen=True)
class BatchItem:
    """One learner of a batch, and exactly what the two officers agreed to seal."""

    registration: UUID
    award_hash: str
    """Hash of the award as it was when the batch was prepared (`award_hash`)."""
    supersedes: UUID | None = None
    """The credential that the new one replaces, where it is issued again."""


@dataclass(frozen=True)
class Outcome:
    """How a batch ended, in figures."""

    sealed: int
    """Learners whose credential this batch sealed."""
    skipped: int
    """Learners who had a credential from elsewhere already."""
    failed: int
    """Learners without a credential still."""


def award_hash(award: Award) -> str:
    """The hash by which two people agree on what a credential says, without spelling it out.

    Where the learner is written to is no part of that and may change meanwhile.
    """
    certified = replace(award, holder=replace(award.holder, email=None, language="en"))
    return content_hash(to_plain(certified))


@dataclass(eq=False)
class IssuingBatch:
    """Credentials of one edition that are sealed together."""

    id: UUID
    edition: UUID
    proposal: UUID
    proposal_version: int
    certified_hash: str
    issuer: InstitutionCode
    certificate_sha256: str
    """The seal that both officers have looked at."""
    development: bool
    items: tuple[BatchItem, ...]
    """By registration."""
    not_ready: int
    """How many learners passed but were not ready when it was prepared."""
    prepared_by: UUID
    prepared_at: datetime
    state: BatchState = BatchState.PREPARED
    approved_by: UUID | None = None
    approved_at: datetime | None = None
    job: UUID | None = None
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    scheduled_for: datetime | None = None
    """Not before this moment; None: as soon as it is approved."""
    reason: str | None = None
    """Why credentials are issued again; None for first ones."""
    seal: SealName = DEFAULT_SEAL
    """Which of the issuer's seals."""
    local: bool = False
    """Whether the key of that seal is with the issuer, which signs elsewhere what the job makes."""
    cancel_requested: bool = False
    """Whether somebody has given it up while its job was at work."""
    version: int = 1
    events: list[Event] = field(default_factory=list, repr=False)

    @classmethod
    def prepare(
        cls,
        edition: UUID,
        micro_credential: MicroCredential,
        awards: Sequence[Award],
        *,
        seal: SealFacts,
        specimen: Sequence[Finding],
        issued: int,
        not_ready: int,
        by: UUID,
        at: datetime,
        scheduled_for: datetime | None = None,
        supersedes: Mapping[UUID, UUID] = MappingProxyType({}),
        reason: str | None = None,
    ) -> Self:
        """Gather what is ready and not issued yet, under a seal that is beyond doubt.

        `specimen` holds what the profile says against the first credential, built without being
        sealed; `supersedes` the older credential by registration, where it is issued again for a
        `reason`. Raises NothingToIssue, ScheduleInvalid, SealDoubtful, DocumentInvalid.
        """
        if not awards:
            raise NothingToIssue(issued, not_ready)
        if scheduled_for is not None and not at <= scheduled_for <= at + FARTHEST:
            raise ScheduleInvalid
        if seal.findings:
            raise SealDoubtful(seal.institution, seal.findings)
        if specimen:
            raise DocumentInvalid(tuple(specimen))
        return cls(
            id=new_id(),
            edition=edition,
            proposal=micro_credential.proposal,
            proposal_version=micro_credential.version,
            certified_hash=micro_credential.certified_hash,
            issuer=seal.institution,
            certificate_sha256=seal.certificate_sha256,
            development=seal.development,
            items=tuple(
                BatchItem(award.registration, award_hash(award), supersedes.get(award.registration))
                for award in sorted(awards, key=lambda award: award.registration)
            ),
            not_ready=not_ready,
            prepared_by=by,
            prepared_at=at,
            scheduled_for=scheduled_for,
            reason=reason,
            seal=seal.name,
            local=seal.local,
        )

    def approve(self, *, seal: SealFacts, certified_hash: str, by: UUID, at: datetime) -> None:
        """Let it be sealed, on the word of a second person, under the seal as it is now.

        Raises SamePerson, SealDoubtful, SealChanged, SpecificationChanged, BatchMoveNotAllowed.
        """
        self._check(BatchState.APPROVED)
        if by == self.prepared_by:
            raise SamePerson("Sealing")
        if seal.findings:
            raise SealDoubtful(seal.institution, seal.findings)
        if seal.certificate_sha256 != self.certificate_sha256:
            raise SealChanged
        if certified_hash != self.certified_hash:
            raise SpecificationChanged
        self._move(BatchState.APPROVED)
        self.approved_by = by
        self.approved_at = at
        self.events.append(BatchApproved(self.id, self.edition))

    def cancel(self, *, at_work: bool = False) -> None:
        """Give it up; while a worker is `at_work`, it ends with the credential in the making."""
        self._check(BatchState.CANCELLED)
        if at_work:
            self.cancel_requested = True
        else:
            self._move(BatchState.CANCELLED)

    def start(self) -> None:
        """A worker has taken it up, for the first time or again."""
        self._move(BatchState.RUNNING)

    def stop(self) -> None:
        """The worker leaves it half done; what was sealed stays."""
        self._move(BatchState.CANCELLED if self.cancel_requested else BatchState.STOPPED)

    def rerun(self) -> None:
        """Let it go on for those without a credential. Raises NothingToRerun."""
        if self.job is None or self.state in _NEVER_RUN_AGAIN or self.is_complete:
            raise NothingToRerun
        self.cancel_requested = False

    def is_due(self, now: datetime) -> bool:
        """Whether its job may begin."""
        return (
            self.state is BatchState.APPROVED
            and self.job is None
            and (self.scheduled_for is None or self.scheduled_for <= now)
        )

    def finish(self, outcome: Outcome, at: datetime) -> None:
        """Every learner has an outcome."""
        self._move(BatchState.FINISHED)
        self.outcome = outcome
        self.finished_at = at
        self.events.append(
            BatchFinished(self.id, self.edition, outcome.sealed, outcome.skipped, outcome.failed)
        )

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do, however often it is run again."""
        return (
            self.state is BatchState.FINISHED
            and self.outcome is not None
            and self.outcome.failed == 0
        )

    @property
    def has_failures(self) -> bool:
        """Whether running it again may make credentials that are missing."""
        return self.state is BatchState.STOPPED or (
            self.state is BatchState.FINISHED and not self.is_complete
        )

    @property
    def is_reissue(self) -> bool:
        """Whether it replaces credentials that were issued before."""
        return any(item.supersedes is not None for item in self.items)

    @property
    def may_be_cancelled(self) -> bool:
        """Whether it can be given up as it stands."""
        return BatchState.CANCELLED in MOVES[self.state] and not self.cancel_requested

    def expect(self, version: int) -> None:
        """Raises BatchStale when the caller saw another version than this one."""
        if version != self.version:
            raise BatchStale(self.version)

    def take_events(self) -> Sequence[Event]:
        """What has happened since it was loaded; asking empties the list."""
        taken, self.events = self.events, []
        return taken

    def _check(self, to: BatchState) -> None:
        if to not in MOVES[self.state]:
            raise BatchMoveNotAllowed(self.state, to)

    def _move(self, to: BatchState) -> None:
        self._check(to)
        self.state = to
