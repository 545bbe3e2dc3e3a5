"""Whether a result can become a credential now, and if not, why not."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.results.credential_data import CredentialData
from app.domain.results.ports import Participant
from app.domain.results.result import Result


@dataclass(frozen=True)
class Readiness:
    """What a credential waits for."""

    reasons: tuple[str, ...]
    """Codes: `result_not_confirmed`, `objection_open`, `objection_window_open`,
    `credential_data_missing`, `student_identifier_contested`, `email_not_confirmed`. None when it
    waits for nothing."""
    until: datetime | None = None
    """The end of the objection window, while it is open. Waiting alone helps where that is the
    only reason."""

    @property
    def is_ready(self) -> bool:
        """Whether it waits for nothing."""
        return not self.reasons


def readiness(
    participant: Participant,
    result: Result,
    data: CredentialData,
    *,
    address_confirmed: bool,
    now: datetime,
) -> Readiness:
    """What the credential of somebody who passed still waits for."""
    reasons = []
    ends = result.window_ends
    if not result.is_confirmed:
        reasons.append("result_not_confirmed")
    if result.open_objection is not None:
        reasons.append("objection_open")
    window_open = ends is not None and now < ends and result.open_objection is None
    if window_open:
        reasons.append("objection_window_open")
    if data.identity is None:
        reasons.append("credential_data_missing")
    if data.contested:
        reasons.append("student_identifier_contested")
    # Who has an account fetches the credential with it. The others have nothing but the address.
    if participant.account is None and not (participant.email_verified or address_confirmed):
        reasons.append("email_not_confirmed")
    return Readiness(tuple(reasons), ends if window_open else None)
