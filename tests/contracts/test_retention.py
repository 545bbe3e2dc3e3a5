"""Erasing on every store: what is due goes, what has to be provable stays."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import pytest

from app.domain.access.roles import Caller, Grant, Role
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.errors_forms import ImportNotFound
from app.domain.enrolment.use_cases.registrations import cancel_registration
from app.domain.errors import Forbidden
from app.domain.results.credential_data import CredentialData, LegalIdentity
from app.domain.results.grading import Outcome
from app.domain.results.links import Link
from app.domain.results.result import Grade, Grading, Objection, Result
from app.domain.retention.ports import NoMailFiles
from app.domain.retention.rules import DataKind, RetentionPolicy
from app.domain.retention.use_cases import (
    ERASE_JOB,
    ErasureReasonNames,
    ErasureReasonNeeded,
    RegistrationToEraseNotFound,
    StillRegistered,
    begin_day,
    erase_due,
    erase_person,
    list_erasures,
    preview_retention,
)
from tests.contracts.conftest import OpenWork
from tests.contracts.import_steps import edition as edition  # a fixture
from tests.contracts.import_steps import importer as importer  # a fixture
from tests.contracts.import_steps import proven, publishes, registration_of
from tests.deliveries import Flow, told
from tests.enrolment_builders import a_learner, opened, registers
from tests.enrolment_imports import Importer, at, verdicts
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock

POLICY = RetentionPolicy.proposed()
ON_REQUEST = "at the person's request"


def office(clock: StoryClock) -> Caller:
    grant = Grant(Role.ALLIANCE_OFFICE, None, clock.now() - timedelta(days=9))
    return Caller(account=UUID(int=7), grants=(grant,))


class Course:
    """An edition in which two have places, one waits, one gave up and one came too early."""

    def __init__(self, importer: Importer, flow: Flow, work: OpenWork, clock: StoryClock) -> None:
        self.importer = importer
        self.flow = flow
        self.work = work
        self.clock = clock
        self.edition = importer.edition

    @classmethod
    async def runs(cls, importer: Importer, work: OpenWork, clock: StoryClock) -> "Course":
        flow = Flow(work, clock, importer.edition)
        await flow.map()
        course = cls(importer, flow, work, clock)
        await importer.take(course.rows()[:3])
        await flow.delivers(course.rows()[3])
        await flow.delivers(course.rows()[4])
        await registers(work, clock, importer.edition, "olga", "HKA")
        gone = await registration_of(importer, "Gives Up")
        await cancel_registration(
            gone.id, gone.version, work=work(), caller=importer.officer, clock=clock
        )
        await publishes(importer)
        return course

    def rows(self) -> list[Row]:
        clock = self.clock
        return [
            Row(1, at(clock, 1), "Ana Placed", "ana@uniovi.es", "UNIOVI"),
            Row(2, at(clock, 2), "Bo Placed", "bo@uniovi.es", "UNIOVI"),
            Row(3, at(clock, 3), "Cy Waits", "cy@uniovi.es", "UNIOVI"),
            Row(4, at(clock, 4), "Gives Up", "gives@his.se", "HIS"),
            Row(5, at(clock, -9), "Too Early", "early@his.se", "HIS"),
        ]

    async def is_graded(self) -> None:
        """Ana has a result with everything that there can be; Cy asked for a link."""
        ana = (await registration_of(self.importer, "Ana Placed")).id
        cy = (await registration_of(self.importer, "Cy Waits")).id
        now = self.clock.now()
        async with self.work() as w:
            await w.results.save(
                Result(
                    ana, self.edition.id,
                    Grading((Grade("A1", "8", date(2027, 6, 1)),), "8", Outcome.PASSED),
                    recorded_by=frozenset({UUID(int=1)}), recorded_at=now, revision=1,
                    objections=(Objection(UUID(int=2), "Not fair.", now, 1),),
                )
            )  # fmt: skip
            data = CredentialData(ana, self.edition.id)
            data.identity = LegalIdentity("Ana Placed", birth_date=date(1999, 4, 23))
            data.confirmed_at = now
            await w.credential_data.save(data)
            for number, registration in enumerate((ana, cy)):
                address = "ana@uniovi.es" if registration == ana else "cy@uniovi.es"
                await w.links.add(
                    Link(
                        UUID(int=10 + number), registration, self.edition.id, f"{number:064}",
                        address, now, now + timedelta(days=7),
                    )
                )  # fmt: skip
            await w.mail_log.note("received-1", ana)

    async def is_over(self) -> None:
        async with self.work() as w:
            ended = await w.editions.get(self.edition.id)
            ended.state = EditionState.COMPLETED
            await w.editions.save(ended)

    async def after(self, days: int) -> None:
        """So many days after the edition's last day."""
        last = self.clock.now().replace(
            year=self.edition.end.year, month=self.edition.end.month, day=self.edition.end.day
        )
        self.clock.move(last + timedelta(days=days) - self.clock.now())

    async def people(self) -> list[tuple[str, str]]:
        """Name and address of everybody, without the part that only tells the erased apart."""
        async with self.work() as w:
            registrations = await w.registrations.page(
                self.edition.id, buckets=None, states=(), after=None, limit=99
            )
            people = await w.persons.of([one.person for one in registrations])
        found = [people[one.person] for one in registrations]
        return sorted(
            (p.full_name, "erased" if p.email.endswith("@erased.invalid") else p.email)
            for p in found
        )

    async def erases(self, policy: RetentionPolicy = POLICY, portion: int = 100) -> dict[str, int]:
        return await erase_due(
            policy=policy, open_work=self.work, mail=NoMailFiles(), actor="system",
            clock=self.clock, portion=portion,
        )  # fmt: skip

    async def due(self) -> dict[str, dict[str, int]]:
        lines = await preview_retention(
            policy=POLICY, work=self.work(), mail=NoMailFiles(), clock=self.clock
        )
        return {line.rule.kind.value: dict(line.due) for line in lines if line.due}


