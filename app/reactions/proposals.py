"""What follows from the events of proposals, and its long work."""

from app.reactions.types import Reactions, Runners

REACTIONS: Reactions = {}
RUNNERS: Runners = {}
