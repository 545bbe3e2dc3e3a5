"""Messages that mail could not take for days say nothing that has ceased to be true."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.enrolment.events import PlaceGiven, Promoted, PutOnWaitingList
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.mail import MailUnavailable, Message
from app.running import OutsideUnavailable, react
from tests.api.results_api import CourseApi
from tests.api.results_api import course_api as course_api  # a fixture


async def subjects(api: CourseApi, person: str, state: State) -> list[str]:
    """What somebody in a state hears of all that happened to them before, told only now."""
    path = await api.learner(person, state=state)
    registration, edition = UUID(path.rpartition("/")[2]), api.course.edition.id
    waiting = PutOnWaitingList(registration, edition, Reason.FULL)
    await react("results.tell_waiting", waiting, api.ports)
    await react("results.tell_promoted", Promoted(registration, edition), api.ports)
    return [message.id.partition("-")[0] for message in api.mailbox(f"{person}@example.org")]


async def test_who_has_cancelled_is_not_told_of_a_place(course_api: CourseApi) -> None:
    api = course_api
    assert await subjects(api, "learner-1", State.CANCELLED) == []
    path = await api.learner("learner-4", state=State.CANCELLED)
    given = PlaceGiven(UUID(path.rpartition("/")[2]), api.course.edition.id, Reason.IN_ORDER)
    await react("results.tell_place", given, api.ports)
    assert api.mailbox("learner-4@example.org") == []


async def test_who_was_promoted_meanwhile_is_not_told_to_wait(course_api: CourseApi) -> None:
    assert await subjects(course_api, "learner-2", State.PLACED) == ["promoted"]


async def test_who_waits_is_told_so(course_api: CourseApi) -> None:
    assert await subjects(course_api, "learner-3", State.WAITING) == ["waiting"]


class Down:
    """A mail server that is down."""

    async def send(self, message: Message) -> None:
        raise MailUnavailable


async def test_tries_while_mail_is_down_leave_no_links_that_nobody_has(
    course_api: CourseApi,
) -> None:
    """They would count among those of the hour, so that the one to send in the end is not sent."""
    api = course_api
    path = await api.by_form("Noa", "noa@example.org")
    registration = UUID(path.rpartition("/")[2])
    given = PlaceGiven(registration, api.course.edition.id, Reason.IN_ORDER)
    for _ in range(3):
        with pytest.raises(OutsideUnavailable):
            await react("results.tell_place", given, replace(api.ports, mailer=Down()))
    assert await links_of(api, registration) == 0
    await react("results.tell_place", given, api.ports)
    assert await links_of(api, registration) == 1


async def links_of(api: CourseApi, registration: UUID) -> int:
    async with api.ports.reading() as work:
        return await work.links.sent_since(registration, api.clock.now() - timedelta(hours=1))
