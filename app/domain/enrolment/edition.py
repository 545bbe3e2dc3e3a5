"""An edition: one run of a published micro-credential, with its places and its dates."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from app.domain.access.permissions import At, Place
from app.domain.enrolment import events
from app.domain.enrolment.errors import (
    AlreadyPublished,
    EditionInvalid,
    EditionMoveNotAllowed,
    EditionStale,
    NotYetPublished,
    ReasonNeeded,
    RegistrationClosed,
)
from app.domain.enrolment.quota import Quota, check
from app.domain.enrolment.timetable import TimedMove, UnusedPolicy, UnusedSeats, timed_moves
from app.domain.enrolment.window import RegistrationWindow, zone_named
from app.domain.errors import Finding
from app.domain.events import Event
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import NoInstitutionRule
from app.domain.vocabulary.text import LanguageMap


class EditionState(StrEnum):
    """Where an edition stands. `full` is not a state: it follows from the counts."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"
    GRADING = "grading"
    RESULTS_CONFIRMED = "results_confirmed"
    ISSUING = "issuing"
    COMPLETED = "completed"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


MOVES: Mapping[EditionState, frozenset[EditionState]] = {
    EditionState.PLANNED: frozenset({EditionState.OPEN, EditionState.CANCELLED}),
    EditionState.OPEN: frozenset({EditionState.CLOSED, EditionState.CANCELLED}),
    EditionState.CLOSED: frozenset({EditionState.RUNNING, EditionState.CANCELLED}),
    EditionState.RUNNING: frozenset({EditionState.GRADING, EditionState.CANCELLED}),
    EditionState.GRADING: frozenset({EditionState.RESULTS_CONFIRMED}),
    EditionState.RESULTS_CONFIRMED: frozenset({EditionState.ISSUING}),
    EditionState.ISSUING: frozenset({EditionState.COMPLETED}),
    EditionState.COMPLETED: frozenset({EditionState.ARCHIVED}),
    EditionState.ARCHIVED: frozenset(),
    EditionState.CANCELLED: frozenset(),
}

BEFORE_TEACHING = frozenset({EditionState.PLANNED, EditionState.OPEN, EditionState.CLOSED})
"""Caps and dates can change, and lists can be imported and published."""

RUNNING_OR_BEFORE = BEFORE_TEACHING | {EditionState.RUNNING}


class Mode(StrEnum):
    """When decisions bind."""

    PROVISIONAL = "provisional"
    """Everybody waits until the list is published: what an edition with a form needs."""
    DIRECT = "direct"
    """Everybody is told at once."""


