"""Finds and erases data about people in memory.

Knows what enrolment and results keep, and jobs. Copies of credentials, shares, prepared seals,
accounts, the log of mail and kept answers do not live long enough in memory to come of age.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.domain.credentials.credential import Credential
from app.domain.credentials.share import Share
from app.domain.enrolment.edition import Edition, EditionState
from app.domain.enrolment.forms.imports import ImportRow, ResponseImport
from app.domain.enrolment.forms.responses import Answers
from app.domain.enrolment.person import Person
from app.domain.enrolment.registration import LIVE, Registration
from app.domain.results.result import Result
from app.domain.retention.erased import TOOK_PART, erased_address, is_erased
from app.domain.retention.ports import Counts, ErasureRecord, PersonBehind
from app.domain.retention.rules import DataKind
from app.domain.retention.use_cases import RegistrationToEraseNotFound

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork

NO_ANSWERS = Answers("", "", "")
Change = tuple[str, Any, Any]
"""Table, key, and what is put there; None removes it."""


class MemoryRetention:
    """See `app.domain.retention.ports.Retention`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._work = work
        self._finders: Mapping[DataKind, Callable[[datetime], Iterator[Change]]] = {
            DataKind.IMPORTS: self._imports,
            DataKind.NOT_PLACED: self._not_placed,
            DataKind.CREDENTIAL_DATA: self._credential_data,
            DataKind.LINKS: self._links,
            DataKind.CONTACT: self._contact,
            DataKind.RESULTS_DETAIL: self._results_detail,
            DataKind.RESULTS: self._results,
            DataKind.JOBS: self._jobs,
        }

    def _table(self, name: str) -> "MemoryTable[Any, Any]":
        return self._work.table(name)

    async def due(self, kind: DataKind, cutoff: datetime) -> Counts:
        """How much of a kind is older than the cutoff, by table."""
        return dict(Counter(name for name, _, _ in self._due(kind, cutoff)))

    def _due(self, kind: DataKind, cutoff: datetime) -> Iterator[Change]:
        finder = self._finders.get(kind)
        return finder(cutoff) if finder is not None else iter(())

    async def erase(self, kind: DataKind, cutoff: datetime, limit: int) -> Counts:
        """Erase at most so many records of each table of a kind."""
        counts: Counter[str] = Counter()
        for change in list(self._due(kind, cutoff)):
            if counts[change[0]] < limit:
                counts[change[0]] += 1
                self._make(change)
        return {name: number for name, number in counts.items() if number}

    def _make(self, change: Change) -> None:
        name, key, value = change
        if value is None:
            self._table(name).delete(key)
        else:
            self._table(name).put(key, value)

    # what is due

    def _ended(self, cutoff: datetime) -> set[UUID]:
        editions: MemoryTable[UUID, Edition] = self._table("edition")
        return {one.id for one in editions.values() if one.end < cutoff.date()}

    def _imports(self, cutoff: datetime) -> Iterator[Change]:
        ended = self._ended(cutoff)
        imports: MemoryTable[UUID, ResponseImport] = self._table("response_import")
        for one in imports.values():
            if one.edition in ended:
                yield from self._of_import(one.id)
        deliveries = dict(self._table("form_delivery").items())
        yield from (("form_delivery", key, None) for key in deliveries if key[0] in ended)
        for key, response in self._table("form_response").items():
            if key[0] in ended and response.answers != NO_ANSWERS:
                yield "form_response", key, replace(response, answers=NO_ANSWERS)

    def _of_import(self, import_id: UUID) -> Iterator[Change]:
        if self._table("import_file").get(import_id) is not None:
            yield "import_file", import_id, None
        if self._table("import_row").get(import_id):
            yield "import_row", import_id, None

    def _mine(self, person: UUID) -> list[Registration]:
        registrations: MemoryTable[UUID, Registration] = self._table("registration")
        return list(registrations.where(lambda one: one.person == person))

    def _people(self, cutoff: datetime, *, took_part: bool) -> Iterator[Person]:
        """People all of whose editions have ended, who took part in one or in none."""
        ended = self._ended(cutoff)
        persons: MemoryTable[UUID, Person] = self._table("person")
        for person in persons.values():
            mine = self._mine(person.id)
            took = any(one.state.value in TOOK_PART for one in mine)
            if mine and took is took_part and all(one.edition in ended for one in mine):
                yield person

    def _stated(self, cutoff: datetime, *, took_part: bool) -> Iterator[Change]:
        ended = self._ended(cutoff)
        for key, one in self._table("registration").items():
            took = one.state.value in TOOK_PART
            if one.edition in ended and took is took_part and one.stated:
                one.stated = ""
                yield "registration", key, one

    def _not_placed(self, cutoff: datetime) -> Iterator[Change]:
        yield from self._stated(cutoff, took_part=False)
        for person in self._people(cutoff, took_part=False):
            if person.full_name:
                yield "person", person.id, nobody(person)

    def _contact(self, cutoff: datetime) -> Iterator[Change]:
        yield from self._stated(cutoff, took_part=True)
        for person in self._people(cutoff, took_part=True):
            if not is_erased(person.email):
                yield "person", person.id, without_contact(person)

    def _in_ended(self, name: str, cutoff: datetime) -> Iterator[tuple[Any, Any]]:
        ended = self._ended(cutoff)
        return ((key, one) for key, one in self._table(name).items() if one.edition in ended)

    def _credential_data(self, cutoff: datetime) -> Iterator[Change]:
        ended = dict(self._in_ended("credential_data", cutoff))
        yield from (("credential_data", key, None) for key in ended)
        persons = {key: one.person for key, one in self._table("registration").items()}
        named = {
            (one.european_identifier, persons.get(key))
            for key, one in self._table("credential_data").items()
            if key not in ended
        }
        for identifier, registration in self._table("student_identifier").items():
            if (identifier, persons.get(registration)) not in named:
                yield "student_identifier", identifier, None

    def _links(self, cutoff: datetime) -> Iterator[Change]:
        for key, link in self._in_ended("learner_link", cutoff):
            if link.expires_at < cutoff:
                yield "learner_link", key, None

    def _results_detail(self, cutoff: datetime) -> Iterator[Change]:
        for key, result in self._in_ended("result", cutoff):
            if has_detail(result):
                yield "result", key, without_detail(result)

    def _results(self, cutoff: datetime) -> Iterator[Change]:
        for key, _ in self._in_ended("result", cutoff):
            yield "result", key, None
        for person in self._people(cutoff, took_part=True):
            if person.full_name:
                yield "person", person.id, nobody(person)

    def _jobs(self, cutoff: datetime) -> Iterator[Change]:
        for key, job in self._table("job").items():
            if job.finished_at is not None and job.finished_at < cutoff:
                yield "job", key, None

    # one person

    async def person(self, registration_id: UUID) -> PersonBehind:
        """The person behind a registration, held."""
        found: Registration | None = self._table("registration").get(registration_id)
        if found is None:
            raise RegistrationToEraseNotFound(registration_id)
        await self._table("person").lock(found.person)
        persons: MemoryTable[UUID, Person] = self._table("person")
        person = persons.get(found.person)
        if person is None:
            raise RegistrationToEraseNotFound(registration_id)
        mine = sorted(self._mine(person.id), key=lambda one: one.id)
        over = (EditionState.COMPLETED, EditionState.CANCELLED)
        edition_states = {one.id: one.state for one in self._table("edition").values()}
        return PersonBehind(
            id=person.id,
            account=person.account,
            registrations=tuple(one.id for one in mine),
            live=tuple(
                one.id
                for one in mine
                if one.state in LIVE and edition_states[one.edition] not in over
            ),
            took_part=any(one.state.value in TOOK_PART for one in mine),
            is_erased=person.full_name == "",
            editions={one.id: one.edition for one in mine},
            known_by=(person.full_name, person.email),
        )

    async def erase_person(self, found: PersonBehind) -> Counts:
        """Erase what is known of a person."""
        persons: MemoryTable[UUID, Person] = self._table("person")
        person = next(persons.where(lambda one: one.id == found.id))
        changes = list(self._of_person(found, person))
        for change in changes:
            self._make(change)
        counts = Counter(name for name, _, value in changes if name != "import_row")
        rows = self._forget_rows(found, person)
        return dict(counts + Counter({"import_row": rows}))

    def _of_person(self, found: PersonBehind, person: Person) -> Iterator[Change]:
        mine = set(found.registrations)
        numbers = set()
        files = {import_id for import_id, _ in self._rows_of(found, person)}
        for key, response in self._table("form_response").items():
            if response.registration in mine:
                numbers.add(key[:3])
                files.add(key[3])
                if response.answers != NO_ANSWERS:
                    yield "form_response", key, replace(response, answers=NO_ANSWERS)
        shown = {(import_id, row.response) for import_id, row in self._rows_of(found, person)}
        for key, (import_id, verdict) in self._table("form_delivery").items():
            if key[:3] in numbers or (import_id, verdict.number) in shown:
                yield "form_delivery", key, None
        for import_id in files:
            if self._table("import_file").get(import_id) is not None:
                yield "import_file", import_id, None
        for key, one in self._table("registration").items():
            if key in mine and one.stated:
                one.stated = ""
                yield "registration", key, one
        for name in ("learner_link", "credential_data"):
            for key, one in self._table(name).items():
                if one.registration in mine:
                    yield name, key, None
        for key, registration in self._table("student_identifier").items():
            if registration in mine:
                yield "student_identifier", key, None
        for key, result in self._table("result").items():
            if key in mine and has_detail(result):
                yield "result", key, without_detail(result)
        for key, told in self._table("sent_mail").items():
            if told in {str(one) for one in mine}:
                yield "sent_mail", key, None
        yield from self._shown_to_others(mine)
        if not is_erased(person.email):
            keeps = found.took_part
            yield "person", person.id, without_contact(person) if keeps else nobody(person)

    def _shown_to_others(self, mine: set[UUID]) -> Iterator[Change]:
        """Links and pages of their credentials lead nowhere; nothing goes into their wallet."""
        credentials: MemoryTable[UUID, Credential] = self._table("credential")
        theirs = {one.id for one in credentials.where(lambda one: one.registration in mine)}
        shares: MemoryTable[UUID, Share] = self._table("credential_share")
        for share in shares.where(lambda one: one.credential in theirs):
            if share.revoked_at is None or share.recipient is not None:
                yield (
                    "credential_share",
                    share.id,
                    replace(
                        share,
                        recipient=None,
                        shows_name=False,
                        revoked_at=share.revoked_at or self._work.clock.now(),
                        version=share.version + 1,
                    ),
                )
        consents = self._table("wallet_consent")
        yield from (("wallet_consent", key, None) for key, _ in consents.items() if key in mine)

    def _rows_of(self, found: PersonBehind, person: Person) -> Iterator[tuple[UUID, ImportRow]]:
        for import_id, rows in self._table("import_row").items():
            for row in rows:
                if self._is_about(row, found, person):
                    yield import_id, row

    def _is_about(self, row: ImportRow, found: PersonBehind, person: Person) -> bool:
        same = row.email.strip().casefold() == person.identity.email
        return row.registration in found.registrations or same

    def _forget_rows(self, found: PersonBehind, person: Person) -> int:
        gone = 0
        for import_id, rows in self._table("import_row").items():
            left = tuple(row for row in rows if not self._is_about(row, found, person))
            if len(left) != len(rows):
                gone += len(rows) - len(left)
                self._table("import_row").put(import_id, left)
        return gone

    async def begin_day(self, day: date) -> bool:
        """Whether nobody has begun with this day's work yet; then it is begun."""
        days = self._table("retention_day")
        await days.lock(day)
        if days.get(day) is not None:
            return False
        days.put(day, day)
        return True


