"""Wallets in memory, and who wants theirs filled."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.adapters.edc.seal.opened import open_sealed
from app.adapters.edc.strict_json import NotReadable, read_object
from app.domain.clock import Clock
from app.domain.credentials.credential_id import credential_of_urn
from app.domain.credentials.wallet import Deposit, WalletCheck, WalletRefused, WalletShare
from app.domain.vocabulary.lists import SNB

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable

_SEAL = f"{SNB}verification/f9c2016fe9"
_OK = f"{SNB}verification-status/9895008394"


class MemoryWallets:
    """See `app.domain.credentials.wallet.Wallets`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.held: dict[tuple[str, UUID], bytes] = {}
        """Documents by whose wallet (a user, or an address) and which credential."""

    async def deposit_by_email(self, document: bytes, *, email: str) -> Deposit:
        """Put a sealed document into the wallet of whoever has that address."""
        return self._put(f"mailto:{email.casefold()}", document)

    async def deposit_by_user(self, document: bytes, *, user: str) -> Deposit:
        """Put a sealed document into the wallet of a user."""
        return self._put(user, document)

    async def share(self, *, user: str, credential: UUID, until: datetime) -> WalletShare:
        """Make a link to a credential in a wallet."""
        self._held(user, credential)
        return WalletShare(secrets.token_hex(8), until, until <= self._clock.now())

    async def verify(self, *, user: str, credential: UUID) -> Sequence[WalletCheck]:
        """What is found of a credential in a wallet."""
        self._held(user, credential)
        return [WalletCheck(_SEAL, _OK)]

    def _put(self, owner: str, document: bytes) -> Deposit:
        try:
            number = read_object(open_sealed(document).payload).get("id")
        except NotReadable:
            raise WalletRefused from None
        credential = credential_of_urn(number) if isinstance(number, str) else None
        if credential is None:
            raise WalletRefused
        already = (owner, credential) in self.held
        self.held.setdefault((owner, credential), document)
        return Deposit(None if already else f"https://wallet.example/{credential}", already=already)

    def _held(self, user: str, credential: UUID) -> bytes:
        try:
            return self.held[user, credential]
        except KeyError:
            raise WalletRefused from None


class MemoryWalletConsents:
    """See `app.domain.credentials.wallet.WalletConsents`."""

    def __init__(self, table: "MemoryTable[UUID, datetime]") -> None:
        self._table = table

    async def give(self, registration: UUID, at: datetime) -> None:
        """Keep that its holder wants it; the first moment stands."""
        await self._table.lock(registration)
        if self._table.get(registration) is None:
            self._table.put(registration, at)

    async def withdraw(self, registration: UUID) -> None:
        """Forget that its holder wanted it."""
        await self._table.lock(registration)
        self._table.delete(registration)

    async def given(self, registration: UUID) -> datetime | None:
        """Since when its holder wants it."""
        return self._table.get(registration)

    async def given_among(self, registrations: Collection[UUID]) -> Collection[UUID]:
        """Those whose holders want it."""
        return [one for one in registrations if self._table.get(one) is not None]
