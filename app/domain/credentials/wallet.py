"""Putting credentials into their holders' Europass wallets: only on the holder's own word.

The wishes belong to a registration, so that they can be stated before there is a credential, and
are off unless stated.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.errors import Conflict, NotFound, Unavailable


class WalletUnavailable(Unavailable):
    """The wallet does not answer now; it will be tried again."""

    code = "wallet_unavailable"

    def __init__(self) -> None:
        super().__init__("The Europass wallet does not answer. It will be tried again.")


class WalletRefused(Conflict):
    """The wallet does not take the credential, and trying again would not help."""

    code = "wallet_refused"

    def __init__(self) -> None:
        super().__init__(
            "The Europass wallet refuses the credential. Download the file and upload it there."
        )


class WalletNotOffered(Conflict):
    """This deployment has no connection to Europass."""

    code = "wallet_not_offered"

    def __init__(self) -> None:
        super().__init__(
            "Credentials cannot be put into Europass from here. Download the file and upload it "
            "into Europass yourself."
        )


class WalletRegistrationNotFound(NotFound):
    """There is no such registration, or it is somebody else's."""

    code = "registration_not_found"

    def __init__(self, registration: UUID) -> None:
        super().__init__(f"You have no registration {registration}.")


@dataclass(frozen=True)
class Deposit:
    """That a credential is in a wallet."""

    viewer: str | None = None
    """Where its holder sees it; None when the wallet did not say."""
    already: bool = False
    """Whether it was there before."""


@dataclass(frozen=True)
class WalletShare:
    """A link that the wallet has made to a credential in it."""

    hash: str = field(repr=False)
    expires: datetime | None = None
    expired: bool = False


@dataclass(frozen=True)
class WalletCheck:
    """One check of the wallet's own verification."""

    check: str
    """IRI of the EU list `verification`."""
    status: str
    """IRI of the EU list `verification-status`."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """What it says, by language."""


class Wallets(Protocol):
    """The wallets of Europass. Every operation may be repeated: what is there already is there.

    Raises WalletUnavailable when it may be tried again, WalletRefused when that is in vain.
    """

    async def deposit_by_email(self, document: bytes, *, email: str) -> Deposit:
        """Put a sealed document into the wallet of whoever has that address.

        Where there is none, the wallet makes one for a while and tells the person.
        """
        ...

    async def deposit_by_user(self, document: bytes, *, user: str) -> Deposit:
        """Put a sealed document into the wallet of a user of Europass."""
        ...

    async def share(self, *, user: str, credential: UUID, until: datetime) -> WalletShare:
        """Make a link in the wallet to a credential in it."""
        ...

    async def verify(self, *, user: str, credential: UUID) -> Sequence[WalletCheck]:
        """What the wallet itself finds of a credential in it, check by check."""
        ...


class WalletConsents(Protocol):
    """Whose credentials may go into their wallet."""

    async def give(self, registration: UUID, at: datetime) -> None:
        """Keep that its holder wants it; the first moment stands."""
        ...

    async def withdraw(self, registration: UUID) -> None:
        """Forget that its holder wanted it."""
        ...

    async def given(self, registration: UUID) -> datetime | None:
        """Since when its holder wants it; None when they do not."""
        ...

    async def given_among(self, registrations: Collection[UUID]) -> Collection[UUID]:
        """Those whose holders want it."""
        ...
