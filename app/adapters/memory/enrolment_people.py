"""People who register, and officers' decisions on names, in memory."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.enrolment.errors import ChangedMeanwhile
from app.domain.enrolment.person import Identity, Person
from app.domain.enrolment.registration import Registration

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


class MemoryPersons:
    """See `app.domain.enrolment.ports.Persons`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._work = work
        self._persons: MemoryTable[UUID, Person] = work.table("person")

    async def get(self, person: UUID, *, hold: bool = False) -> Person:
        """One person."""
        if hold:
            await self._persons.lock(person)
        found = self._persons.get(person)
        if found is None:
            raise ChangedMeanwhile
        return found

    async def of(self, persons: Collection[UUID]) -> Mapping[UUID, Person]:
        """Several at once."""
        found = {person: self._persons.get(person) for person in persons}
        return {key: person for key, person in found.items() if person is not None}

    async def by_account(self, account: UUID, *, hold: bool = False) -> Person | None:
        """The person behind an account."""
        if hold:
            await self._work.lock("adding_person_of", account)
        return next((p for p in self._persons.values() if p.account == account), None)

    async def without_account(
        self, identities: Collection[Identity], *, hold: bool = False
    ) -> Mapping[Identity, Person]:
        """People who have no account, or whose account has that very address verified."""
        if hold:
            await self.hold()
        wanted = set(identities)
        found = [
            person
            for person in self._persons.values()
            if (person.account is None or person.email_verified)
            and not person.apart
            and person.identity in wanted
        ]
        found.sort(key=lambda person: (person.account is not None, person.id))
        return {person.identity: person for person in found}

    async def hold(self) -> None:
        """Let nobody be added without account or joined; see the port."""
        await self._work.lock("adding_people", None)

    async def by_email(self, email: str) -> Sequence[Person]:
        """People without account at a folded address."""
        found = (
            person
            for person in self._persons.values()
            if person.account is None and person.identity.email == email
        )
        return sorted(found, key=lambda person: person.id)

    async def add(self, persons: Sequence[Person]) -> None:
        """Keep new people."""
        await self.save(persons)

    async def save(self, persons: Sequence[Person]) -> None:
        """Keep what is known of them now."""
        for person in persons:
            self._persons.put(person.id, person)

    async def respell(self, persons: Sequence[Person]) -> None:
        """Keep how they write their name and address, and their country and language."""
        for person in sorted(persons, key=lambda p: p.id):
            await self._persons.lock(person.id)
            stored = self._persons.get(person.id)
            if stored is None or stored.account or stored.identity != person.identity:
                continue
            stored.full_name, stored.email = person.full_name, person.email
            stored.country, stored.language = person.country, person.language
            self._persons.put(stored.id, stored)

    async def join(self, gone: UUID, into: UUID, *, within: UUID | None = None) -> None:
        """Let everything that one registered for be the other's."""
        for person in sorted((gone, into)):
            await self._persons.lock(person)
        people = await self.of([gone, into])
        if within is None and people[into].country is None:
            people[into].country = people[gone].country
            await self.save([people[into]])
        registrations: MemoryTable[UUID, Registration] = self._work.table("registration")
        known = list(registrations.values())
        taken = {one.edition for one in known if one.person == into and one.is_live}
        for one in known:
            if within not in (None, one.edition):
                continue
            if one.person == gone and not (one.is_live and one.edition in taken):
                one.person = into
                one.version += 1
                registrations.put(one.id, one)
        if all(one.person != gone for one in registrations.values()):
            self._persons.delete(gone)


class MemoryExternalSpellings:
    """See `app.domain.enrolment.ports.ExternalSpellings`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._spellings: MemoryTable[str, str] = work.table("external_spelling")

    async def all(self) -> Mapping[str, str]:
        """Folded spelling to what it means."""
        return dict(self._spellings.items())

    async def remember(self, spelling: str, means: str) -> None:
        """Keep a decision on a folded spelling."""
        self._spellings.put(spelling, means)

    async def forget(self, spelling: str) -> None:
        """Take back the decision on a folded spelling."""
        self._spellings.delete(spelling)
