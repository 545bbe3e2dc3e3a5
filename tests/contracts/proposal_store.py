"""Keeping and reading proposals, for stories that begin in the middle."""

from app.domain.proposals.proposal import Proposal
from tests.contracts.conftest import OpenWork


async def kept(work: OpenWork, proposal: Proposal) -> Proposal:
    """Keep a proposal as if it had just been made, and read it anew."""
    async with work() as w:
        await w.proposals.add(proposal)
    return await read(work, proposal)


async def read(work: OpenWork, proposal: Proposal) -> Proposal:
    """What is kept of a proposal now."""
    async with work() as w:
        return await w.proposals.read(proposal.id)
