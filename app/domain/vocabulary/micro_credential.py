"""A published micro-credential, as the other capabilities see it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from app.domain.errors import Conflict, NotFound
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.specification import Specification
from app.domain.vocabulary.text import LanguageMap


class PartnerRole(StrEnum):
    """What a partner does in a joint micro-credential."""

    AWARDING = "awarding"
    CO_DELIVERING = "co_delivering"
    RECOGNISING = "recognising"
    SUPPORTING = "supporting"


class NoInstitutionRule(StrEnum):
    """How people from outside the partners count against the quota per institution."""

    OWN_BUCKET = "own_bucket_per_organisation"
    """Each external organisation is an institution of its own; independents share one."""
    SHARED_BUCKET = "shared_external_bucket"
    """All externals together count as one institution."""
    NOT_ADMITTED = "not_admitted"


class MicroCredentialNotFound(NotFound):
    """There is no such micro-credential, or it is not public."""

    code = "micro_credential_not_found"

    def __init__(self, proposal: UUID) -> None:
        super().__init__(f"There is no published micro-credential {proposal}.")


class NotPublished(Conflict):
    """The proposal exists but is not published yet, so that no edition can open."""

    code = "micro_credential_not_published"

    def __init__(self, proposal: UUID) -> None:
        super().__init__(f"Proposal {proposal} is not published. Publish it before you go on.")


@dataclass(frozen=True)
class MicroCredential:
    """One published version of an approved proposal."""

    proposal: UUID
    code: str
    """`IMC-2026-001`."""
    version: int
    title: LanguageMap
    lead: InstitutionCode
    partners: tuple[tuple[InstitutionCode, PartnerRole], ...]
    """Lead included."""
    places: int
    quota_per_institution: int | None
    no_institution_rule: NoInstitutionRule
    contact_email: str
    specification: Specification
    certified_hash: str
    """What the partners consented to (`app.domain.canonical.content_hash`)."""
    retired: bool = False
    """No new edition opens; what runs is finished and what was awarded stays."""

    @property
    def awarding(self) -> Sequence[InstitutionCode]:
        """The awarding bodies, lead first where it is one of them."""
        return [code for code, role in self.partners if role is PartnerRole.AWARDING]

    @property
    def issuer(self) -> InstitutionCode | None:
        """The partner that seals; None where each edition has one of its own (decentralised)."""
        return self.specification.academic.issuer

    def run_by(self, issuer: InstitutionCode | None) -> "MicroCredential":
        """As an edition certifies it that this partner runs.

        Where the content names the issuer, all consented to that, and nothing changes. Else that
        partner awards the edition alone: several award only what they give together.
        """
        if issuer is None or self.issuer is not None:
            return self
        academic = replace(self.specification.academic, issuer=issuer, awarding_bodies=(issuer,))
        return replace(self, specification=replace(self.specification, academic=academic))


class MicroCredentials(Protocol):
    """Published micro-credentials, for those who teach, enrol and issue."""

    async def get(self, proposal: UUID) -> MicroCredential:
        """The published version, retired ones included.

        Raises MicroCredentialNotFound, NotPublished.
        """
        ...


@dataclass(frozen=True)
class PastEdition:
    """The dates of an edition that ran before this system was used."""

    start: date
    end: date
    places: int
