"""Events become jobs of the queue in the transaction of the change that they tell of."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.events import Event

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

REACTION = "reaction"
"""Queue entrypoint: one reaction to one event."""
JOB = "job"
"""Queue entrypoint: one piece of long work."""
_TOGETHER = 8
"""So many events at most are in one job, and are told anew when that is done again."""


class _SessionDriver(AsyncpgDriver):
    """Lets the queue write through SQLAlchemy's connection.

    Not through the raw one: SQLAlchemy sends BEGIN with its first own statement, so that a raw
    statement before it would commit by itself and survive a rollback.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._through = connection
        self._lock = asyncio.Lock()
        self._shutdown = asyncio.Event()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        rows = await self._through.exec_driver_sql(query, args)
        return [dict(row) for row in rows.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        await self._through.exec_driver_sql(query, args)
        return ""


async def enqueue(
    connection: AsyncConnection, entrypoint: str, payloads: Collection[Mapping[str, Any]]
) -> None:
    """Put jobs into the queue; they exist when the connection's transaction has committed.

    Work that a person waits for goes before reactions: thousands of messages to send let nobody
    wait for an import.
    """
    written: list[bytes | None] = [as_bytes(payload) for payload in payloads]
    priority = 1 if entrypoint == JOB else 0
    await Queries(_SessionDriver(connection)).enqueue(
        [entrypoint] * len(written), written, [priority] * len(written)
    )


def event_payload(event: Event) -> dict[str, str | int | None]:
    """The fields of an event as JSON."""
    return {
        name: str(value) if isinstance(value, UUID) else value
        for name, value in vars(event).items()
    }


def event_from_payload(kind: type[Event], payload: Mapping[str, Any]) -> Event:
    """The event that `event_payload` wrote down."""
    uuid_fields = {
        f.name for f in fields(kind) if f.type in (UUID, "UUID", UUID | None, "UUID | None")
    }
    return kind(
        **{
            name: UUID(value) if name in uuid_fields and value is not None else value
            for name, value in payload.items()
        }
    )


def events_of(told: Mapping[str, Any], kinds: Mapping[str, type[Event]]) -> list[Event]:
    """The events that the payload of a reaction's job tells of; most tell of one."""
    several = told["several"] if "several" in told else [told["fields"]]
    return [event_from_payload(kinds[told["event"]], fields) for fields in several]


class PostgresOutbox:
    """Writes one job for each event and each reaction to it; events without any leave no trace."""

    def __init__(
        self,
        reactions: Mapping[type[Event], Collection[str]],
        together: Collection[str] = (),
    ) -> None:
        """Events of one kind that are put together are one job of those reactions that are named
        in `together`."""
        self._reactions = reactions
        self._together = together
        self._work: PostgresWork | None = None

    def of(self, work: "PostgresWork") -> "PostgresOutbox":
        """The same outbox in a unit of work's transaction."""
        bound = PostgresOutbox(self._reactions, self._together)
        bound._work = work
        return bound

    async def put(self, *events: Event) -> None:
        """See `app.domain.unit_of_work.Outbox`."""
        if self._work is None:
            raise RuntimeError("An outbox writes within a unit of work.")
        payloads = self.payloads(*events)
        if payloads:
            await enqueue(self._work.connection, REACTION, payloads)

    def payloads(self, *events: Event) -> list[dict[str, Any]]:
        """What is written for these events: one job for each and each reaction to it, and one for
        several where that is told of them together."""
        trace_id = self._work.caller.trace_id if self._work else ""
        return [
            {
                "reaction": reaction,
                "event": type(several[0]).__name__,
                **_told(several),
                "trace_id": trace_id,
            }
            for reaction, several in self._jobs(events)
        ]

    def _jobs(self, events: Sequence[Event]) -> Iterator[tuple[str, Sequence[Event]]]:
        waiting: dict[tuple[str, type[Event]], list[Event]] = {}
        for event in events:
            for reaction in self._reactions.get(type(event), ()):
                if reaction in self._together:
                    waiting.setdefault((reaction, type(event)), []).append(event)
                else:
                    yield reaction, [event]
        for (reaction, _), alike in waiting.items():
            for start in range(0, len(alike), _TOGETHER):
                yield reaction, alike[start : start + _TOGETHER]

    def written(self, event: Event) -> list[bytes]:
        """The payloads of one event as the queue keeps them: what `payloads` says, quicker."""
        told = {
            "event": type(event).__name__,
            "fields": vars(event),
            "trace_id": self._work.caller.trace_id if self._work else "",
        }
        reactions = self._reactions.get(type(event), ())
        return [as_bytes({"reaction": reaction, **told}) for reaction in reactions]


def _told(events: Sequence[Event]) -> dict[str, Any]:
    if len(events) == 1:
        return {"fields": event_payload(events[0])}
    return {"several": [event_payload(event) for event in events]}


def as_bytes(payload: Mapping[str, Any]) -> bytes:
    """A payload as the queue keeps it."""
    return orjson.dumps(payload, default=_identifier)


def _identifier(value: object) -> str:
    """The driver's own kind of UUID, which stands beside Python's."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a job")
