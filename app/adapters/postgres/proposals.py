"""Proposals on PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, and_, false, not_, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.proposals import (
    ProposalHistoryRow,
    ProposalNumberRow,
    ProposalRow,
)
from app.domain.plain import to_plain
from app.domain.proposals.access import Scope
from app.domain.proposals.agreement import Consent, DecisionRecord, Review, Validation
from app.domain.proposals.content import Content, Section
from app.domain.proposals.errors import ProposalNotFound
from app.domain.proposals.history import HistoryEntry
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.published import as_micro_credential
from app.domain.proposals.states import REVIEWED, State
from app.domain.vocabulary.micro_credential import (
    MicroCredential,
    MicroCredentialNotFound,
    PastEdition,
)

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_proposal = table(ProposalRow)
_history = table(ProposalHistoryRow)
_number = table(ProposalNumberRow)


@dataclass(frozen=True)
class _Agreement:
    """What is kept in the column of that name."""

    authors: tuple[UUID, ...]
    change_requests: int
    validation_due: date | None
    consents: tuple[Consent, ...]
    validations: tuple[Validation, ...]
    reviews: tuple[Review, ...]
    decision: DecisionRecord | None
    past_editions: tuple[PastEdition, ...]


_content_of = TypeAdapter(Content).validate_python
_agreement_of = TypeAdapter(_Agreement).validate_python
_history_of = TypeAdapter(HistoryEntry).validate_python


class PostgresProposals:
    """See `app.domain.proposals.ports.Proposals`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def next_number(self, year: int) -> int:
        """The number of the next proposal of that year; others wait until it is kept."""
        given = await self._work.connection.execute(
            insert(_number)
            .values(year=year, last=1)
            .on_conflict_do_update(
                index_elements=[_number.c.year], set_={"last": _number.c.last + 1}
            )
            .returning(_number.c.last)
        )
        return int(given.scalar_one())

    async def add(self, proposal: Proposal) -> None:
        """Keep a new one, with its events and history."""
        await self._work.connection.execute(insert(_proposal).values(**_to_row(proposal)))
        await self._keep_what_happened(proposal, before=None)

    async def get(self, proposal: UUID) -> Proposal:
        """Load one to change it. Raises ProposalNotFound."""
        return await self._one(proposal, lock=True)

    async def read(self, proposal: UUID) -> Proposal:
        """Load one without locking it. Raises ProposalNotFound."""
        return await self._one(proposal, lock=False)

    async def save(self, proposal: Proposal) -> None:
        """Keep its state as the next version, with its events and history."""
        before = str(proposal.version)
        proposal.version += 1
        await self._work.connection.execute(
            update(_proposal).where(_proposal.c.id == proposal.id).values(**_to_row(proposal))
        )
        await self._keep_what_happened(proposal, before=before)

    async def history(self, proposal: UUID) -> Sequence[HistoryEntry]:
        """What happened to it, in order."""
        rows = await self._work.connection.execute(
            select(*(_history.c[f.name] for f in fields(HistoryEntry)))
            .where(_history.c.proposal == proposal)
            .order_by(_history.c.version, _history.c.position)
        )
        return [_history_of(dict(row._mapping)) for row in rows]

    async def page(
        self,
        scope: Scope,
        *,
        state: State | None,
        institution: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Proposal]:
        """Proposals within the scope, the newest first, those after a given one."""
        rows = await self._work.connection.execute(
            select(_proposal)
            .where(
                _within(scope),
                _proposal.c.state == state.value if state else true(),
                _proposal.c.partners.contains([institution]) if institution else true(),
                _proposal.c.id < after if after else true(),
            )
            .order_by(_proposal.c.id.desc())
            .limit(limit)
        )
        return [_to_proposal(row) for row in rows]

    async def _one(self, proposal: UUID, *, lock: bool) -> Proposal:
        query = select(_proposal).where(_proposal.c.id == proposal)
        if lock:
            query = query.with_for_update(key_share=True)
        row = (await self._work.connection.execute(query)).one_or_none()
        if row is None:
            raise ProposalNotFound(proposal)
        return _to_proposal(row)

    async def _keep_what_happened(self, proposal: Proposal, *, before: str | None) -> None:
        entries = [
            {
                "proposal": proposal.id,
                "version": proposal.version,
                "position": position,
                **{f.name: getattr(entry, f.name) for f in fields(entry)},
                "state": entry.state.value,
            }
            for position, entry in enumerate(proposal.take_history())
        ]
        if entries:
            await self._work.connection.execute(insert(_history), entries)
        await self._work.trail.append(
            "proposal",
            proposal.id,
            before=before,
            after=f"{proposal.version} {proposal.certified_hash}",
            note=proposal.state.value,
        )
        await self._work.outbox.put(*proposal.take_events())


