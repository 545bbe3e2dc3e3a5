"""Reading credentials: by their holder, by the issuer's officers, and by anybody their status."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.access.permissions import Place, permits, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.credentials.credential import Credential, CredentialNotFound
from app.domain.credentials.ports import CredentialsWork, Sealing
from app.domain.credentials.seal import SealFacts, SealNotFound, SealUnavailable
from app.domain.credentials.status import (
    PUBLIC,
    Channel,
    CredentialState,
    Delivery,
    DeliveryState,
    PublicStatus,
)
from app.domain.credentials.use_cases_batches import place_of, visible_issuers
from app.domain.vocabulary.institutions import InstitutionCode


@dataclass(frozen=True)
class SeenCredential:
    """A credential as one caller sees it."""

    credential: Credential
    deliveries: tuple[Delivery, ...]
    allowed_actions: tuple[str, ...]


async def list_credentials(
    *,
    edition: UUID | None,
    state: CredentialState | None,
    after: UUID | None,
    limit: int,
    work: CredentialsWork,
    caller: Caller,
) -> Sequence[SeenCredential]:
    """Credentials of the institutions where the caller is an issuer officer; all, for auditors."""
    require(PERMISSIONS, caller, "list_credentials")
    async with work:
        page = await work.credentials.page(
            issuers=visible_issuers(caller), edition=edition, state=state, after=after, limit=limit
        )
        return [
            await _seen(credential, place_of(credential.issuer), work=work, caller=caller)
            for credential in page
        ]


async def list_my_credentials(*, work: CredentialsWork, caller: Caller) -> Sequence[SeenCredential]:
    """The caller's own credentials, by id; those of one registration for a link session."""
    require(PERMISSIONS, caller, "list_my_credentials")
    async with work:
        return [
            await _seen(credential, place_of(credential.issuer, own=True), work=work, caller=caller)
            for credential in await work.credentials.of_registrations(
                await _own_registrations(work=work, caller=caller)
            )
            if credential.state in PUBLIC
        ]


async def get_credential(
    credential_id: UUID, *, work: CredentialsWork, caller: Caller
) -> SeenCredential:
    """One credential. Raises CredentialNotFound."""
    async with work:
        credential = await work.credentials.read(credential_id)
        place = await _enter(credential, "get_credential", work=work, caller=caller)
        return await _seen(credential, place, work=work, caller=caller)


async def download_credential(
    credential_id: UUID, *, work: CredentialsWork, caller: Caller, clock: Clock
) -> tuple[Credential, bytes]:
    """The sealed document, exactly as it was kept; notes that its holder has it now.

    Raises CredentialNotFound, NotAllowed.
    """
    async with work:
        credential = await work.credentials.read(credential_id)
        place = await _enter(credential, "download_credential", work=work, caller=caller)
        document = await work.credentials.document(credential_id)
        if place.own:
            await work.credentials.note_delivery(
                Delivery(credential_id, Channel.DOWNLOAD, DeliveryState.DELIVERED, clock.now())
            )
    return credential, document


async def get_credential_image(
    credential_id: UUID, language: str, *, work: CredentialsWork, caller: Caller
) -> bytes:
    """The display image (PNG) in one of its languages.

    Raises CredentialNotFound, ImageNotFound, NotAllowed.
    """
    async with work:
        credential = await work.credentials.read(credential_id)
        await _enter(credential, "get_credential_image", work=work, caller=caller)
        return await work.credentials.image(credential_id, language)


async def get_credential_status(credential_id: UUID, *, work: CredentialsWork) -> PublicStatus:
    """What anybody may know of a credential. Raises CredentialNotFound."""
    async with work:
        return (await work.credentials.read(credential_id)).public_status


async def list_seals(*, sealing: Sealing) -> Sequence[SealFacts]:
    """Facts of every seal that is configured. Certificates are public, keys never leave."""
    return await sealing.seals()


async def get_seal_root(institution: InstitutionCode, *, sealing: Sealing) -> bytes:
    """The certificate (PEM) at the top of a seal's chain. Raises SealNotFound."""
    try:
        return await sealing.root(institution)
    except SealUnavailable as error:
        raise SealNotFound(institution) from error


async def note_email(
    credential_id: UUID, state: DeliveryState, *, work: CredentialsWork, clock: Clock
) -> None:
    """The message that tells the holder has been sent, or could not be."""
    async with work:
        await work.credentials.note_delivery(
            Delivery(credential_id, Channel.EMAIL, state, clock.now())
        )


async def _own_registrations(*, work: CredentialsWork, caller: Caller) -> set[UUID]:
    own = set() if caller.account is None else set(await work.awards.held_by(caller.account))
    return own if caller.registration is None else own | {caller.registration}


async def _enter(
    credential: Credential, action: str, *, work: CredentialsWork, caller: Caller
) -> Place:
    """Where the caller stands towards the credential, if they may do this to it."""
    own = credential.state in PUBLIC and credential.registration in await _own_registrations(
        work=work, caller=caller
    )
    place = place_of(credential.issuer, own=own)
    require(
        PERMISSIONS,
        caller,
        action,
        place,
        see="get_credential",
        missing=CredentialNotFound(credential.id),
    )
    return place


async def _seen(
    credential: Credential, place: Place, *, work: CredentialsWork, caller: Caller
) -> SeenCredential:
    actions = ("download_credential", "get_credential_image")
    return SeenCredential(
        credential,
        tuple(await work.credentials.deliveries(credential.id)),
        tuple(action for action in actions if permits(PERMISSIONS[action], caller, place)),
    )
