"""The list of an edition: who stands where, publishing it, its numbers, and its proof."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.access import allow
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.decisions import (
    Decision,
    Difference,
    Replay,
    compare,
    erased,
    replay_async,
)
from app.domain.enrolment.doubles import number_of_doubted
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import DecisionsOpen, EditionNotFound
from app.domain.enrolment.looking import OnlyLooking
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.quota import (
    Counts,
    Placed,
    decide,
)
from app.domain.enrolment.registration import State
from app.domain.enrolment.standing import Standing, standing
from app.domain.vocabulary.institutions import InstitutionCode

_LINES = 1000


@dataclass(frozen=True)
class PublishedList:
    """What publishing a list did, or would do."""

    edition: Edition
    standings: Sequence[Standing]
    undecided: int
    """Registrations that were left out because they need a decision."""

    @property
    def placed(self) -> int:
        """How many have a place."""
        return sum(s.is_placed for s in self.standings)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self.standings) - self.placed


async def publish_list(
    edition_id: UUID,
    version: int,
    *,
    leave_undecided: bool = False,
    reason: str | None = None,
    dry_run: bool = False,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> PublishedList:
    """Make the provisional standing binding: decisions 1 to n, in order of rank.

    While people may still register, with a `reason` only. Raises EditionNotFound, EditionStale,
    NotAllowed, AlreadyPublished, EditionMoveNotAllowed, ReasonNeeded, and DecisionsOpen while
    registrations need a decision or may be doubles, unless `leave_undecided`.
    """
    published: PublishedList | None = None
    try:
        async with work:
            edition = await work.editions.get(edition_id)
            allow("publish_list", edition, caller)
            edition.expect(version)
            now = clock.now()
            edition.publish(now, "trying" if dry_run else reason)
            undecided = await work.registrations.number_in(edition.id, State.NEEDS_DECISION)
            if not leave_undecided:
                open_questions = undecided + await number_of_doubted(edition, work)
                if open_questions:
                    raise DecisionsOpen(open_questions)
            waiting = await work.registrations.in_states(edition.id, (State.WAITING,))
            standings = await Allocation(edition, work, caller.actor, now).publish(waiting)
            published = PublishedList(edition, standings, undecided)
            edition.tell(events.ListPublished(edition.id, published.placed, published.waiting))
            before = f"v{edition.version} provisional"
            await work.editions.save(edition)
            await work.trail.append(
                "edition",
                edition.id,
                before=before,
                after=f"v{edition.version} published",
                note=reason,
            )
            if dry_run:
                raise OnlyLooking
    except OnlyLooking:
        pass
    if published is None:
        raise EditionNotFound(edition_id)
    return published


@dataclass(frozen=True)
class StandingList:
    """Where everybody stands in an edition whose list is provisional."""

    edition: Edition
    standings: Sequence[Standing]
    undecided: int


async def get_standing(edition_id: UUID, *, work: EnrolmentWork, caller: Caller) -> StandingList:
    """Where everybody would stand if the list were published now, or stands since it was.

    Raises EditionNotFound, NotAllowed.
    """
    async with work:
        edition = await work.editions.read(edition_id)
        allow("get_standing", edition, caller)
        undecided = await work.registrations.number_in(edition.id, State.NEEDS_DECISION)
        return StandingList(edition, await standings_of(edition, work), undecided)


async def standings_of(edition: Edition, work: EnrolmentWork) -> Sequence[Standing]:
    """Where everybody stands: by the rule while the list is provisional, else as stored."""
    entrants = await work.registrations.entrants(edition.id)
    if not edition.is_binding:
        overrides = await work.registrations.overridden(edition.id)
        return standing(entrants, edition.quota.at_publication, overrides)
    placed = await work.registrations.seated(edition.id)
    counts = Counts.of_buckets(Counter(entrant.bucket for entrant in placed))
    seated = {entrant.registration for entrant in placed}
    within: Counter[InstitutionCode] = Counter()
    result = []
    for position, entrant in enumerate(sorted((*entrants, *placed), key=lambda e: e.rank), 1):
        within[entrant.bucket] += 1
        outcome = (
            Placed()
            if entrant.registration in seated
            else edition.quota.told(decide(counts, edition.quota, entrant.bucket))
        )
        result.append(Standing(entrant, position, within[entrant.bucket], outcome))
    return result


async def list_decisions(
    edition_id: UUID, *, after: int, limit: int, work: EnrolmentWork, caller: Caller
) -> Sequence[Decision]:
    """The log of an edition, by number. Raises EditionNotFound, NotAllowed."""
    async with work:
        edition = await work.editions.read(edition_id)
        allow("list_decisions", edition, caller)
        return await work.decisions.page(edition_id, after=after, limit=limit)


@dataclass(frozen=True)
class ReplayReport:
    """Whether the log follows from the rule, and what is stored from the log."""

    replay: Replay
    differences: Collection[Difference]
    erased: int = 0
    """Registrations of the log that have been erased since they ended; the proof needs none."""

    @property
    def is_proven(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


async def replay_decisions(
    edition_id: UUID, *, work: EnrolmentWork, caller: Caller
) -> ReplayReport:
    """Apply the rule to the log anew, and compare the outcome with what is stored.

    Holds the edition, so that log and registrations are of one moment. Raises EditionNotFound,
    NotAllowed.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        allow("replay_decisions", edition, caller)
        replayed = await replay_async(_log(edition_id, work))
        stored = await work.registrations.states(edition_id)
        drift = await work.tallies.reconcile(edition_id)
    differences = [*replayed.differences, *compare(replayed, stored)]
    differences += [Difference(None, None, words) for words in drift]
    return ReplayReport(replayed, differences, len(erased(replayed, stored)))


async def _log(edition_id: UUID, work: EnrolmentWork) -> AsyncIterator[Decision]:
    after = 0
    while lines := await work.decisions.page(edition_id, after=after, limit=_LINES):
        for line in lines:
            yield line
        after = lines[-1].seq