@pytest.fixture
async def course(importer: Importer, work: OpenWork, clock: StoryClock) -> Course:
    return await Course.runs(importer, work, clock)


async def test_nothing_goes_before_its_time(course: Course) -> None:
    await course.is_graded()
    await course.is_over()
    await course.after(180)
    assert await course.due() == {}
    assert await course.erases() == {}


async def test_after_half_a_year_those_who_had_no_place_are_forgotten_and_the_list_still_proves(
    course: Course, importer: Importer
) -> None:
    await course.is_graded()
    await course.is_over()
    before = await course.importer.standing()
    await course.after(182)
    expected = {
        "imports": {"form_delivery": 2, "form_response": 4, "import_file": 3, "import_row": 3},
        "not_placed": {"person": 2, "registration": 2},
        "links": {"learner_link": 2},
    }
    due = await course.due()
    # In memory the rows of an import are one record.
    assert {**due, "imports": {**due["imports"], "import_row": 3}} == {
        **expected, "imports": {**expected["imports"], "import_row": 3},
    }  # fmt: skip
    gone = await course.erases()
    assert gone["not_placed"] == 4
    assert await course.people() == [
        ("", "erased"), ("", "erased"), ("Ana Placed", "ana@uniovi.es"),
        ("Bo Placed", "bo@uniovi.es"), ("Learner olga", "olga@example.org"),
    ]  # fmt: skip
    assert await course.due() == {}
    assert await course.erases() == {}
    assert [(bucket, when) for _, bucket, when in await importer.standing()] == [
        (bucket, when) for _, bucket, when in before
    ]
    assert await proven(importer) == []
    async with course.work() as w:
        assert await w.tallies.reconcile() == []
        imports = await w.imports.page(
            course.edition.id, form=None, source=None, before=None, limit=9
        )
        # Numbers of rows by verdict stay.
        assert [sum(one.counts.values()) for one in imports] == [1, 1, 3]
        for one in imports:
            with pytest.raises(ImportNotFound):
                await w.imports.file(one.id)
            assert await w.imports.rows(one.id, buckets=None, after=0, limit=9) == []


async def test_after_two_years_nobody_who_took_part_can_be_reached_and_their_names_stay(
    course: Course, importer: Importer
) -> None:
    await course.is_graded()
    await course.is_over()
    ana = await registration_of(importer, "Ana Placed")
    await course.after(732)
    gone = await course.erases()
    assert (gone["contact"], gone["results_detail"], gone["credential_data"]) == (6, 1, 1)
    assert await course.people() == [
        ("", "erased"), ("", "erased"), ("Ana Placed", "erased"), ("Bo Placed", "erased"),
        ("Learner olga", "erased"),
    ]  # fmt: skip
    async with course.work() as w:
        (result,) = await w.results.of_edition(course.edition.id, lock=False)
        assert (result.registration, result.grading.grade, result.outcome) == (
            ana.id, "8", Outcome.PASSED,
        )  # fmt: skip
        assert (result.grading.grades, result.objections) == ((), ())
        assert await w.credential_data.of_edition(course.edition.id) == []
    assert await proven(importer) == []


