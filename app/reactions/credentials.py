"""What follows from the events of credentials, and its long work."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.domain.credentials.events import CredentialSealed
from app.domain.credentials.status import DeliveryState
from app.domain.credentials.use_cases_batches import ISSUE_CREDENTIALS
from app.domain.credentials.use_cases_credentials import note_email
from app.domain.credentials.use_cases_issue import issue_batch
from app.domain.jobs import Job, Progress
from app.domain.plain import to_plain
from app.ports import Ports
from app.reactions.results import teller_of
from app.reactions.types import Reactions, Runners


async def tell_credential(event: CredentialSealed, ports: Ports) -> None:
    """Tell the holder that there is a credential, with a link for those without an account."""
    teller = await teller_of(ports)
    await teller.tell("credential_issued", event.registration, f"credential-{event.subject}")
    await note_email(
        event.subject,
        DeliveryState.DELIVERED,
        work=ports.system_work("deliver_credential"),
        clock=ports.clock,
    )


async def run_issuing(job: Job, ports: Ports, progress: Progress) -> Mapping[str, Any]:
    """Seal the credentials of one batch."""
    outcome = await issue_batch(
        UUID(job.params["batch"]),
        work=lambda: ports.system_work(ISSUE_CREDENTIALS),
        sealing=ports.sealing,
        clock=ports.clock,
        progress=progress,
    )
    return {} if outcome is None else dict(to_plain(outcome))


REACTIONS: Reactions = {CredentialSealed: (tell_credential,)}
RUNNERS: Runners = {ISSUE_CREDENTIALS: run_issuing}
