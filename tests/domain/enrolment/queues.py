"""Readable queues: `queue("AAB")` is two from institution A, then one from B."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.domain.enrolment.ranking import received_over_api
from app.domain.enrolment.standing import Entrant

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def entrant(number: int, bucket: str) -> Entrant:
    """The `number`th to register, one second after the one before."""
    identifier = UUID(int=number + 1)
    receipt = received_over_api(NOON + timedelta(seconds=number))
    return Entrant(receipt.rank(identifier), identifier, bucket)


def queue(letters: str) -> list[Entrant]:
    """One entrant for each letter, in order."""
    return [entrant(number, letter) for number, letter in enumerate(letters)]