async def test_results_go_only_where_the_deployment_says_when(
    course: Course, importer: Importer
) -> None:
    await course.is_graded()
    await course.is_over()
    await course.after(36_000)
    await course.erases()
    async with course.work() as w:
        assert len(await w.results.of_edition(course.edition.id, lock=False)) == 1
    chosen = RetentionPolicy({**POLICY.days, DataKind.RESULTS: 3650, DataKind.IMPORTS: None})
    assert (await course.erases(chosen))["results"] == 4
    assert {name for name, _ in await course.people()} == {""}
    assert await proven(importer) == []


async def test_it_goes_in_portions_and_on_from_where_somebody_died(
    course: Course, work: OpenWork, clock: StoryClock
) -> None:
    await course.is_over()
    await course.after(182)
    opened_so_far = 0

    def dying() -> object:
        nonlocal opened_so_far
        opened_so_far += 1
        if opened_so_far == 3:
            raise ConnectionError
        return work()

    with pytest.raises(ConnectionError):
        await erase_due(
            policy=POLICY, open_work=dying,  # type: ignore[arg-type]  # dies
            mail=NoMailFiles(), actor="system", clock=clock, portion=1,
        )  # fmt: skip
    left = await course.due()
    assert left
    assert left["imports"].get("import_file") == 1
    await course.erases(portion=1)
    assert await course.due() == {}
    found = await list_erasures(
        kind="not_placed", before=None, limit=9, work=work(), caller=office(clock)
    )
    assert [dict(one.counts) for one in found] == [
        {"person": 1, "registration": 1}, {"person": 1, "registration": 1},
    ]  # fmt: skip
    assert {one.by for one in found} == {"system"}


async def test_somebody_who_registers_again_is_kept_as_long_as_that_takes(
    course: Course, work: OpenWork, clock: StoryClock
) -> None:
    await course.is_over()
    await course.after(150)
    later: Edition = await opened(
        work, clock, start=clock.now().date(), end=clock.now().date() + timedelta(days=60)
    )
    again = Importer(work, clock, later)
    await again.map()
    await again.take([Row(1, clock.now(), "Cy Waits", "cy@uniovi.es", "UNIOVI")])
    await course.after(182)
    await course.erases()
    names = [name for name, _ in await course.people()]
    assert names == ["", "Ana Placed", "Bo Placed", "Cy Waits", "Learner olga"]


async def erased(
    course: Course, registration: UUID, *, dry_run: bool = False, reason: str = ON_REQUEST
) -> tuple[dict[str, int], Sequence[str]]:
    found = await erase_person(
        registration, reason, dry_run=dry_run, work=course.work(),
        caller=office(course.clock), clock=course.clock,
    )  # fmt: skip
    return dict(found.counts), [one.what for one in found.kept]


