"""Credential data, and the awards that issuing gets from results."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from app.adapters.edc.elm.document import build_credential
from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller
from app.domain.credentials.errors import AwardNotFound, AwardNotReady, EditionNotFound
from app.domain.ids import new_id
from app.domain.results.credential_data import LegalIdentity
from app.domain.results.entry import GradeEntry, ResultEntry
from app.domain.results.errors import RegistrationNotFound, StaleCredentialData
from app.domain.results.identity import IdentityCheck, IdentityEvidence
from app.domain.results.result import Decision
from app.domain.results.use_cases.entering import (
    confirm_results,
    get_result,
    list_results,
    record_result,
)
from app.domain.results.use_cases.learner import (
    accept_result,
    confirm_credential_data,
    decide_objection,
    get_credential_data,
    object_to_result,
)
from app.domain.results.use_cases.links import make_link, open_link
from app.domain.vocabulary.award import Award, Holder, NotReady
from tests.adapters.edc.material import ALLIANCE, ISSUER, PARTNERS, PICTURES
from tests.contracts.results_house import course as course  # a fixture
from tests.contracts.results_house import planned_course as planned_course  # a fixture
from tests.results_course import POLICY, Course, entry

ANA = LegalIdentity("Ana Núñez Pérez", "Ana", "Núñez Pérez", date(1990, 5, 17))


async def record(course: Course, registration: UUID, grades: ResultEntry | None = None) -> None:
    await record_result(
        registration,
        grades or entry(),
        0,
        work=course.work(course.teo, "record_result"),
        caller=course.teo,
        clock=course.clock,
    )


async def confirm(course: Course) -> None:
    seen = await list_results(
        course.edition.id, work=course.work(), caller=course.rosa, clock=course.clock
    )
    await confirm_results(
        course.edition.id,
        seen.results_hash,
        work=course.work(course.rosa, "confirm_results"),
        caller=course.rosa,
        clock=course.clock,
        policy=POLICY,
    )


async def state_data(
    course: Course,
    registration: UUID,
    identity: LegalIdentity = ANA,
    *,
    version: int = 0,
    by: Caller | None = None,
):
    caller = by or course.learner(registration)
    return await confirm_credential_data(
        registration,
        identity,
        version,
        work=course.work(caller, "confirm_credential_data"),
        caller=caller,
        clock=course.clock,
    )


async def accept(course: Course, registration: UUID, version: int = 2) -> None:
    caller = course.learner(registration)
    await accept_result(
        registration,
        version,
        work=course.work(caller, "accept_result"),
        caller=caller,
        clock=course.clock,
    )


async def awards(course: Course) -> tuple[list[Award], list[NotReady]]:
    async with course.work() as work:
        ready, not_ready = await work.awards.of_edition(course.edition.id)
    return list(ready), list(not_ready)


class Session:
    def issue(self, registration: UUID, address: str) -> tuple[str, int]:
        del address
        return f"session of {registration}", 3600


async def test_credential_data_are_for_their_subject_alone(course: Course):
    ana, ben = await course.learners(2)
    participant, data = await state_data(course, ana)
    assert (data.identity, data.version, participant.registration) == (ANA, 1, ana)
    for caller in (course.learner(ben), course.teo, course.rosa, Caller(uuid4())):
        with pytest.raises(RegistrationNotFound):
            await get_credential_data(ana, work=course.work(), caller=caller)
        with pytest.raises((RegistrationNotFound, NotAllowed)):
            await state_data(course, ana, by=caller)
    with pytest.raises(StaleCredentialData):
        await state_data(course, ana, replace(ANA, full_name="Ana"))


async def test_who_passed_accepted_and_confirmed_their_data_has_an_award(course: Course):
    ana, ben, eva = await course.learners(3)
    day = date(2027, 2, 20)
    seen = IdentityEvidence(IdentityCheck.DOCUMENT_SEEN, supervised=True)
    await record(
        course,
        ana,
        ResultEntry((GradeEntry("A1", "8", day, seen), GradeEntry("A2", "9", day)), "8.6"),
    )
    await record(course, ben, entry("4", "4", "4"))
    await record(course, eva)
    await confirm(course)
    await accept(course, ana)
    await state_data(course, ana)
    ready, not_ready = await awards(course)
    [award] = ready
    async with course.work() as work:
        participant = await work.participants.get(ana)
        assert await work.awards.get(ana) == award
        assert await work.awards.proposal_of(course.edition.id) == award.proposal
        assert set(await work.awards.held_by(course.accounts[ana])) == {ana}
    assert (award.registration, award.grade, award.edition_code, award.proposal_version) == (
        ana,
        "8.6",
        "IMC-2026-001-E1",
        1,
    )
    assert award.holder == Holder(
        "Ana Núñez Pérez",
        "Ana",
        "Núñez Pérez",
        date(1990, 5, 17),
        email=participant.email,
        language="en",
    )
    assert (award.edition_start, award.edition_end) == (course.edition.start, course.edition.end)
    assert award.awarded_on == course.clock.now().date()
    claims = [(r.assessment, r.grade, r.assessed_on, r.id_verification) for r in award.results]
    assert [claim[:3] for claim in claims] == [("A1", "8", day), ("A2", "9", day)]
    assert [claim[3].uri.rsplit("/", 1)[1] for claim in claims if claim[3]] == [
        "70be69aaf9",
        "c598449d64",
    ]
    # What the learner is shown of it is what their credential says.
    specification = course.micro_credential.specification
    document = build_credential(
        credential_id=new_id(),
        award=award,
        specification=specification,
        issuer=ISSUER,
        organisations=PARTNERS,
        alliance_name=ALLIANCE,
        issued=course.clock.now(),
        images=PICTURES,
    )
    parts = document["credentialSubject"]["hasClaim"]["provenBy"]["hasPart"]
    shown = await get_result(ana, work=course.work(), caller=course.rosa, clock=course.clock)
    assert [part["idVerification"]["id"] for part in parts] == [
        grade.identity.concept.uri for grade in shown.result.grading.grades
    ]
    async with course.work() as work:
        registered = (await work.participants.get(eva)).full_name
    # As she registered, for she has not confirmed how her name shall stand.
    assert [(n.registration, n.full_name) for n in not_ready] == [(eva, registered)]


async def test_what_a_credential_waits_for_is_said_one_by_one(course: Course):
    ana = await course.enrol("Ana", account=False)

    async def waits_for() -> tuple[str, ...]:
        ready, not_ready = await awards(course)
        assert len(ready) + len(not_ready) == 1
        return not_ready[0].reasons if not_ready else ()

    await record(course, ana)
    assert await waits_for() == (
        "result_not_confirmed",
        "credential_data_missing",
        "email_not_confirmed",
    )
    await confirm(course)
    assert await waits_for() == (
        "objection_window_open",
        "credential_data_missing",
        "email_not_confirmed",
    )
    _, [not_only_time] = await awards(course)
    assert not_only_time.until == course.clock.now() + timedelta(days=7)
    token = await make_link(
        ana,
        work=course.work(),
        clock=course.clock,
        policy=POLICY,
        address=f"{ana}@example.org",
    )
    await open_link(token, work=course.work(), sessions=Session(), clock=course.clock)
    assert await waits_for() == ("objection_window_open", "credential_data_missing")
    await state_data(course, ana)
    assert await waits_for() == ("objection_window_open",)
    _, [only_time] = await awards(course)
    assert only_time.until == course.clock.now() + timedelta(days=7)
    course.clock.move(timedelta(days=7))
    assert await waits_for() == ()


async def test_an_open_objection_holds_the_credential_back(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    await confirm(course)
    await state_data(course, ana)
    caller = course.learner(ana)
    await object_to_result(
        ana,
        "It should be a 9.",
        2,
        work=course.work(caller, "object_to_result"),
        caller=caller,
        clock=course.clock,
    )
    course.clock.move(timedelta(days=30))
    async with course.work() as work:
        with pytest.raises(AwardNotReady) as refused:
            await work.awards.get(ana)
    assert refused.value.not_ready == NotReady(ana, ("objection_open",))
    await decide_objection(
        ana,
        Decision.REJECTED,
        "No.",
        3,
        work=course.work(course.rosa, "decide_objection"),
        caller=course.rosa,
        clock=course.clock,
    )
    assert [award.registration for award in (await awards(course))[0]] == [ana]


async def test_who_did_not_pass_or_does_not_exist_has_no_award(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana, entry("4", "4", "4"))
    await confirm(course)
    assert await awards(course) == ([], [])
    async with course.work() as work:
        for nobody in (ana, uuid4()):
            with pytest.raises(AwardNotFound):
                await work.awards.get(nobody)
        for ask in (work.awards.of_edition, work.awards.proposal_of):
            with pytest.raises(EditionNotFound):
                await ask(uuid4())


async def test_while_an_award_is_being_sealed_its_learner_cannot_change_their_data(
    course: Course,
):
    [ana] = await course.learners(1)
    await record(course, ana)
    await confirm(course)
    await accept(course, ana)
    await state_data(course, ana)
    order: list[str] = []

    async def seal() -> None:
        async with course.work() as work:
            await work.awards.get(ana)
            order.append("held")
            await asyncio.sleep(0.2)
            order.append("sealed")

    async def change() -> None:
        await asyncio.sleep(0.05)
        await state_data(course, ana, replace(ANA, full_name="Ana Núñez"), version=1)
        order.append("changed")

    await asyncio.gather(seal(), change())
    assert order == ["held", "sealed", "changed"]


async def test_the_day_of_the_award_is_that_of_the_course_not_of_greenwich(course: Course):
    [ana] = await course.learners(1)
    await record(course, ana)
    now = course.clock.now()
    course.clock.move(now.replace(hour=23, minute=30) - now)
    today = course.clock.now().date()
    await confirm(course)
    await accept(course, ana)
    await state_data(course, ana)
    [award], _ = await awards(course)
    assert award.awarded_on == today + timedelta(days=1)
