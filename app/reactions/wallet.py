"""Deposits in Europass wallets, which follow from being asked for."""

from app.domain.credentials.events import DeliveryRequested
from app.domain.credentials.status import Channel
from app.domain.credentials.use_cases.wallet import deposit_credential as deposit
from app.ports import Ports
from app.reactions.types import Reactions, Runners


async def deposit_credential(event: DeliveryRequested, ports: Ports) -> None:
    """Put a credential into its holder's wallet. What fails for now is raised, to be tried anew."""
    if event.channel == Channel.EUROPASS:
        await deposit(
            event.subject,
            work=lambda: ports.system_work("deposit_credential"),
            wallets=ports.wallets,
            clock=ports.clock,
        )


REACTIONS: Reactions = {DeliveryRequested: (deposit_credential,)}
RUNNERS: Runners = {}
