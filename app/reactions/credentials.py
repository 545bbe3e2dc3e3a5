"""What follows from the events of credentials, and its long work."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.domain.credentials.events import (
    CredentialReinstated,
    CredentialRevoked,
    CredentialSealed,
    CredentialSuspended,
    DeliveryRequested,
)
from app.domain.credentials.status import Channel, CredentialState
from app.domain.credentials.use_cases.batches import ISSUE_CREDENTIALS, PREPARE_LOCAL_SEALS
from app.domain.credentials.use_cases.credentials import note_emails
from app.domain.credentials.use_cases.issue import issue_batch
from app.domain.credentials.use_cases.local_sealing import prepare_local_seals
from app.domain.errors import DomainError
from app.domain.jobs import Job, Progress
from app.domain.plain import to_plain
from app.domain.results.telling import Became, Telling
from app.ports import Ports, Work
from app.reactions.results import teller_of
from app.reactions.types import Reaction, Reactions, Runners, Together

MAIL_REFUSED = "mail_refused"
"""The holder's address refuses mail for good."""


async def tell_credential(event: CredentialSealed, ports: Ports) -> None:
    """Tell the holder that there is a credential, with a link for those without an account."""
    await tell_credentials([event], ports)


async def tell_credentials(events: Sequence[CredentialSealed], ports: Ports) -> None:
    """The same for those whose credentials were kept together."""
    tellings = {
        event.subject: Telling(
            "credential_issued" if event.supersedes is None else "credential_replaced",
            event.registration,
            f"credential-{event.subject}",
        )
        for event in events
    }
    await _deliver(tellings, ports)


async def tell_credential_again(event: DeliveryRequested, ports: Ports) -> None:
    """Tell the holder once more, because somebody has asked for it."""
    if event.channel == Channel.EMAIL:
        message = f"credential-{event.subject}-{event.attempt}"
        telling = Telling("credential_issued", event.registration, message)
        await _deliver({event.subject: telling}, ports)


async def tell_suspended(event: CredentialSuspended, ports: Ports) -> None:
    """Tell the holder that the credential is out of force for now, and why."""
    await _tell_change(event, "credential_suspended", CredentialState.SUSPENDED, ports)


async def tell_revoked(event: CredentialRevoked, ports: Ports) -> None:
    """Tell the holder that the credential was taken back, and why."""
    await _tell_change(event, "credential_revoked", CredentialState.REVOKED, ports)


async def tell_reinstated(event: CredentialReinstated, ports: Ports) -> None:
    """Tell the holder that the credential is in force again, and why."""
    await _tell_change(event, "credential_reinstated", CredentialState.SEALED, ports)


async def _deliver(tellings: Mapping[UUID, Telling], ports: Ports) -> None:
    """Tell the holders of credentials, and note how that went.

    What fails is noted, and raised to be tried anew.
    """
    of = {telling.message_id: credential for credential, telling in tellings.items()}

    async def along(work: Work, became: Mapping[str, Became]) -> None:
        codes = {of[message]: _code(outcome) for message, outcome in became.items()}
        await note_emails(codes, work=work, clock=ports.clock)

    teller = await teller_of(ports)
    await teller.tell_all(list(tellings.values()), along)


def _code(outcome: Became) -> str | None:
    if isinstance(outcome, DomainError):
        return outcome.code
    return None if outcome else MAIL_REFUSED


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
TOGETHER: Mapping[Reaction, Together] = {tell_credential: tell_credentials}
RUNNERS: Runners = {ISSUE_CREDENTIALS: run_issuing, PREPARE_LOCAL_SEALS: run_preparing}
