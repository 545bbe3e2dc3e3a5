"""What a reaction and a runner are."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from app.domain.events import Event
from app.domain.jobs import Job, Progress
from app.ports import Ports

Reaction = Callable[[Any, Ports], Awaitable[None]]
"""What follows from an event: `async def tell_learner(event, ports)`. Runs at least once."""
Together = Callable[[Sequence[Any], Ports], Awaitable[None]]
"""The same for several events of one kind that happened together."""
Runner = Callable[[Job, Ports, Progress], Awaitable[Mapping[str, Any]]]
"""Does one kind of long work and returns its result. Runs at least once, from the beginning."""
Reactions = Mapping[type[Event], tuple[Reaction, ...]]
Runners = Mapping[str, Runner]
