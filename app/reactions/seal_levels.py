"""What lifts the seals of credentials after they were sealed, and keeps them from ageing."""

from contextlib import suppress

from app.domain.credentials.credential import CredentialNotFound
from app.domain.credentials.events import SealLevelDue
from app.domain.credentials.use_cases.augment import raise_seal
from app.ports import Ports
from app.reactions.types import Reactions, Runners


async def raise_seal_level(event: SealLevelDue, ports: Ports) -> None:
    """Bring one seal to the wanted level. What fails is noted, and tried again when it is due."""
    # Whose document was erased meanwhile has nothing that could be raised.
    with suppress(CredentialNotFound):
        await raise_seal(
            event.subject,
            work=lambda: ports.system_work("raise_seal_level"),
            levels=ports.seal_levels,
            clock=ports.clock,
        )


REACTIONS: Reactions = {
    SealLevelDue: (raise_seal_level,),
}
RUNNERS: Runners = {}
