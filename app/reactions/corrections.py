"""What follows when a confirmed result is corrected: who learns of it, and for which credential."""

from app.domain.credentials.status import CredentialState
from app.domain.results import events as results
from app.ports import Ports
from app.reactions.results import teller_of
from app.reactions.types import Reactions, Runners

_ISSUED = frozenset({CredentialState.SEALED, CredentialState.SUSPENDED})


async def tell_reopened(event: results.ResultReopened, ports: Ports) -> None:
    """Say that the result has been taken back; the reason stands beside it."""
    teller = await teller_of(ports)
    await teller.tell("result_reopened", event.subject, f"reopened-{event.correction}")


async def tell_outdated(event: results.ResultConfirmed, ports: Ports) -> None:
    """Tell the contact of a credential that certifies what is no longer the confirmed result."""
    if event.revision == 1:
        return
    async with ports.reading() as work:
        issued = [
            credential
            for credential in await work.credentials.of_registrations([event.subject])
            # Of one that was erased, what it certifies is not known any more.
            if credential.state in _ISSUED and credential.erased_at is None
        ]
        if not issued:
            return
        [credential] = issued
        source = await work.credentials.source(credential.id)
        now = (await work.results.read(await work.participants.get(event.subject))).grading
    award = source.award
    certified = {(r.assessment, r.grade, r.assessed_on) for r in award.results}
    if (award.grade, certified) == (
        now.grade,
        {(g.assessment, g.grade, g.assessed_on) for g in now.grades},
    ):
        return
    teller = await teller_of(ports)
    await teller.tell_contact(
        "credential_outdated",
        event.subject,
        f"outdated-{credential.id}-{event.revision}",
        {"credential": str(credential.id)},
    )


REACTIONS: Reactions = {
    results.ResultReopened: (tell_reopened,),
    results.ResultConfirmed: (tell_outdated,),
}
RUNNERS: Runners = {}
