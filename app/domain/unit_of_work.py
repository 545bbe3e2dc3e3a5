"""One transaction per use case."""

from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from app.domain.events import Event


class Outbox(Protocol):
    """Where events wait until those who react to them have been served."""

    async def put(self, *events: Event) -> None:
        """Write one job per event and reaction, in the transaction of the unit of work."""
        ...


class Trail(Protocol):
    """The audit record of this unit of work's caller and action. Append-only."""

    async def append(
        self,
        kind: str,
        subject: UUID | str,
        *,
        before: str | None = None,
        after: str | None = None,
        note: str | None = None,
    ) -> None:
        """Record that `subject` (a `kind` such as "proposal") was changed by this action.

        `before` and `after` are content hashes or versions; `note` is a code or a reason that an
        officer gave. No personal data.
        """
        ...


class UnitOfWork(Protocol):
    """`async with work:` is one transaction: it commits at the end of the block, or rolls back.

    What is loaded through it for change is locked until then. Nothing that talks to the outside
    world happens inside.
    """

    @property
    def outbox(self) -> Outbox:
        """Where events become jobs."""
        ...

    @property
    def trail(self) -> Trail:
        """The audit record."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
