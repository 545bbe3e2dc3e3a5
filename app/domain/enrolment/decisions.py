"""The log of decisions, and the proof that it follows from the rule.

Each decision under an edition's lock has the next number. The log holds no personal data: a
registration is an identifier, its rank and the institution it counts for, so that the proof still
works when the person has been erased.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.enrolment.quota import Counts, Outcome, Placed, Quota, decide
from app.domain.enrolment.ranking import Rank
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import LIVE, SEATED, State
from app.domain.enrolment.standing import Entrant, standing
from app.domain.vocabulary.institutions import InstitutionCode


class Kind(StrEnum):
    """What was decided."""

    CAPS = "caps"
    """The caps that hold from here on: at the beginning, and whenever they change."""
    LISTED = "listed"
    """A place on the list as it was published, or none."""
    REGISTERED = "registered"
    """Somebody new, by API or by a form."""
    DECIDED = "decided"
    """Somebody whose institution, identity or time an officer has decided."""
    PROMOTED = "promoted"
    """A free place for the first who waits and fits."""
    OVERRIDDEN = "overridden"
    """A place whatever the caps say."""
    ENDED = "ended"
    """A registration that no longer counts; `state` says how it ended."""
    COMPLETED = "completed"
    """Somebody passed. The seat stays taken."""


@dataclass(frozen=True)
class Decision:
    """One line of the log."""

    edition: UUID
    seq: int
    kind: Kind
    at: datetime
    actor: str
    registration: UUID | None = None
    rank: Rank | None = None
    bucket: InstitutionCode | None = None
    state: State | None = None
    """What the registration became."""
    reason: Reason | None = None
    cause: int | None = None
    """The number of the decision that freed the place, for a promotion."""
    caps: Quota | None = None
    note: str | None = None
    """Why, in an officer's words."""


@dataclass(frozen=True)
class Difference:
    """Where the log, the rule and what is stored do not agree."""

    seq: int | None
    registration: UUID | None
    detail: str


@dataclass
class Replay:
    """What the log gives when the rule is applied anew."""

    states: dict[UUID, State] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    decisions: int = 0
    counts: Counts = field(default_factory=Counts)


def outcome_state(outcome: Outcome) -> tuple[State, Reason]:
    """How a registration stands on which the rule has just decided."""
    if isinstance(outcome, Placed):
        return State.PLACED, outcome.reason
    return State.WAITING, outcome.reason


def replay(log: Iterable[Decision]) -> Replay:
    """Apply the rule to the log from its beginning, and note wherever it would decide otherwise.

    Also checks that numbers have no gap, that the list was published in order of rank, and that
    every place that became free went to the first who fitted before anything else was decided.
    """
    replayer = _Replayer()
    for decision in log:
        replayer.take(decision)
    return replayer.finish()


async def replay_async(log: AsyncIterable[Decision]) -> Replay:
    """The same over a log that comes bit by bit."""
    replayer = _Replayer()
    async for decision in log:
        replayer.take(decision)
    return replayer.finish()


def compare(replayed: Replay, stored: Mapping[UUID, State]) -> list[Difference]:
    """Where the states that are stored differ from those that the log gives."""
    gone = erased(replayed, stored)
    return [
        Difference(
            None,
            registration,
            f"stored as {stored.get(registration)}, the log gives "
            f"{replayed.states.get(registration)}",
        )
        for registration in sorted({*stored, *replayed.states} - gone)
        if stored.get(registration) != replayed.states.get(registration)
    ]


def erased(replayed: Replay, stored: Mapping[UUID, State]) -> set[UUID]:
    """Registrations that ended by the log and that are no longer stored.

    What has ended may be erased with its person; whoever holds a place or waits may not.
    """
    return {
        registration
        for registration, state in replayed.states.items()
        if registration not in stored and state not in LIVE
    }


