"""Editions, their counts and their decisions in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.credentials.batch import AGREED
from app.domain.enrolment.decisions import Decision
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors import EditionNotFound
from app.domain.enrolment.ports_places import Between, EditionTally, Tally
from app.domain.enrolment.quota import EDITION, Counts, Scope, scopes_of
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.tallying import Shift
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.institutions import InstitutionCode

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork

_INSTITUTION = "institution:"


class MemoryEditions:
    """See `app.domain.enrolment.ports.Editions`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._work = work
        self._editions: MemoryTable[UUID, Edition] = work.table("edition")

    async def get(self, edition: UUID) -> Edition:
        """Load an edition and hold it."""
        await self._editions.lock(edition)
        return await self.read(edition)

    async def read(self, edition: UUID) -> Edition:
        """Load an edition without locking it."""
        found = self._editions.get(edition)
        if found is None:
            raise EditionNotFound(edition)
        return found

    async def add(self, edition: Edition) -> None:
        """Keep a new edition, and the caps of its quota."""
        whole = Tally(EDITION, edition.quota.places, 0, 0)
        self._work.table("place_tally").put((edition.id, EDITION), whole)
        await self._put(edition)

    async def save(self, edition: Edition) -> None:
        """Keep its configuration and state as the next version."""
        edition.version += 1
        await self._put(edition)

    async def advance(self, edition: Edition) -> None:
        """Keep only the numbers that decisions and imports move."""
        kept = await self.read(edition.id)
        kept.last_decision, kept.imports = edition.last_decision, edition.imports
        await self._work.outbox.put(*edition.take_events())
        self._editions.put(kept.id, kept)

    async def _put(self, edition: Edition) -> None:
        await self._work.outbox.put(*edition.take_events())
        self._editions.put(edition.id, edition)

    async def next_number(self, proposal: UUID) -> int:
        """The number for one more edition of the micro-credential."""
        await self._work.lock("edition_number", proposal)
        numbers = [e.number for e in self._editions.values() if e.proposal == proposal]
        return max(numbers, default=0) + 1

    async def page(
        self,
        *,
        proposal: UUID | None,
        organiser: InstitutionCode | None,
        states: Collection[EditionState],
        after: UUID | None,
        limit: int,
    ) -> Sequence[Edition]:
        """Editions by id."""
        found = [
            edition
            for edition in self._editions.values()
            if proposal in (None, edition.proposal)
            and organiser in (None, edition.organiser)
            and (not states or edition.state in states)
            and (after is None or edition.id > after)
        ]
        return sorted(found, key=lambda edition: edition.id)[:limit]

    async def issuing_begun(self, edition: UUID) -> bool:
        """Whether credentials of it have been sealed, or two people have agreed that they are."""
        return any(c.edition == edition for c in self._work.table("credential").values()) or any(
            batch.edition == edition and batch.state in AGREED
            for batch in self._work.table("issuing_batch").values()
        )

    async def due(self, at: datetime, limit: int) -> Sequence[UUID]:
        """Those to which something happens by itself now, the longest due first."""
        found = [
            (edition.due_at, edition.id)
            for edition in self._editions.values()
            if edition.due_at is not None and edition.due_at <= at
        ]
        return [edition for _, edition in sorted(found)[:limit]]


