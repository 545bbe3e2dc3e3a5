"""Reading credentials: by their holder, by the issuer's officers, and by anybody their status."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.access.permissions import Place, permits, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.credentials.credential import Change, Credential, CredentialNotFound
from app.domain.credentials.events import DeliveryRequested
from app.domain.credentials.levels import SealStanding
from app.domain.credentials.ports import CredentialsWork
from app.domain.credentials.ports_sealing import Sealing
from app.domain.credentials.seal import SealFacts, SealName, SealNotFound, SealUnavailable
from app.domain.credentials.status import (
    PUBLIC,
    Channel,
    CredentialState,
    Delivery,
    DeliveryState,
    PublicStatus,
)
from app.domain.credentials.status_list import StatusPlace
from app.domain.credentials.use_cases.batches import place_of, visible_issuers
from app.domain.errors import Conflict, NotFound
from app.domain.vocabulary.institutions import InstitutionCode


class CredentialErased(NotFound):
    """Only the register's entry of the credential is left."""

    code = "credential_erased"

    def __init__(self, credential: UUID) -> None:
        super().__init__(
            f"What credential {credential} says of its holder has been erased here. "
            "Its status is still told; a copy of the file that somebody kept still verifies."
        )


class NotRetried(Conflict):
    """There is nothing to try again on this way."""

    code = "delivery_not_retried"

    def __init__(self, channel: Channel) -> None:
        super().__init__(
            f"Nothing can be tried again by {channel}: it is under way, or was never begun."
        )


class DeliveredJustNow(Conflict):
    """It has just been delivered on this way: nobody is to be sent the same without end."""

    code = "delivered_just_now"

    def __init__(self, channel: Channel) -> None:
        minutes = int(DELIVERED_AGAIN.total_seconds() // 60)
        super().__init__(
            f"It was delivered by {channel} within the last {minutes} minutes. Wait, then try "
            "again if it has not arrived."
        )


DELIVERED_AGAIN = timedelta(minutes=10)
"""Between one delivery and its repetition."""


@dataclass(frozen=True)
class SeenCredential:
    """A credential as one caller sees it."""

    credential: Credential
    deliveries: tuple[Delivery, ...]
    allowed_actions: tuple[str, ...]
    seal: SealStanding | None = None
    """Where its seal stands on the way to its level; None when the document is erased."""
    by_officer: bool = False
    """Whether they see it by their office, with what is proposed about it."""


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
            await seen_by(credential, place_of(credential.issuer), work=work, caller=caller)
            for credential in page
        ]


