"""What follows from the events of credentials, and its long work."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.domain.credentials.events import (
    CredentialReinstated,
    CredentialRevoked,
    CredentialSealed,
    CredentialSuspended,
    DeliveryRequested,
)
from app.domain.credentials.status import Channel, CredentialState, DeliveryState
from app.domain.credentials.use_cases.batches import ISSUE_CREDENTIALS, PREPARE_LOCAL_SEALS
from app.domain.credentials.use_cases.credentials import note_email
from app.domain.credentials.use_cases.issue import issue_batch
from app.domain.credentials.use_cases.local_sealing import prepare_local_seals
from app.domain.errors import DomainError
from app.domain.jobs import Job, Progress
from app.domain.plain import to_plain
from app.ports import Ports, Work
from app.reactions.results import teller_of
from app.reactions.types import Reactions, Runners

MAIL_REFUSED = "mail_refused"
"""The holder's address refuses mail for good."""


async def tell_credential(event: CredentialSealed, ports: Ports) -> None:
    """Tell the holder that there is a credential, with a link for those without an account."""
    kind = "credential_issued" if event.supersedes is None else "credential_replaced"
    await _deliver(kind, event.subject, event.registration, f"credential-{event.subject}", ports)


async def tell_credential_again(event: DeliveryRequested, ports: Ports) -> None:
    """Tell the holder once more, because somebody has asked for it."""
    if event.channel == Channel.EMAIL:
        message = f"credential-{event.subject}-{event.attempt}"
        await _deliver("credential_issued", event.subject, event.registration, message, ports)


async def tell_suspended(event: CredentialSuspended, ports: Ports) -> None:
    """Tell the holder that the credential is out of force for now, and why."""
    await _tell_change(event, "credential_suspended", CredentialState.SUSPENDED, ports)


async def tell_revoked(event: CredentialRevoked, ports: Ports) -> None:
    """Tell the holder that the credential was taken back, and why."""
    await _tell_change(event, "credential_revoked", CredentialState.REVOKED, ports)


async def tell_reinstated(event: CredentialReinstated, ports: Ports) -> None:
    """Tell the holder that the credential is in force again, and why."""
    await _tell_change(event, "credential_reinstated", CredentialState.SEALED, ports)


async def _deliver(
    kind: str, credential: UUID, registration: UUID, message: str, ports: Ports
) -> None:
    """Tell the holder, and note how that went. What fails is noted, and raised to be tried anew."""
    teller = await teller_of(ports)

    async def along(work: Work, taken: bool) -> None:
        if taken:
            await note_email(credential, DeliveryState.DELIVERED, work=work, clock=ports.clock)
        else:
            await note_email(
                credential, DeliveryState.FAILED, code=MAIL_REFUSED, work=work, clock=ports.clock
            )

    try:
        await teller.tell(kind, registration, message, along=along)
    except DomainError as failure:
        async with ports.system_work("deliver_credential") as work:
            await note_email(
                credential, DeliveryState.FAILED, code=failure.code, work=work, clock=ports.clock
            )
        raise


async def _tell_change(
    event: CredentialSuspended | CredentialRevoked | CredentialReinstated,
    kind: str,
    state: CredentialState,
    ports: Ports,
) -> None:
    async with ports.reading() as work:
        credential = await work.credentials.read(event.subject)
    # What has been changed again since is told by the event of that change.
    if credential.state is not state or credential.reason is None:
        return
    teller = await teller_of(ports)
    await teller.tell(
        kind,
        event.registration,
        f"{kind}-{event.subject}-{event.version}",
        {"why": credential.reason},
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


async def run_preparing(job: Job, ports: Ports, progress: Progress) -> Mapping[str, Any]:
    """Prepare what the issuer of one batch signs elsewhere."""
    prepared = await prepare_local_seals(
        UUID(job.params["batch"]),
        work=lambda: ports.system_work(PREPARE_LOCAL_SEALS),
        sealing=ports.sealing,
        clock=ports.clock,
        progress=progress,
    )
    return dict(prepared or {})


REACTIONS: Reactions = {
    CredentialSealed: (tell_credential,),
    CredentialSuspended: (tell_suspended,),
    CredentialRevoked: (tell_revoked,),
    CredentialReinstated: (tell_reinstated,),
    DeliveryRequested: (tell_credential_again,),
}
RUNNERS: Runners = {ISSUE_CREDENTIALS: run_issuing, PREPARE_LOCAL_SEALS: run_preparing}