class _Replayer:
    """The edition as the log tells it, decision by decision."""

    def __init__(self) -> None:
        self.result = Replay()
        self.quota: Quota | None = None
        self.entrants: dict[UUID, Entrant] = {}
        self.waiting: defaultdict[InstitutionCode, list[tuple[Rank, UUID]]] = defaultdict(list)
        self.list: list[Decision] = []
        self.freed = False
        """Whether anything since the last look could let somebody fit who waits."""

    @property
    def counts(self) -> Counts:
        return self.result.counts

    def take(self, decision: Decision) -> None:
        """The next line of the log."""
        self.result.decisions += 1
        if decision.seq != self.result.decisions:
            self.differ(decision, f"expected number {self.result.decisions}")
        if decision.kind is Kind.LISTED:
            self.list.append(decision)
            return
        self.publish()
        if decision.kind is Kind.PROMOTED:
            self.promote(decision)
        else:
            self.expect_no_promotion(decision)
            self.apply(decision)

    def finish(self) -> Replay:
        """The log has ended."""
        self.publish()
        self.expect_no_promotion(None)
        return self.result

    def publish(self) -> None:
        """Compare what was listed with the standing of the same registrations."""
        if not self.list:
            return
        listed, self.list = self.list, []
        overrides = {d.registration for d in listed if d.reason is Reason.OVERRIDE}
        entrants = [entrant for d in listed if (entrant := self.entrant(d)) is not None]
        if self.quota is None:
            self.differ(listed[0], "no caps were set before it")
            return
        standings = standing(entrants, self.quota, {o for o in overrides if o is not None})
        for decision, stands in zip(listed, standings, strict=False):
            if decision.registration != stands.entrant.registration:
                self.differ(decision, "the list is not in order of rank")
            self.compare_outcome(decision, stands.outcome)
            self.enter(decision)

    def apply(self, decision: Decision) -> None:
        match decision.kind:
            case Kind.CAPS:
                self.quota = decision.caps
                self.freed = True
            case Kind.REGISTERED | Kind.DECIDED:
                if self.quota is None or decision.bucket is None:
                    self.differ(decision, "no caps or no institution to decide by")
                    return
                self.leave(decision)
                self.compare_outcome(decision, decide(self.counts, self.quota, decision.bucket))
                self.enter(decision)
            case Kind.OVERRIDDEN:
                self.leave(decision)
                self.enter(decision)
            case Kind.ENDED:
                self.leave(decision)
                self.note(decision)
            case Kind.COMPLETED:
                self.note(decision)

    def promote(self, decision: Decision) -> None:
        first = self.first_fitting()
        if first is None or first != decision.registration:
            self.differ(decision, f"the first who fits is {first}")
        self.leave(decision)
        self.enter(decision)

    def first_fitting(self) -> UUID | None:
        if self.quota is None:
            return None
        heads = [
            queue[0]
            for bucket, queue in self.waiting.items()
            if queue and isinstance(decide(self.counts, self.quota, bucket), Placed)
        ]
        return min(heads)[1] if heads else None

    def expect_no_promotion(self, decision: Decision | None) -> None:
        if not self.freed:
            return
        self.freed = False
        first = self.first_fitting()
        if first is not None:
            self.differ(decision, f"a place is free, and {first} waits and fits")

    def compare_outcome(self, decision: Decision, outcome: Outcome) -> None:
        expected = outcome_state(outcome)
        if decision.reason is Reason.OVERRIDE:
            expected = State.PLACED, Reason.OVERRIDE
        if (decision.state, decision.reason) != expected:
            self.differ(decision, f"the rule gives {expected[0]} because of {expected[1]}")

    def entrant(self, decision: Decision) -> Entrant | None:
        if decision.registration is None:
            return None
        if decision.rank is not None and decision.bucket is not None:
            return Entrant(decision.rank, decision.registration, decision.bucket)
        return self.entrants.get(decision.registration)

    def enter(self, decision: Decision) -> None:
        """Count the registration as the log has it."""
        entrant = self.entrant(decision)
        if entrant is None:
            self.differ(decision, "nothing tells the registration's rank and institution")
            return
        self.entrants[entrant.registration] = entrant
        if decision.state in SEATED:
            self.counts.take(entrant.bucket)
        elif decision.state is State.WAITING:
            insort(self.waiting[entrant.bucket], (entrant.rank, entrant.registration))
        self.note(decision)

    def leave(self, decision: Decision) -> None:
        """Take the registration out of what it counted in."""
        if decision.registration is None:
            return
        entrant = self.entrants.get(decision.registration)
        if entrant is None:
            return
        before = self.result.states.get(decision.registration)
        if before in SEATED:
            self.counts.free(entrant.bucket)
            self.freed = True
        elif before is State.WAITING:
            self.waiting[entrant.bucket].remove((entrant.rank, entrant.registration))

    def note(self, decision: Decision) -> None:
        if decision.registration is not None and decision.state is not None:
            self.result.states[decision.registration] = decision.state

    def differ(self, decision: Decision | None, detail: str) -> None:
        self.result.differences.append(
            Difference(
                decision.seq if decision else None,
                decision.registration if decision else None,
                detail,
            )
        )
