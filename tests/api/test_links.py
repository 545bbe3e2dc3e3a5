"""What learners are told, and the links that those without an account act through."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.domain.enrolment import events as enrolment
from app.domain.enrolment.edition import Mode
from app.domain.enrolment.registration import State
from app.domain.events import Event
from app.domain.results.events import LinkRequested
from app.domain.results.policy import ResultsPolicy
from tests.api.results_api import CourseApi
from tests.api.results_api import course_api as course_api  # a fixture

ANA = "ana@example.org"


async def happen(api: CourseApi, *events: Event) -> None:
    """Enrolment tells of something, and everybody who reacts has reacted."""
    async with api.course.work() as work:
        await work.outbox.put(*events)
    await api.drain()


def token_in(text: str) -> str:
    found = re.search(r"/v1/links/([A-Za-z0-9_-]{43})\b", text)
    assert found is not None, text
    return found[1]


def registration_in(path: str) -> UUID:
    return UUID(path.rsplit("/", 1)[1])


async def with_session(
    api: CourseApi, session: httpx.Response, method: str, path: str, **more: Any
) -> httpx.Response:
    bearer = f"Bearer {session.json()['access_token']}"
    return await api.http.request(
        method, path, headers={"Authorization": bearer, **more.pop("headers", {})}, **more
    )


async def test_who_came_by_form_acts_through_the_link_in_their_mail(course_api: CourseApi) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA, language="es")
    await happen(
        api, enrolment.PlaceGiven(registration_in(path), api.course.edition.id, "in_order")
    )
    [mail] = api.mailbox(ANA)
    assert mail.language == "es"
    assert mail.subject == "Tienes plaza: Microcredenciales conjuntas"
    assert mail.text.startswith("Hola, Ana Núñez:\n\n")
    link = f"/v1/links/{token_in(mail.text)}"

    for _ in range(2):
        looked = await api(None, "GET", link)
        assert (looked.json()["state"], looked.headers["cache-control"]) == (
            "valid",
            "private, no-store",
        )
        assert "Ana" not in looked.text
        assert looked.headers["referrer-policy"] == "no-referrer"
    session = await api(None, "POST", f"{link}/open")
    assert session.status_code == 200
    assert session.json()["registration"] == str(registration_in(path))
    again = await api(None, "POST", f"{link}/open")
    assert (again.status_code, again.json()["code"]) == (409, "link_no_longer_valid")

    await api.record(path)
    seen = await with_session(api, session, "GET", f"{path}/result")
    accepted = await with_session(
        api, session, "POST", f"{path}/result/accept", headers={"If-Match": seen.headers["etag"]}
    )
    assert accepted.status_code == 200
    stated = await with_session(
        api,
        session,
        "PUT",
        f"{path}/credential-data",
        headers={"If-Match": '"0"'},
        json={"full_name": "Ana Núñez", "birth_date": "1990-05-17"},
    )
    assert stated.status_code == 200
    other = await api.by_form("Ben", "ben@example.org")
    foreign = await with_session(api, session, "GET", f"{other}/result")
    assert foreign.status_code == 404
    await api.record(other)
    assert (await api.confirm()).json() == {"confirmed": 2}
    async with api.course.work() as work:
        ready, not_ready = await work.awards.of_edition(api.course.edition.id)
    assert [award.holder.full_name for award in ready] == ["Ana Núñez"]
    assert [waits.reasons for waits in not_ready] == [
        ("objection_window_open", "credential_data_missing", "email_not_confirmed")
    ]


async def test_an_address_that_an_officer_leaves_is_told_so_and_its_session_ends(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    await happen(
        api, enrolment.PlaceGiven(registration_in(path), api.course.edition.id, "in_order")
    )
    [placed] = api.mailbox(ANA)
    session = await api(None, "POST", f"/v1/links/{token_in(placed.text)}/open")
    seen = await api("elena-oviedo", "GET", path)
    mended = await api(
        "elena-oviedo", "PATCH", path, json={"email": "ana.nunez@example.org"},
        if_match=seen.headers["etag"],
    )  # fmt: skip
    assert mended.status_code == 200, mended.text
    await api.drain()
    [_, told] = api.mailbox(ANA)
    assert told.subject.startswith("The address of a registration has changed: ")
    assert "ana.nunez" not in told.text
    assert "/v1/links/" not in told.text
    ended = await with_session(api, session, "GET", path)
    assert (ended.status_code, ended.json()["code"]) == (401, "not_authenticated")


async def test_the_session_that_a_link_opens_is_kept_for_no_repetition(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    await happen(
        api, enrolment.PlaceGiven(registration_in(path), api.course.edition.id, "in_order")
    )
    link = f"/v1/links/{token_in(api.mailbox(ANA)[0].text)}/open"
    answers = [await api(None, "POST", link, idempotency_key="1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]


async def test_a_received_registration_promises_nothing(course_api: CourseApi) -> None:
    api = course_api
    async with api.course.work() as work:
        edition = await work.editions.get(api.course.edition.id)
        edition.mode = Mode.PROVISIONAL
        await work.editions.save(edition)
    path = await api.by_form("Ana Núñez", ANA, state=State.WAITING)
    received = enrolment.RegistrationReceived(registration_in(path), api.course.edition.id)
    await happen(api, received)
    [mail] = api.mailbox(ANA)
    assert mail.subject.startswith("Your registration has arrived")
    assert "This is not a place yet." in mail.text
    token_in(mail.text)
    await happen(api, received)
    assert len(api.mailbox(ANA)) == 1


async def test_where_places_are_given_at_once_only_what_was_decided_is_told(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    registration, edition = registration_in(path), api.course.edition.id
    await happen(
        api,
        enrolment.RegistrationReceived(registration, edition),
        enrolment.PlaceGiven(registration, edition, "in_order"),
    )
    assert [mail.subject.partition(":")[0] for mail in api.mailbox(ANA)] == ["You have a place"]


@pytest.mark.parametrize(
    ("event", "subject", "says"),
    [
        (enrolment.PutOnWaitingList, "You are on the waiting list", "All places are taken"),
        (enrolment.RegistrationRejected, "Your registration has ended", "partner institutions"),
    ],
)
async def test_people_are_told_why(
    course_api: CourseApi, event: Any, subject: str, says: str
) -> None:
    api = course_api
    waits = event is enrolment.PutOnWaitingList
    path = await api.learner("learner-1", state=State.WAITING if waits else State.PLACED)
    registration, edition = registration_in(path), api.course.edition.id
    await happen(api, event(registration, edition, "full" if waits else "not_admitted"))
    [mail] = api.mailbox("learner-1@example.org")
    assert mail.subject.startswith(subject)
    assert says in mail.text
    # Their provider has not verified the address: opening the link does, and then signing in is
    # enough.
    assert (await api(None, "POST", f"/v1/links/{token_in(mail.text)}/open")).status_code == 200
    await api.drain()
    then = enrolment.PutOnWaitingList(registration, edition, "reserved")
    await happen(api, then if waits else enrolment.Promoted(registration, edition))
    [_, mail] = api.mailbox("learner-1@example.org")
    assert "Sign in with your account" in mail.text
    assert "/v1/links/" not in mail.text


async def test_the_address_of_a_merged_double_hears_once_that_nothing_is_to_be_done(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    edition = api.course.edition.id
    await happen(api, enrolment.RegistrationReceived(registration_in(path), edition))
    await happen(api, enrolment.Promoted(registration_in(path), edition))
    before = len(api.mailbox(ANA))
    merged = enrolment.RegistrationCancelled(registration_in(path), edition, "cancelled", "merged")
    await happen(api, merged)
    await happen(api, merged)
    [mail] = api.mailbox(ANA)[before:]
    assert mail.subject.startswith("Your registrations were put together")
    assert "nothing that you need to do" in mail.text
    assert "Ana" not in mail.text
    assert "/v1/links/" not in mail.text


async def test_a_double_that_nobody_was_told_of_is_told_nothing_when_it_is_merged(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    for reason in ("merged", "import_taken_back"):
        await happen(
            api,
            enrolment.RegistrationCancelled(
                registration_in(path), api.course.edition.id, "cancelled", reason
            ),
        )
    assert api.mailbox(ANA) == []


async def test_learners_hear_of_their_result_and_until_when_they_can_object(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    await api.record(path, "4")
    await api.drain()
    await api.record(path, "4", if_match='"1"')
    await api.drain()
    await api.record(path, "5", if_match='"1"')
    await api.drain()
    await api.confirm()
    await api.drain()
    mails = api.mailbox(ANA)
    assert [mail.subject.partition(":")[0] for mail in mails] == [
        "Your result can be seen",
        "Your result can be seen",
        "Your result is confirmed",
    ]
    assert "until 8 March 2027, 10:00 (CET)" in mails[-1].text
    assert all(grade not in "".join(m.text for m in mails) for grade in ("4.", " 5 "))


async def test_an_objection_reaches_the_contact_without_a_name_and_the_decision_the_learner(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.learner("learner-1")
    await api.record(path, "4")
    await api(
        "learner-1",
        "POST",
        f"{path}/result/object",
        json={"reason": "Not counted."},
        if_match='"1"',
    )
    await api.drain()
    [to_contact] = api.mailbox("micro@example.org")
    assert str(registration_in(path)) in to_contact.text
    assert "learner-1" not in to_contact.text
    assert "Not counted" not in to_contact.text
    await api(
        "rosa-oviedo",
        "POST",
        f"{path}/result/objection/decide",
        json={"decision": "rejected", "answer": "It was."},
        if_match='"2"',
    )
    await api.drain()
    decided = api.mailbox("learner-1@example.org")[-1]
    assert decided.subject.startswith("Your objection has been decided")
    assert "the result stands" in decided.text


async def ask(api: CourseApi, email: str, edition: object = None) -> httpx.Response:
    body = {"edition": str(edition or api.course.edition.id), "email": email}
    answer = await api(None, "POST", "/v1/links", json=body)
    await api.drain()
    return answer


async def test_a_link_can_be_had_anew_and_asking_tells_nothing(course_api: CourseApi) -> None:
    api = course_api
    await api.by_form("Ana Núñez", ANA)
    await api.learner("learner-1")
    answers = [
        await ask(api, "ANA@example.org "),
        await ask(api, "nobody@example.org"),
        await ask(api, "learner-1@example.org"),
        await ask(api, ANA, uuid4()),
        await ask(api, "not an address"),
    ]
    assert {(a.status_code, a.text) for a in answers} == {(202, answers[0].text)}
    [mail] = api.mailbox(ANA)
    assert mail.subject.startswith("Your new link")
    assert (await api(None, "POST", f"/v1/links/{token_in(mail.text)}/open")).status_code == 200
    # Whose provider has not verified the address gets one as well.
    assert [mail.to for mail in api.mailbox("learner-1@example.org")] == ["learner-1@example.org"]


async def test_nobodys_mailbox_is_flooded(course_api: CourseApi) -> None:
    api = course_api
    await api.by_form("Ana Núñez", ANA)
    for _ in range(20):
        assert (await ask(api, ANA)).status_code == 202
    assert len(api.mailbox(ANA)) == 12
    api.clock.move(timedelta(hours=1, seconds=1))
    await ask(api, ANA)
    assert len(api.mailbox(ANA)) == 13


async def test_a_burst_of_requests_sends_no_more_either(course_api: CourseApi) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    await happen(
        api,
        *(LinkRequested(registration_in(path), api.course.edition.id, uuid4()) for _ in range(20)),
    )
    assert len(api.mailbox(ANA)) == 12


async def test_an_invented_link_is_not_found(course_api: CourseApi) -> None:
    for method, path in (("GET", "/v1/links/invented"), ("POST", "/v1/links/invented/open")):
        answer = await course_api(None, method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "link_not_found")


async def test_opening_by_get_is_impossible(course_api: CourseApi) -> None:
    assert (await course_api(None, "GET", "/v1/links/x/open")).status_code == 405


async def test_an_address_that_refuses_mail_stops_nobody(
    course_api: CourseApi, caplog: pytest.LogCaptureFixture
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", "not an address")
    await happen(
        api, enrolment.PlaceGiven(registration_in(path), api.course.edition.id, "in_order")
    )
    assert str(registration_in(path)) in caplog.text
    assert "not an address" not in caplog.text


async def test_a_new_address_is_confirmed_by_its_own_link_and_the_old_one_is_told(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    registration = registration_in(path)
    await happen(api, enrolment.PlaceGiven(registration, api.course.edition.id, "in_order"))
    [placed] = api.mailbox(ANA)
    old = await api(None, "POST", f"/v1/links/{token_in(placed.text)}/open")
    await api.drain()
    seen = await with_session(api, old, "GET", path)
    new = "ana@new.example"
    asked = await with_session(
        api, old, "PATCH", path, headers={"If-Match": seen.headers["etag"]}, json={"email": new}
    )
    assert asked.status_code == 200
    person = asked.json()["person"]
    assert (person["email"], person["email_verified"], person["wanted_email"]) == (ANA, True, new)
    await api.drain()
    assert [mail.subject.partition(":")[0] for mail in api.mailbox(ANA)] == [
        "You have a place", "Another address is asked for",
    ]  # fmt: skip
    assert "/v1/links/" not in api.mailbox(ANA)[-1].text
    [link] = api.mailbox(new)
    assert link.subject.startswith("Please confirm your address")
    assert "Ana" not in link.text
    opened = await api(None, "POST", f"/v1/links/{token_in(link.text)}/open")
    # At once, and after the change has been noted.
    for _ in range(2):
        assert (await with_session(api, opened, "GET", path)).status_code == 200
        await api.drain()
    person = (await with_session(api, opened, "GET", path)).json()["person"]
    assert (person["email"], person["email_verified"], person["wanted_email"]) == (new, True, None)
    assert (await with_session(api, old, "GET", path)).status_code == 401


async def test_strangers_are_not_written_to_more_often_than_links_may_be_sent(
    course_api: CourseApi,
) -> None:
    api = course_api
    path = await api.by_form("Ana Núñez", ANA)
    await happen(
        api, enrolment.PlaceGiven(registration_in(path), api.course.edition.id, "in_order")
    )
    [placed] = api.mailbox(ANA)
    session = await api(None, "POST", f"/v1/links/{token_in(placed.text)}/open")
    for number in range(14):
        seen = await with_session(api, session, "GET", path)
        await with_session(
            api, session, "PATCH", path, headers={"If-Match": seen.headers["etag"]},
            json={"email": f"stranger-{number}@example.net"},
        )  # fmt: skip
        await api.drain()
    written = [n for n in range(14) if api.mailbox(f"stranger-{n}@example.net")]
    # One link of the hour went to Ana herself.
    assert written == list(range(ResultsPolicy.with_days(7).links_per_hour - 1))
