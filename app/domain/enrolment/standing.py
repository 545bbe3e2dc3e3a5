"""The standing: everybody in order of rank, and who of them has a place.

While the list of an edition is provisional, this is computed anew from all registrations whenever
somebody asks, so that the order in which imports arrive cannot matter. Publishing stores it.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from app.domain.enrolment.quota import Counts, Outcome, Placed, Quota, decide
from app.domain.enrolment.ranking import Rank
from app.domain.enrolment.reasons import Reason
from app.domain.vocabulary.institutions import InstitutionCode


@dataclass(frozen=True)
class Entrant:
    """A live registration that the rule knows: its rank and the institution it counts for."""

    rank: Rank
    registration: UUID
    bucket: InstitutionCode


@dataclass(frozen=True)
class Standing:
    """Where one registration stands."""

    entrant: Entrant
    position: int
    """True rank among all, from 1."""
    position_within: int
    """True rank within its institution, from 1."""
    outcome: Outcome

    @property
    def is_placed(self) -> bool:
        """Whether it has a place, as things stand."""
        return isinstance(self.outcome, Placed)


def standing(
    entrants: Iterable[Entrant], quota: Quota, overrides: Collection[UUID] = ()
) -> list[Standing]:
    """Where everybody stands, in order of rank.

    Overrides are registrations that an officer places whatever the caps say. They count before all
    others, so that an override never leads to more places than its own above a cap.
    """
    in_order = sorted(entrants, key=lambda entrant: entrant.rank)
    counts = Counts()
    for entrant in in_order:
        if entrant.registration in overrides:
            counts.take(entrant.bucket)
    within: Counter[InstitutionCode] = Counter()
    result = []
    for position, entrant in enumerate(in_order, 1):
        within[entrant.bucket] += 1
        outcome: Outcome
        if entrant.registration in overrides:
            outcome = Placed(Reason.OVERRIDE)
        else:
            outcome = decide(counts, quota, entrant.bucket)
            if isinstance(outcome, Placed):
                counts.take(entrant.bucket)
        result.append(Standing(entrant, position, within[entrant.bucket], outcome))
    return result
