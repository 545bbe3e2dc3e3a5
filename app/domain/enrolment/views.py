"""Registrations as they are shown."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from app.domain.access.roles import Caller
from app.domain.enrolment.access import sees_doubts
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.person import Person
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.quota import EDITION, Counts, Scope, Waiting, decide, scopes_of
from app.domain.enrolment.ranking import Rank, Ranks
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import SEATED, Registration, State
from app.domain.enrolment.standing import Entrant
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.text import folded_email


@dataclass(frozen=True)
class RegistrationView:
    """A registration as it is shown: why it stands where it does, and who it is."""

    registration: Registration
    edition: Edition
    person: Person
    reason: Reason
    """Why it is in its state now; the caps may bind differently than when it was decided."""
    own: bool
    """Whether it is the caller's own."""
    tells_doubts: bool = False
    """Whether the caller decides on doubles, and may know of them; nobody about their own."""
    position: int | None = None
    """True rank among all who are placed or wait; None for those who are neither."""
    position_within: int | None = None
    """True rank within its institution."""
    waiting_position: int | None = None
    """True rank among those who wait; None for those who do not."""
    scope: Scope | None = None
    """For one who waits: what the cap counts that keeps them from a place; None for those who do
    not wait, and while nobody is told where they stand."""

    def at(self, ranks: Ranks) -> "RegistrationView":
        """The same with its true ranks."""
        return replace(
            self,
            position=ranks.overall,
            position_within=ranks.within,
            waiting_position=ranks.waiting,
        )

    @property
    def hides_doubt(self) -> bool:
        """Whether the caller must not see that an officer looks for a double.

        It would tell anybody who states a name and an address, and officers of any institution,
        whether that person is registered.
        """
        return not self._may_know and _is_held_as_double(self.registration)

    @property
    def _may_know(self) -> bool:
        return self.tells_doubts and not self.own

    @property
    def state(self) -> State:
        """Its state as the caller may know it."""
        if self.hides_doubt and not self.edition.is_binding:
            return State.WAITING
        return self.registration.state

    @property
    def warnings(self) -> tuple[str, ...]:
        """Its warnings as the caller may know them."""
        warnings = self.registration.warnings
        if not self._may_know:
            return tuple(w for w in warnings if w != Reason.POSSIBLE_DOUBLE.value)
        return warnings


def is_own(registration: Registration, person: Person, caller: Caller) -> bool:
    """Whether the registration is the caller's.

    By their account; by an address that their provider has verified, where the person has no
    account: links with the same power go to that address; or by the link of this registration.
    """
    if caller.registration is not None:
        return caller.registration == registration.id
    if caller.account is None:
        return False
    if person.account is not None:
        return person.account == caller.account
    return caller.email is not None and folded_email(caller.email) == folded_email(person.email)


async def view_of(
    registration: Registration,
    edition: Edition,
    person: Person,
    work: EnrolmentWork,
    caller: Caller,
    *,
    own: bool,
) -> RegistrationView:
    """The registration with the reason that holds now, and its true ranks."""
    (view,) = await views_of(
        [(registration, person)], edition, work, caller, own={registration.id: own}
    )
    if view.state not in (State.WAITING, *SEATED):
        return view
    ranks = await work.registrations.position(registration)
    return view.at(_Order(await _held_among([view], edition, work)).moved(ranks, view))


async def ranked(
    views: Sequence[RegistrationView], edition: Edition, work: EnrolmentWork
) -> list[RegistrationView]:
    """Several views of one edition with the ranks that `view_of` tells of each.

    To officers who do not decide on doubles, those that are held while the list is provisional
    count like the others who wait: without a rank, or with that of whoever comes next, they would
    be known by it.
    """
    places = await work.registrations.positions(edition.id, {v.registration.id for v in views})
    held = _Order(await _held_among(views, edition, work))
    counted = waiting = _Order(())
    if not edition.is_binding and any(view.hides_doubt for view in views):
        entrants = await work.registrations.entrants(edition.id)
        waiting = _Order(entrants)
        counted = _Order([*entrants, *await work.registrations.seated(edition.id)])
    shown = []
    for view in views:
        ranks = places.get(view.registration.id)
        if view.hides_doubt and not edition.is_binding:
            before, within = counted.before(view.registration)
            ranks = Ranks(before + 1, within + 1, waiting.before(view.registration)[0] + 1)
        shown.append(view if ranks is None else view.at(held.moved(ranks, view)))
    return shown


