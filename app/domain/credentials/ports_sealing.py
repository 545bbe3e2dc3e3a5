"""What makes and checks sealed documents, as the issuing of credentials needs it from outside."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.credentials.seal import (
    Brought,
    IssuedCredential,
    IssuingOrder,
    PreparedSeal,
    SealFacts,
    SealName,
)
from app.domain.credentials.status import PublicStatus
from app.domain.credentials.verification import Verification
from app.domain.errors import Finding
from app.domain.vocabulary.institutions import InstitutionCode


class Sealing(Protocol):
    """Builds, checks and seals credentials with the seals of the institutions.

    What takes long happens off the event loop.
    """

    async def seals(self) -> Sequence[SealFacts]:
        """Every institution's seal that is configured, by institution, as it is now."""
        ...

    async def names(self, institution: InstitutionCode) -> Sequence[SealName]:
        """The seals of one institution that are configured, whether they can be reached now or
        not; its default first."""
        ...

    async def facts(self, institution: InstitutionCode, name: SealName | None = None) -> SealFacts:
        """A seal of one institution, as it is now; without a name, its default.

        Raises SealUnavailable.
        """
        ...

    async def root(self, institution: InstitutionCode, name: SealName | None = None) -> bytes:
        """The certificate (PEM) of the authority at the top of that seal's chain.

        Raises SealUnavailable.
        """
        ...

    async def rehearse(self, order: IssuingOrder) -> Sequence[Finding]:
        """What the profile says against the credential that this order would make.

        Builds it, seals nothing. Raises SealUnavailable, ShapesUnanswered.
        """
        ...

    @property
    def together(self) -> int:
        """How many credentials are best ordered at once."""
        ...

    @property
    def at_once(self) -> int:
        """How many such orders are worked on at the same time."""
        ...

    async def issue_all(
        self, orders: Sequence[IssuingOrder]
    ) -> Sequence[IssuedCredential | Exception]:
        """Build, check, seal, and verify what came out: for each order that, or why there is none.

        The issuer's data come from the seal's certificate, whatever the specification says of it.
        Whatever can go wrong is among the answers and never raised: SealUnavailable, SealDoubtful,
        DocumentInvalid, ShapesUnanswered, SealIsElsewhere, or what nobody foresaw.
        """
        ...

    async def prepare(self, order: IssuingOrder) -> PreparedSeal:
        """Build and check a credential, and say what is to be signed for it where the key is.

        Raises SealUnavailable, SealDoubtful, DocumentInvalid, ShapesUnanswered.
        """
        ...

    async def attach(self, prepared: PreparedSeal, brought: Brought) -> IssuedCredential:
        """Put together what was prepared and what was brought, and verify it like any other.

        Raises SignatureRefused, SealUnavailable, SealDoubtful.
        """
        ...

    async def unsealed(self, order: IssuingOrder) -> bytes:
        """The same credential without a seal, as the file that the Commission's issuer takes.

        Raises SealUnavailable, DocumentInvalid, ShapesUnanswered.
        """
        ...


class Verifier(Protocol):
    """Checks credentials that somebody presents, of whatever make. Fetches nothing."""

    async def verify(self, raw: bytes, *, now: datetime, status: "StatusLookup") -> Verification:
        """Everything that can be said of a file. Hostile input is a finding, never an exception.

        Raises VerificationBusy when too many of a kind wait that takes long.

        `status` is asked when the file names a credential that could be one of ours. What takes
        long happens off the event loop.
        """
        ...


StatusLookup = Callable[[UUID], Awaitable[PublicStatus | None]]
"""What our register says of a credential; None when it does not know it."""
