"""What the alliance settles about results."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True)
class ResultsPolicy:
    """Settings of the alliance."""

    objection_window: timedelta = timedelta(days=7)
    """How long after the confirmation of a result its learner can object to it."""
    link_valid_for: timedelta = timedelta(days=14)
    """How long a one-time link can be opened."""
    links_per_hour: int = 12
    """After so many within an hour no further link is sent for the asking. Messages about places
    and results carry links as well, and count."""

    @classmethod
    def with_days(cls, objection_days: int) -> Self:
        """The defaults, with a window of so many days."""
        return cls(objection_window=timedelta(days=objection_days))
