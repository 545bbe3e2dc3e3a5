"""What results need from outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from app.domain.results.credential_data import CredentialData
from app.domain.results.links import Link
from app.domain.results.result import Result
from app.domain.unit_of_work import UnitOfWork
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import MicroCredentials
from app.domain.vocabulary.text import LanguageMap, folded_email

TAKES_PART = frozenset({"placed", "completed"})
"""States of a registration whose person is taught and assessed."""

LIVE = frozenset({"needs_decision", "waiting", "offered", "placed", "completed"})
"""States of a registration that has not ended."""


@dataclass(frozen=True)
class EditionFacts:
    """What results need to know of an edition."""

    id: UUID
    code: str
    title: LanguageMap
    proposal: UUID
    proposal_version: int
    organiser: InstitutionCode
    awarding: tuple[InstitutionCode, ...]
    partners: tuple[InstitutionCode, ...]
    """Everybody who takes part, the organiser included."""
    state: str
    """As enrolment names it: `running`, `grading`, …"""
    start: date
    end: date
    contact_email: str
    time_zone: str = "UTC"
    """IANA name; deadlines are shown in it."""
    is_binding: bool = True
    """Whether places are given; as long as not, nobody is told more than that they are known."""
    issuer: InstitutionCode | None = None
    """Who seals, where the micro-credential leaves that to each edition."""


@dataclass(frozen=True)
class Participant:
    """Somebody who is registered in an edition. Personal data."""

    registration: UUID
    edition: UUID
    state: str
    """As enrolment names it: `placed`, `waiting`, …"""
    institution: InstitutionCode | None
    """For which they count; None while that is unclear."""
    account: UUID | None
    """None for people who came by a form and have not signed in."""
    full_name: str = field(repr=False)
    """As they registered."""
    email: str = field(repr=False)
    email_verified: bool = False
    """Whether an identity provider, or a link, has confirmed the address."""
    language: str = "en"
    """BCP 47 tag of the language they read."""
    wanted_email: str | None = field(default=None, repr=False)
    """The address that they want instead, until a link that was sent there is opened."""

    def reached_at(self, address: str) -> str:
        """The address itself where it is the person's, or the one that they want; else theirs."""
        for own in (self.email, self.wanted_email):
            if own is not None and folded_email(own) == folded_email(address):
                return own
        return self.email

    @property
    def takes_part(self) -> bool:
        """Whether they are taught and assessed."""
        return self.state in TAKES_PART

    @property
    def is_live(self) -> bool:
        """Whether the registration has not ended."""
        return self.state in LIVE


class Participants(Protocol):
    """Editions and registrations, as enrolment keeps them. For reading only."""

    async def edition(self, edition: UUID) -> EditionFacts:
        """One edition. Raises EditionNotFound."""
        ...

    async def of_edition(self, edition: UUID) -> Sequence[Participant]:
        """Everybody who takes part, by registration. Raises EditionNotFound."""
        ...

    async def get(self, registration: UUID) -> Participant:
        """One registration, whatever its state. Raises RegistrationNotFound."""
        ...

    async def several(self, registrations: Collection[UUID]) -> Mapping[UUID, Participant]:
        """Those of them that there are, whatever their state."""
        ...

    async def instead_of(self, registration: UUID) -> Participant | None:
        """The live registration of the same person in the edition, where this one was taken back
        with its list; None where it was not, or where there is none."""
        ...

    async def with_address(self, edition: UUID, email: str) -> Sequence[Participant]:
        """Live registrations in that edition with that address, case ignored: of people without an
        account, or whose provider has not verified it.

        Usually one; several where people share a mailbox.
        """
        ...

    async def held_by(self, account: UUID) -> Collection[UUID]:
        """The registrations of the person with this account."""
        ...


