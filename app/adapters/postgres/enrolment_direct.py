"""Registrations in one round trip, on PostgreSQL."""

from collections import OrderedDict
from typing import TYPE_CHECKING
from uuid import UUID

from app.adapters.postgres.enrolment_window import Answer, Arguments, Window, window_of
from app.domain.enrolment import events
from app.domain.enrolment.affiliation import partner
from app.domain.enrolment.direct import Claim, Claimed
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.person import Person
from app.domain.enrolment.ranking import Ranks
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.ids import new_id

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_MOST_KNOWN = 256


class _KnownEditions:
    """Editions as they were last read; the version says whether they still are."""

    def __init__(self) -> None:
        self._editions: OrderedDict[UUID, Edition] = OrderedDict()

    def get(self, edition: UUID) -> Edition | None:
        return self._editions.get(edition)

    def put(self, edition: Edition) -> None:
        self._editions[edition.id] = edition
        self._editions.move_to_end(edition.id)
        if len(self._editions) > _MOST_KNOWN:
            self._editions.popitem(last=False)


_known = _KnownEditions()


class PostgresDirectRegistrations:
    """See `app.domain.enrolment.direct.DirectRegistrations`."""

    def __init__(self, work: "PostgresWork", window: Window | None = None) -> None:
        """With a window of its own, or at the one that this process has in front of the edition."""
        self._work = work
        self._window = window

    async def claim(self, claim: Claim) -> Claimed | None:
        """Register in a transaction of its own, in one round trip shared with those who come at
        the same moment."""
        window = self._window or window_of(self._work.engine, claim.edition)
        row = await window.register(self.arguments(claim))
        if row is None:
            return None
        edition = _known.get(claim.edition)
        if edition is None or edition.version != row.version:
            async with self._work as work:
                edition = await work.editions.read(claim.edition)
            _known.put(edition)
        return _claimed(claim, row, edition)

    def arguments(self, claim: Claim) -> Arguments:
        """What the database is told about the claim."""
        identity = claim.person.identity
        registration, edition = claim.registration, claim.edition
        outbox = self._work.outbox
        received = outbox.written(events.RegistrationReceived(registration, edition))

        def told(event: events.PlaceGiven | events.PutOnWaitingList) -> list[bytes]:
            return received + outbox.written(event)

        return (
            edition,
            registration,
            claim.person.id,
            claim.person.account,
            claim.institution,
            claim.person.full_name,
            claim.person.email,
            identity.email,
            identity.name,
            claim.person.email_verified,
            claim.person.country,
            claim.person.language,
            _domains(identity.email),
            claim.receipt.received_at,
            claim.receipt.rank(registration),
            self._work.caller.actor,
            new_id(),
            self._work.action,
            self._work.caller.trace_id,
            told(events.PlaceGiven(registration, edition, Reason.IN_ORDER)),
            told(events.PutOnWaitingList(registration, edition, Reason.QUOTA)),
            told(events.PutOnWaitingList(registration, edition, Reason.FULL)),
        )


def _domains(email: str) -> list[str]:
    """The address's domain and all those that it lies in."""
    labels = email.rpartition("@")[2].split(".")
    return [".".join(labels[n:]) for n in range(len(labels))]


def _claimed(claim: Claim, row: Answer, edition: Edition) -> Claimed:
    state = State(row.state)
    person = Person(
        id=row.person,
        full_name=claim.person.full_name,
        email=claim.person.email,
        account=claim.person.account,
        email_verified=row.verified,
        country=row.country,
        language=claim.person.language,
    )
    registration = Registration(
        id=claim.registration,
        edition=claim.edition,
        person=person.id,
        state=state,
        reason=Reason(row.reason),
        receipt=claim.receipt,
        rank=claim.receipt.rank(claim.registration),
        stated=claim.institution,
        affiliation=partner(claim.institution),
        registered_by=claim.actor,
        privacy_notice_at=claim.receipt.received_at,
        answers_at=claim.receipt.received_at,
        created_at=claim.receipt.received_at,
        warnings=("email_domain_differs",) if row.warned else (),
        decision_seq=row.seq,
        stored_state=state,
        stored_bucket=claim.institution,
    )
    ranks = Ranks(row.position, row.position_within, row.position_waiting)
    return Claimed(edition, registration, person, ranks)
