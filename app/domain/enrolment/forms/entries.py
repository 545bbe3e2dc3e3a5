"""An entry: one registration with its person and all responses of forms that it came by.

What the registration says follows from the set of responses, never from the order in which they
were imported: the earliest gives the rank and the institution, the latest the other answers.
"""

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.enrolment.affiliation import (
    Affiliation,
    Matcher,
    Spellings,
    Suggestion,
    Unclear,
    domain_differs,
    under_rule,
)
from app.domain.enrolment.forms.codes import RowWarning
from app.domain.enrolment.forms.consent import ConsentSaid, consents_after
from app.domain.enrolment.forms.responses import Answers, StoredResponse
from app.domain.enrolment.person import Person
from app.domain.enrolment.ranking import Receipt, received_over_api
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.vocabulary.micro_credential import NoInstitutionRule
from app.domain.vocabulary.text import folded

ABOUT_INSTITUTION = frozenset({Reason.INSTITUTION_MISSING, Reason.INSTITUTION_UNCLEAR})
_UNSETTLED = (State.WAITING, State.NEEDS_DECISION)


@dataclass
class Reader:
    """Says what a stated institution means in one edition."""

    matcher: Matcher
    spellings: Spellings
    rule: NoInstitutionRule
    _read: dict[tuple[str, str], Affiliation | Unclear | None] = field(default_factory=dict)

    def affiliation(self, stated: str, organisation: str = "") -> Affiliation | Unclear | None:
        """The affiliation, why it is unclear, or None when it is not admitted."""
        key = stated, organisation
        if key not in self._read:
            self._read[key] = self._affiliation(stated, organisation)
        return self._read[key]

    def _affiliation(self, stated: str, organisation: str) -> Affiliation | Unclear | None:
        read = self.matcher.read(stated)
        if isinstance(read, Unclear) and read.reason is Reason.INSTITUTION_MISSING and organisation:
            read = self.matcher.read(organisation)
        return read if isinstance(read, Unclear) else under_rule(read, self.rule)


