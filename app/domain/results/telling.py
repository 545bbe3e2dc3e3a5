"""Telling people what happened to their registration, once each, in the language they read.

People without an account get a link with every message, since it is the only way for them to act;
so do those whose provider has not verified the address that they stated, until they open one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

from app.domain.clock import Clock
from app.domain.errors import DomainError, Unavailable
from app.domain.mail import Mailer, MailRefused, MailUnavailable, Message
from app.domain.messages import Value, compose
from app.domain.results.errors import RegistrationNotFound
from app.domain.results.links import token_hash
from app.domain.results.policy import ResultsPolicy
from app.domain.results.ports import EditionFacts, Participant, ResultsWork
from app.domain.results.use_cases.links import make_link
from app.domain.retention.erased import is_erased
from app.domain.vocabulary.text import in_language

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class House:
    """Who writes, and where people find us."""

    alliance: str
    site: str
    """Address of the service, without a slash at the end."""
    link_page: str
    """Address to which the token of a one-time link is appended after a slash."""


@dataclass(frozen=True)
class Telling:
    """A message that is to be written to the person of a registration."""

    kind: str
    registration: UUID
    message_id: str
    values: Mapping[str, Value] = field(default_factory=dict)


W = TypeVar("W", bound=ResultsWork)
Became = bool | DomainError
"""Whether a message was taken; the error that may be over the next time."""
Along = Callable[[W, Mapping[str, Became]], Awaitable[None]]
"""What else to note when it is known what became of messages, by their ids."""


@dataclass(frozen=True)
class Teller(Generic[W]):
    """Composes messages and hands them over; a message that was handed over is not sent again."""

    work: Callable[[], W]
    """A fresh unit of work each time: nothing outside is asked within one."""
    looking: Callable[[], W]
    """The same for what is only looked at."""
    mailer: Mailer
    clock: Clock
    policy: ResultsPolicy
    house: House = field(repr=False)

    async def tell(
        self,
        kind: str,
        registration: UUID,
        message_id: str,
        values: Mapping[str, Value] | None = None,
    ) -> bool:
        """Write to the person of a registration; whether the message was taken, now or before.

        Raises MailUnavailable, so that it is tried again later. An address that refuses mail for
        good is given up; the registration is logged, never the address. Nobody writes to somebody
        whose address has been erased.
        """
        found = await self._person(registration, message_id)
        if found is None:
            return True
        participant, edition = found
        if is_erased(participant.email):
            return False
        telling = Telling(kind, registration, message_id, values or {})
        message, token = await self._composed(telling, participant, edition)
        return await self._send(message, registration, token)

    async def tell_all(self, tellings: Sequence[Telling], along: "Along[W]") -> None:
        """The same for several people at the same time, looked up and noted together.

        `along` is told in the transaction that notes the messages what became of each that is new:
        of one that is known it was told then, and nobody knows any more whether it was taken. What
        keeps one of them from being told is nobody else's trouble, and is raised when the others
        have been noted: MailUnavailable before anything else.
        """
        async with self.looking() as work:
            known = await work.mail_log.known([one.message_id for one in tellings])
            people = await work.participants.several([one.registration for one in tellings])
            editions = {
                edition: await work.participants.edition(edition)
                for edition in {person.edition for person in people.values()}
            }
        handed_over: dict[str, UUID | None] = {}

        async def told(one: Telling) -> bool:
            person = people.get(one.registration)
            if person is None:
                raise RegistrationNotFound(one.registration)
            if is_erased(person.email):
                return False
            message, token = await self._composed(one, person, editions[person.edition])
            taken = await self._handed_over(message, one.registration, token)
            handed_over[message.id] = one.registration
            return taken

        new = [one for one in tellings if one.message_id not in known]
        found = await asyncio.gather(*map(told, new), return_exceptions=True)
        became = {
            one.message_id: outcome
            for one, outcome in zip(new, found, strict=True)
            if isinstance(outcome, (bool, DomainError))
        }
        async with self.work() as work:
            await work.mail_log.note_all(handed_over)
            await along(work, became)
        errors = [outcome for outcome in found if isinstance(outcome, BaseException)]
        errors.sort(key=lambda error: not isinstance(error, Unavailable))
        if errors:
            raise errors[0]

    async def _composed(
        self, telling: Telling, participant: Participant, edition: EditionFacts
    ) -> tuple[Message, str]:
        """A message, and the token of the link in it, if there is one."""
        told = self._values(edition, participant.language) | dict(telling.values)
        by_link = participant.account is None or not participant.email_verified
        token = await self._link(telling.registration, participant.email) if by_link else ""
        if token:
            told |= self._way_of(token)
        message = compose(
            telling.kind,
            id=telling.message_id,
            to=participant.email,
            name=participant.full_name,
            language=participant.language,
            zone=edition.time_zone,
            values=told,
            link=by_link,
            account=not by_link,
        )
        return message, token

    async def tell_wanted_address(self, kind: str, registration: UUID, message_id: str) -> None:
        """Write, with a link, to the address that a registration's person wants, if they still do.

        It names nobody: the address may not be theirs.
        """
        found = await self._person(registration, message_id)
        if found is None or found[0].wanted_email is None:
            return
        participant, edition = found
        wanted = found[0].wanted_email
        token = await self._link(registration, wanted)
        message = self._plain(kind, message_id, wanted, participant, edition, token)
        await self._send(message, registration, token)

    async def tell_plainly(self, kind: str, registration: UUID, message_id: str) -> None:
        """Write to the person of a registration without a link and without a name."""
        found = await self._person(registration, message_id)
        if found is None or is_erased(found[0].email):
            return
        participant, edition = found
        await self._send(
            self._plain(kind, message_id, participant.email, participant, edition), registration
        )

    async def _link(self, registration: UUID, address: str) -> str:
        return await make_link(
            registration, work=self.work(), clock=self.clock, policy=self.policy, address=address
        )

    def _way_of(self, token: str) -> dict[str, Value]:
        return {
            "link": f"{self.house.link_page}/{token}",
            "until": self.clock.now() + self.policy.link_valid_for,
        }

    def _plain(
        self,
        kind: str,
        message_id: str,
        to: str,
        participant: Participant,
        edition: EditionFacts,
        token: str = "",
    ) -> Message:
        """To somebody who is not named, with a link where there is a token of one."""
        way = self._way_of(token) if token else {}
        return compose(
            kind,
            id=message_id,
            to=to,
            name="",
            language=participant.language,
            zone=edition.time_zone,
            values=self._values(edition, participant.language) | way,
            link=bool(token),
        )

    async def tell_contact(
        self, kind: str, registration: UUID, message_id: str, values: Mapping[str, Value]
    ) -> None:
        """Write to the contact address of a registration's edition, without naming anybody."""
        found = await self._person(registration, message_id)
        if found is None:
            return
        _, edition = found
        message = compose(
            kind,
            id=message_id,
            to=edition.contact_email,
            name="",
            language="en",
            zone=edition.time_zone,
            values=self._values(edition, "en") | dict(values),
            account=True,
        )
        await self._send(message, registration)

    async def tell_left_address(self, kind: str, registration: UUID, message_id: str) -> None:
        """Write to the address that a registration had before, if we ever wrote there.

        It names nobody: the address may never have been the person's.
        """
        found = await self._person(registration, message_id)
        if found is None:
            return
        participant, edition = found
        async with self.work() as work:
            left = await work.links.last_address_but(registration, participant.email)
        if left is None or is_erased(left):
            return
        message = self._plain(kind, message_id, left, participant, edition)
        await self._send(message, registration)

    async def tell_joined(self, kind: str, registration: UUID, message_id: str) -> None:
        """Write to the address that a registration had before it was put together with another,
        else to its person's, if we ever wrote of it. It names nobody."""
        async with self.looking() as work:
            wrote = await work.links.last_address_but(registration, "")
        if wrote is None or is_erased(wrote):
            return
        found = await self._person(registration, message_id)
        if found is None:
            return
        await self._send(self._plain(kind, message_id, wrote, *found), registration)

    async def _person(
        self, registration: UUID, message_id: str
    ) -> tuple[Participant, EditionFacts] | None:
        """Whom it is for; None when the message was handed over already."""
        async with self.looking() as work:
            if await work.mail_log.knows(message_id):
                return None
            participant = await work.participants.get(registration)
            return participant, await work.participants.edition(participant.edition)

    def _values(self, edition: EditionFacts, language: str) -> dict[str, Value]:
        return {
            "title": in_language(edition.title, language.partition("-")[0]),
            "code": edition.code,
            "start": edition.start,
            "end": edition.end,
            "contact": edition.contact_email,
            "alliance": self.house.alliance,
            "site": self.house.site,
        }

    async def _send(self, message: Message, registration: UUID, token: str = "") -> bool:
        taken = await self._handed_over(message, registration, token)
        async with self.work() as work:
            await work.mail_log.note(message.id, registration)
        return taken

    async def _handed_over(self, message: Message, registration: UUID, token: str) -> bool:
        """Whether the message was taken. Raises MailUnavailable."""
        try:
            await self.mailer.send(message)
        except MailUnavailable:
            # Nobody has the link, and it must not count among those sent within the hour.
            if token:
                async with self.work() as work:
                    await work.links.forget(token_hash(token))
            raise
        except MailRefused as refused:
            log.warning("mail to registration %s given up: %s", registration, refused)
            return False
        return True