async def test_who_gave_up_is_erased_on_request_and_the_same_file_brings_them_not_back(
    course: Course, importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    gone = await registration_of(importer, "Gives Up")
    tried, _ = await erased(course, gone.id, dry_run=True)
    assert ("Gives Up", "gives@his.se") in await course.people()
    counts, kept = await erased(course, gone.id)
    assert counts == tried == {
        "form_delivery": 1, "form_response": 1, "import_file": 1, "import_row": 1, "person": 1,
        "registration": 1,
    }  # fmt: skip
    assert len(kept) == 2
    assert ("Gives Up", "gives@his.se") not in await course.people()
    row = course.rows()[3]
    assert verdicts(await importer.take([row])) == ["unchanged"]
    assert told(await course.flow.delivers(row)) == ["unchanged"]
    assert [name for name, _ in await course.people()].count("Gives Up") == 0
    # What the uploaded file shows of them is the officer's to delete; the report says it again.
    again, _ = await erased(course, gone.id)
    assert set(again) <= {"import_file", "import_row", "form_delivery"}
    assert await proven(importer) == []
    (record,) = [
        one
        for one in await list_erasures(
            kind="person", before=None, limit=9, work=work(), caller=office(clock)
        )
        if one.counts == counts
    ]
    assert (record.registration, record.reason) == (gone.id, ON_REQUEST)


async def test_of_who_took_part_the_register_stays(course: Course, importer: Importer) -> None:
    await course.is_graded()
    ana = await registration_of(importer, "Ana Placed")
    with pytest.raises(StillRegistered):
        await erased(course, ana.id)
    await course.is_over()
    counts, kept = await erased(course, ana.id)
    assert counts == {
        "credential_data": 1, "form_response": 1, "import_file": 1, "import_row": 1,
        "learner_link": 1, "person": 1, "registration": 1, "result": 1, "sent_mail": 1,
    }  # fmt: skip
    assert kept[0].startswith("name and result")
    assert ("Ana Placed", "erased") in await course.people()
    async with course.work() as w:
        (result,) = await w.results.of_edition(course.edition.id, lock=False)
    assert (result.grading.grade, result.objections) == ("8", ())
    assert await proven(importer) == []


async def test_an_account_without_a_role_goes_with_its_person_and_may_begin_anew(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    view = await registers(work, clock, edition, "ana", "UNIOVI")
    learner = await a_learner(work, "ana")
    await cancel_registration(
        view.registration.id, view.registration.version, work=work(learner), caller=learner,
        clock=clock,
    )  # fmt: skip
    found = await erase_person(
        view.registration.id, ON_REQUEST, dry_run=False, work=work(), caller=office(clock),
        clock=clock,
    )  # fmt: skip
    assert found.counts == {"account": 1, "person": 1, "registration": 1}
    anew = await registers(work, clock, edition, "ana", "UNIOVI")
    assert anew.person.id != view.person.id
    async with work() as w:
        old = await w.persons.get(view.person.id)
    assert (old.full_name, old.account) == ("", None)


async def test_only_the_office_erases_and_it_says_why(
    course: Course, importer: Importer, clock: StoryClock
) -> None:
    gone = await registration_of(importer, "Gives Up")
    with pytest.raises(Forbidden):
        await erase_person(
            gone.id, "x", dry_run=True, work=course.work(), caller=importer.officer, clock=clock
        )
    with pytest.raises(ErasureReasonNeeded):
        await erased(course, gone.id, reason="  ")
    with pytest.raises(RegistrationToEraseNotFound):
        await erased(course, UUID(int=1))


@pytest.mark.parametrize(
    "reason",
    [
        "Request of Gives Úp",
        "asked by GIVES",
        "gives@his.se wrote to us",
        "at the request of givesup",
    ],
)
async def test_a_reason_that_would_keep_the_name_is_refused(
    course: Course, importer: Importer, clock: StoryClock, work: OpenWork, reason: str
) -> None:
    gone = await registration_of(importer, "Gives Up")
    with pytest.raises(ErasureReasonNames):
        await erased(course, gone.id, reason=reason)
    assert ("Gives Up", "gives@his.se") in await course.people()
    assert await list_erasures(
        kind="person", before=None, limit=9, work=work(), caller=office(clock)
    ) == []  # fmt: skip
    counts, _ = await erased(course, gone.id, reason="Request 2027/14 of 3 May, from his.se")
    assert counts["person"] == 1


async def test_the_audit_record_tells_of_numbers_alone(course: Course, work: OpenWork) -> None:
    await course.is_over()
    await course.after(182)
    await course.erases()
    async with work() as w:
        records = await w.audit.page(kind="erasure", subject=None, actor=None, after=None, limit=99)
        everything = await w.audit.page(kind=None, subject=None, actor=None, after=None, limit=999)
    assert [one.after for one in records][1:] == ["not_placed: 4"]
    assert not any("Cy" in repr(one) or "uniovi.es" in repr(one) for one in everything)


async def test_the_job_of_a_day_is_started_once(work: OpenWork, clock: StoryClock) -> None:
    assert [await begin_day(open_work=work, clock=clock) for _ in range(3)] == [
        True, False, False,
    ]  # fmt: skip
    clock.move(timedelta(days=1))
    assert await begin_day(open_work=work, clock=clock)
    async with work() as w:
        started = await w.audit.page(kind="job", subject=None, actor=None, after=None, limit=9)
    assert [one.after for one in started] == [f"start:{ERASE_JOB}"] * 2
