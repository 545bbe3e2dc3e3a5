"""What happened to a proposal, in order. Names institutions and accounts, never people."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.proposals.states import State
from app.domain.vocabulary.institutions import InstitutionCode


@dataclass(frozen=True)
class HistoryEntry:
    """One step."""

    at: datetime
    actor: str
    """`Caller.actor` of who did it."""
    action: str
    """The operation, by its name in the API."""
    state: State
    """The state that it led to."""
    certified_hash: str
    """What was certified after it."""
    institution: InstitutionCode | None = None
    """For which institution it was done, where it was for one."""
    decision: str | None = None
    """What was decided: `consent`, `positive`, `approve` …"""
    note: str | None = None
    """The section that was edited, or the reason that was given."""
