"""Erases one person in memory, and says what is left of people and results."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.domain.credentials.credential import Credential
from app.domain.credentials.share import Share
from app.domain.enrolment.edition import EditionState
from app.domain.enrolment.forms.imports import ImportRow
from app.domain.enrolment.forms.responses import Answers
from app.domain.enrolment.person import Person
from app.domain.enrolment.registration import LIVE, Registration
from app.domain.results.result import Result
from app.domain.retention.erased import TOOK_PART, erased_address, is_erased
from app.domain.retention.ports import Counts, PersonBehind
from app.domain.retention.use_cases import RegistrationToEraseNotFound

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork

NO_ANSWERS = Answers("", "", "")
Change = tuple[str, Any, Any]
"""Table, key, and what is put there; None removes it."""


def make(change: Change, work: "MemoryWork") -> None:
    """Carry out a change."""
    name, key, value = change
    if value is None:
        work.table(name).delete(key)
    else:
        work.table(name).put(key, value)


def of_person(person: UUID, work: "MemoryWork") -> list[Registration]:
    """All registrations of a person."""
    registrations: MemoryTable[UUID, Registration] = work.table("registration")
    return list(registrations.where(lambda one: one.person == person))


def is_nobodys(account: UUID, work: "MemoryWork") -> bool:
    """Whether an account has never had a role and belongs to nobody who registered."""
    held = (one.account for name in ("role_grant", "person") for one in work.table(name).values())
    return account not in held


async def person_behind(registration_id: UUID, work: "MemoryWork") -> PersonBehind:
    """The person behind a registration, held."""
    found: Registration | None = work.table("registration").get(registration_id)
    if found is None:
        raise RegistrationToEraseNotFound(registration_id)
    await work.table("person").lock(found.person)
    persons: MemoryTable[UUID, Person] = work.table("person")
    person = persons.get(found.person)
    if person is None:
        raise RegistrationToEraseNotFound(registration_id)
    mine = sorted(of_person(person.id, work), key=lambda one: one.id)
    over = (EditionState.COMPLETED, EditionState.ARCHIVED, EditionState.CANCELLED)
    edition_states = {one.id: one.state for one in work.table("edition").values()}
    return PersonBehind(
        id=person.id,
        account=person.account,
        registrations=tuple(one.id for one in mine),
        live=tuple(
            one.id for one in mine if one.state in LIVE and edition_states[one.edition] not in over
        ),
        took_part=any(one.state.value in TOOK_PART for one in mine),
        is_erased=person.full_name == "",
        editions={one.id: one.edition for one in mine},
        known_by=(person.full_name, person.email),
    )


class PersonErasure:
    """Everything that is known of one person goes, but what has to be provable."""

    def __init__(self, found: PersonBehind, work: "MemoryWork") -> None:
        self._found = found
        self._work = work
        persons: MemoryTable[UUID, Person] = work.table("person")
        self._person = next(persons.where(lambda one: one.id == found.id))

    def carry_out(self) -> Counts:
        """How many records of each table are gone, or blank."""
        changes = list(self._changes())
        for change in changes:
            make(change, self._work)
        counts = Counter(name for name, _, _ in changes)
        counts["import_row"] += self._forget_rows()
        counts["account"] += self._forget_account()
        return {name: number for name, number in counts.items() if number}

    def _forget_account(self) -> int:
        """Of somebody who took part the account stays, and one with a role."""
        account = self._found.account
        if account is None or self._found.took_part or not is_nobodys(account, self._work):
            return 0
        gone = [key for key, (known, _) in self._table("account").items() if known == account]
        for key in gone:
            self._table("account").delete(key)
        return len(gone)

    def _table(self, name: str) -> "MemoryTable[Any, Any]":
        return self._work.table(name)

    def _changes(self) -> Iterator[Change]:
        mine = set(self._found.registrations)
        numbers = set()
        files = {import_id for import_id, _ in self._rows()}
        for key, response in self._table("form_response").items():
            if response.registration in mine:
                numbers.add(key[:3])
                files.add(key[3])
                if response.answers != NO_ANSWERS:
                    yield "form_response", key, replace(response, answers=NO_ANSWERS)
        shown = {(import_id, row.response) for import_id, row in self._rows()}
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
        for key, (told, _) in self._table("sent_mail").items():
            if told in mine:
                yield "sent_mail", key, None
        yield from self._shown_to_others(mine)
        keeps, person = self._found.took_part, self._person
        if not is_erased(person.email):
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

    def _rows(self) -> Iterator[tuple[UUID, ImportRow]]:
        for import_id, rows in self._table("import_row").items():
            for row in rows:
                if self._is_about(row):
                    yield import_id, row

    def _is_about(self, row: ImportRow) -> bool:
        same = row.email.strip().casefold() == self._person.identity.email
        return row.registration in self._found.registrations or same

    def _forget_rows(self) -> int:
        gone = 0
        for import_id, rows in self._table("import_row").items():
            left = tuple(row for row in rows if not self._is_about(row))
            if len(left) != len(rows):
                gone += len(rows) - len(left)
                self._table("import_row").put(import_id, left)
        return gone


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
