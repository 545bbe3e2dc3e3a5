"""Credentials that were kept together are told of together: one trouble is nobody else's."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app import reactions
from app.adapters.mail.memory import MemoryMailer
from app.adapters.postgres.outbox import PostgresOutbox, as_bytes, events_of
from app.domain.credentials.events import CredentialRevoked, CredentialSealed
from app.domain.credentials.status import Channel, Delivery, DeliveryState
from app.domain.ids import new_id
from app.domain.mail import MailRefused, MailUnavailable, Message
from app.running import OutsideUnavailable, WorkerFailed, react, react_to_all
from tests.api.results_api import CourseApi
from tests.api.results_api import course_api as course_api  # a fixture

TELL = "credentials.tell_credential"


@dataclass
class Post:
    """Takes messages, but for some addresses."""

    mailbox: MemoryMailer = field(default_factory=MemoryMailer)
    trouble: dict[str, Exception] = field(default_factory=dict)
    handed_over: list[str] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        if message.to in self.trouble:
            raise self.trouble[message.to]
        self.handed_over.append(message.id)
        await self.mailbox.send(message)


async def sealed(api: CourseApi, people: int) -> list[CredentialSealed]:
    """Credentials of so many people without an account, which were just kept."""
    edition, found = api.course.edition.id, []
    for number in range(people):
        path = await api.by_form(f"Learner {number}", address(number))
        found.append(CredentialSealed(new_id(), UUID(path.rpartition("/")[2]), edition))
    return found


def address(number: int) -> str:
    return f"learner-{number}@example.net"


async def states(api: CourseApi, events: list[CredentialSealed]) -> list[tuple[str, str | None]]:
    async with api.ports.reading() as work:
        found = [await work.credentials.deliveries(event.subject) for event in events]
    return [(one.state.value, one.code) for (one,) in found]


async def test_everybody_gets_a_message_of_their_own_and_it_is_noted_once(
    course_api: CourseApi,
) -> None:
    api, post = course_api, Post()
    events = await sealed(api, 3)
    ports = replace(api.ports, mailer=post)
    await react_to_all(TELL, events, ports)
    # A worker that died before it could say that it was done does it again.
    await react_to_all(TELL, events, ports)
    await react(TELL, events[0], ports)
    assert post.handed_over == [f"credential-{event.subject}" for event in events]
    assert [len(post.mailbox.to(address(number))) for number in range(3)] == [1, 1, 1]
    assert await states(api, events) == [("delivered", None)] * 3
    async with api.ports.reading() as work:
        assert [(await work.credentials.deliveries(e.subject))[0].attempts for e in events] == [
            1, 1, 1,
        ]  # fmt: skip


async def test_an_outage_half_way_is_noted_and_the_rest_is_told_when_it_is_over(
    course_api: CourseApi,
) -> None:
    api = course_api
    events = await sealed(api, 3)
    post = Post(trouble={address(1): MailUnavailable()})
    ports = replace(api.ports, mailer=post)
    with pytest.raises(OutsideUnavailable):
        await react_to_all(TELL, events, ports)
    assert await states(api, events) == [
        ("delivered", None),
        ("failed", "mail_unavailable"),
        ("delivered", None),
    ]
    post.trouble.clear()
    await react_to_all(TELL, events, ports)
    assert post.handed_over == [f"credential-{events[n].subject}" for n in (0, 2, 1)]
    assert await states(api, events) == [("delivered", None)] * 3


async def test_who_refuses_mail_and_whose_message_fails_keep_it_from_nobody(
    course_api: CourseApi,
) -> None:
    api = course_api
    events = await sealed(api, 3)
    post = Post(trouble={address(0): MailRefused("no such mailbox"), address(1): ValueError()})
    with pytest.raises(WorkerFailed):
        await react_to_all(TELL, events, replace(api.ports, mailer=post))
    assert post.handed_over == [f"credential-{events[2].subject}"]
    assert await states(api, [events[0], events[2]]) == [
        ("failed", "mail_refused"),
        ("delivered", None),
    ]
    async with api.ports.reading() as work:
        assert await work.credentials.deliveries(events[1].subject) == []
    # Done again, an address that refuses mail is not taken for one that a message came to.
    post.trouble = {}
    await react_to_all(TELL, events, replace(api.ports, mailer=post))
    assert await states(api, events) == [
        ("failed", "mail_refused"),
        ("delivered", None),
        ("delivered", None),
    ]


async def test_what_was_delivered_stays_so_when_several_are_noted(course_api: CourseApi) -> None:
    at = datetime(2026, 11, 25, tzinfo=UTC)
    one, other = new_id(), new_id()

    def noted(credential: UUID, state: DeliveryState) -> Delivery:
        return Delivery(credential, Channel.EMAIL, state, at)

    async with course_api.ports.system_work("test") as work:
        await work.credentials.note_deliveries(
            [noted(one, DeliveryState.DELIVERED), noted(other, DeliveryState.PENDING)]
        )
    async with course_api.ports.system_work("test") as work:
        await work.credentials.note_deliveries(
            [noted(one, DeliveryState.FAILED), noted(other, DeliveryState.FAILED)]
        )
    async with course_api.ports.reading() as work:
        found = [(await work.credentials.deliveries(c))[0] for c in (one, other)]
    assert [(d.state, d.attempts) for d in found] == [
        (DeliveryState.DELIVERED, 1),
        (DeliveryState.FAILED, 1),
    ]


def test_so_many_are_one_job_and_the_rest_another() -> None:
    outbox = PostgresOutbox(reactions.NAMES, reactions.TOGETHER)
    events = [CredentialSealed(new_id(), new_id(), new_id()) for _ in range(9)]
    revoked = CredentialRevoked(new_id(), new_id(), 3)
    payloads = outbox.payloads(*events[:4], revoked, *events[4:])
    # Those that are told of alone are written as ever.
    assert [events_of(told, reactions.EVENTS) for told in payloads] == [
        [revoked],
        events[:8],
        events[8:],
    ]
    assert [set(told) for told in payloads] == [
        {"reaction", "event", "fields", "trace_id"},
        {"reaction", "event", "several", "trace_id"},
        {"reaction", "event", "fields", "trace_id"},
    ]
    assert all(len(as_bytes(told)) < 4_000 for told in payloads)
