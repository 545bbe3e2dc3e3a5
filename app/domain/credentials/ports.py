"""What the issuing of credentials needs from outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.credentials.batch import IssuingBatch
from app.domain.credentials.credential import Credential, Source
from app.domain.credentials.ports_levels import Revisions
from app.domain.credentials.ports_life import Shares, StatusLists
from app.domain.credentials.ports_local import PreparedSeals, Transcripts
from app.domain.credentials.seal import IssuedCredential
from app.domain.credentials.status import CredentialState, Delivery
from app.domain.credentials.wallet import WalletConsents
from app.domain.errors import DomainError
from app.domain.jobs import Jobs
from app.domain.unit_of_work import UnitOfWork
from app.domain.vocabulary.award import Award, NotReady
from app.domain.vocabulary.institutions import InstitutionCode, Institutions
from app.domain.vocabulary.micro_credential import MicroCredentials


class Awards(Protocol):
    """Who has passed an edition, and what their credential will say.

    An award is ready when the result is confirmed, no objection is open or can still be raised,
    and the learner has confirmed the data of the credential. Whether a credential was issued
    already does not count here.
    """

    async def of_edition(self, edition: UUID) -> tuple[Sequence[Award], Sequence[NotReady]]:
        """Everybody who passed: the awards that are ready, and the others with their reasons.

        Both by registration. Raises EditionNotFound.
        """
        ...

    async def get(self, registration: UUID) -> Award:
        """One award that is ready.

        In a unit of work that changes something, the result is held until its end, so that no
        objection and no new credential data slip in before the credential is kept.
        Raises AwardNotFound, AwardNotReady.
        """
        ...

    async def held(self, registrations: Sequence[UUID]) -> Mapping[UUID, Award | DomainError]:
        """What `get` says of each of several registrations of one edition, or raises.

        Held in the order of the registrations, like anybody holds several.
        """
        ...

    async def proposal_of(self, edition: UUID) -> UUID:
        """The proposal whose micro-credential the edition teaches. Raises EditionNotFound."""
        ...

    async def issuer_of(self, edition: UUID) -> InstitutionCode | None:
        """Who seals the edition's credentials, where the micro-credential leaves that to each
        edition; None while nobody has said so. Raises EditionNotFound."""
        ...

    async def held_by(self, account: UUID) -> Collection[UUID]:
        """The registrations of the person with this account; empty for an unknown account."""
        ...


class Credentials(Protocol):
    """Credentials, with the sealed documents that belong to them."""

    async def keep(self, credential: Credential, issued: IssuedCredential, source: Source) -> bool:
        """Keep a freshly sealed credential with its document, images, source and events.

        False, and nothing is kept, when the award has a live credential already: the first one
        stands, whoever was at it at the same time.
        """
        ...

    async def keep_all(
        self, sealed: Sequence[tuple[Credential, IssuedCredential, Source]]
    ) -> Collection[UUID]:
        """The same for several at once; the ids of those that are kept."""
        ...

    async def get(self, credential: UUID) -> Credential:
        """Load a credential to change it. Raises CredentialNotFound."""
        ...

    async def read(self, credential: UUID) -> Credential:
        """Load a credential without locking it. Raises CredentialNotFound."""
        ...

    async def save(self, credential: Credential) -> None:
        """Keep its state, never its document. Raises AnotherIsLive when it would be the second
        live credential of its award."""
        ...

    async def of_registrations(self, registrations: Collection[UUID]) -> Sequence[Credential]:
        """All credentials of those registrations, whatever their state, by id."""
        ...

    async def page(
        self,
        *,
        issuers: Collection[InstitutionCode] | None,
        edition: UUID | None,
        state: CredentialState | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Credential]:
        """Credentials by id after a given one; of these issuers (None: of all), edition, state."""
        ...

    async def document(self, credential: UUID) -> bytes:
        """The sealed bytes of the newest revision. Raises CredentialNotFound."""
        ...

    async def image(self, credential: UUID, language: str) -> bytes:
        """The display image (PNG) in one language. Raises CredentialNotFound, ImageNotFound."""
        ...

    async def source(self, credential: UUID) -> Source:
        """What it was sealed from. Raises CredentialNotFound."""
        ...

    async def deliveries(self, credential: UUID) -> Sequence[Delivery]:
        """How it is delivered, by channel."""
        ...

    async def note_delivery(self, delivery: Delivery, *, anew: bool = False) -> None:
        """Note how far one way of delivery has come. What was delivered stays delivered, unless
        it begins `anew`.

        Whatever ends an attempt, well or not, counts as one; `attempts` of what is given does not.
        """
        ...

    async def note_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """The same for several, each with another credential or channel."""
        ...

    async def erase(self, credential: UUID) -> Sequence[str]:
        """Forget document, further revisions, images, source and deliveries.

        The credential itself stays, without a person. Answers with the SHA-256 of the further
        revisions, oldest first, so that they can still be known again.
        """
        ...


class Batches(Protocol):
    """Issuing batches."""

    async def add(self, batch: IssuingBatch) -> None:
        """Keep a new batch."""
        ...

    async def get(self, batch: UUID) -> IssuingBatch:
        """Load a batch to change it. Raises BatchNotFound."""
        ...

    async def read(self, batch: UUID) -> IssuingBatch:
        """Load a batch without locking it. Raises BatchNotFound."""
        ...

    async def save(self, batch: IssuingBatch) -> None:
        """Keep its state; its items never change."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[IssuingBatch]:
        """Approved batches without a job whose moment has come, by id."""
        ...

    async def held_elsewhere(self, batch: IssuingBatch) -> Mapping[UUID, UUID]:
        """Which of the batch's learners an earlier one holds that has not come to its end.

        By registration; the earliest such batch of the edition.
        """
        ...

    async def page(
        self,
        *,
        issuers: Collection[InstitutionCode] | None,
        edition: UUID | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[IssuingBatch]:
        """Batches by id after a given one; of these issuers (None: of all) and that edition."""
        ...


class CredentialsWork(UnitOfWork, Protocol):
    """A unit of work of the issuing of credentials."""

    @property
    def awards(self) -> Awards:
        """Who has passed, and what their credential will say."""
        ...

    @property
    def credentials(self) -> Credentials:
        """Credentials and their sealed documents."""
        ...

    @property
    def status_lists(self) -> StatusLists:
        """Where status is published."""
        ...

    @property
    def prepared_seals(self) -> PreparedSeals:
        """What is to be signed elsewhere."""
        ...

    @property
    def transcripts(self) -> Transcripts:
        """Transcripts as they were signed."""
        ...

    @property
    def wallet_consents(self) -> WalletConsents:
        """Whose credentials may go into their wallet."""
        ...

    @property
    def shares(self) -> Shares:
        """Links that holders share."""
        ...

    @property
    def revisions(self) -> Revisions:
        """Revisions of the sealed documents, and where their seals stand."""
        ...

    @property
    def batches(self) -> Batches:
        """Issuing batches."""
        ...

    @property
    def micro_credentials(self) -> MicroCredentials:
        """Published micro-credentials."""
        ...

    @property
    def institutions(self) -> Institutions:
        """The partners of the alliance."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Long work."""
        ...


WorkMaker = Callable[[], CredentialsWork]
"""A fresh unit of work each time: what takes long happens between two of them."""
