"""When this happened, do that: the only place where one capability reacts to another.

Each event names its reactions in the file of the capability that reacts. An event and the jobs for
its reactions are written in one transaction, so that nothing is forgotten and nothing runs that
did not happen.
"""

from collections import defaultdict

from app.domain.events import Event
from app.reactions import (
    corrections,
    credentials,
    enrolment,
    proposals,
    results,
    retention,
    seal_levels,
    wallet,
)
from app.reactions.types import Reaction, Runner, Together

_PARTS = (proposals, enrolment, results, corrections, credentials, seal_levels, retention, wallet)


def _joined() -> dict[type[Event], tuple[Reaction, ...]]:
    joined: dict[type[Event], list[Reaction]] = defaultdict(list)
    for part in _PARTS:
        for event, reactions in part.REACTIONS.items():
            joined[event].extend(reactions)
    return {event: tuple(reactions) for event, reactions in joined.items()}


REACTIONS: dict[type[Event], tuple[Reaction, ...]] = _joined()
RUNNERS: dict[str, Runner] = {
    kind: runner for part in _PARTS for kind, runner in part.RUNNERS.items()
}


def name_of(reaction: Reaction) -> str:
    """How a reaction is named in the queue."""
    return f"{reaction.__module__.rpartition('.')[2]}.{getattr(reaction, '__name__', '')}"


EVENTS: dict[str, type[Event]] = {event.__name__: event for event in REACTIONS}
BY_NAME: dict[str, Reaction] = {
    name_of(reaction): reaction for reactions in REACTIONS.values() for reaction in reactions
}
TOGETHER: dict[str, Together] = {
    name_of(reaction): together for reaction, together in credentials.TOGETHER.items()
}
"""Reactions of which one job may be for several events, by name, and what is done then."""
NAMES: dict[type[Event], tuple[str, ...]] = {
    event: tuple(name_of(reaction) for reaction in reactions)
    for event, reactions in REACTIONS.items()
}
