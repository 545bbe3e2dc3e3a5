"""What an edition certifies, and who seals it."""

from collections.abc import Sequence
from uuid import UUID

from app.domain.access.permissions import At, Place, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.credentials.ports import CredentialsWork
from app.domain.errors import Conflict
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import MicroCredential


class IssuerMissing(Conflict):
    """Nobody has said who seals the credentials of an edition."""

    code = "issuer_missing"

    def __init__(self, awarding: Sequence[InstitutionCode]) -> None:
        super().__init__(
            "Each edition of this micro-credential has an issuer of its own, and nobody has set "
            "this one's. Set the edition's issuer to one of the awarding partners: "
            f"{', '.join(awarding)}."
        )


class IssuerChanged(Conflict):
    """The edition has another issuer than when its batch was prepared."""

    code = "issuer_changed"

    def __init__(self) -> None:
        super().__init__(
            "The edition's issuer was changed after the batch was prepared. Cancel the batch; the "
            "issuer of now prepares its own."
        )


async def taught_in(
    edition: UUID, action: str, *, work: CredentialsWork, caller: Caller
) -> tuple[MicroCredential, InstitutionCode]:
    """What an edition certifies and who seals it, for a caller who may do this there.

    Raises EditionNotFound, NotAllowed, IssuerMissing.
    """
    content = await work.micro_credentials.get(await work.awards.proposal_of(edition))
    micro_credential = content.run_by(await work.awards.issuer_of(edition))
    # Everybody may know of the edition, so that nobody is told that it does not exist.
    issuer = micro_credential.issuer
    if issuer is None:
        require(PERMISSIONS, caller, action, Place({At.ISSUER: tuple(content.awarding)}))
        raise IssuerMissing(content.awarding)
    require(PERMISSIONS, caller, action, Place({At.ISSUER: (issuer,)}))
    return micro_credential, issuer
