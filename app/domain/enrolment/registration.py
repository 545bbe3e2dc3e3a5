"""A registration: one person's claim to a place in one edition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.enrolment import events
from app.domain.enrolment.affiliation import NEW_ORGANISATION, Affiliation, Kind
from app.domain.enrolment.claims import (
    AFTER_CONTEST,
    OPEN_TO_CONFIRM,
    OPEN_TO_CONTEST,
    AffiliationClaim,
    ClaimDecided,
    ClaimState,
    NoInstitutionToAsk,
    RegistrationEnded,
)
from app.domain.enrolment.errors import RegistrationMoveNotAllowed, RegistrationStale
from app.domain.enrolment.forms.consent import ConsentSaid
from app.domain.enrolment.ranking import Rank, Receipt
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.standing import Entrant
from app.domain.errors import InternalInconsistency
from app.domain.events import Event
from app.domain.vocabulary.institutions import InstitutionCode


class State(StrEnum):
    """Where a registration stands."""

    NEEDS_DECISION = "needs_decision"
    WAITING = "waiting"
    OFFERED = "offered"
    PLACED = "placed"
    COMPLETED = "completed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    NO_SHOW = "no_show"
    REJECTED = "rejected"


MOVES: Mapping[State, frozenset[State]] = {
    State.NEEDS_DECISION: frozenset({State.WAITING, State.PLACED, State.REJECTED, State.CANCELLED}),
    State.WAITING: frozenset({State.OFFERED, State.PLACED, State.CANCELLED, State.NEEDS_DECISION}),
    State.OFFERED: frozenset({State.PLACED, State.DECLINED, State.WAITING}),
    State.PLACED: frozenset({State.CANCELLED, State.WITHDRAWN, State.NO_SHOW, State.COMPLETED}),
    State.COMPLETED: frozenset(),
    State.DECLINED: frozenset(),
    State.CANCELLED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.NO_SHOW: frozenset(),
    State.REJECTED: frozenset(),
}
"""Registering again after the end is a new registration, at the end of the order."""

LIVE = frozenset(
    {State.NEEDS_DECISION, State.WAITING, State.OFFERED, State.PLACED, State.COMPLETED}
)
"""They count for the rule of one live registration per person and edition."""

SEATED = frozenset({State.OFFERED, State.PLACED, State.COMPLETED})
"""They hold a seat."""


@dataclass(eq=False)
class Registration:
    """One person in one edition.

    Its `rank` follows from its receipt and never changes by itself. `affiliation` is None while it
    is unclear for which institution it counts.
    """

    id: UUID
    edition: UUID
    person: UUID
    state: State
    reason: Reason
    receipt: Receipt
    rank: Rank
    stated: str
    """The institution or organisation as the person gave it."""
    affiliation: Affiliation | None
    registered_by: str
    """`Caller.actor`, or `import:` and the import's id."""
    privacy_notice_at: datetime
    """When the person was shown the privacy notice: at registration, or on the form."""
    answers_at: datetime
    """Of which instant the latest answers are that we hold."""
    created_at: datetime
    warnings: tuple[str, ...] = ()
    """Codes of things worth a look that decide nothing, such as `email_domain_differs`."""
    identity_decided: bool = False
    """An officer has decided that this is not a double."""
    decision_seq: int | None = None
    """The last numbered decision about it; None while the list is provisional."""
    pending: Receipt | None = None
    """A changed receipt that an officer has to decide on."""
    imported_by: UUID | None = None
    """The import that brought it."""
    ended_at: datetime | None = None
    """When it stopped being live."""
    claim: AffiliationClaim = field(default_factory=AffiliationClaim)
    """What the institution said to the claim to belong to it; see `claim_state`."""
    consents: Mapping[str, datetime] = field(default_factory=dict)
    """What the person agreed to beyond what the registration needs, and when."""
    consent_said: ConsentSaid | None = None
    """What was last said here, not by a form, to what the form asks agreement to."""
    data_confirmed_at: datetime | None = None
    """When the person, or an officer for them, last said that what is known of them is right."""
    version: int = 1
    stored_state: State | None = None
    """The state in which it was loaded; None for a new one. Repositories keep counts by it."""
    stored_bucket: InstitutionCode | None = None
    _events: list[Event] = field(default_factory=list)

    @property
    def bucket(self) -> InstitutionCode | None:
        """The institution that it counts for."""
        return self.affiliation.bucket if self.affiliation else None

    @property
    def is_live(self) -> bool:
        """Whether it keeps its person from registering again."""
        return self.state in LIVE

    @property
    def has_seat(self) -> bool:
        """Whether it holds a seat."""
        return self.state in SEATED

    @property
    def entrant(self) -> Entrant:
        """How the rule sees it."""
        return Entrant(self.rank, self.id, self.counted_for)

    @property
    def counted_for(self) -> InstitutionCode:
        """The institution that it counts for, where that is known to be clear."""
        if self.affiliation is None:
            raise InternalInconsistency(f"Registration {self.id} takes part without institution.")
        return self.affiliation.bucket

    def warn(self, code: str, *, holds: bool) -> None:
        """Carry the warning while it holds, and no longer."""
        if holds != (code in self.warnings):
            warnings = set(self.warnings) ^ {code}
            self.warnings = tuple(sorted(warnings))

    @property
    def is_doubted(self) -> bool:
        """Whether it takes part although an officer has still to look whether it is a double."""
        return (
            self.is_live
            and not self.identity_decided
            and Reason.POSSIBLE_DOUBLE.value in self.warnings
        )

    def doubt_identity(self) -> None:
        """It takes part, and an officer looks whether it is a double."""
        if not self.identity_decided:
            self.warnings = tuple(sorted({*self.warnings, Reason.POSSIBLE_DOUBLE.value}))

    def trust_identity(self) -> None:
        """Nothing speaks for a double any more."""
        if not self.warnings:
            return
        self.warnings = tuple(w for w in self.warnings if w != Reason.POSSIBLE_DOUBLE.value)

    def decide_identity(self) -> None:
        """An officer has decided that it is nobody else's."""
        self.identity_decided = True
        self.trust_identity()

    @property
    def names_new_organisation(self) -> bool:
        """Whether it counts for an organisation from outside on which an officer has still to
        decide."""
        return self.is_live and NEW_ORGANISATION in self.warnings

    @property
    def follows_contest(self) -> bool:
        """Whether it takes part although an officer, or the institution, has still to say whether
        an earlier contest holds for it, too."""
        return self.is_live and AFTER_CONTEST in self.warnings

    def follow(self, earlier: Iterable["Registration"]) -> None:
        """Warn of it where one of these, of the same person, ended by a contest that was upheld,
        for the institution that this one counts for."""
        if self.bucket is not None and any(
            one.edition == self.edition
            and one.bucket == self.bucket
            and one.claim_state is ClaimState.UPHELD
            for one in earlier
        ):
            self.warnings = tuple(sorted({*self.warnings, AFTER_CONTEST}))

    def let_stand(self) -> None:
        """An earlier contest does not hold for it."""
        self.warnings = tuple(w for w in self.warnings if w != AFTER_CONTEST)

    @property
    def claim_state(self) -> ClaimState:
        """How the claim to belong to its institution stands now."""
        return self.claim.state if self.claim.institution == self.bucket else ClaimState.STATED

    def confirm_affiliation(self, at: datetime, by: str) -> None:
        """The institution knows the person. Raises ClaimDecided, NoInstitutionToAsk,
        RegistrationEnded."""
        self._say(ClaimState.CONFIRMED, OPEN_TO_CONFIRM, at, by, None)
        self.let_stand()

    def contest_affiliation(self, at: datetime, by: str, reason: str) -> None:
        """The institution does not know the person; nothing else changes. Raises ClaimDecided,
        NoInstitutionToAsk, RegistrationEnded."""
        self._say(ClaimState.CONTESTED, OPEN_TO_CONTEST, at, by, reason)
        self.tell(events.AffiliationContested(self.id, self.edition))

    def decide_contest(self, *, upheld: bool, at: datetime, by: str, reason: str) -> None:
        """Decide on a contest; one that is upheld still has to end the registration. Raises
        ClaimDecided, NoInstitutionToAsk, RegistrationEnded."""
        to = ClaimState.UPHELD if upheld else ClaimState.DISMISSED
        self._say(to, frozenset({ClaimState.CONTESTED}), at, by, reason)
        if not upheld:
            self.tell(events.ContestDismissed(self.id, self.edition))

    def _say(
        self,
        to: ClaimState,
        possible: frozenset[ClaimState],
        at: datetime,
        by: str,
        reason: str | None,
    ) -> None:
        if not self.is_live:
            raise RegistrationEnded
        if self.affiliation is None or self.affiliation.kind is not Kind.PARTNER:
            raise NoInstitutionToAsk
        if self.claim_state not in possible:
            raise ClaimDecided(self.claim_state, to)
        self.claim = AffiliationClaim(to, self.bucket, at, by, reason)

    def expect(self, version: int) -> None:
        """Raise RegistrationStale unless the caller saw this version."""
        if version != self.version:
            raise RegistrationStale(self.version)

    def move(self, to: State, reason: Reason) -> None:
        """Change the state. Raises RegistrationMoveNotAllowed."""
        if to not in MOVES[self.state]:
            raise RegistrationMoveNotAllowed(self.state, to)
        self.state = to
        self.reason = reason

    def end(self, to: State, reason: Reason, at: datetime) -> None:
        """Stop being live. Raises RegistrationMoveNotAllowed."""
        self.move(to, reason)
        self.ended_at = at

    def receive_anew(self, receipt: Receipt) -> None:
        """Take another receipt for the one that counts, and with it another rank."""
        self.receipt = receipt
        self.rank = receipt.rank(self.id)

    def tell(self, event: Event) -> None:
        """Keep an event until the registration is saved."""
        self._events.append(event)

    def take_events(self) -> list[Event]:
        """The events since the last time, once."""
        taken, self._events = self._events, []
        return taken


def end_event(registration: Registration) -> Event:
    """What the end of a registration is told as."""
    if registration.state is State.REJECTED:
        return events.RegistrationRejected(
            registration.id, registration.edition, registration.reason
        )
    return events.RegistrationCancelled(
        registration.id, registration.edition, registration.state, registration.reason
    )