class MemoryTallies:
    """See `app.domain.enrolment.ports.Tallies`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._work = work
        self._tallies: MemoryTable[tuple[UUID, Scope], Tally] = work.table("place_tally")
        self._editions: MemoryTable[UUID, Edition] = work.table("edition")

    async def counts(self, edition: UUID, scopes: Collection[Scope]) -> Counts:
        """Places taken in these scopes."""
        found = {scope: self._tallies.get((edition, scope)) for scope in scopes}
        return Counts({scope: tally.placed for scope, tally in found.items() if tally is not None})

    async def of(self, edition: UUID) -> Sequence[Tally]:
        """The counts of all scopes that have any."""
        found = [tally for (owner, _), tally in self._tallies.items() if owner == edition]
        return sorted(found, key=lambda tally: tally.scope)

    async def across(
        self, scope: Scope, *, starting: Between = (None, None), after: UUID | None, limit: int
    ) -> Sequence[EditionTally]:
        """The counts of one scope in every edition that has any, or whose partner it is of."""
        found = []
        for owner, edition in self._editions.items():
            tally = self._tallies.get((owner, scope))
            if tally is None and scope.removeprefix(_INSTITUTION) in edition.partners:
                tally = Tally(scope, edition.quota.cap_of(scope), 0, 0)
            begins = (
                (starting[0] or edition.start) <= edition.start <= (starting[1] or edition.start)
            )
            if tally is not None and begins and (after is None or owner > after):
                found.append(EditionTally(owner, edition.code, edition.start, edition.state, tally))
        return sorted(found, key=lambda one: one.edition)[:limit]

    async def buckets_waiting(self, edition: UUID) -> Sequence[InstitutionCode]:
        """Institutions for which somebody waits."""
        return sorted(
            tally.scope.removeprefix(_INSTITUTION)
            for tally in await self.of(edition)
            if tally.waiting > 0 and tally.scope.startswith(_INSTITUTION)
        )

    async def set_caps(self, edition: Edition) -> None:
        """Keep the caps of the edition's quota beside the counts that they bind."""
        for tally in await self.of(edition.id):
            cap = edition.quota.cap_of(tally.scope)
            if cap != tally.cap:
                above = 0 if cap is None else max(0, tally.placed - cap)
                self._put(edition.id, replace(tally, cap=cap, excess=above))

    async def move(self, edition: Edition, shifts: Iterable[Shift]) -> None:
        """Let the counts follow registrations that were kept."""
        for shift in shifts:
            kept = self._tallies.get((edition.id, shift.scope))
            if kept is None:
                kept = Tally(shift.scope, edition.quota.cap_of(shift.scope), 0, 0)
            placed = kept.placed + shift.placed
            above = 0 if kept.cap is None else max(0, placed - kept.cap)
            moved = replace(
                kept,
                placed=placed,
                waiting=kept.waiting + shift.waiting,
                excess=above if shift.above_cap else min(kept.excess, above),
            )
            self._put(edition.id, moved)

    def _put(self, edition: UUID, tally: Tally) -> None:
        if tally.placed < 0 or tally.waiting < 0:
            raise InternalInconsistency(f"{tally.scope} would have negative counts.")
        if tally.cap is not None and tally.placed > tally.cap + tally.excess:
            raise InternalInconsistency(f"{tally.scope} would be above its cap.")
        self._tallies.put((edition, tally.scope), tally)

    async def reconcile(self, edition: UUID | None = None) -> Sequence[str]:
        """Where counts and registrations differ."""
        registrations: MemoryTable[UUID, Registration] = self._work.table("registration")
        counted: dict[tuple[UUID, Scope], list[int]] = defaultdict(lambda: [0, 0])
        for registration in registrations.values():
            if edition in (None, registration.edition) and registration.bucket is not None:
                for scope in scopes_of(registration.bucket):
                    numbers = counted[registration.edition, scope]
                    numbers[0] += registration.has_seat
                    numbers[1] += registration.state is State.WAITING
        kept = {
            key: [tally.placed, tally.waiting]
            for key, tally in self._tallies.items()
            if edition in (None, key[0])
        }
        return sorted(
            f"edition {key[0]}, {key[1]}: counts say {one[0]} placed and {one[1]} waiting, "
            f"registrations {other[0]} and {other[1]}"
            for key in kept.keys() | counted.keys()
            if (one := kept.get(key, [0, 0])) != (other := counted.get(key, [0, 0]))
        )


class MemoryDecisions:
    """See `app.domain.enrolment.ports.Decisions`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._decisions: MemoryTable[tuple[UUID, int], Decision] = work.table("decision")

    async def append(self, *decisions: Decision) -> None:
        """Write lines."""
        for decision in decisions:
            key = decision.edition, decision.seq
            if self._decisions.get(key) is not None:
                raise InternalInconsistency(f"Decision {decision.seq} was taken already.")
            self._decisions.put(key, decision)

    async def page(self, edition: UUID, *, after: int, limit: int) -> Sequence[Decision]:
        """Lines by number."""
        found = [
            decision
            for (owner, seq), decision in self._decisions.items()
            if owner == edition and seq > after
        ]
        return sorted(found, key=lambda decision: decision.seq)[:limit]
