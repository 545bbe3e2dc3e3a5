"""What follows from the events of results, and its long work."""

from app.reactions.types import Reactions, Runners

REACTIONS: Reactions = {}
RUNNERS: Runners = {}