class _Order:
    """How many of some come before a registration: of all, and of those of its institution."""

    def __init__(self, those: Iterable[Entrant]) -> None:
        self._all: list[Rank] = []
        self._of: dict[InstitutionCode | None, list[Rank]] = defaultdict(list)
        for one in sorted(those, key=lambda one: one.rank):
            self._all.append(one.rank)
            self._of[one.bucket].append(one.rank)

    def before(self, registration: Registration) -> tuple[int, int]:
        return (
            bisect_left(self._all, registration.rank),
            bisect_left(self._of.get(registration.bucket, []), registration.rank),
        )

    def moved(self, ranks: Ranks, view: RegistrationView) -> Ranks:
        """The ranks that the view tells when these come before it as well."""
        if view.own or view.tells_doubts:
            return ranks
        before, within = self.before(view.registration)
        waiting = None if ranks.waiting is None else ranks.waiting + before
        return Ranks(ranks.overall + before, ranks.within + within, waiting)


async def _held_among(
    views: Iterable[RegistrationView], edition: Edition, work: EnrolmentWork
) -> list[Entrant]:
    """Those who seem to wait to an officer who does not decide on doubles; nobody where each of
    the views is of one who decides, or of the caller's own."""
    if edition.is_binding or all(view.own or view.tells_doubts for view in views):
        return []
    undecided = await work.registrations.in_states(edition.id, (State.NEEDS_DECISION,))
    return [one.entrant for one in undecided if _is_held_as_double(one)]


async def views_of(
    found: Sequence[tuple[Registration, Person]],
    edition: Edition,
    work: EnrolmentWork,
    caller: Caller,
    *,
    own: dict[object, bool] | None = None,
) -> list[RegistrationView]:
    """Several registrations of one edition, each with the reason that holds now."""
    counts = await _counts_for([registration for registration, _ in found], edition, work)
    mine = own or {}
    tells_doubts = sees_doubts(edition, caller)
    views = []
    for registration, person in found:
        reason, scope = _reason_now(registration, edition, counts)
        view = RegistrationView(
            registration,
            edition,
            person,
            reason,
            mine.get(registration.id, False),
            tells_doubts,
            scope=scope,
        )
        if view.hides_doubt:
            shown = Reason.IN_REVIEW if edition.is_binding else Reason.PROVISIONAL
            view = replace(view, reason=shown)
        views.append(view)
    return views


def _is_held_as_double(registration: Registration) -> bool:
    return (
        registration.state is State.NEEDS_DECISION and registration.reason is Reason.POSSIBLE_DOUBLE
    )


async def _counts_for(
    found: Collection[Registration], edition: Edition, work: EnrolmentWork
) -> Counts:
    scopes: set[Scope] = set()
    for registration in found:
        if edition.is_binding and registration.state is State.WAITING:
            scopes.update(scopes_of(registration.counted_for), edition.quota.scopes)
    return await work.tallies.counts(edition.id, scopes) if scopes else Counts()


def _reason_now(
    registration: Registration, edition: Edition, counts: Counts
) -> tuple[Reason, Scope | None]:
    """Why it waits as things stand, and what the cap counts that says so: its institution may have
    filled up since it was decided. Before the list is published nobody is told that they are in."""
    if registration.state is not State.WAITING:
        return registration.reason, None
    if not edition.is_binding:
        return Reason.PROVISIONAL, None
    outcome = edition.quota.told(decide(counts, edition.quota, registration.counted_for))
    if isinstance(outcome, Waiting):
        return outcome.reason, outcome.scope
    return registration.reason, None


async def why_waiting(
    registration: Registration, work: EnrolmentWork
) -> tuple[Reason, Scope | None]:
    """Why a registration waits as things stand, and what the cap counts that says so; for one that
    does not wait, why it is in its state."""
    edition = await work.editions.read(registration.edition)
    return await reason_by_counts(registration, edition, work)


def reason_by_itself(
    registration: Registration, edition: Edition
) -> tuple[Reason, Scope | None] | None:
    """The same for a registration that was decided a moment ago, as far as it needs no counts; None
    where more than one cap may say so."""
    if not edition.is_binding or registration.state is not State.WAITING:
        return _reason_now(registration, edition, Counts())
    caps = edition.quota.caps_for(registration.counted_for)
    by_quota = registration.reason is Reason.QUOTA
    if by_quota and len(caps) != 1:
        return None
    scope = caps[0][0] if by_quota else EDITION
    told = edition.quota.told(Waiting(registration.reason, scope))
    return (told.reason, told.scope) if isinstance(told, Waiting) else (told.reason, None)


async def reason_by_counts(
    registration: Registration, edition: Edition, work: EnrolmentWork
) -> tuple[Reason, Scope | None]:
    """The same for a registration that was loaded with its edition, by the counts of its caps."""
    return _reason_now(registration, edition, await _counts_for([registration], edition, work))
