"""One learner's result: entered by teachers, confirmed by somebody else, answered by the learner.

A result that has an outcome can be confirmed. A confirmed one stands; an objection that is upheld
opens it again, or an error that somebody finds. The learner may object from the moment there is an
outcome until a window after the confirmation has closed; accepting the result closes the window at
once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.domain.events import Event
from app.domain.results import events as facts
from app.domain.results.errors import (
    NoObjectionOpen,
    NoOutcomeYet,
    NotConfirmedYet,
    ObjectionOpen,
    OwnGrading,
    ResultIsConfirmed,
    StaleResult,
    WindowClosed,
)
from app.domain.results.grading import Outcome
from app.domain.results.identity import NO_EVIDENCE, IdentityEvidence


@dataclass(frozen=True)
class Grade:
    """The grade of one assessment."""

    assessment: str
    """Its code in the specification, `A1`."""
    grade: str
    """As the grading scheme writes it."""
    assessed_on: date
    identity: IdentityEvidence = NO_EVIDENCE


@dataclass(frozen=True)
class Grading:
    """What teachers enter for one learner, read by the scheme already."""

    grades: tuple[Grade, ...] = ()
    """By assessment code."""
    grade: str | None = None
    """The overall grade; None as long as there is none, and for who took no part."""
    outcome: Outcome | None = None

    @property
    def said(self) -> tuple[object, ...]:
        """What the learner agrees or objects to: outcome and grades, without the evidence."""
        return (self.outcome, self.grade, [(g.assessment, g.grade) for g in self.grades])


@dataclass(frozen=True)
class Confirmation:
    """That somebody who did not teach stands for the result."""

    by: UUID
    """Account of the results confirmer."""
    at: datetime
    objections_until: datetime
    """Fixed with the confirmation, so that a deadline that people were told stands."""


class Decision(StrEnum):
    """What became of an objection."""

    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Objection:
    """An objection and the decision on it; or an error that was found, which needs no decision."""

    id: UUID
    reason: str = field(repr=False)
    """In the words of who raised it."""
    raised_at: datetime
    revision: int
    """The outcome that it is against."""
    decision: Decision | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    answer: str | None = field(default=None, repr=False)
    """To the learner: why it was decided so."""
    found_by: UUID | None = None
    """Who of the institution found the error; None: the learner objects."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for its decision."""
        return self.decision is None


class ResultState(StrEnum):
    """Where a result stands."""

    NONE = "none"
    """Nothing has been entered."""
    GRADING = "grading"
    """Some grades, no outcome."""
    PROVISIONAL = "provisional"
    """An outcome, not confirmed."""
    OBJECTED = "objected"
    """An objection waits for its decision."""
    CORRECTION = "correction"
    """An objection was upheld, or an error found; the teachers enter the result anew."""
    CONFIRMED = "confirmed"


