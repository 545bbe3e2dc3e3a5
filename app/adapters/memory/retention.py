"""Finds and erases data about people in memory.

Answers kept for repeated requests are no records in memory: they expire by themselves.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.adapters.memory.retention_person import (
    NO_ANSWERS,
    Change,
    PersonErasure,
    has_detail,
    is_nobodys,
    make,
    nobody,
    of_person,
    person_behind,
    without_contact,
    without_detail,
)
from app.domain.credentials.credential import Credential
from app.domain.credentials.use_cases.credentials import forget_holder
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.imports import ResponseImport
from app.domain.enrolment.person import Person
from app.domain.retention.erased import TOOK_PART, is_erased
from app.domain.retention.ports import Counts, ErasureRecord, PersonBehind
from app.domain.retention.rules import DataKind

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


def sealed_before(credential: Credential, cutoff: datetime) -> bool:
    """Whether a credential was sealed before then."""
    return credential.sealed_at is not None and credential.sealed_at < cutoff


class MemoryRetention:
    """See `app.domain.retention.ports.Retention`."""

    def __init__(self, work: "MemoryWork") -> None:
        self._work = work
        self._finders: Mapping[DataKind, tuple[Callable[[datetime], Iterator[Change]], ...]] = {
            DataKind.IMPORTS: (self._imports,),
            DataKind.NOT_PLACED: (self._not_placed,),
            DataKind.CREDENTIAL_DATA: (self._credential_data,),
            DataKind.LINKS: (self._links,),
            DataKind.CONTACT: (self._contact,),
            DataKind.RESULTS_DETAIL: (self._results_detail,),
            DataKind.RESULTS: (self._results,),
            DataKind.CREDENTIAL_COPIES: (self._copies,),
            DataKind.SHARES: (self._shares,),
            DataKind.PREPARED_SEALS: (self._prepared_seals,),
            DataKind.MAIL_LOG: (self._mail_log,),
            # A job goes once nothing is left of what became of its things.
            DataKind.JOBS: (self._job_items, self._jobs),
            DataKind.ACCOUNTS: (self._accounts,),
        }

    def _table(self, name: str) -> "MemoryTable[Any, Any]":
        return self._work.table(name)

    async def person(self, registration: UUID) -> PersonBehind:
        """The person behind a registration, held."""
        return await person_behind(registration, self._work)

    async def erase_person(self, found: PersonBehind) -> Counts:
        """Erase what is known of a person."""
        return PersonErasure(found, self._work).carry_out()

    async def due(self, kind: DataKind, cutoff: datetime) -> Counts:
        """How much of a kind is older than the cutoff, by table."""
        return dict(
            Counter(name for find in self._finders.get(kind, ()) for name, _, _ in find(cutoff))
        )

    async def erase(self, kind: DataKind, cutoff: datetime, limit: int) -> Counts:
        """Erase at most so many records of each table of a kind."""
        if kind is DataKind.CREDENTIAL_COPIES:
            return await self._erase_copies(cutoff, limit)
        counts: Counter[str] = Counter()
        for find in self._finders.get(kind, ()):
            for change in list(find(cutoff)):
                if counts[change[0]] < limit:
                    counts[change[0]] += 1
                    make(change, self._work)
        return {name: number for name, number in counts.items() if number}

    async def _erase_copies(self, cutoff: datetime, limit: int) -> Counts:
        """Credential by credential, each whole, so that the register knows that they have gone."""
        credentials: MemoryTable[UUID, Credential] = self._table("credential")
        due = credentials.where(lambda one: sealed_before(one, cutoff) and one.erased_at is None)
        found = sorted(one.id for one in due)[:limit]
        for one in found:
            await forget_holder(one, work=self._work, at=self._work.clock.now())
        return {"credential": len(found)} if found else {}

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

    def _people(self, cutoff: datetime, *, took_part: bool) -> Iterator[Person]:
        """People all of whose editions have ended, who took part in one or in none."""
        ended = self._ended(cutoff)
        persons: MemoryTable[UUID, Person] = self._table("person")
        for person in persons.values():
            mine = of_person(person.id, self._work)
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

    def _copies(self, cutoff: datetime) -> Iterator[Change]:
        credentials: MemoryTable[UUID, Credential] = self._table("credential")
        due = {one.id for one in credentials.where(lambda one: sealed_before(one, cutoff))}
        for key, kept in self._table("credential_document").items():
            if key in due:
                yield "credential_document", key, None
                yield "credential_source", key, None
                yield from (("credential_image", (key, one), None) for one in kept.issued.images)
        for key in self._table("credential_revision"):
            if key[0] in due:
                yield "credential_revision", key, None
        for key in self._table("credential_transcript"):
            if key in due:
                yield "credential_transcript", key, None

    def _shares(self, cutoff: datetime) -> Iterator[Change]:
        for key, share in self._table("credential_share").items():
            if share.created_at < cutoff and share.recipient is not None:
                yield "credential_share", key, replace(share, recipient=None)

    def _prepared_seals(self, cutoff: datetime) -> Iterator[Change]:
        for key, one in self._table("prepared_seal").items():
            if one.prepared_at < cutoff:
                yield "prepared_seal", key, None

    def _mail_log(self, cutoff: datetime) -> Iterator[Change]:
        for key, (_, at) in self._table("sent_mail").items():
            if at < cutoff:
                yield "sent_mail", key, None

    def _finished(self, cutoff: datetime) -> Iterator[UUID]:
        for key, job in self._table("job").items():
            if job.finished_at is not None and job.finished_at < cutoff:
                yield key

    def _job_items(self, cutoff: datetime) -> Iterator[Change]:
        finished = set(self._finished(cutoff))
        for key in self._table("job_item"):
            if key[0] in finished:
                yield "job_item", key, None

    def _jobs(self, cutoff: datetime) -> Iterator[Change]:
        with_items = {job for job, _ in self._table("job_item")}
        yield from (("job", one, None) for one in self._finished(cutoff) if one not in with_items)

    def _accounts(self, cutoff: datetime) -> Iterator[Change]:
        for key, (account, created_at) in self._table("account").items():
            if created_at < cutoff and is_nobodys(account, self._work):
                yield "account", key, None

    async def begin_day(self, day: date) -> bool:
        """Whether nobody has begun with this day's work yet; then it is begun."""
        days = self._table("retention_day")
        await days.lock(day)
        if days.get(day) is not None:
            return False
        days.put(day, day)
        return True


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