@dataclass(eq=False)
class Entry:
    """One registration, new or known, as it will be."""

    registration: Registration
    person: Person
    is_new: bool
    person_is_new: bool = False
    changed: bool = False
    person_changed: bool = False
    suggestions: tuple[Suggestion, ...] = ()
    responses: dict[tuple[str, int], StoredResponse] = field(default_factory=dict)
    """The newest version of each, by form and number."""

    @property
    def came_by_form(self) -> bool:
        """Whether a form brought it; the answers of others are their own."""
        return self.registration.imported_by is not None

    def attach(self, response: StoredResponse) -> None:
        """Let a response count, if it is not an older version of one that does."""
        key = response.form, response.number
        known = self.responses.get(key)
        if known is None or response.answers_at >= known.answers_at:
            self.responses[key] = response

    def first_receipt(self) -> Receipt:
        """The receipt that gives the rank."""
        receipts = [response.receipt for response in self.responses.values()]
        if not self.came_by_form:
            receipts.append(received_over_api(self.registration.created_at))
        return min(receipts, key=lambda receipt: receipt.rank(self.registration.id))

    def last_answers(self) -> tuple[Answers, datetime] | None:
        """The answers that count, and of when they are; None when no form has any."""
        if not self.came_by_form or not self.responses:
            return None
        responses = self.responses.values()
        latest = next(iter(responses))
        if len(responses) > 1:
            latest = max(responses, key=lambda r: (r.answers_at, r.form, r.number))
        return latest.answers, latest.answers_at

    def rebuild(self, reader: Reader, *, institution_is_fixed: bool) -> list[str]:
        """Let the registration say what its responses say. Returns warnings.

        Its person's name and address are left alone where they differ: whose registration it is
        is not for a row of a form to change.
        """
        registration = self.registration
        if not (self.is_new and len(self.responses) == 1):
            receipt = self.first_receipt()
            if receipt != registration.receipt and not institution_is_fixed:
                registration.receive_anew(receipt)
                self.changed = True
        latest = self.last_answers()
        if latest is None:
            return self._elsewhere(reader)
        answers, registration.answers_at = latest
        confirmed = registration.data_confirmed_at
        if confirmed is None or confirmed < registration.answers_at:
            # What the person has put right since is not undone by an older answer.
            self._take_person(answers)
        self._take_consent()
        fixed = institution_is_fixed and not self.is_new
        said = self._said_first(reader, fixed=fixed)
        stated = said.stated or said.organisation
        if stated == registration.stated and not self.is_new:
            return self._elsewhere(reader)
        if fixed:
            return [RowWarning.INSTITUTION_KEPT.value]
        read = reader.affiliation(said.stated, said.organisation)
        if read is None:
            return [RowWarning.INSTITUTION_KEPT.value]
        self.changed = True
        registration.stated = stated
        self._affiliate(read)
        differs = domain_differs(answers.email, registration.affiliation, reader.spellings)
        registration.warn(RowWarning.EMAIL_DOMAIN_DIFFERS.value, holds=differs)
        return self._elsewhere(reader)

    def _said_first(self, reader: Reader, *, fixed: bool) -> Answers:
        """The answers that say for which institution it counts.

        Those of the response that gives the rank: anybody who knows an address and a name can send
        another. Where that one names none, the next does that names one.
        """
        by_rank = list(self.responses.values())
        if len(by_rank) > 1:
            by_rank.sort(key=lambda r: r.receipt.rank(self.registration.id))
        if fixed:
            receipt = self.registration.receipt
            by_rank.sort(key=lambda r: (r.form, r.number) != (receipt.form, receipt.response))
        naming = (r.answers for r in by_rank if not _names_none(reader, r.answers))
        return next(naming, by_rank[0].answers)

    def _elsewhere(self, reader: Reader) -> list[str]:
        """Note whether a response names another institution than it counts for."""
        registration = self.registration
        code = RowWarning.INSTITUTION_DIFFERS.value
        differs = any(self._differs(reader, r.answers) for r in self.responses.values())
        before = registration.warnings
        registration.warn(code, holds=differs)
        self.changed = self.changed or registration.warnings != before
        return [code] if differs else []

    def _differs(self, reader: Reader, answers: Answers) -> bool:
        registration = self.registration
        stated = answers.stated or answers.organisation
        if stated == registration.stated or folded(stated) == folded(registration.stated):
            return False
        read = reader.affiliation(answers.stated, answers.organisation)
        counted = registration.bucket
        if isinstance(read, Unclear):
            if read.reason is Reason.INSTITUTION_MISSING:
                return False
            suggested = {suggestion.institution for suggestion in read.suggestions}
            return counted is None or counted not in suggested
        if counted is None:
            unclear = reader.affiliation(registration.stated)
            suggestions = unclear.suggestions if isinstance(unclear, Unclear) else ()
            return read is None or read.bucket not in {s.institution for s in suggestions}
        return read is None or read.bucket != counted

    def _take_person(self, answers: Answers) -> None:
        person = self.person
        if person.account is not None or person.identity != answers.identity:
            return
        before = (person.full_name, person.email, person.country, person.language)
        person.full_name, person.email = answers.full_name, answers.email
        person.country = answers.country or person.country
        spoken = [r for r in self.responses.values() if r.answers.language_given]
        if spoken:
            # A form's own language says nothing of people whom it does not ask.
            latest = max(spoken, key=lambda r: (r.answers_at, r.form, r.number))
            person.language = latest.answers.language
        after = (person.full_name, person.email, person.country, person.language)
        self.person_changed = before != after and not self.person_is_new

    def _take_consent(self) -> None:
        """Keep the agreement by what was said last: by the latest response of those that were asked
        for one, or here."""
        asked = [r for r in self.responses.values() if r.answers.consent is not None]
        latest = max(asked, key=lambda r: (r.answers_at, r.form, r.number), default=None)
        registration = self.registration
        said = registration.consent_said
        if latest is not None and (said is None or said.at < latest.answers_at):
            said = ConsentSaid(bool(latest.answers.consent), latest.answers_at)
        consents = consents_after(registration.consents, said)
        if consents != registration.consents:
            registration.consents = consents
            self.changed = True

    def _affiliate(self, read: Affiliation | Unclear) -> None:
        if isinstance(read, Unclear):
            self.registration.affiliation = None
            self.registration.reason = read.reason
            self.suggestions = read.suggestions
        else:
            self.registration.affiliation = read
            self.suggestions = ()

    def settle(self, *, is_doubted: bool, shares_address: bool = False) -> None:
        """Take the state that follows: an unclear institution comes before a changed time, that
        before a possible double; with none of them it waits. One that only shares an address is
        marked for officers and held back by nothing, and so is a possible double that came over
        the API: held back it would learn of the other."""
        registration = self.registration
        if registration.state not in _UNSETTLED:
            return
        before = registration.warnings
        is_held = is_doubted and registration.imported_by is not None
        if shares_address or (is_doubted and not is_held):
            registration.doubt_identity()
        else:
            registration.trust_identity()
        self.changed = self.changed or registration.warnings != before
        if registration.affiliation is None:
            reason = registration.reason
            if reason not in ABOUT_INSTITUTION:
                reason = Reason.INSTITUTION_UNCLEAR
        elif registration.pending is not None:
            reason = Reason.TIME_CHANGED
        elif is_held and not registration.identity_decided:
            reason = Reason.POSSIBLE_DOUBLE
        elif registration.state is State.WAITING:
            return
        else:
            registration.move(State.WAITING, Reason.PROVISIONAL)
            self.changed = True
            return
        if (registration.state, registration.reason) == (State.NEEDS_DECISION, reason):
            return
        if registration.state is not State.NEEDS_DECISION:
            registration.move(State.NEEDS_DECISION, reason)
        registration.reason = reason
        self.changed = True


def _names_none(reader: Reader, answers: Answers) -> bool:
    read = reader.affiliation(answers.stated, answers.organisation)
    return isinstance(read, Unclear) and read.reason is Reason.INSTITUTION_MISSING