async def list_my_credentials(*, work: CredentialsWork, caller: Caller) -> Sequence[SeenCredential]:
    """The caller's own credentials, by id; those of one registration for a link session."""
    require(PERMISSIONS, caller, "list_my_credentials")
    async with work:
        return [
            await seen_by(
                credential, place_of(credential.issuer, own=True), work=work, caller=caller
            )
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
        place = await enter(credential, "get_credential", work=work, caller=caller)
        return await seen_by(credential, place, work=work, caller=caller)


async def download_credential(
    credential_id: UUID,
    *,
    revision: int | None = None,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
) -> tuple[Credential, bytes]:
    """The sealed document, exactly as it was kept; notes that its holder has it now.

    Without a number, its newest revision. Raises CredentialNotFound, CredentialErased,
    RevisionNotFound, NotAllowed.
    """
    async with work:
        credential = await work.credentials.read(credential_id)
        place = await enter(credential, "download_credential", work=work, caller=caller)
        _kept(credential)
        document = (
            await work.credentials.document(credential_id)
            if revision is None
            else await work.revisions.document(credential_id, revision)
        )
        if place.own:
            await work.credentials.note_delivery(
                Delivery(credential_id, Channel.DOWNLOAD, DeliveryState.DELIVERED, clock.now())
            )
    return credential, document


async def get_credential_image(
    credential_id: UUID, language: str, *, work: CredentialsWork, caller: Caller
) -> bytes:
    """The display image (PNG) in one of its languages.

    Raises CredentialNotFound, CredentialErased, ImageNotFound, NotAllowed.
    """
    async with work:
        credential = await work.credentials.read(credential_id)
        await enter(credential, "get_credential_image", work=work, caller=caller)
        _kept(credential)
        return await work.credentials.image(credential_id, language)


async def get_credential_status(credential_id: UUID, *, work: CredentialsWork) -> PublicStatus:
    """What anybody may know of a credential. Raises CredentialNotFound."""
    async with work:
        return (await work.credentials.read(credential_id)).public_status


async def get_published_status(
    credential_id: UUID, *, work: CredentialsWork
) -> tuple[PublicStatus, Sequence[StatusPlace]]:
    """The same, and where it is published for all at once. Raises CredentialNotFound."""
    async with work:
        status = (await work.credentials.read(credential_id)).public_status
        return status, await work.status_lists.places(credential_id)


async def list_seals(*, sealing: Sealing) -> Sequence[SealFacts]:
    """Facts of every seal that is configured. Certificates are public, keys never leave."""
    return await sealing.seals()


async def get_seal_root(
    institution: InstitutionCode, name: SealName | None = None, *, sealing: Sealing
) -> bytes:
    """The certificate (PEM) at the top of a seal's chain; without a name, of the default one.

    Raises SealNotFound.
    """
    try:
        return await sealing.root(institution, name)
    except SealUnavailable as error:
        raise SealNotFound(institution) from error


async def note_emails(
    became: Mapping[UUID, str | None], *, work: CredentialsWork, clock: Clock
) -> None:
    """The messages that tell holders have been sent, or could not be: why, by credential.

    In an open unit of work, which notes the messages themselves as well.
    """
    now = clock.now()
    await work.credentials.note_deliveries(
        [
            Delivery(
                credential,
                Channel.EMAIL,
                DeliveryState.DELIVERED if code is None else DeliveryState.FAILED,
                now,
                code,
            )
            for credential, code in became.items()
        ]
    )


async def retry_delivery(
    credential_id: UUID,
    channel: Channel,
    *,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
) -> SeenCredential:
    """Have one way of delivery tried again.

    Raises CredentialNotFound, NotAllowed, NotRetried, DeliveredJustNow.
    """
    async with work:
        credential = await work.credentials.get(credential_id)
        place = await enter(credential, "retry_delivery", work=work, caller=caller)
        _kept(credential)
        known = {one.channel: one for one in await work.credentials.deliveries(credential_id)}
        found = known.get(channel)
        if found is None or channel is Channel.DOWNLOAD or found.state is DeliveryState.PENDING:
            raise NotRetried(channel)
        if found.state is DeliveryState.DELIVERED and clock.now() < found.at + DELIVERED_AGAIN:
            raise DeliveredJustNow(channel)
        await work.credentials.note_delivery(
            Delivery(credential_id, channel, DeliveryState.PENDING, clock.now()), anew=True
        )
        await work.outbox.put(
            DeliveryRequested(
                credential_id, credential.registration, channel.value, found.attempts + 1
            )
        )
        return await seen_by(credential, place, work=work, caller=caller)


async def erase_credential(
    credential_id: UUID, *, work: CredentialsWork, clock: Clock
) -> Credential:
    """Forget everything about its holder: document, images, source, deliveries, links, words.

    What is left is the register's entry: identifier, issuer, hashes, dates, state, certificate and
    the places in status lists. It goes on answering whether a file that somebody presents is in
    force. For retention, which decides when; a credential in the making is not erased. Doing it
    again changes nothing. Raises CredentialNotFound.
    """
    async with work:
        return await forget_holder(credential_id, work=work, at=clock.now())


async def forget_holder(credential_id: UUID, *, work: CredentialsWork, at: datetime) -> Credential:
    """The same within a unit of work that is open. Raises CredentialNotFound."""
    credential = await work.credentials.get(credential_id)
    if credential.state not in PUBLIC:
        raise CredentialNotFound(credential_id)
    if credential.erased_at is None:
        hashes = await work.credentials.erase(credential_id)
        await work.shares.erase(credential_id)
        credential.erase(at, hashes)
        await work.credentials.save(credential)
    return credential


def _kept(credential: Credential) -> None:
    if credential.erased_at is not None:
        raise CredentialErased(credential.id)


async def _own_registrations(*, work: CredentialsWork, caller: Caller) -> set[UUID]:
    own = set() if caller.account is None else set(await work.awards.held_by(caller.account))
    return own if caller.registration is None else own | {caller.registration}


async def enter(
    credential: Credential, action: str, *, work: CredentialsWork, caller: Caller
) -> Place:
    """Where the caller stands towards the credential, if they may do this to it.

    Raises CredentialNotFound, NotAllowed.
    """
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


async def seen_by(
    credential: Credential, place: Place, *, work: CredentialsWork, caller: Caller
) -> SeenCredential:
    """The credential as this caller sees it from that place."""
    return SeenCredential(
        credential,
        tuple(await work.credentials.deliveries(credential.id)),
        tuple(
            action
            for action in _actions(credential, caller)
            if permits(PERMISSIONS[action], caller, place)
        ),
        seal=next(iter(await work.revisions.standings([credential.id])), None),
        by_officer=permits(PERMISSIONS["get_credential"], caller, replace(place, own=False)),
    )


def _actions(credential: Credential, caller: Caller) -> Iterator[str]:
    """What the state of a credential lets somebody do, whoever it is."""
    if credential.erased_at is None:
        yield "download_credential"
        yield "get_credential_image"
        yield "get_credential_pdf"
        if credential.state is CredentialState.SEALED:
            yield "get_credential_elmo"
        yield "retry_delivery"
        if credential.state in PUBLIC:
            yield "create_share"
            yield "publish_page"
            yield "list_shares"
    if credential.state is CredentialState.SEALED and credential.superseded_by is None:
        yield "suspend_credential"
    if credential.pending is None:
        if Change.REVOKE in credential.changes:
            yield "propose_revocation"
        if Change.REINSTATE in credential.changes:
            yield "propose_reinstatement"
    else:
        if credential.pending.proposed_by != caller.account:
            yield "confirm_credential_change"
        yield "drop_credential_change"
    if credential.may_be_replaced:
        yield "prepare_reissue"
