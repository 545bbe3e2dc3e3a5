"""What importing a set of responses would do, row by row. Changes nothing that is stored.

The plan is a function of the responses, the spellings and what is registered already. While a list
is provisional it comes out the same in whatever order files arrive; of two entries that may be one
person the one with the better rank goes first.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.domain.enrolment.affiliation import Affiliation, Kind, Unclear
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.codes import RowReason, RowWarning
from app.domain.enrolment.forms.consent import BY_FORM
from app.domain.enrolment.forms.consent import WARNINGS as NO_CONSENT
from app.domain.enrolment.forms.entries import Entry, Reader
from app.domain.enrolment.forms.imports import Verdict
from app.domain.enrolment.forms.planned import Plan, PlannedRow
from app.domain.enrolment.forms.responses import KnownEntry, Response, StoredResponse
from app.domain.enrolment.forms.settling import settle_states
from app.domain.enrolment.person import Identity, Person
from app.domain.enrolment.ranking import Rank
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.errors import InternalInconsistency
from app.domain.ids import new_id
from app.domain.vocabulary.text import folded


def plan_import(
    responses: Iterable[Response],
    *,
    edition: Edition,
    form: str,
    import_id: UUID,
    known: Sequence[KnownEntry],
    persons: Mapping[Identity, Person],
    reader: Reader,
    at: datetime,
) -> Plan:
    """What the responses come to.

    `known` are the registrations of the edition that share a response, an address or a name with
    them, and those that share an address or a name with these, and so on; `persons` are people of
    other editions whom the responses may be of.
    """
    planner = _Planner(edition, form, import_id, persons, reader, at)
    planner.remember(known)
    return planner.plan(responses)


def settle_again(
    known: Sequence[KnownEntry],
    rebuilt: Collection[UUID],
    *,
    edition: Edition,
    reader: Reader,
) -> list[Entry]:
    """What follows for registrations of a provisional list when responses have been taken away.

    `known` are closed as for `plan_import` and have the responses that are left; those in
    `rebuilt` say from now on what these say. Returns the entries that change.
    """
    planner = _Planner(edition, "", edition.id, {}, reader, edition.created_at)
    planner.remember(known)
    for entry in planner.entries:
        if entry.registration.id in rebuilt:
            entry.rebuild(reader, institution_is_fixed=False)
    settle_states(planner.entries, edition)
    return [entry for entry in planner.entries if entry.changed or entry.person_changed]


class _Planner:
    def __init__(
        self,
        edition: Edition,
        form: str,
        import_id: UUID,
        persons: Mapping[Identity, Person],
        reader: Reader,
        at: datetime,
    ) -> None:
        self.edition = edition
        self.form = form
        self.import_id = import_id
        self.persons = persons
        self.reader = reader
        self.at = at
        self.organisations: set[str] = set()
        self.rows: list[PlannedRow] = []
        self.entries: list[Entry] = []
        self.stored: list[StoredResponse] = []
        self.known_responses: dict[int, Entry] = {}
        self.by_identity: dict[Identity, list[Entry]] = defaultdict(list)
        self.touched: dict[Entry, list[PlannedRow]] = defaultdict(list)

    def remember(self, known: Sequence[KnownEntry]) -> None:
        """Take in what is registered already."""
        for one in known:
            entry = Entry(one.registration, one.person, is_new=False)
            self.entries.append(entry)
            if one.person.account is None or one.person.email_verified:
                self.by_identity[one.person.identity].append(entry)
            for response in one.responses:
                entry.attach(response)
                if response.form == self.form:
                    self.known_responses[response.number] = entry

    def plan(self, responses: Iterable[Response]) -> Plan:
        """Judge all rows."""
        fresh: dict[Identity, list[PlannedRow]] = defaultdict(list)
        seen: dict[int, PlannedRow] = {}
        for response in responses:
            row = self._first_look(response, seen)
            self.rows.append(row)
            if row.verdict is Verdict.CREATE:
                fresh[response.answers.identity].append(row)
        for identity, rows in fresh.items():
            self._find_person(identity, rows)
        for entry in self.entries:
            self._rebuild(entry)
        self._note_contests()
        settle_states(self.entries, self.edition)
        for row in self.rows:
            self._conclude(row)
        touched = [e for e in self.entries if e.is_new or e.changed or e.person_changed]
        touched.sort(key=lambda entry: entry.registration.rank)
        return Plan(self.rows, touched, self.stored)

    # row by row

    def _first_look(self, response: Response, seen: dict[int, PlannedRow]) -> PlannedRow:
        """The verdict on a row by itself; CREATE for one that has still to find its person."""
        row = PlannedRow(response, Verdict.CREATE, warnings=response.warnings)
        number, completed = response.number, response.completed_at
        if response.problems:
            row.verdict, row.reason = Verdict.INVALID, response.problems[0]
            return row
        if number is None or completed is None:
            raise InternalInconsistency("A row without number or time has a problem that says so.")
        if number in seen:
            row.verdict, row.reason = Verdict.INVALID, RowReason.RESPONSE_TWICE.value
            row.same_as_row = seen[number].response.row
            return row
        seen[number] = row
        if number in self.known_responses:
            self._again(row, self.known_responses[number], number, completed)
            return row
        outside = self.edition.window.verdict(completed)
        if outside is not None:
            row.verdict, row.reason = Verdict.REJECTED, outside.value
        elif self._affiliation(response) is None:
            row.verdict, row.reason = Verdict.REJECTED, Reason.NOT_ADMITTED.value
        return row

    def _again(self, row: PlannedRow, entry: Entry, number: int, completed: datetime) -> None:
        """A response that was imported before."""
        row.entry = entry
        row.verdict = Verdict.UNCHANGED
        registration, response = entry.registration, row.response
        if not registration.is_live:
            return
        stored = entry.responses[self.form, number]
        if completed not in (stored.received_at, stored.other_time):
            row.verdict, row.reason = Verdict.NEEDS_DECISION, Reason.TIME_CHANGED.value
            receipt = response.receipt(self.form)
            if registration.pending != receipt:
                registration.pending = receipt
                entry.changed = True
            return
        if response.answers == stored.answers:
            takes_back = BY_FORM in registration.consents and response.answers.consent is False
            if takes_back and response.answers_at > stored.answers_at:
                # Sent once more after somebody has agreed here: the no is the later word.
                row.verdict = Verdict.UPDATE
                self._attach(row, entry)
            return
        if stored.tells_no_consent(response) and (response.modified_at or not response.tells_edits):
            # The question was mapped after the response had been read: its answer is taken alone.
            row.verdict = Verdict.UPDATE
            row.response = replace(
                response, answers=replace(stored.answers, consent=response.answers.consent)
            )
            self._attach(row, entry)
            if row.response.answers != response.answers and not response.tells_edits:
                row.warnings = (*row.warnings, RowWarning.ANSWERS_CHANGED.value)
            return
        if response.modified_at is not None and response.answers_at <= stored.answers_at:
            return
        if not response.tells_edits and response.answers_at < stored.answers_at:
            # What it said before the edit that we hold.
            return
        if response.answers.identity != stored.answers.identity:
            # Whose registration it is must not change by an edit that anybody with the form's
            # link could make.
            _keep(row, RowWarning.PERSON_CHANGED)
            return
        if not response.tells_edits:
            # Which of the two is newer, nobody knows.
            _keep(row, RowWarning.ANSWERS_CHANGED)
            return
        row.verdict = Verdict.UPDATE
        self._attach(row, entry)

    # person by person

    def _find_person(self, identity: Identity, rows: list[PlannedRow]) -> None:
        """Join the new responses of one person to their registration, or make it."""
        if len(rows) > 1:
            rows.sort(key=self._rank)
        known = self.by_identity.get(identity, ())
        entry = next((e for e in known if e.registration.is_live), None)
        first: PlannedRow | None = None
        for row in rows:
            ended = _ended_after(known, row.response)
            if ended is not None:
                # Sent before the person cancelled: part of what they took back.
                row.verdict, row.reason = Verdict.DUPLICATE, RowReason.REGISTRATION_ENDED.value
                self._attach(row, ended)
            elif entry is None:
                entry, first = self._create(row), row
            else:
                row.verdict, row.reason = Verdict.DUPLICATE, RowReason.SAME_PERSON.value
                row.same_as_row = first.response.row if first else None
                self._attach(row, entry)

    def _rank(self, row: PlannedRow) -> Rank:
        # No form's rank depends on the registration's identifier.
        return row.response.receipt(self.form).rank(self.import_id)

    def _create(self, row: PlannedRow) -> Entry:
        response = row.response
        answers = response.answers
        person = self.persons.get(answers.identity)
        person_is_new = person is None
        if person is None:
            person = Person(
                new_id(),
                answers.full_name,
                answers.email,
                country=answers.country,
                language=answers.language,
            )
        receipt = response.receipt(self.form)
        identifier = new_id()
        registration = Registration(
            id=identifier,
            edition=self.edition.id,
            person=person.id,
            state=State.WAITING,
            reason=Reason.PROVISIONAL,
            receipt=receipt,
            rank=receipt.rank(identifier),
            stated=answers.stated or answers.organisation,
            affiliation=None,
            registered_by=f"import:{self.import_id}",
            privacy_notice_at=receipt.received_at,
            answers_at=response.answers_at,
            created_at=self.at,
            warnings=tuple(w for w in response.warnings if w not in NO_CONSENT),
            imported_by=self.import_id,
        )
        entry = Entry(registration, person, is_new=True, person_is_new=person_is_new)
        self.entries.append(entry)
        self._attach(row, entry)
        return entry

    def _attach(self, row: PlannedRow, entry: Entry) -> None:
        """Let the row's response belong to the entry."""
        response = row.response
        if response.number is None or response.completed_at is None:
            raise InternalInconsistency("A row without number or time belongs to nobody.")
        stored = StoredResponse(
            form=self.form,
            number=response.number,
            received_at=response.completed_at,
            answers=response.answers,
            answers_at=response.answers_at,
            registration=entry.registration.id,
            brought_by=self.import_id,
        )
        row.entry = entry
        row.brings = True
        entry.attach(stored)
        self.stored.append(stored)
        if entry.registration.is_live:
            self.touched[entry].append(row)

    def _rebuild(self, entry: Entry) -> None:
        rows = self.touched.get(entry)
        if not rows:
            return
        fixed = self.edition.is_binding and not entry.is_new
        warnings = entry.rebuild(self.reader, institution_is_fixed=fixed)
        for row in rows:
            if fixed and self._rank(row) < entry.registration.rank:
                # Nobody's turn changes once the list binds; an officer may still act on it.
                warnings = [*warnings, RowWarning.EARLIER_THAN_STORED.value]
            if warnings:
                row.warnings = (*row.warnings, *warnings)

    # across persons

    def _note_contests(self) -> None:
        """Mark those who come again after a contest that was upheld."""
        for entry in self.entries:
            registration = entry.registration
            if not entry.is_new:
                if registration.bucket in (None, registration.stored_bucket):
                    continue
                registration.let_stand()
            known = self.by_identity.get(entry.person.identity, ())
            registration.follow(
                one.registration for one in known if one.person.id == entry.person.id
            )
            if registration.follows_contest:
                for row in self.touched.get(entry, ()):
                    row.warnings = (*row.warnings, RowWarning.REGISTERED_AFTER_CONTEST.value)

    def _conclude(self, row: PlannedRow) -> None:
        """Tell in the row what became of its entry."""
        if row.entry is None or row.verdict is not Verdict.CREATE:
            return
        registration = row.entry.registration
        if registration.is_doubted:
            row.warnings = (*row.warnings, RowWarning.SAME_ADDRESS.value)
        if registration.state is State.NEEDS_DECISION:
            row.verdict, row.reason = Verdict.NEEDS_DECISION, registration.reason.value
        self._note_organisation(row, registration.affiliation)

    def _note_organisation(self, row: PlannedRow, affiliation: Affiliation | None) -> None:
        """Warn, once in a file, of an organisation on which nobody has decided."""
        if affiliation is None or affiliation.kind is not Kind.EXTERNAL:
            return
        name = folded(affiliation.name)
        if name not in self.organisations and self.reader.matcher.is_new(affiliation):
            row.warnings = (*row.warnings, RowWarning.NEW_EXTERNAL_ORGANISATION.value)
        self.organisations.add(name)

    def _affiliation(self, response: Response) -> Affiliation | Unclear | None:
        return self.reader.affiliation(response.answers.stated, response.answers.organisation)


def _ended_after(known: Sequence[Entry], response: Response) -> Entry | None:
    """The entry of the same person that ended after they sent this."""
    for entry in known:
        ended_at = entry.registration.ended_at
        taken_back = entry.registration.reason is Reason.IMPORT_TAKEN_BACK
        if ended_at is not None and not taken_back and response.answers_at < ended_at:
            return entry
    return None


def _keep(row: PlannedRow, differs: RowWarning) -> None:
    """What was given first stands, and nothing waits for anybody; an officer who knows better
    corrects the registration itself."""
    row.verdict, row.reason = Verdict.UNCHANGED, RowReason.KEPT_AS_FIRST_GIVEN.value
    row.warnings = (*row.warnings, differs.value)
