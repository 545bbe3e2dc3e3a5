"""Long work: started in the transaction that asks for it, done by a worker, watched meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.ids import new_id


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})

MOVES: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED}),
    # A worker that dies leaves its job running; the next one runs it again from the beginning.
    JobState.RUNNING: frozenset(
        {JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}


class JobNotFound(NotFound):
    """There is no such job, or it is somebody else's."""

    code = "job_not_found"

    def __init__(self, job: UUID) -> None:
        super().__init__(f"There is no job {job} of yours.")


class JobMoveNotAllowed(Conflict):
    """The job is in a state that does not allow this."""

    code = "job_state"

    def __init__(self, state: JobState, to: JobState) -> None:
        super().__init__(f"A job that is {state} cannot become {to}.")


class RefusedForGood(Invalid):
    """What the job was given is refused, and would be again. Subclass it; runners raise it."""

    code = "refused_for_good"


class JobCannotSucceed(Conflict):
    """The job failed for what it was given; running it again would come to the same."""

    code = "job_cannot_succeed"

    def __init__(self, error: "JobError") -> None:
        super().__init__(f"Running this job again would fail again. {error.detail}")


@dataclass(frozen=True)
class JobError:
    """Why a job failed, in words that a person can act on."""

    code: str
    detail: str
    final: bool = False
    """Whether running the job again would come to the same."""


@dataclass(frozen=True)
class JobItem:
    """What became of one thing that a job worked on. `key` is unique within the job."""

    key: str
    status: str
    """`done`, `skipped` or `failed`."""
    code: str
    """A stable reason code."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Identifiers and figures; no personal data."""


@dataclass(frozen=True)
class Job:
    """One piece of long work."""

    id: UUID
    kind: str
    params: Mapping[str, Any]
    """Plain data: identifiers and options, no personal data."""
    state: JobState
    requested_by: str
    """`Caller.actor` of the person who asked."""
    created_at: datetime
    done: int = 0
    total: int | None = None
    result: Mapping[str, Any] | None = None
    error: JobError | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_requested: bool = False

    @classmethod
    def queued(
        cls, kind: str, params: Mapping[str, Any], total: int | None, *, by: Caller, at: datetime
    ) -> Self:
        """A new one, which waits for a worker."""
        return cls(
            id=new_id(),
            kind=kind,
            params=dict(params),
            state=JobState.QUEUED,
            requested_by=by.actor,
            created_at=at,
            total=total,
        )

    @property
    def may_be_resumed(self) -> bool:
        """Whether running it again may bring it further."""
        if self.error is not None and self.error.final:
            return False
        return JobState.QUEUED in MOVES[self.state]

    def moved(self, to: JobState) -> "Job":
        """The job in its next state. Raises JobMoveNotAllowed, JobCannotSucceed."""
        if to not in MOVES[self.state]:
            raise JobMoveNotAllowed(self.state, to)
        if to is JobState.QUEUED and self.error is not None and self.error.final:
            raise JobCannotSucceed(self.error)
        return replace(self, state=to)


class Jobs(Protocol):
    """Jobs, as use cases see them."""

    async def start(self, kind: str, params: Mapping[str, Any], *, total: int | None = None) -> Job:
        """Write a job and put it in the queue, both in this unit of work's transaction."""
        ...

    async def get(self, job: UUID) -> Job:
        """Load a job to change it. Raises JobNotFound."""
        ...

    async def read(self, job: UUID) -> Job:
        """Load a job without locking it. Raises JobNotFound."""
        ...

    async def save(self, job: Job) -> None:
        """Keep its state."""
        ...

    async def requeue(self, job: Job) -> None:
        """Put a failed or cancelled job back in the queue."""
        ...

    async def items(self, job: UUID) -> Sequence[JobItem]:
        """What became of each thing so far, by key."""
        ...

    async def put_item(self, job: UUID, item: JobItem) -> None:
        """Note what became of one thing; a second note on the same key replaces the first."""
        ...

    async def put_items(self, job: UUID, items: Sequence[JobItem]) -> None:
        """The same for several things, each with a key of its own."""
        ...


class Progress(Protocol):
    """How a runner tells those who wait how far it has come."""

    async def report(self, done: int, total: int | None = None) -> None:
        """So many of so many things are done."""
        ...

    async def item(
        self, key: str, status: str, code: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Note what became of one thing."""
        ...

    async def cancelled(self) -> bool:
        """Whether somebody has asked to stop; the runner then returns at the next good moment."""
        ...
