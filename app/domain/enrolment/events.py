"""What happens in enrolment, told in the past tense. Subjects are registrations or editions."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.events import Event


@dataclass(frozen=True)
class EditionCreated(Event):
    """An edition of a published micro-credential was planned."""

    proposal: UUID


@dataclass(frozen=True)
class EditionChanged(Event):
    """Dates, caps or other facts of an edition changed after it had opened."""


@dataclass(frozen=True)
class EditionMoved(Event):
    """An edition that has opened takes place on other days than were announced."""

    version: int
    """Of the edition, with the new dates."""
    start: str
    """The new first day, as YYYY-MM-DD."""
    end: str
    """The new last day."""


@dataclass(frozen=True)
class EditionOpened(Event):
    """People can register."""


@dataclass(frozen=True)
class EditionClosed(Event):
    """Nobody can register any more."""


@dataclass(frozen=True)
class ListPublished(Event):
    """The list of an edition has become binding: everybody on it may be told."""

    placed: int
    waiting: int


@dataclass(frozen=True)
class EditionStarted(Event):
    """Teaching has begun."""


@dataclass(frozen=True)
class GradingBegan(Event):
    """Teaching has ended; results can be entered until they are confirmed."""


@dataclass(frozen=True)
class EditionCancelled(Event):
    """The edition does not take place."""


@dataclass(frozen=True)
class EditionResultsConfirmed(Event):
    """The results count; those who passed have completed the edition."""

    completed: int


@dataclass(frozen=True)
class EditionCompleted(Event):
    """Everything that the edition gives has been given."""


@dataclass(frozen=True)
class RegistrationReceived(Event):
    """Somebody registered, or was registered, or came by a form. Promises nothing."""

    edition: UUID


@dataclass(frozen=True)
class PlaceGiven(Event):
    """A registration got a place when its turn came. `reason` may be `override`."""

    edition: UUID
    reason: str


@dataclass(frozen=True)
class Promoted(Event):
    """A registration that waited got a place that had become free."""

    edition: UUID


@dataclass(frozen=True)
class PutOnWaitingList(Event):
    """A registration waits; `reason` says which cap."""

    edition: UUID
    reason: str


@dataclass(frozen=True)
class RegistrationCancelled(Event):
    """A registration ended: `state` is cancelled, withdrawn, no_show or declined."""

    edition: UUID
    state: str
    reason: str


@dataclass(frozen=True)
class RegistrationRejected(Event):
    """An officer decided that a registration does not take part."""

    edition: UUID
    reason: str


@dataclass(frozen=True)
class AffiliationContested(Event):
    """The institution that somebody named does not know them. Their place or turn stays."""

    edition: UUID


@dataclass(frozen=True)
class ContestDismissed(Event):
    """The edition's officer decided that somebody's claim to their institution stands."""

    edition: UUID


@dataclass(frozen=True)
class AddressMended(Event):
    """An officer has changed the unconfirmed address of a registration's person."""

    edition: UUID
    version: int
    """Of the registration before."""


@dataclass(frozen=True)
class AddressAsked(Event):
    """The person of a registration wants another address, which is still to be confirmed."""

    edition: UUID
    version: int
    """Of the registration before."""


@dataclass(frozen=True)
class PersonRenamed(Event):
    """The person of a registration has another name or address than before."""

    edition: UUID


@dataclass(frozen=True)
class RegistrationCompleted(Event):
    """The person passed."""

    edition: UUID


@dataclass(frozen=True)
class FormMapped(Event):
    """How the questions of a form are read was decided."""

    form: str


@dataclass(frozen=True)
class ImportPlanned(Event):
    """A file of responses was read and judged; nothing has changed yet."""

    edition: UUID


@dataclass(frozen=True)
class ResponsesImported(Event):
    """A file of responses was imported."""

    edition: UUID
    created: int


@dataclass(frozen=True)
class ImportTakenBack(Event):
    """What an import had brought was taken out again."""

    edition: UUID
    cancelled: int