@dataclass(eq=False)
class Edition:
    """One run of a micro-credential.

    `version` covers what is configured here and the state, never how many have registered.
    `last_decision` is the number of the last decision; whoever holds the edition's lock may take
    the next one.
    """

    id: UUID
    code: str
    """`IMC-2026-001-E1`."""
    number: int
    """Among the editions of its micro-credential, from 1."""
    proposal: UUID
    proposal_version: int
    title: LanguageMap
    organiser: InstitutionCode
    awarding: tuple[InstitutionCode, ...]
    partners: tuple[InstitutionCode, ...]
    """Everybody who takes part in the micro-credential, the organiser included."""
    start: date
    end: date
    window: RegistrationWindow
    quota: Quota
    no_institution: NoInstitutionRule
    mode: Mode
    contact_email: str
    created_at: datetime
    least_participants: int | None = None
    """With fewer the edition is not worth running; nothing happens by itself."""
    overrides_allowed: bool = False
    """Whether an officer may place somebody above a cap, with a reason."""
    unused: UnusedSeats = field(default_factory=UnusedSeats)
    """What becomes of places that an institution leaves unused."""
    promotion_until: datetime | None = None
    """From then on no place is given any more, not even one that becomes free; None: from the
    beginning of teaching on."""
    issuer: InstitutionCode | None = None
    """Who seals its credentials, where the micro-credential leaves that to each edition."""
    state: EditionState = EditionState.PLANNED
    published_at: datetime | None = None
    last_decision: int = 0
    imports: int = 0
    """How many imports have changed it, for plans to notice."""
    version: int = 1
    _events: list[Event] = field(default_factory=list)

    @property
    def is_binding(self) -> bool:
        """Whether decisions are taken one by one and count at once."""
        return self.mode is Mode.DIRECT or self.published_at is not None

    @property
    def starts_at(self) -> datetime:
        """When its first day begins, where it takes place."""
        return self._midnight(self.start)

    @property
    def ends_at(self) -> datetime:
        """When its last day is over, where it takes place."""
        return self._midnight(self.end + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        zone = zone_named(self.window.time_zone) or UTC
        return datetime.combine(day, time(), zone).astimezone(UTC)

    @property
    def timed_moves(self) -> list[TimedMove]:
        """What is still to happen by itself, the next first."""
        return timed_moves(self)

    @property
    def due_at(self) -> datetime | None:
        """When something happens by itself next; None when nothing does."""
        return next((move.at for move in self.timed_moves), None)

    @property
    def place(self) -> Place:
        """Where the edition belongs, for permissions."""
        return Place(
            {
                At.LEAD: (self.organiser,),
                At.AWARDING: self.awarding,
                At.PARTNER: self.partners,
            }
        )

    def place_of(self, home: InstitutionCode | None, *, own: bool) -> Place:
        """Where one registration in the edition belongs, for permissions."""
        at = dict(self.place.at)
        if home is not None:
            at[At.HOME] = (home,)
        return Place(at, own=own)

    def expect(self, version: int) -> None:
        """Raise EditionStale unless the caller saw this version."""
        if version != self.version:
            raise EditionStale(self.version)

    def findings(self, partners: tuple[InstitutionCode, ...]) -> list[Finding]:
        """What contradicts itself, at its place in what is sent to plan or change an edition.

        `partners` are those of the alliance.
        """
        found = [*self.window.findings(), *check(self.quota, partners)]
        if self.end < self.start:
            found.append(Finding("/end", "end_before_start", "The edition ends after it starts."))
        if (self.unused.policy is UnusedPolicy.AT_DATE) != (self.unused.at is not None):
            found.append(
                Finding(
                    "/unused_seats/at",
                    "date_with_policy",
                    "Give the instant with the policy at_date, and with no other.",
                )
            )
        if self.promotion_until is not None and self.promotion_until > self.ends_at:
            found.append(
                Finding(
                    "/promotion_until",
                    "promotion_after_end",
                    "Places are given until the end of the edition at the latest.",
                )
            )
        if self.promotion_until is not None and self.promotion_until < self.window.opens:
            found.append(
                Finding(
                    "/promotion_until",
                    "promotion_before_opening",
                    "Places are given once registration has opened; let promotion end later.",
                )
            )
        found += self._after_the_end()
        if self.issuer is not None and self.issuer not in self.awarding:
            found.append(
                Finding(
                    "/issuer",
                    "issuer_not_awarding",
                    "Credentials are sealed by one of the awarding partners: "
                    f"{', '.join(self.awarding)}.",
                )
            )
        if self.least_participants is not None and not (
            0 <= self.least_participants <= self.quota.places
        ):
            found.append(
                Finding(
                    "/least_participants",
                    "least_above_places",
                    "The least number of participants lies between 0 and the places.",
                )
            )
        return found

    def _after_the_end(self) -> list[Finding]:
        """Instants at which nothing could happen any more."""
        given = [
            ("/registration_closes", "registration_after_end", self.window.closes),
            ("/unused_seats/at", "unused_after_end", self.unused.at),
            *(
                (f"/rules/{index}/release_at", "release_after_end", rule.release_at)
                for index, rule in enumerate(self.quota.rules)
            ),
        ]
        return [
            Finding(pointer, code, "This lies after the last day of the edition; give an earlier "
                    "instant.")
            for pointer, code, at in given
            if at is not None and at.tzinfo is not None and at > self.ends_at
        ]  # fmt: skip

    def check(self, partners: tuple[InstitutionCode, ...]) -> None:
        """Raise EditionInvalid when something contradicts itself."""
        found = self.findings(partners)
        if found:
            raise EditionInvalid(found)

    # moves

    def open(self, at: datetime, reason: str | None) -> None:
        """Take registrations. Before the announced time, that needs a reason and moves it."""
        self._move(EditionState.OPEN)
        if at < self.window.opens:
            if not reason:
                raise ReasonNeeded("opening before the announced time")
            self.window = replace(self.window, opens=at)
        self.tell(events.EditionOpened(self.id))

    def close(self, at: datetime, reason: str | None) -> None:
        """Take no more. Before the announced time, that needs a reason and moves it."""
        self._move(EditionState.CLOSED)
        if at < self.window.closes:
            if not reason:
                raise ReasonNeeded("closing before the announced time")
            self.window = replace(self.window, closes=at, grace_minutes=0)
        self.tell(events.EditionClosed(self.id))

    def publish(self, at: datetime, reason: str | None) -> None:
        """Make the list binding. While people may still register, that needs a reason."""
        if self.is_binding:
            raise AlreadyPublished
        if self.state not in (EditionState.OPEN, EditionState.CLOSED):
            raise EditionMoveNotAllowed(self.state, "published", MOVES[self.state])
        if at < self.window.closes and not reason:
            raise ReasonNeeded("publishing before registration has closed")
        self.published_at = at

    def start_teaching(self, at: datetime, reason: str | None) -> None:
        """Begin. The list must be binding; before the first day it needs a reason."""
        if EditionState.RUNNING in MOVES[self.state] and not self.is_binding:
            raise NotYetPublished
        self._move(EditionState.RUNNING)
        if at < self.starts_at and not reason:
            raise ReasonNeeded("starting before the announced day")
        self.tell(events.EditionStarted(self.id))

    def begin_grading(self, at: datetime, reason: str | None) -> None:
        """Teaching has ended; before the last day is over that needs a reason."""
        self._move(EditionState.GRADING)
        if at < self.ends_at and not reason:
            raise ReasonNeeded("grading before the announced last day is over")
        self.tell(events.GradingBegan(self.id))

    def confirm_results(self, completed: int) -> None:
        """The results count."""
        self._move(EditionState.RESULTS_CONFIRMED)
        self.tell(events.EditionResultsConfirmed(self.id, completed))

    def begin_issuing(self) -> None:
        """Credentials are being sealed."""
        self._move(EditionState.ISSUING)

    def complete(self) -> None:
        """Everything has been given."""
        self._move(EditionState.COMPLETED)
        self.tell(events.EditionCompleted(self.id))

    def archive(self) -> None:
        """Put it away: it can be read, and nothing is entered any more but what is still owed."""
        self._move(EditionState.ARCHIVED)

    def cancel(self, reason: str) -> None:
        """Call it off. Needs a reason."""
        if not reason.strip():
            raise ReasonNeeded("cancelling an edition")
        self._move(EditionState.CANCELLED)
        self.tell(events.EditionCancelled(self.id))

    def _move(self, to: EditionState) -> None:
        if to not in MOVES[self.state]:
            raise EditionMoveNotAllowed(self.state, to, MOVES[self.state])
        self.state = to

    def reopen(self) -> None:
        """Take registrations again after they had closed: the end of the window lies ahead."""
        if self.state is not EditionState.CLOSED:
            raise EditionMoveNotAllowed(self.state, EditionState.OPEN, MOVES[self.state])
        self.state = EditionState.OPEN
        self.tell(events.EditionOpened(self.id))

    def expect_to_come(self, at: datetime) -> None:
        """Raise EditionInvalid when its last day, or its registration, is over."""
        found = []
        if at >= self.ends_at:
            found.append(
                Finding(
                    "/end",
                    "edition_over",
                    "The edition is over, so that nobody can register for it any more.",
                )
            )
        elif at >= self.window.closes:
            found.append(
                Finding(
                    "/registration_closes",
                    "registration_over",
                    "Registration would close at once; move its end to later before you open it.",
                )
            )
        if found:
            raise EditionInvalid(found)

    # registering

    def expect_open(self) -> None:
        """Raise RegistrationClosed unless it takes registrations. The state counts, not the time:
        a job, or an officer with a reason, makes the move."""
        if self.state is not EditionState.OPEN:
            raise RegistrationClosed(self.window.opens, self.window.closes)

    def next_decision(self) -> int:
        """The number for one more decision. Only under the edition's lock."""
        self.last_decision += 1
        return self.last_decision

    def tell(self, event: Event) -> None:
        """Keep an event until the edition is saved."""
        self._events.append(event)

    def take_events(self) -> list[Event]:
        """The events since the last time, once."""
        taken, self._events = self._events, []
        return taken
