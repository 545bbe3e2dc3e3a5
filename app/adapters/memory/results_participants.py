"""Editions and registrations as results see them, read through enrolment's own repositories."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.enrolment import errors as enrolment
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.results.errors import EditionNotFound, RegistrationNotFound
from app.domain.results.ports import LIVE, TAKES_PART, EditionFacts, Participant
from app.domain.vocabulary.text import folded_email

if TYPE_CHECKING:
    from app.domain.enrolment.ports import EnrolmentWork


class MemoryParticipants:
    """See `app.domain.results.ports.Participants`."""

    def __init__(self, work: "EnrolmentWork") -> None:
        self._work = work

    async def edition(self, edition: UUID) -> EditionFacts:
        """One edition. Raises EditionNotFound."""
        try:
            found = await self._work.editions.read(edition)
        except enrolment.EditionNotFound:
            raise EditionNotFound(edition) from None
        return EditionFacts(
            id=found.id,
            code=found.code,
            title=found.title,
            proposal=found.proposal,
            proposal_version=found.proposal_version,
            organiser=found.organiser,
            awarding=found.awarding,
            partners=found.partners,
            state=found.state.value,
            start=found.start,
            end=found.end,
            contact_email=found.contact_email,
            time_zone=found.window.time_zone,
            is_binding=found.is_binding,
            issuer=found.issuer,
        )

    async def of_edition(self, edition: UUID) -> Sequence[Participant]:
        """Everybody who takes part, by registration. Raises EditionNotFound."""
        await self.edition(edition)
        found = await self._in_states(edition, TAKES_PART)
        return sorted(found, key=lambda participant: participant.registration)

    async def get(self, registration: UUID) -> Participant:
        """One registration, whatever its state. Raises RegistrationNotFound."""
        try:
            found = await self._work.registrations.read(registration)
        except enrolment.RegistrationNotFound:
            raise RegistrationNotFound(registration) from None
        [participant] = await self._people([found])
        return participant

    async def several(self, registrations: Collection[UUID]) -> Mapping[UUID, Participant]:
        """Those of them that there are, whatever their state."""
        found = {}
        for registration in registrations:
            with suppress(RegistrationNotFound):
                found[registration] = await self.get(registration)
        return found

    async def instead_of(self, registration: UUID) -> Participant | None:
        """The live registration of the same person, where this one was taken back."""
        before = await self._work.registrations.read(registration)
        if before.reason is not Reason.IMPORT_TAKEN_BACK:
            return None
        found = await self._work.registrations.live_of(before.edition, before.person)
        return None if found is None else await self.get(found.id)

    async def with_address(self, edition: UUID, email: str) -> Sequence[Participant]:
        """Live registrations in that edition with that address, which no provider verified."""
        found = (
            participant
            for participant in await self._in_states(edition, LIVE)
            if (participant.account is None or not participant.email_verified)
            and folded_email(participant.email) == folded_email(email)
        )
        return sorted(found, key=lambda participant: participant.registration)

    async def held_by(self, account: UUID) -> Collection[UUID]:
        """The registrations of the person with this account."""
        person = await self._work.persons.by_account(account)
        if person is None:
            return set()
        return {found.id for found in await self._work.registrations.of_persons([person.id])}

    async def _in_states(self, edition: UUID, states: Collection[str]) -> Sequence[Participant]:
        wanted = [State(state) for state in sorted(states)]
        found = await self._work.registrations.page(
            edition, buckets=None, states=wanted, after=None, limit=1_000_000
        )
        return await self._people(found)

    async def _people(self, found: Sequence[Registration]) -> list[Participant]:
        people = await self._work.persons.of({one.person for one in found})
        return [
            Participant(
                registration=one.id,
                edition=one.edition,
                state=one.state.value,
                institution=one.bucket,
                account=people[one.person].account,
                full_name=people[one.person].full_name,
                email=people[one.person].email,
                email_verified=people[one.person].email_verified,
                language=people[one.person].language,
                wanted_email=people[one.person].wanted_email,
            )
            for one in found
        ]
