"""Results, credential data, links and the log of mail in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.enrolment.registration import Registration
from app.domain.results.credential_data import CredentialData
from app.domain.results.errors import (
    LinkNotFound,
    StaleCredentialData,
    StaleResult,
    StudentIdentifierTaken,
)
from app.domain.results.links import Link
from app.domain.results.ports import Participant
from app.domain.results.result import Result
from app.domain.vocabulary.text import folded_email

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


class MemoryResults:
    """See `app.domain.results.ports.Results`."""

    def __init__(self, work: "MemoryWork", results: "MemoryTable[UUID, Result]") -> None:
        self._work = work
        self._results = results

    async def get(self, participant: Participant) -> Result:
        """The result of a registration, for change."""
        await self._results.lock(participant.registration)
        return await self.read(participant)

    async def read(self, participant: Participant) -> Result:
        """The same without locking it."""
        found = self._results.get(participant.registration)
        return found or Result(participant.registration, participant.edition)

    async def several(self, participants: Collection[Participant]) -> Mapping[UUID, Result]:
        """What `get` answers for each; locked in the order of their registrations."""
        return {p.registration: await self.get(p) for p in in_order(participants)}

    async def of_edition(self, edition: UUID, *, lock: bool) -> Sequence[Result]:
        """All results that have been entered in an edition, by registration."""
        keys = sorted(key for key, result in self._results.items() if result.edition == edition)
        if lock:
            for key in keys:
                await self._results.lock(key)
        found = [self._results.get(key) for key in keys]
        return [result for result in found if result is not None]

    async def save(self, result: Result) -> None:
        """Keep its state and events. Raises StaleResult."""
        await self._results.lock(result.registration)
        kept = self._results.get(result.registration)
        if (kept.version if kept else 0) != result.version:
            raise StaleResult(kept.version if kept else 0)
        result.version += 1
        await self._work.outbox.put(*result.take_events())
        self._results.put(result.registration, result)


class MemoryCredentialData:
    """See `app.domain.results.ports.CredentialDataStore`."""

    def __init__(self, work: "MemoryWork", data: "MemoryTable[UUID, CredentialData]") -> None:
        self._work = work
        self._data = data

    async def get(self, participant: Participant) -> CredentialData:
        """The data of a registration, for change."""
        await self._data.lock(participant.registration)
        return await self.read(participant)

    async def read(self, participant: Participant) -> CredentialData:
        """The same without locking them."""
        found = self._data.get(participant.registration)
        return found or CredentialData(participant.registration, participant.edition)

    async def several(self, participants: Collection[Participant]) -> Mapping[UUID, CredentialData]:
        """What `get` answers for each; locked in the order of their registrations."""
        return {p.registration: await self.get(p) for p in in_order(participants)}

    async def of_edition(self, edition: UUID) -> Sequence[CredentialData]:
        """All that have been confirmed in an edition, by registration."""
        found = (data for data in self._data.values() if data.edition == edition)
        return sorted(found, key=lambda data: data.registration)

    async def save(self, data: CredentialData) -> None:
        """See the port. Raises StaleCredentialData, StudentIdentifierTaken."""
        await self._data.lock(data.registration)
        kept = self._data.get(data.registration)
        if (kept.version if kept else 0) != data.version:
            raise StaleCredentialData(kept.version if kept else 0)
        await self._claim(data)
        data.version += 1
        await self._work.outbox.put(*data.take_events())
        self._data.put(data.registration, data)
        self._release(self._person(data.registration))

    async def _claim(self, data: CredentialData) -> None:
        """Let the European Student Identifier in it be its person's."""
        identifier = data.european_identifier
        if identifier is None:
            return
        held: MemoryTable[str, UUID] = self._work.table("student_identifier")
        await held.lock(identifier)
        holder = held.get(identifier)
        if holder is None:
            held.put(identifier, data.registration)
        elif self._person(holder) != self._person(data.registration):
            raise StudentIdentifierTaken

    def _release(self, person: UUID | None) -> None:
        """Give up what none of the person's data name any more."""
        if person is None:
            return
        named = {
            data.european_identifier
            for data in self._data.values()
            if self._person(data.registration) == person
        }
        held: MemoryTable[str, UUID] = self._work.table("student_identifier")
        for identifier, registration in held.items():
            if identifier not in named and self._person(registration) == person:
                held.delete(identifier)

    def _person(self, registration: UUID) -> UUID | None:
        registrations: MemoryTable[UUID, Registration] = self._work.table("registration")
        found = registrations.get(registration)
        return None if found is None else found.person


class MemoryLinks:
    """See `app.domain.results.ports.Links`."""

    def __init__(self, work: "MemoryWork", links: "MemoryTable[str, Link]") -> None:
        self._work = work
        self._links = links

    async def add(self, link: Link) -> None:
        """Keep a new link."""
        await self._work.outbox.put(*link.take_events())
        self._links.put(link.token_hash, link)

    async def get(self, token_hash: str) -> Link:
        """Load one to open it. Raises LinkNotFound."""
        await self._links.lock(token_hash)
        return await self.read(token_hash)

    async def read(self, token_hash: str) -> Link:
        """Load one to look at it. Raises LinkNotFound."""
        found = self._links.get(token_hash)
        if found is None:
            raise LinkNotFound
        return found

    async def save(self, link: Link) -> None:
        """Keep that it was opened, and its events."""
        await self._work.outbox.put(*link.take_events())
        self._links.put(link.token_hash, link)

    async def forget(self, token_hash: str) -> None:
        """Remove one whose message could not be sent, if it is there and not opened."""
        found = self._links.get(token_hash)
        if found is not None and found.opened_at is None:
            self._links.delete(token_hash)

    async def sent_since(self, registration: UUID, since: datetime) -> int:
        """How many links were made for a registration since then."""
        return sum(
            link.registration == registration and link.created_at >= since
            for link in self._links.values()
        )

    async def confirmed_addresses(self, registrations: Collection[UUID]) -> dict[UUID, set[str]]:
        """The addresses of opened links, in lower case, by registration."""
        found: dict[UUID, set[str]] = {}
        for link in self._links.values():
            if link.registration in registrations and link.opened_at is not None:
                found.setdefault(link.registration, set()).add(folded_email(link.address))
        return found

    async def last_address_but(self, registration: UUID, address: str) -> str | None:
        """Where the latest link went that did not go to this address."""
        others = self._links.where(
            lambda link: (
                link.registration == registration
                and folded_email(link.address) != folded_email(address)
            )
        )
        latest = max(others, key=lambda link: link.id, default=None)
        return None if latest is None else latest.address


class MemoryMailLog:
    """See `app.domain.results.ports.MailLog`."""

    def __init__(
        self, work: "MemoryWork", messages: "MemoryTable[str, tuple[UUID | None, datetime]]"
    ) -> None:
        self._work = work
        self._messages = messages

    async def knows(self, message: str) -> bool:
        """Whether the message with that id was handed over."""
        return self._messages.get(message) is not None

    async def note(self, message: str, registration: UUID | None) -> None:
        """Note that it was."""
        if self._messages.get(message) is None:
            self._messages.put(message, (registration, self._work.clock.now()))

    async def known(self, messages: Collection[str]) -> Collection[str]:
        """Those of them that were."""
        return {message for message in messages if await self.knows(message)}

    async def note_all(self, messages: Mapping[str, UUID | None]) -> None:
        """The same for several, each with its registration."""
        for message, registration in messages.items():
            await self.note(message, registration)


def in_order(participants: Collection[Participant]) -> Sequence[Participant]:
    """The order in which everybody locks several."""
    return sorted(participants, key=lambda participant: participant.registration)
