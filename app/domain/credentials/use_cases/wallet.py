"""Depositing credentials in Europass wallets: the holder's choice, and what follows from it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access.permissions import Place, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.credentials.credential import Credential
from app.domain.credentials.events import DeliveryRequested
from app.domain.credentials.ports import CredentialsWork, WorkMaker
from app.domain.credentials.status import (
    Channel,
    CredentialState,
    Delivery,
    DeliveryState,
)
from app.domain.credentials.wallet import (
    WalletNotOffered,
    WalletRefused,
    WalletRegistrationNotFound,
    Wallets,
    WalletUnavailable,
)

CONSENT_WITHDRAWN = "consent_withdrawn"
NOT_IN_FORCE = "credential_not_in_force"
ADDRESS_MISSING = "address_missing"


@dataclass(frozen=True)
class WalletChoice:
    """Whether a learner's credential goes into their Europass wallet."""

    registration: UUID
    offered: bool
    """Whether this deployment can do it."""
    chosen_at: datetime | None
    """Since when the learner wants it; None: they do not."""


async def get_wallet_choice(
    registration: UUID, *, work: CredentialsWork, caller: Caller, offered: bool
) -> WalletChoice:
    """What the learner has chosen. Raises WalletRegistrationNotFound."""
    async with work:
        await _enter(registration, "get_wallet_choice", work, caller)
        return WalletChoice(registration, offered, await work.wallet_consents.given(registration))


async def choose_wallet(
    registration: UUID,
    deposit: bool,
    *,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
    offered: bool,
) -> WalletChoice:
    """Have one's credential put into one's Europass wallet, or not any more.

    A credential that is there already is deposited at once. Withdrawing takes nothing out of a
    wallet. Raises WalletRegistrationNotFound, WalletNotOffered.
    """
    async with work:
        await _enter(registration, "edit_wallet_choice", work, caller)
        if not deposit:
            await work.wallet_consents.withdraw(registration)
            return WalletChoice(registration, offered, None)
        if not offered:
            raise WalletNotOffered
        await work.wallet_consents.give(registration, clock.now())
        for credential in await work.credentials.of_registrations([registration]):
            if credential.state is CredentialState.SEALED and credential.erased_at is None:
                await _want(credential, work, clock.now())
        return WalletChoice(registration, offered, await work.wallet_consents.given(registration))


async def want_deposit(credential: Credential, *, work: CredentialsWork, at: datetime) -> None:
    """In the transaction that keeps a new credential: have it deposited if its holder wants it."""
    if await work.wallet_consents.given(credential.registration) is not None:
        await _want(credential, work, at)


async def deposit_credential(
    credential_id: UUID, *, work: WorkMaker, wallets: Wallets | None, clock: Clock
) -> None:
    """Put a credential into its holder's wallet and note how that went.

    May run any number of times. Nothing is deposited when the holder has changed their mind, or
    the credential is not in force. Raises WalletUnavailable, for the queue to try it again.
    """

    async def note(state: DeliveryState, code: str | None = None) -> None:
        async with work() as writing:
            await writing.credentials.note_delivery(
                Delivery(credential_id, Channel.EUROPASS, state, clock.now(), code)
            )

    async with work() as reading:
        if await _is_there(credential_id, reading):
            return
        refusal = await _refusal(credential_id, reading)
        if refusal is None:
            email = (await reading.credentials.source(credential_id)).award.holder.email
            document = await reading.credentials.document(credential_id)
        else:
            email, document = None, b""
    if refusal is None and email is None:
        refusal = ADDRESS_MISSING
    if wallets is None:
        refusal = refusal or WalletNotOffered.code
    if wallets is None or email is None or refusal is not None:
        await note(DeliveryState.FAILED, refusal)
        return
    try:
        await wallets.deposit_by_email(document, email=email)
    except WalletRefused as error:
        await note(DeliveryState.FAILED, error.code)
        return
    except WalletUnavailable as error:
        await note(DeliveryState.FAILED, error.code)
        raise
    await note(DeliveryState.DELIVERED)


async def _refusal(credential_id: UUID, work: CredentialsWork) -> str | None:
    """Why a credential is not deposited, as a stable code."""
    credential = await work.credentials.read(credential_id)
    if credential.state is not CredentialState.SEALED or credential.erased_at is not None:
        return NOT_IN_FORCE
    if await work.wallet_consents.given(credential.registration) is None:
        return CONSENT_WITHDRAWN
    return None


async def _want(credential: Credential, work: CredentialsWork, at: datetime) -> None:
    if await _is_there(credential.id, work):
        return
    await work.credentials.note_delivery(
        Delivery(credential.id, Channel.EUROPASS, DeliveryState.PENDING, at)
    )
    await work.outbox.put(
        DeliveryRequested(credential.id, credential.registration, Channel.EUROPASS.value, 1)
    )


async def _is_there(credential: UUID, work: CredentialsWork) -> bool:
    deliveries = await work.credentials.deliveries(credential)
    return any(
        one.channel is Channel.EUROPASS and one.state is DeliveryState.DELIVERED
        for one in deliveries
    )


async def _enter(registration: UUID, action: str, work: CredentialsWork, caller: Caller) -> None:
    held = set() if caller.account is None else set(await work.awards.held_by(caller.account))
    require(
        PERMISSIONS,
        caller,
        action,
        Place(own=registration in held or registration == caller.registration),
        see=action,
        missing=WalletRegistrationNotFound(registration),
    )
