"""The log of decisions on PostgreSQL."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment import AllocationDecisionRow
from app.domain.enrolment.decisions import Decision, Kind
from app.domain.enrolment.quota import Quota
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.plain import to_plain

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_decision = table(AllocationDecisionRow)
_quota_of = TypeAdapter(Quota).validate_python


class PostgresDecisions:
    """See `app.domain.enrolment.ports.Decisions`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def append(self, *decisions: Decision) -> None:
        """Write lines."""
        if decisions:
            await self._work.connection.execute(
                insert(_decision), [_values(decision) for decision in decisions]
            )

    async def page(self, edition: UUID, *, after: int, limit: int) -> Sequence[Decision]:
        """Lines by number."""
        rows = await self._work.connection.execute(
            select(_decision)
            .where(_decision.c.edition == edition, _decision.c.seq > after)
            .order_by(_decision.c.seq)
            .limit(limit)
        )
        return [_to_decision(row) for row in rows]


def _values(decision: Decision) -> dict[str, Any]:
    return {
        "edition": decision.edition,
        "seq": decision.seq,
        "kind": decision.kind,
        "at": decision.at,
        "actor": decision.actor,
        "registration": decision.registration,
        "rank": decision.rank,
        "bucket": decision.bucket,
        "state": decision.state,
        "reason": decision.reason,
        "cause": decision.cause,
        "caps": to_plain(decision.caps),
        "note": decision.note,
    }


def _to_decision(row: Row[Any]) -> Decision:
    return Decision(
        edition=row.edition,
        seq=row.seq,
        kind=Kind(row.kind),
        at=row.at,
        actor=row.actor,
        registration=row.registration,
        rank=row.rank,
        bucket=row.bucket,
        state=State(row.state) if row.state else None,
        reason=Reason(row.reason) if row.reason else None,
        cause=row.cause,
        caps=_quota_of(row.caps) if row.caps else None,
        note=row.note,
    )