class PostgresMicroCredentials:
    """See `app.domain.proposals.ports.PublishedMicroCredentials`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def get(self, proposal: UUID) -> MicroCredential:
        """The published version. Raises MicroCredentialNotFound, NotPublished."""
        rows = await self._work.connection.execute(
            select(_proposal).where(_proposal.c.id == proposal)
        )
        row = rows.one_or_none()
        if row is None:
            raise MicroCredentialNotFound(proposal)
        return as_micro_credential(_to_proposal(row))

    async def page(self, *, after: UUID | None, limit: int) -> Sequence[MicroCredential]:
        """Published ones, the newest first, those after a given proposal."""
        rows = await self._work.connection.execute(
            select(_proposal)
            .where(
                _proposal.c.state == State.PUBLISHED.value,
                _proposal.c.id < after if after else true(),
            )
            .order_by(_proposal.c.id.desc())
            .limit(limit)
        )
        return [as_micro_credential(_to_proposal(row)) for row in rows]


def _within(scope: Scope) -> ColumnElement[bool]:
    """The condition that `Scope.covers` states."""
    if scope.everything:
        return true()
    partner = (
        _proposal.c.partners.overlap(sorted(scope.partner_of)) if scope.partner_of else false()
    )
    review = (
        and_(
            _proposal.c.state.in_([state.value for state in REVIEWED]),
            not_(_proposal.c.answering.contains(sorted(scope.reviewing_for))),
        )
        if scope.reviewing_for
        else false()
    )
    return or_(partner, review)


def _to_row(proposal: Proposal) -> dict[str, Any]:
    agreement = _Agreement(
        authors=tuple(sorted(proposal.authors)),
        change_requests=proposal.change_requests,
        validation_due=proposal.validation_due,
        consents=proposal.consents,
        validations=proposal.validations,
        reviews=proposal.reviews,
        decision=proposal.decision,
        past_editions=proposal.past_editions,
    )
    return {
        "id": proposal.id,
        "code": proposal.code,
        "revision": proposal.revision,
        "version": proposal.version,
        "state": proposal.state.value,
        "model": proposal.content.general.model.value,
        "lead": proposal.lead,
        "partners": list(proposal.content.partners()),
        "answering": sorted(proposal.answering()),
        "round": proposal.round,
        "certified_hash": proposal.certified_hash,
        "created_at": proposal.created_at,
        "content": to_plain(proposal.content),
        "section_versions": {s.value: v for s, v in proposal.section_versions.items()},
        "agreement": to_plain(agreement),
    }


def _to_proposal(row: Row[Any]) -> Proposal:
    agreement = _agreement_of(row.agreement)
    return Proposal(
        id=row.id,
        code=row.code,
        lead=row.lead,
        content=_content_of(row.content),
        created_at=row.created_at,
        state=State(row.state),
        revision=row.revision,
        version=row.version,
        section_versions={Section(s): v for s, v in row.section_versions.items()},
        authors=frozenset(agreement.authors),
        round=row.round,
        change_requests=agreement.change_requests,
        validation_due=agreement.validation_due,
        consents=agreement.consents,
        validations=agreement.validations,
        reviews=agreement.reviews,
        decision=agreement.decision,
        past_editions=agreement.past_editions,
    )
