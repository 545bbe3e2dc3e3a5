"""What enrolment needs from outside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.decisions import Decision
from app.domain.enrolment.direct import DirectRegistrations
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.forms.responses import KnownEntry
from app.domain.enrolment.person import Identity, Person
from app.domain.enrolment.ports_forms import (
    Deliveries,
    ExternalSpellings,
    Forms,
    FormSecrets,
    Imports,
    KeptPlans,
    Responses,
)
from app.domain.enrolment.ports_places import Tallies
from app.domain.enrolment.ranking import Rank, Ranks
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.standing import Entrant
from app.domain.jobs import Jobs
from app.domain.unit_of_work import UnitOfWork
from app.domain.vocabulary.institutions import InstitutionCode, Institutions
from app.domain.vocabulary.micro_credential import MicroCredentials


class Editions(Protocol):
    """Every edition, each held by one unit of work at a time."""

    async def get(self, edition: UUID) -> Edition:
        """Load an edition to change it, or anything in it: others who want to wait until this
        unit of work has ended. It is the first lock that any of them takes.

        Raises EditionNotFound.
        """
        ...

    async def read(self, edition: UUID) -> Edition:
        """Load an edition without locking it. Raises EditionNotFound."""
        ...

    async def add(self, edition: Edition) -> None:
        """Keep a new edition, and the caps of its quota."""
        ...

    async def save(self, edition: Edition) -> None:
        """Keep its configuration and state; the version goes up by one."""
        ...

    async def advance(self, edition: Edition) -> None:
        """Keep only the numbers that decisions and imports move; the version stays."""
        ...

    async def next_number(self, proposal: UUID) -> int:
        """The number for one more edition of the micro-credential. Two who ask at once wait."""
        ...

    async def page(
        self,
        *,
        proposal: UUID | None,
        organiser: InstitutionCode | None,
        states: Collection[EditionState],
        after: UUID | None,
        limit: int,
    ) -> Sequence[Edition]:
        """Editions by id; all states when none is given."""
        ...

    async def issuing_begun(self, edition: UUID) -> bool:
        """Whether credentials of it have been sealed, or two people have agreed that they are."""
        ...

    async def due(self, at: datetime, limit: int) -> Sequence[UUID]:
        """Editions to which something happens by itself now, the longest due first."""
        ...


class Persons(Protocol):
    """People who register."""

    async def get(self, person: UUID, *, hold: bool = False) -> Person:
        """One person. With `hold`, their row is locked: whoever changes them or joins them with
        somebody has done so, or waits until this unit of work ends. Raises ChangedMeanwhile for one
        who is no more.
        """
        ...

    async def of(self, persons: Collection[UUID]) -> Mapping[UUID, Person]:
        """Several at once."""
        ...

    async def by_account(self, account: UUID, *, hold: bool = False) -> Person | None:
        """The person behind an account.

        With `hold`, others who would add a person for this account wait until this unit of work
        ends.
        """
        ...

    async def without_account(
        self, identities: Collection[Identity], *, hold: bool = False
    ) -> Mapping[Identity, Person]:
        """People who have no account, or whose account has that very address verified.

        With `hold`, others who would add people without account wait until this unit of work ends.
        """
        ...

    async def hold(self) -> None:
        """Let nobody be added without account, signed in for the first time or joined until this
        unit of work ends.

        Whoever joins people asks for it before reading or writing any registration: else what was
        read may be another's by now, and two who merge in two editions could wait for one another.
        """
        ...

    async def by_email(self, email: str) -> Sequence[Person]:
        """People without account at a folded address."""
        ...

    async def add(self, persons: Sequence[Person]) -> None:
        """Keep new people."""
        ...

    async def save(self, persons: Sequence[Person]) -> None:
        """Keep what is known of them now, all of it: they must be held, by `get` or because
        nobody else knows them."""
        ...

    async def respell(self, persons: Sequence[Person]) -> None:
        """Keep how those without account write their name and address, and their country and
        language; of those alone whose name and address are still the same as keys."""
        ...

    async def join(self, gone: UUID, into: UUID, *, within: UUID | None = None) -> None:
        """Let everything that one person registered for be the other's, except where both have a
        registration that counts; forget who has none left. With `within` only in that edition;
        else a country that is known of the one alone is the other's, too. Nothing else changes the
        person of a registration. Those who would add people without account must wait, as by
        `hold`.
        """
        ...


class Registrations(Protocol):
    """Registrations, whose counts move with them."""

    async def get(self, registration: UUID) -> Registration:
        """Load one to change it; the edition's lock must be held. Raises RegistrationNotFound."""
        ...

    async def read(self, registration: UUID) -> Registration:
        """Load one without locking it. Raises RegistrationNotFound."""
        ...

    async def live_of(self, edition: UUID, person: UUID) -> Registration | None:
        """The person's live registration in the edition."""
        ...

    async def of_persons(self, persons: Collection[UUID]) -> Sequence[Registration]:
        """All registrations of these people, the newest first."""
        ...

    async def alike(
        self, edition: UUID, identity: Identity
    ) -> Sequence[tuple[Registration, Person]]:
        """Live registrations of the edition whose person has this address or this name."""
        ...

    async def add(self, edition: Edition, registrations: Sequence[Registration]) -> None:
        """Keep new registrations with their events, and count them."""
        ...

    async def save(self, edition: Edition, registrations: Sequence[Registration]) -> None:
        """Keep changed registrations with their events; counts move by what changed. Whose they
        are stays as it is: people are joined without holding all their editions."""
        ...

    async def first_waiting(
        self, edition: UUID, buckets: Collection[InstitutionCode]
    ) -> Registration | None:
        """Of those who wait and count for one of these institutions, the first in rank."""
        ...

    async def in_states(self, edition: UUID, states: Collection[State]) -> Sequence[Registration]:
        """Everybody in one of these states, in order of rank, to change them; the edition's lock
        must be held."""
        ...

    async def entrants(self, edition: UUID) -> Sequence[Entrant]:
        """Everybody who waits, as the rule sees them."""
        ...

    async def seated(self, edition: UUID) -> Sequence[Entrant]:
        """Everybody who holds a seat, as the rule sees them."""
        ...

    async def overridden(self, edition: UUID) -> Collection[UUID]:
        """Those who wait on a provisional list and whom an officer placed above the caps."""
        ...

    async def many(self, registrations: Collection[UUID]) -> Sequence[Registration]:
        """Several at once; those that do not exist are left out."""
        ...

    async def number_in(self, edition: UUID, state: State) -> int:
        """How many are in a state."""
        ...

    async def last_rank(self, edition: UUID) -> Rank | None:
        """The rank of the last of all who are placed or wait; None where there is nobody."""
        ...

    async def position(self, registration: Registration) -> Ranks:
        """Its true ranks; for one who neither is placed nor waits, those that it would have
        waiting."""
        ...

    async def positions(
        self, edition: UUID, registrations: Collection[UUID]
    ) -> Mapping[UUID, Ranks]:
        """The same for several of one edition; those who are neither placed nor wait are left
        out."""
        ...

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
        """Registrations in order of rank: of these institutions, in these states, with a claim
        that stands so; all when None or empty."""
        ...

    async def undecided(
        self, edition: UUID, *, after: Rank | None, limit: int
    ) -> Sequence[Registration]:
        """Live registrations that an officer has to look at, in order of rank: unclear ones, those
        with a changed time, possible doubles that take part, contested ones, those who come
        again after a contest, and those of organisations on which nobody has decided."""
        ...

    async def known_to(
        self,
        edition: UUID,
        form: str,
        responses: Collection[int],
        identities: Collection[Identity],
    ) -> Sequence[KnownEntry]:
        """Registrations of the edition, ended ones too, that came by one of these responses, or
        whose person shares an address or a name with one of these identities."""
        ...

    async def brought_by(self, edition: UUID, import_id: UUID) -> Sequence[KnownEntry]:
        """Registrations that have a response which the import brought."""
        ...

    async def made_by(
        self, edition: UUID, import_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[UUID]:
        """Live registrations that the import made, by identifier."""
        ...

    async def states(self, edition: UUID) -> Mapping[UUID, State]:
        """The state of each registration that a numbered decision was taken on."""
        ...


class Decisions(Protocol):
    """The log of decisions. Append-only."""

    async def append(self, *decisions: Decision) -> None:
        """Write lines."""
        ...

    async def page(self, edition: UUID, *, after: int, limit: int) -> Sequence[Decision]:
        """Lines by number."""
        ...


class EnrolmentWork(UnitOfWork, Protocol):
    """A unit of work of enrolment."""

    @property
    def editions(self) -> Editions:
        """Editions; to get one is to hold everything in it."""
        ...

    @property
    def persons(self) -> Persons:
        """People who register."""
        ...

    @property
    def registrations(self) -> Registrations:
        """Registrations, whose counts move with them."""
        ...

    @property
    def direct(self) -> DirectRegistrations:
        """Registrations in one step, where the store has a short way."""
        ...

    @property
    def tallies(self) -> Tallies:
        """Counts by edition and scope."""
        ...

    @property
    def decisions(self) -> Decisions:
        """The log of decisions."""
        ...

    @property
    def forms(self) -> Forms:
        """How forms are read."""
        ...

    @property
    def responses(self) -> Responses:
        """Responses of forms that have been imported."""
        ...

    @property
    def imports(self) -> Imports:
        """Files of responses, and what each row came to."""
        ...

    @property
    def kept_plans(self) -> KeptPlans:
        """Plans that are carried out as they were made, where the store can keep them."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """Responses that were delivered live."""
        ...

    @property
    def form_secrets(self) -> FormSecrets:
        """Which secrets forms have."""
        ...

    @property
    def external_spellings(self) -> ExternalSpellings:
        """Officers' decisions on names that mean no partner."""
        ...

    @property
    def institutions(self) -> Institutions:
        """The partners of the alliance."""
        ...

    @property
    def micro_credentials(self) -> MicroCredentials:
        """Published micro-credentials."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Long work."""
        ...
