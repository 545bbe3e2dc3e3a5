"""Registrations in memory."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.direct import Claim, Claimed
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import RegistrationNotFound
from app.domain.enrolment.forms.responses import KnownEntry, StoredResponse
from app.domain.enrolment.person import Identity, Person
from app.domain.enrolment.ranking import Rank, Ranks
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import SEATED, Registration, State
from app.domain.enrolment.standing import Entrant
from app.domain.enrolment.tallying import remember, shifts
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.institutions import InstitutionCode

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


class MemoryRegistrations:
    """See `app.domain.enrolment.ports.Registrations`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._work = work
        self._registrations: MemoryTable[UUID, Registration] = work.table("registration")
        self._persons: MemoryTable[UUID, Person] = work.table("person")

    async def get(self, registration: UUID) -> Registration:
        """Load one to change it; whoever calls holds the edition."""
        return await self.read(registration)

    async def read(self, registration: UUID) -> Registration:
        """Load one without locking it."""
        found = self._registrations.get(registration)
        if found is None:
            raise RegistrationNotFound(registration)
        return found

    def _those(self, wanted: Callable[[Registration], bool]) -> list[Registration]:
        found = (r for r in self._registrations.values() if wanted(r))
        return sorted(found, key=lambda registration: registration.rank)

    async def live_of(self, edition: UUID, person: UUID) -> Registration | None:
        """The person's live registration in the edition."""
        found = self._those(lambda r: r.edition == edition and r.person == person and r.is_live)
        return found[0] if found else None

    async def of_persons(self, persons: Collection[UUID]) -> Sequence[Registration]:
        """All registrations of these people, the newest first."""
        found = self._those(lambda r: r.person in persons)
        return sorted(found, key=lambda r: (r.created_at, r.id), reverse=True)

    async def alike(
        self, edition: UUID, identity: Identity
    ) -> Sequence[tuple[Registration, Person]]:
        """Live registrations whose person has this address or this name."""
        found = self._those(lambda r: r.edition == edition and r.is_live)
        pairs = [(registration, self._person(registration)) for registration in found]
        return [
            (registration, person)
            for registration, person in pairs
            if person.identity.email == identity.email or person.identity.name == identity.name
        ]

    def _person(self, registration: Registration) -> Person:
        person = self._persons.get(registration.person)
        if person is None:
            raise InternalInconsistency(f"Registration {registration.id} has no person.")
        return person

    async def add(self, edition: Edition, registrations: Sequence[Registration]) -> None:
        """Keep new registrations with their events, and count them."""
        await self._keep(edition, registrations)

    async def save(self, edition: Edition, registrations: Sequence[Registration]) -> None:
        """Keep changed registrations with their events; counts move by what changed."""
        for registration in registrations:
            registration.version += 1
            stored = self._registrations.get(registration.id)
            if stored is not None:
                # Joined with somebody since it was read.
                registration.person = stored.person
        await self._keep(edition, registrations)

    async def _keep(self, edition: Edition, registrations: Sequence[Registration]) -> None:
        await self._work.tallies.move(edition, shifts(registrations))
        remember(registrations)
        for registration in registrations:
            await self._work.outbox.put(*registration.take_events())
            if registration.is_live:
                other = await self.live_of(registration.edition, registration.person)
                if other is not None and other.id != registration.id:
                    raise InternalInconsistency("A person would be registered twice.")
            self._registrations.put(registration.id, registration)

    async def first_waiting(
        self, edition: UUID, buckets: Collection[InstitutionCode]
    ) -> Registration | None:
        """Of those who wait for these institutions, the first in rank."""
        found = self._those(
            lambda r: r.edition == edition and r.state is State.WAITING and r.bucket in buckets
        )
        return found[0] if found else None

    async def in_states(self, edition: UUID, states: Collection[State]) -> Sequence[Registration]:
        """Everybody in one of these states, in order of rank."""
        return self._those(lambda r: r.edition == edition and r.state in states)

    async def entrants(self, edition: UUID) -> Sequence[Entrant]:
        """Everybody who waits, as the rule sees them."""
        return [r.entrant for r in await self.in_states(edition, (State.WAITING,))]

    async def seated(self, edition: UUID) -> Sequence[Entrant]:
        """Everybody who holds a seat, as the rule sees them."""
        return [r.entrant for r in await self.in_states(edition, SEATED)]

    async def overridden(self, edition: UUID) -> Collection[UUID]:
        """Those who wait on a provisional list and whom an officer placed above the caps."""
        waiting = await self.in_states(edition, (State.WAITING,))
        return {r.id for r in waiting if r.reason is Reason.OVERRIDE}

    async def many(self, registrations: Collection[UUID]) -> Sequence[Registration]:
        """Several at once."""
        return self._those(lambda r: r.id in registrations)

    async def number_in(self, edition: UUID, state: State) -> int:
        """How many are in a state."""
        return len(await self.in_states(edition, (state,)))

    async def last_rank(self, edition: UUID) -> Rank | None:
        """The rank of the last of all who are placed or wait."""
        counted = await self.in_states(edition, (State.WAITING, *SEATED))
        return counted[-1].rank if counted else None

    async def position(self, registration: Registration) -> Ranks:
        """Its true ranks; for one who neither is placed nor waits, as if it waited."""
        counted = await self.in_states(registration.edition, (State.WAITING, *SEATED))
        before = [r for r in counted if r.rank < registration.rank]
        waiting = sum(r.state is State.WAITING for r in before) + 1
        return Ranks(
            len(before) + 1,
            sum(r.bucket == registration.bucket for r in before) + 1,
            None if registration.has_seat else waiting,
        )

    async def positions(
        self, edition: UUID, registrations: Collection[UUID]
    ) -> Mapping[UUID, Ranks]:
        """The same for several of one edition."""
        counted = await self.in_states(edition, (State.WAITING, *SEATED))
        found, within, waiting = {}, Counter[str | None](), 0
        for position, one in enumerate(counted, 1):
            within[one.bucket] += 1
            waits = one.state is State.WAITING
            waiting += waits
            if one.id in registrations:
                found[one.id] = Ranks(position, within[one.bucket], waiting if waits else None)
        return found

    async def page(
        self,
        edition: UUID,
        *,
        buckets: Collection[InstitutionCode] | None,
        states: Collection[State],
        after: Rank | None,
        limit: int,
        claims: Collection[ClaimState] = (),
    ) -> Sequence[Registration]:
        """Registrations in order of rank."""
        return self._those(
            lambda r: (
                r.edition == edition
                and (buckets is None or r.bucket in buckets)
                and (not states or r.state in states)
                and (not claims or r.claim_state in claims)
                and (after is None or r.rank > after)
            )
        )[:limit]

    async def undecided(
        self, edition: UUID, *, after: Rank | None, limit: int
    ) -> Sequence[Registration]:
        """Live registrations that an officer has to look at."""
        return self._those(
            lambda r: (
                r.edition == edition
                and r.is_live
                and (after is None or r.rank > after)
                and (
                    r.state is State.NEEDS_DECISION
                    or r.pending is not None
                    or r.is_doubted
                    or r.follows_contest
                    or r.names_new_organisation
                    or r.claim_state is ClaimState.CONTESTED
                )
            )
        )[:limit]

    async def known_to(
        self,
        edition: UUID,
        form: str,
        responses: Collection[int],
        identities: Collection[Identity],
    ) -> Sequence[KnownEntry]:
        """Registrations that came by one of these responses, or whose person shares an address or
        a name with one of these identities."""
        emails = {identity.email for identity in identities}
        names = {identity.name for identity in identities}
        came = {
            response.registration
            for response in self._responses(edition)
            if response.form == form and response.number in responses
        }
        found = []
        for registration in self._those(lambda r: r.edition == edition):
            identity = self._person(registration).identity
            if registration.id in came or identity.email in emails or identity.name in names:
                found.append(registration)
        return self._entries(edition, found)

    async def made_by(
        self, edition: UUID, import_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[UUID]:
        """Live registrations that the import made, by identifier."""
        made = self._those(
            lambda r: r.edition == edition and r.imported_by == import_id and r.is_live
        )
        return sorted(r.id for r in made if after is None or r.id > after)[:limit]

    async def brought_by(self, edition: UUID, import_id: UUID) -> Sequence[KnownEntry]:
        """Registrations that have a response which the import brought."""
        ids = {r.registration for r in self._responses(edition) if r.brought_by == import_id}
        return self._entries(edition, self._those(lambda r: r.id in ids))

    def _entries(
        self, edition: UUID, registrations: Sequence[Registration]
    ) -> Sequence[KnownEntry]:
        responses = self._responses(edition)
        return [
            KnownEntry(
                registration,
                self._person(registration),
                tuple(r for r in responses if r.registration == registration.id),
            )
            for registration in registrations
        ]

    def _responses(self, edition: UUID) -> list[StoredResponse]:
        kept: MemoryTable[tuple[UUID, str, int, UUID], StoredResponse] = self._work.table(
            "form_response"
        )
        found = (response for key, response in kept.items() if key[0] == edition)
        return sorted(found, key=lambda r: (r.form, r.number, r.brought_by))

    async def states(self, edition: UUID) -> Mapping[UUID, State]:
        """The state of each registration that a numbered decision was taken on."""
        decided = self._those(lambda r: r.edition == edition and r.decision_seq is not None)
        return {registration.id: registration.state for registration in decided}


class MemoryDirectRegistrations:
    """See `app.domain.enrolment.direct.DirectRegistrations`."""

    async def claim(self, claim: Claim) -> Claimed | None:
        """Nothing: there is no round trip to save here."""
        return None
