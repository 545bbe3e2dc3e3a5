"""Decisions on one edition, one by one, under its lock.

Whoever holds the lock makes an `Allocation` and lets it decide. It asks the rule with counts that
nobody else can change meanwhile, numbers each decision, writes the log, and gives every place that
becomes free to the first who waits and fits before anything else happens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.enrolment import events
from app.domain.enrolment.decisions import Decision, Kind, outcome_state
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.quota import Counts, Placed, Quota, Scope, decide, scopes_of
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State, end_event
from app.domain.enrolment.standing import Standing, standing
from app.domain.events import Event
from app.domain.vocabulary.institutions import InstitutionCode


class Allocation:
    """The decisions that one unit of work takes on one edition.

    Nothing is kept before `write`.
    """

    def __init__(self, edition: Edition, work: EnrolmentWork, actor: str, at: datetime) -> None:
        self.edition = edition
        self._work = work
        self._actor = actor
        self._at = at
        self._counts = Counts()
        self._known: set[Scope] = set()

    @property
    def has_begun(self) -> bool:
        """Whether decisions are numbered: the list is binding and the first caps are noted."""
        return self.edition.is_binding and self.edition.last_decision > 0

    async def begin(self) -> None:
        """Note the caps with which decisions begin; the first line of the log."""
        await self._note(self.edition.quota, Reason.CAPS_SET)

    async def enter(self, registrations: Sequence[Registration], kind: Kind) -> None:
        """Decide on registrations that are new to the list, in order of rank, and keep them.

        While the list is provisional they all wait, without a number.
        """
        in_order = sorted(registrations, key=lambda registration: registration.rank)
        if not self.edition.is_binding:
            for registration in in_order:
                _become(registration, State.WAITING, Reason.PROVISIONAL)
            await self._keep(in_order)
            return
        await self._know(scope for r in in_order for scope in scopes_of(r.counted_for))
        lines = []
        for registration in in_order:
            outcome = decide(self._counts, self.edition.quota, registration.counted_for)
            _become(registration, *outcome_state(outcome))
            if isinstance(outcome, Placed):
                self._counts.take(registration.counted_for)
            lines.append(self._line(kind, registration))
            registration.tell(_told(registration))
        await self._keep(in_order)
        await self._work.decisions.append(*lines)

    async def publish(self, entrants: Sequence[Registration]) -> list[Standing]:
        """Store the standing of everybody who waits, in order of rank, as the first decisions.

        The edition must have become binding just before. Where promotion has ended already, that
        holds for places that become free from now on.
        """
        quota = self.edition.quota
        self.edition.quota = quota.at_publication
        await self.begin()
        by_id = {registration.id: registration for registration in entrants}
        overrides = {r.id for r in entrants if r.reason is Reason.OVERRIDE}
        stands = standing((r.entrant for r in entrants), self.edition.quota, overrides)
        lines = []
        for one in stands:
            registration = by_id[one.entrant.registration]
            _become(registration, *outcome_state(one.outcome))
            lines.append(self._line(Kind.LISTED, registration))
            registration.tell(_told(registration))
        await self._keep([by_id[one.entrant.registration] for one in stands])
        await self._work.decisions.append(*lines)
        if not quota.giving:
            await self.change_caps(quota, Reason.PROMOTION_ENDED, "before the list was published")
        return [replace(one, outcome=quota.told(one.outcome)) for one in stands]

    async def end(
        self, registration: Registration, to: State, reason: Reason, note: str | None = None
    ) -> list[Registration]:
        """End a registration; its place, if it had one, goes on at once. Returns who got one."""
        had_seat = registration.has_seat
        if had_seat:
            await self._know(scopes_of(registration.counted_for))
        numbered = self.edition.is_binding and registration.decision_seq is not None
        registration.end(to, reason, self._at)
        registration.pending = None
        if numbered:
            await self._work.decisions.append(self._line(Kind.ENDED, registration, note=note))
        registration.tell(end_event(registration))
        await self._keep([registration])
        if not had_seat:
            return []
        self._counts.free(registration.counted_for)
        return await self._promote(cause=registration.decision_seq)

    async def end_all(
        self, registrations: Sequence[Registration], to: State, reason: Reason
    ) -> None:
        """End many at once, when no place is given any more."""
        lines = []
        for registration in registrations:
            numbered = registration.decision_seq is not None
            registration.end(to, reason, self._at)
            registration.pending = None
            if numbered:
                lines.append(self._line(Kind.ENDED, registration))
            registration.tell(end_event(registration))
        if registrations:
            await self._keep(registrations)
        if lines:
            await self._work.decisions.append(*lines)

    async def override(self, registration: Registration, note: str) -> None:
        """Give a place whatever the caps say."""
        if not self.edition.is_binding:
            # The standing counts it in; the state stays that of a provisional list.
            registration.reason = Reason.OVERRIDE
            await self._keep([registration])
            return
        await self._know(scopes_of(registration.counted_for))
        registration.move(State.PLACED, Reason.OVERRIDE)
        self._counts.take(registration.counted_for)
        await self._work.decisions.append(self._line(Kind.OVERRIDDEN, registration, note=note))
        registration.tell(_told(registration))
        await self._keep([registration])

    async def complete(self, registrations: Sequence[Registration]) -> None:
        """Those who passed have completed the edition; they keep their seats."""
        lines = []
        for registration in registrations:
            registration.move(State.COMPLETED, Reason.PASSED)
            lines.append(self._line(Kind.COMPLETED, registration))
            registration.tell(events.RegistrationCompleted(registration.id, self.edition.id))
        await self._keep(registrations)
        await self._work.decisions.append(*lines)

    async def change_caps(
        self, quota: Quota, reason: Reason, note: str | None
    ) -> list[Registration]:
        """Let other caps hold from here on; whoever fits now gets a place. Returns who."""
        self.edition.quota = quota
        await self._work.tallies.set_caps(self.edition)
        if not self.has_begun:
            return []
        seq = await self._note(quota, reason, note)
        return await self._promote(cause=seq)

    async def _promote(self, cause: int | None) -> list[Registration]:
        promoted: list[Registration] = []
        while True:
            waiting = await self._work.tallies.buckets_waiting(self.edition.id)
            await self._know(scope for bucket in waiting for scope in scopes_of(bucket))
            fitting = [b for b in waiting if self._fits(b)]
            if not fitting:
                return promoted
            first = await self._work.registrations.first_waiting(self.edition.id, fitting)
            if first is None:
                return promoted
            first.move(State.PLACED, Reason.PROMOTED)
            self._counts.take(first.counted_for)
            await self._work.decisions.append(self._line(Kind.PROMOTED, first, cause=cause))
            first.tell(events.Promoted(first.id, self.edition.id))
            await self._keep([first])
            promoted.append(first)

    def _fits(self, bucket: InstitutionCode) -> bool:
        return isinstance(decide(self._counts, self.edition.quota, bucket), Placed)

    async def _know(self, scopes: Iterable[Scope]) -> None:
        """Load the counts that a decision will ask for and that are not known yet."""
        wanted = {*scopes, *self.edition.quota.scopes} - self._known
        if wanted:
            counts = await self._work.tallies.counts(self.edition.id, wanted)
            for scope in wanted:
                self._counts.placed[scope] = counts.of(scope)
            self._known |= wanted

    async def _keep(self, registrations: Sequence[Registration]) -> None:
        new = [r for r in registrations if r.stored_state is None]
        changed = [r for r in registrations if r.stored_state is not None]
        if new:
            await self._work.registrations.add(self.edition, new)
        if changed:
            await self._work.registrations.save(self.edition, changed)

    def _line(
        self,
        kind: Kind,
        registration: Registration,
        *,
        cause: int | None = None,
        note: str | None = None,
    ) -> Decision:
        registration.decision_seq = self.edition.next_decision()
        return Decision(
            edition=self.edition.id,
            seq=registration.decision_seq,
            kind=kind,
            at=self._at,
            actor=self._actor,
            registration=registration.id,
            rank=registration.rank,
            bucket=registration.bucket,
            state=registration.state,
            reason=registration.reason,
            cause=cause,
            note=note,
        )

    async def _note(self, caps: Quota, reason: Reason, note: str | None = None) -> int:
        seq = self.edition.next_decision()
        await self._work.decisions.append(
            Decision(
                self.edition.id, seq, Kind.CAPS, self._at, self._actor,
                caps=caps, reason=reason, note=note,
            )
        )  # fmt: skip
        return seq


def _become(registration: Registration, state: State, reason: Reason) -> None:
    """Take the state, which may be the one it is in: a list that is published moves many."""
    if registration.state is state:
        registration.reason = reason
    else:
        registration.move(state, reason)


def _told(registration: Registration) -> Event:
    """What the decision is told as."""
    if registration.state is State.PLACED:
        return events.PlaceGiven(registration.id, registration.edition, registration.reason)
    return events.PutOnWaitingList(registration.id, registration.edition, registration.reason)