@dataclass(eq=False)
class Result:
    """The result of one registration. Loading it for change locks it."""

    registration: UUID
    edition: UUID
    grading: Grading = Grading()
    recorded_by: frozenset[UUID] = frozenset()
    """Accounts of everybody who has entered something here."""
    recorded_at: datetime | None = None
    revision: int = 0
    """Counts the outcomes: 1 for the first one."""
    confirmation: Confirmation | None = None
    accepted_at: datetime | None = None
    objections: tuple[Objection, ...] = ()
    version: int = 0
    """0 for a result that has not been kept yet."""
    _events: list[Event] = field(default_factory=list, repr=False)

    # What it is

    @property
    def outcome(self) -> Outcome | None:
        """What it comes to, if it comes to anything yet."""
        return self.grading.outcome

    @property
    def is_confirmed(self) -> bool:
        """Whether a second person stands for it."""
        return self.confirmation is not None

    @property
    def open_objection(self) -> Objection | None:
        """The objection that waits for its decision."""
        return next((o for o in self.objections if o.is_open), None)

    @property
    def awaits_correction(self) -> bool:
        """Whether an objection was upheld, or an error found, and nothing entered since."""
        last = self._objection_to_this
        return last is not None and last.decision is Decision.UPHELD

    @property
    def corrected_at(self) -> datetime | None:
        """When it was entered in place of one that had been taken back; None: it never was."""
        taken_back = any(
            one.decision is Decision.UPHELD and one.revision < self.revision
            for one in self.objections
        )
        return self.recorded_at if taken_back and not self.awaits_correction else None

    @property
    def _objection_to_this(self) -> Objection | None:
        """The objection against the present outcome; there is one at most."""
        last = self.objections[-1] if self.objections else None
        return last if last is not None and last.revision == self.revision else None

    @property
    def state(self) -> ResultState:
        """Where it stands."""
        if self.open_objection is not None:
            return ResultState.OBJECTED
        if self.is_confirmed:
            return ResultState.CONFIRMED
        if self.awaits_correction:
            return ResultState.CORRECTION
        if self.outcome is not None:
            return ResultState.PROVISIONAL
        return ResultState.GRADING if self.grading.grades else ResultState.NONE

    @property
    def window_ends(self) -> datetime | None:
        """When the learner can no longer object; None as long as it is not confirmed.

        Accepting ends it at once, and so does the rejection of an objection.
        """
        if self.confirmation is None:
            return None
        ends = self.confirmation.objections_until
        objection = self._objection_to_this
        for answered in (self.accepted_at, objection.decided_at if objection else None):
            if answered is not None:
                ends = min(ends, max(answered, self.confirmation.at))
        return ends

    def may_object(self, now: datetime) -> bool:
        """Whether an objection would be heard."""
        if self.outcome is None or self.accepted_at is not None:
            return False
        if self._objection_to_this is not None:
            return False
        ends = self.window_ends
        return ends is None or now < ends

    def may_accept(self) -> bool:
        """Whether there is something to accept that has not been accepted."""
        return (
            self.outcome is not None
            and self.accepted_at is None
            and self.open_objection is None
            and not self.awaits_correction
        )

    # Guards

    def expect(self, version: int) -> None:
        """Let an act pass whose caller has seen the current version, or raise StaleResult."""
        if version != self.version:
            raise StaleResult(self.version)

    # Teachers

    def record(self, grading: Grading, *, by: UUID, at: datetime) -> bool:
        """Enter what is known now, in place of what was; whether anything changed.

        Another outcome or grade is a new revision, to which the learner has not agreed yet.
        Raises ResultIsConfirmed.
        """
        if self.is_confirmed:
            raise ResultIsConfirmed(self.registration)
        if grading == self.grading and not self.awaits_correction:
            return False
        if grading.outcome is None:
            self.accepted_at = None
        elif self.awaits_correction or grading.said != self.grading.said:
            self.revision += 1
            self.accepted_at = None
            self._events.append(
                facts.ResultRecorded(self.registration, self.edition, self.revision)
            )
        self.grading = grading
        self.recorded_by |= {by}
        self.recorded_at = at
        return True

    # The second person

    def confirm(self, *, by: UUID, at: datetime, window: timedelta) -> None:
        """Stand for the result; one that is confirmed stays as it is.

        From now on the learner has the `window` to object.

        Raises OwnGrading, NoOutcomeYet.
        """
        if self.is_confirmed:
            return
        if by in self.recorded_by:
            raise OwnGrading
        if self.outcome is None or self.awaits_correction:
            raise NoOutcomeYet
        self.confirmation = Confirmation(by, at, at + window)
        self._events.append(facts.ResultConfirmed(self.registration, self.edition, self.revision))

    def decide_objection(self, decision: Decision, answer: str, *, by: UUID, at: datetime) -> None:
        """Uphold the open objection, which opens the result again, or reject it.

        Raises NoObjectionOpen, OwnGrading.
        """
        objection = self.open_objection
        if objection is None:
            raise NoObjectionOpen
        if by in self.recorded_by:
            raise OwnGrading
        decided = replace(objection, decision=decision, decided_by=by, decided_at=at, answer=answer)
        self.objections = tuple(decided if o.id == objection.id else o for o in self.objections)
        if decision is Decision.UPHELD:
            self.confirmation = None
            self.accepted_at = None
        self._events.append(
            facts.ObjectionDecided(self.registration, self.edition, objection.id, decision.value)
        )

    def reopen(self, reason: str, *, correction: UUID, by: UUID, at: datetime) -> None:
        """Take a confirmed result back for its teachers to enter anew, with the reason.

        It counts again once it has been entered and confirmed, and the learner's window begins
        anew. Raises OwnGrading, ObjectionOpen, NotConfirmedYet.
        """
        if by in self.recorded_by:
            raise OwnGrading
        if self.open_objection is not None:
            raise ObjectionOpen
        if not self.is_confirmed:
            raise NotConfirmedYet(self.registration)
        found = Objection(
            correction, reason, at, self.revision, Decision.UPHELD, by, at, found_by=by
        )
        self.objections = (*self.objections, found)
        self.confirmation = None
        self.accepted_at = None
        self._events.append(facts.ResultReopened(self.registration, self.edition, correction))

    # The learner

    def accept(self, *, at: datetime) -> None:
        """Say that one agrees; saying it again changes nothing.

        Raises NoOutcomeYet, ObjectionOpen.
        """
        if self.outcome is None or self.awaits_correction:
            raise NoOutcomeYet
        if self.open_objection is not None:
            raise ObjectionOpen
        if self.accepted_at is not None:
            return
        self.accepted_at = at
        self._events.append(facts.ResultAccepted(self.registration, self.edition, self.revision))

    def object_to(self, reason: str, *, objection: UUID, at: datetime) -> Objection:
        """Object, under a new identifier. Raises NoOutcomeYet, ObjectionOpen, WindowClosed."""
        if self.outcome is None or self.awaits_correction:
            raise NoOutcomeYet
        if self.open_objection is not None:
            raise ObjectionOpen
        if not self.may_object(at):
            raise WindowClosed
        raised = Objection(objection, reason, at, self.revision)
        self.objections = (*self.objections, raised)
        self._events.append(facts.ObjectionRaised(self.registration, self.edition, raised.id))
        return raised

    # Keeping

    def take_events(self) -> Sequence[Event]:
        """The events since it was loaded; they are handed over once."""
        taken, self._events = self._events, []
        return taken
