"""Everything outside the hexagon, by name. `app.wiring` builds it; tests build it in memory."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from app.domain.access.idempotency import IdempotencyStore
from app.domain.access.ports import Callers, PlatformWork, Tokens
from app.domain.access.roles import SYSTEM, Caller
from app.domain.clock import Clock
from app.domain.credentials.ports import CredentialsWork
from app.domain.credentials.ports_levels import BasicLevelOnly, SealLevels
from app.domain.credentials.ports_life import StatusListSealing, UnsealedLists
from app.domain.credentials.ports_sealing import Sealing, Verifier
from app.domain.credentials.use_cases.shown import Pages
from app.domain.credentials.use_cases.transcripts import Transcribing
from app.domain.credentials.wallet import Wallets
from app.domain.enrolment.forms.signing import SecretBook
from app.domain.enrolment.planning import Tools
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.mail import Mailer
from app.domain.proposals.ports import CredentialPreview, ProposalWork
from app.domain.results.ports import ResultsWork
from app.domain.retention.ports import MailFiles, NoMailFiles, RetentionWork
from app.domain.skills.ports import SkillsWork
from app.domain.vocabulary.lettering import Lettering
from app.domain.vocabulary.skills import Skills
from app.settings import Settings


class Work(
    PlatformWork,
    ProposalWork,
    EnrolmentWork,
    ResultsWork,
    RetentionWork,
    CredentialsWork,
    SkillsWork,
    Protocol,
):
    """A unit of work of any capability."""


class WorkFactory(Protocol):
    """Opens units of work."""

    def __call__(self, caller: Caller, action: str) -> Work:
        """A unit of work for one action of one caller, as the audit record will name them."""
        ...


@dataclass(frozen=True)
class DemoPerson:
    """Somebody whom the local identity knows, for development."""

    name: str
    description: str
    roles: tuple[tuple[str, str | None], ...] = ()
    """Role and institution, None for the alliance."""


class LocalIdentity(Protocol):
    """Issues tokens to demo people. Does not exist in production."""

    @property
    def people(self) -> tuple[DemoPerson, ...]:
        """Those with roles; besides them, every `learner-N` is known."""
        ...

    def token(self, person: str) -> str:
        """A bearer token. Raises PersonNotFound."""
        ...


class Sessions(Protocol):
    """Short sessions that a one-time link opens."""

    def issue(self, registration: UUID, address: str) -> tuple[str, int]:
        """A bearer token for that registration alone, while it has that address, and the seconds
        that it is good for."""
        ...


@dataclass(frozen=True)
class Ports:
    """What use cases are given."""

    settings: Settings
    clock: Clock
    work: WorkFactory
    reading: Callable[[], Work]
    """Opens a unit of work for looking only: no transaction, no locks, no audit."""
    tokens: Tokens
    sessions: Sessions
    idempotency: IdempotencyStore
    skills: Skills
    mailer: Mailer
    ready: Callable[[], Any]
    """Awaitable check that what is needed answers; raises Unavailable with what does not."""
    preview: CredentialPreview
    sealing: Sealing
    verifier: Verifier
    pages: Pages
    """Sets sealed credentials as documents to read."""
    transcribing: Transcribing
    forms: Tools
    """How exports of Microsoft Forms are read, and how like two names are."""
    lettering: Lettering
    """What can be drawn of names."""
    form_secrets: SecretBook
    """With what flows of forms sign."""
    callers: Callers | None = None
    """A quick look at who is asking; without it, a unit of work is opened."""
    seal_levels: SealLevels = field(default_factory=BasicLevelOnly)
    """Adds timestamps and revocation data to what was sealed."""
    wallets: Wallets | None = None
    """Those of Europass; None where none are connected."""
    local_identity: LocalIdentity | None = None
    mail_files: MailFiles = field(default_factory=NoMailFiles)
    """Mail that development has written into files."""
    upkeep: tuple[Callable[[], Awaitable[object]], ...] = ()
    """What adapters do by themselves as time passes; each looks whether it is time."""
    status_list_sealing: StatusListSealing = field(default_factory=UnsealedLists)
    """Whose seal stands behind published status lists."""
    extra: dict[str, Any] = field(default_factory=dict)

    def system_work(self, action: str) -> Work:
        """A unit of work that nobody asked for: a reaction, a timer."""
        return self.work(SYSTEM, action)
