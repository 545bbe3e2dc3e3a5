"""What proposals need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from app.domain.errors import Finding
from app.domain.proposals.access import Scope
from app.domain.proposals.content import Section, SectionContent
from app.domain.proposals.history import HistoryEntry
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import State
from app.domain.unit_of_work import UnitOfWork
from app.domain.vocabulary.institutions import Alliance, Institution, InstitutionCode, Institutions
from app.domain.vocabulary.micro_credential import MicroCredential, MicroCredentials
from app.domain.vocabulary.specification import Specification


class Proposals(Protocol):
    """Every proposal, each held for change by one unit of work at a time."""

    async def next_number(self, year: int) -> int:
        """The number of the next proposal of that year, from 1. No number is given out twice."""
        ...

    async def add(self, proposal: Proposal) -> None:
        """Keep a new one, with its events and history."""
        ...

    async def get(self, proposal: UUID) -> Proposal:
        """Load one to change it; others who want to wait. Raises ProposalNotFound."""
        ...

    async def read(self, proposal: UUID) -> Proposal:
        """Load one without locking it. Raises ProposalNotFound."""
        ...

    async def save(self, proposal: Proposal) -> None:
        """Keep its state as the next version, with its events and history."""
        ...

    async def history(self, proposal: UUID) -> Sequence[HistoryEntry]:
        """What happened to it, in order; empty for one that does not exist."""
        ...

    async def page(
        self,
        scope: Scope,
        *,
        state: State | None,
        institution: InstitutionCode | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Proposal]:
        """Proposals within the scope, the newest first, those after a given one.

        `institution` narrows to those in which it takes part.
        """
        ...


class PublishedMicroCredentials(MicroCredentials, Protocol):
    """Published micro-credentials, also as a list."""

    async def page(self, *, after: UUID | None, limit: int) -> Sequence[MicroCredential]:
        """Published ones, the newest first, those after a given proposal. Retired ones are not
        listed."""
        ...


class ProposalWork(UnitOfWork, Protocol):
    """A unit of work of proposals."""

    @property
    def proposals(self) -> Proposals:
        """Every proposal."""
        ...

    @property
    def micro_credentials(self) -> PublishedMicroCredentials:
        """Published ones."""
        ...

    @property
    def institutions(self) -> Institutions:
        """The partners of the alliance."""
        ...


class ReadSection(Protocol):
    """Reads a section from the plain data of a merged edit."""

    def __call__(self, section: Section, plain: Mapping[str, Any]) -> SectionContent:
        """The section. Raises ContentInvalid with pointers into the data."""
        ...


@dataclass(frozen=True)
class PreviewedCredential:
    """How the credential would look: unsealed, of nobody, and marked as a preview."""

    document: Mapping[str, Any]
    """ELM 3 as JSON-LD."""
    images: Mapping[str, bytes]
    """The display image as PNG, by BCP 47 tag."""
    findings: tuple[Finding, ...] = ()
    """What EDC's application profile finds missing or wrong in the document."""


class CredentialPreview(Protocol):
    """Makes the credential that a specification would lead to."""

    async def preview(
        self,
        specification: Specification,
        *,
        code: str,
        start: date,
        end: date,
        institutions: Mapping[InstitutionCode, Institution],
        alliance: Alliance,
        at: datetime,
    ) -> PreviewedCredential:
        """The credential of a fictitious holder who passed an edition from `start` to `end`.

        The specification has been checked: no errors. `code` is the proposal's, `institutions`
        are all partners, `at` is the moment that the credential names as its issuing.
        """
        ...
