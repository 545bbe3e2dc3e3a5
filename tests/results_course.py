"""A course that people take part in, as results find it: an edition with registrations."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.adapters.memory.unit_of_work import MemoryWork
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller, Grant, Role, Subject
from app.domain.canonical import content_hash
from app.domain.enrolment.affiliation import partner
from app.domain.enrolment.edition import Edition, EditionState, Mode
from app.domain.enrolment.person import Person
from app.domain.enrolment.quota import Quota
from app.domain.enrolment.ranking import received_over_api
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.window import RegistrationWindow
from app.domain.ids import new_id
from app.domain.plain import to_plain
from app.domain.results.entry import GradeEntry, ResultEntry
from app.domain.results.policy import ResultsPolicy
from app.domain.vocabulary.micro_credential import MicroCredential, NoInstitutionRule
from app.domain.vocabulary.specification import GradingScheme, Scale
from tests.issuing_builders import OneMicroCredential, the_micro_credential, the_specification
from tests.memory_ports import StoryClock

POLICY = ResultsPolicy()
TITLE = {"en": "Joint Micro-credentials in Practice", "es": "Microcredenciales conjuntas"}


def graded_in_points() -> MicroCredential:
    """A micro-credential with two assessments and grades from 0 to 10, of which 5 passes."""
    specification = the_specification()
    [project] = specification.academic.assessments
    academic = replace(
        specification.academic,
        assessments=(
            replace(project, code="A1", weight=40),
            replace(project, code="A2", weight=60),
        ),
        grading_scheme=GradingScheme({"en": "0 to 10", "es": "0 a 10"}, Scale.ZERO_TO_TEN, "5.0"),
    )
    specification = replace(specification, academic=academic)
    return replace(
        the_micro_credential(specification),
        certified_hash=content_hash(to_plain(specification)),
    )


class MemoryCourseWork(MemoryWork):
    """A unit of work in memory, with a micro-credential that the test arranges."""

    micro_credentials: Any


class PostgresCourseWork(PostgresWork):
    """A unit of work on PostgreSQL, with a micro-credential that the test arranges."""

    micro_credentials: Any


def entry(
    grade: str = "8", a1: str = "8", a2: str = "8", day: date = date(2027, 2, 20)
) -> ResultEntry:
    """Grades for both assessments, and the overall one."""
    return ResultEntry((GradeEntry("A1", a1, day), GradeEntry("A2", a2, day)), grade)


@dataclass
class Course:
    """One edition, its people and those who deal with it."""

    open_work: Callable[[Caller, str], Any]
    clock: StoryClock
    micro_credential: MicroCredential = field(default_factory=graded_in_points)
    edition: Edition = field(init=False)
    registrations: list[UUID] = field(default_factory=list)
    accounts: dict[UUID, UUID] = field(default_factory=dict)
    """Account by registration, of those who have one."""

    def __post_init__(self) -> None:
        today = self.clock.now()
        self.edition = Edition(
            id=new_id(),
            code="IMC-2026-001-E1",
            number=1,
            proposal=self.micro_credential.proposal,
            proposal_version=1,
            title=TITLE,
            organiser="UNIOVI",
            awarding=("UNIOVI", "HKA", "UDA"),
            partners=("UNIOVI", "HKA", "UDA"),
            start=today.date() - timedelta(days=40),
            end=today.date() - timedelta(days=2),
            window=RegistrationWindow(
                today - timedelta(days=80), today - timedelta(days=60), "Europe/Madrid"
            ),
            quota=Quota(50),
            no_institution=NoInstitutionRule.OWN_BUCKET,
            mode=Mode.DIRECT,
            contact_email="micro@example.org",
            created_at=today - timedelta(days=90),
            state=EditionState.GRADING,
        )
        self.teo = self.person(Role.TEACHER, "UNIOVI")
        self.tilda = self.person(Role.TEACHER, "HKA")
        self.rosa = self.person(Role.RESULTS_CONFIRMER, "UNIOVI")

    def work(self, caller: Caller = SYSTEM, action: str = "test") -> Any:
        """A unit of work."""
        opened = self.open_work(caller, action)
        opened.micro_credentials = OneMicroCredential(self.micro_credential)
        return opened

    def person(self, role: Role, *institutions: str | None) -> Caller:
        """Somebody with a role."""
        since = self.clock.now() - timedelta(days=100)
        return Caller(new_id(), tuple(Grant(role, code, since) for code in institutions))

    async def take_place(self) -> "Course":
        """Keep the edition."""
        async with self.work() as work:
            await work.editions.add(self.edition)
        return self

    async def enrol(
        self,
        name: str,
        *,
        account: bool = True,
        state: State = State.PLACED,
        institution: str = "UNIOVI",
        language: str = "en",
        email: str | None = None,
        subject: Subject | None = None,
    ) -> UUID:
        """Somebody registers, and is in a state."""
        now = self.clock.now()
        registration = new_id()
        async with self.work() as work:
            account_id = None
            if account:
                account_id = await work.accounts.account(
                    subject or Subject("test", str(registration))
                )
                self.accounts[registration] = account_id
            person = Person(
                new_id(),
                name,
                email or f"{registration}@example.org",
                account_id,
                language=language,
            )
            await work.persons.add([person])
            receipt = received_over_api(now - timedelta(days=70))
            await work.registrations.add(
                self.edition,
                [
                    Registration(
                        id=registration,
                        edition=self.edition.id,
                        person=person.id,
                        state=state,
                        reason=Reason.IN_ORDER if state is State.PLACED else Reason.FULL,
                        receipt=receipt,
                        rank=receipt.rank(registration),
                        stated=institution,
                        affiliation=partner(institution),
                        registered_by="anonymous",
                        privacy_notice_at=now,
                        answers_at=now,
                        created_at=now,
                    )
                ],
            )
        self.registrations.append(registration)
        return registration

    async def learners(self, number: int) -> list[UUID]:
        """So many people with accounts take part."""
        return sorted([await self.enrol(f"Learner {n}") for n in range(number)])

    def learner(self, registration: UUID) -> Caller:
        """Who registered: by account, or by the session of a link."""
        if registration in self.accounts:
            return Caller(self.accounts[registration])
        return Caller(None, registration=registration)
