"""What lifts the seals of credentials after they were sealed, and keeps them from ageing."""

from app.domain.credentials.events import CredentialSealed, SealLevelDue
from app.domain.credentials.use_cases_augment import raise_seal
from app.ports import Ports
from app.reactions.types import Reactions, Runners


async def raise_seal_level(event: CredentialSealed | SealLevelDue, ports: Ports) -> None:
    """Bring one seal to the wanted level. What fails is noted, and tried again when it is due."""
    await raise_seal(
        event.subject,
        work=lambda: ports.system_work("raise_seal_level"),
        levels=ports.seal_levels,
        clock=ports.clock,
    )


REACTIONS: Reactions = {
    CredentialSealed: (raise_seal_level,),
    SealLevelDue: (raise_seal_level,),
}
RUNNERS: Runners = {}