def without_contact(person: Person) -> Person:
    """The person without ways to reach them; their name stays."""
    return replace(
        person,
        email=erased_address(person.id),
        email_verified=False,
        wanted_email=None,
        country=None,
        language="en",
    )


def nobody(person: Person) -> Person:
    """What is left of somebody who has been erased."""
    return replace(without_contact(person), full_name="", account=None)


def has_detail(result: Result) -> bool:
    """Whether a result has more than its outcome and overall grade."""
    return bool(result.objections or result.grading.grades)


def without_detail(result: Result) -> Result:
    """The result alone."""
    result.objections = ()
    result.grading = replace(result.grading, grades=())
    return result


class MemoryErasures:
    """See `app.domain.retention.ports.Erasures`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._records: MemoryTable[UUID, ErasureRecord] = work.table("erasure_record")

    async def add(self, record: ErasureRecord) -> None:
        """Keep one."""
        self._records.put(record.id, record)

    async def page(
        self, *, kind: str | None, before: UUID | None, limit: int
    ) -> Sequence[ErasureRecord]:
        """The newest first."""
        found = self._records.where(
            lambda one: kind in (None, one.kind) and (before is None or one.id < before)
        )
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    async def last(self) -> Mapping[str, datetime]:
        """When something of each kind was last erased."""
        last: dict[str, datetime] = {}
        for one in sorted(self._records.values(), key=lambda one: one.at):
            last[one.kind] = one.at
        return last
