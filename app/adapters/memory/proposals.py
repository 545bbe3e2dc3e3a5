"""Proposals in memory."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.proposals.access import Scope
from app.domain.proposals.errors import ProposalNotFound
from app.domain.proposals.history import HistoryEntry
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.published import as_micro_credential
from app.domain.proposals.states import State
from app.domain.vocabulary.micro_credential import MicroCredential, MicroCredentialNotFound

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


class MemoryProposals:
    """See `app.domain.proposals.ports.Proposals`."""

    def __init__(
        self,
        work: "MemoryWork",
        proposals: "MemoryTable[UUID, Proposal]",
        history: "MemoryTable[UUID, tuple[HistoryEntry, ...]]",
        numbers: "MemoryTable[int, int]",
    ) -> None:
        self._work = work
        self._proposals = proposals
        self._history = history
        self._numbers = numbers

    async def next_number(self, year: int) -> int:
        """The number of the next proposal of that year; others wait until it is kept."""
        await self._numbers.lock(year)
        number = (self._numbers.get(year) or 0) + 1
        self._numbers.put(year, number)
        return number

    async def add(self, proposal: Proposal) -> None:
        """Keep a new one, with its events and history."""
        await self._keep(proposal, before=None)

    async def get(self, proposal: UUID) -> Proposal:
        """Load one to change it. Raises ProposalNotFound."""
        await self._proposals.lock(proposal)
        return await self.read(proposal)

    async def read(self, proposal: UUID) -> Proposal:
        """Load one without locking it. Raises ProposalNotFound."""
        found = self._proposals.get(proposal)
        if found is None:
            raise ProposalNotFound(proposal)
        return found

    async def save(self, proposal: Proposal) -> None:
        """Keep its state as the next version, with its events and history."""
        before = str(proposal.version)
        proposal.version += 1
        await self._keep(proposal, before=before)

    async def history(self, proposal: UUID) -> Sequence[HistoryEntry]:
        """What happened to it, in order."""
        return self._history.get(proposal) or ()

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
        found = (
            proposal
            for proposal in self._proposals.values()
            if scope.covers(proposal)
            and (state is None or proposal.state is state)
            and (institution is None or institution in proposal.content.partners())
            and (after is None or proposal.id < after)
        )
        return sorted(found, key=lambda proposal: proposal.id, reverse=True)[:limit]

    async def _keep(self, proposal: Proposal, *, before: str | None) -> None:
        told = (*(self._history.get(proposal.id) or ()), *proposal.take_history())
        self._history.put(proposal.id, told)
        await self._work.trail.append(
            "proposal",
            proposal.id,
            before=before,
            after=f"{proposal.version} {proposal.certified_hash}",
            note=proposal.state.value,
        )
        await self._work.outbox.put(*proposal.take_events())
        self._proposals.put(proposal.id, proposal)


class MemoryMicroCredentials:
    """See `app.domain.proposals.ports.PublishedMicroCredentials`."""

    def __init__(self, proposals: "MemoryTable[UUID, Proposal]") -> None:
        self._proposals = proposals

    async def get(self, proposal: UUID) -> MicroCredential:
        """The published version. Raises MicroCredentialNotFound, NotPublished."""
        found = self._proposals.get(proposal)
        if found is None:
            raise MicroCredentialNotFound(proposal)
        return as_micro_credential(found)

    async def page(self, *, after: UUID | None, limit: int) -> Sequence[MicroCredential]:
        """Published ones, the newest first, those after a given proposal."""
        found = (
            proposal
            for proposal in self._proposals.values()
            if proposal.state is State.PUBLISHED and (after is None or proposal.id < after)
        )
        newest = sorted(found, key=lambda proposal: proposal.id, reverse=True)
        return [as_micro_credential(proposal) for proposal in newest[:limit]]