class Results(Protocol):
    """Results, each held by one unit of work at a time."""

    async def get(self, participant: Participant) -> Result:
        """The result of a registration, for change; version 0 when nothing was entered yet."""
        ...

    async def read(self, participant: Participant) -> Result:
        """The same without locking it."""
        ...

    async def several(self, participants: Collection[Participant]) -> Mapping[UUID, Result]:
        """What `get` answers for each; locked in the order of their registrations."""
        ...

    async def of_edition(self, edition: UUID, *, lock: bool) -> Sequence[Result]:
        """All results that have been entered in an edition, by registration."""
        ...

    async def save(self, result: Result) -> None:
        """Keep its state, and its events with it; its version goes up by one.

        Raises StaleResult when somebody else entered a first result meanwhile.
        """
        ...


class CredentialDataStore(Protocol):
    """Credential data, each held by one unit of work at a time."""

    async def get(self, participant: Participant) -> CredentialData:
        """The data of a registration, for change; version 0 when nothing was confirmed yet."""
        ...

    async def read(self, participant: Participant) -> CredentialData:
        """The same without locking them."""
        ...

    async def several(self, participants: Collection[Participant]) -> Mapping[UUID, CredentialData]:
        """What `get` answers for each; locked in the order of their registrations."""
        ...

    async def of_edition(self, edition: UUID) -> Sequence[CredentialData]:
        """All that have been confirmed in an edition, by registration."""
        ...

    async def save(self, data: CredentialData) -> None:
        """Keep them, and their events with them; the version goes up by one.

        A European Student Identifier in them is from then on the person's, and one that none of
        the person's data name any more is nobody's. Raises StaleCredentialData when the learner
        confirmed them twice at the same time, StudentIdentifierTaken when the identifier is
        another person's.
        """
        ...


class Links(Protocol):
    """One-time links, by the hash of their token."""

    async def add(self, link: Link) -> None:
        """Keep a new link."""
        ...

    async def get(self, token_hash: str) -> Link:
        """Load one to open it; it is held until then. Raises LinkNotFound."""
        ...

    async def read(self, token_hash: str) -> Link:
        """Load one to look at it. Raises LinkNotFound."""
        ...

    async def save(self, link: Link) -> None:
        """Keep that it was opened, and its events."""
        ...

    async def forget(self, token_hash: str) -> None:
        """Remove one whose message could not be sent, if it is there and not opened."""
        ...

    async def sent_since(self, registration: UUID, since: datetime) -> int:
        """How many links were made for a registration since then."""
        ...

    async def confirmed_addresses(self, registrations: Collection[UUID]) -> dict[UUID, set[str]]:
        """The addresses of opened links, as keys (`folded_email`), by registration."""
        ...

    async def last_address_but(self, registration: UUID, address: str) -> str | None:
        """Where the latest link for a registration went that did not go to this address."""
        ...


class MailLog(Protocol):
    """Which messages have been handed over, so that repeating a job sends none twice."""

    async def knows(self, message: str) -> bool:
        """Whether the message with that id was handed over."""
        ...

    async def known(self, messages: Collection[str]) -> Collection[str]:
        """Those of them that were."""
        ...

    async def note(self, message: str, registration: UUID | None) -> None:
        """Note that it was; a second note changes nothing."""
        ...

    async def note_all(self, messages: Mapping[str, UUID | None]) -> None:
        """The same for several, each with its registration."""
        ...


class SessionTokens(Protocol):
    """Short sessions that a one-time link opens."""

    def issue(self, registration: UUID, address: str) -> tuple[str, int]:
        """A bearer token for that registration alone, while it has that address, and the seconds
        that it is good for."""
        ...


class ResultsWork(UnitOfWork, Protocol):
    """A unit of work of results."""

    @property
    def participants(self) -> Participants:
        """Editions and registrations, for reading."""
        ...

    @property
    def results(self) -> Results:
        """Results."""
        ...

    @property
    def credential_data(self) -> CredentialDataStore:
        """What learners confirmed for their credential."""
        ...

    @property
    def links(self) -> Links:
        """One-time links."""
        ...

    @property
    def mail_log(self) -> MailLog:
        """Which messages were handed over."""
        ...

    @property
    def micro_credentials(self) -> MicroCredentials:
        """Published micro-credentials."""
        ...
