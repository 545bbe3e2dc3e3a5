"""What the operations of proposals answer with."""

import base64
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.access.roles import Caller
from app.domain.errors import Finding
from app.domain.proposals.access import allowed_actions
from app.domain.proposals.agreement import (
    Consent,
    ConsentDecision,
    PanelDecision,
    Recommendation,
    ValidationDecision,
)
from app.domain.proposals.checks import Report
from app.domain.proposals.content import Model, Partner, Section
from app.domain.proposals.decisions import awaited_validations
from app.domain.proposals.history import HistoryEntry
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.ports import PreviewedCredential
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import State
from app.domain.proposals.use_cases.reading import visible_reviews
from app.domain.vocabulary.micro_credential import (
    MicroCredential,
    NoInstitutionRule,
    PartnerRole,
    PastEdition,
)
from app.domain.vocabulary.specification import Specification
from app.routers.proposals.bodies import HASH, Severity


class PartnerOut(BaseModel):
    """An institution that takes part, and as what."""

    institution: str = Field(examples=["HKA"])
    role: PartnerRole


class SectionLink(BaseModel):
    """A section and its version."""

    href: str
    etag: str = Field(description="for If-Match of its edits", examples=['"3"'])


class ValidationOut(BaseModel):
    """What an awarding partner decided."""

    institution: str
    decision: ValidationDecision
    round: int = Field(description="the submission it was for; they count from 1")
    at: datetime
    comment: str | None


class ReviewOut(BaseModel):
    """A review. Who wrote it is not told."""

    student: bool
    recommendation: Recommendation
    comment: str
    round: int
    at: datetime


class DecisionOut(BaseModel):
    """The panel's last conclusion."""

    decision: PanelDecision
    reason: str
    certified_hash: str
    round: int
    reviews: int = Field(description="on how many it rests")
    votes_in_favour: int | None
    at: datetime
    valid_until: date | None


class ProposalSummaryOut(BaseModel):
    """A proposal in a list."""

    id: UUID
    code: str = Field(examples=["IMC-2026-001"])
    version: int = Field(
        description="number of the revision: a published one never changes, the next one does",
        examples=[1],
    )
    state: State
    model: Model
    lead_institution: str = Field(examples=["UNIOVI"])
    partners: list[PartnerOut]
    working_title: dict[str, str]
    planned_start: date | None
    planned_end: date | None
    created_at: datetime
    allowed_actions: list[str] = Field(description="what the caller may do to it now")

    @classmethod
    def of(cls, proposal: Proposal, caller: Caller, policy: ProposalPolicy) -> "ProposalSummaryOut":
        """From the domain."""
        return cls(**_summary(proposal, caller, policy))


class ProposalOut(ProposalSummaryOut):
    """A proposal: where it stands and who has said what. What is written in it is in its sections.

    The ETag of the answer is for `If-Match` of transitions.
    """

    title: dict[str, str] = Field(description="the certified one")
    certified_hash: str = Field(
        description="hash over what is certified; consents, validations and reviews name it",
        examples=[HASH],
    )
    sections: dict[Section, SectionLink]
    past_editions: list[PastEdition]
    consents_missing: list[str] = Field(description="institutions that still have to consent")
    validations_awaited: list[str] = Field(
        description="awarding partners that still have to decide on this submission"
    )
    validation_due: date | None
    validations: list[ValidationOut]
    reviews: list[ReviewOut] = Field(
        description="while a review is going on, only for those who act for the alliance"
    )
    decision: DecisionOut | None

    @classmethod
    def of(cls, proposal: Proposal, caller: Caller, policy: ProposalPolicy) -> "ProposalOut":
        """From the domain."""
        in_validation = proposal.state is State.INSTITUTIONAL_VALIDATION
        record = proposal.decision
        return cls(
            **_summary(proposal, caller, policy),
            title=dict(proposal.content.academic.title),
            certified_hash=proposal.certified_hash,
            sections={
                section: SectionLink(
                    href=f"/v1/proposals/{proposal.id}/sections/{section.value}",
                    etag=f'"{version}"',
                )
                for section, version in proposal.section_versions.items()
            },
            past_editions=list(proposal.past_editions),
            consents_missing=proposal.missing_consents(),
            validations_awaited=awaited_validations(proposal) if in_validation else [],
            validation_due=proposal.validation_due,
            validations=[
                ValidationOut(
                    institution=v.institution,
                    decision=v.decision,
                    round=v.round,
                    at=v.at,
                    comment=v.comment,
                )
                for v in proposal.validations
            ],
            reviews=[
                ReviewOut(
                    student=r.student,
                    recommendation=r.recommendation,
                    comment=r.comment,
                    round=r.round,
                    at=r.at,
                )
                for r in visible_reviews(proposal, caller)
            ],
            decision=DecisionOut(
                decision=record.decision,
                reason=record.reason,
                certified_hash=record.certified_hash,
                round=record.round,
                reviews=record.reviews,
                votes_in_favour=record.votes_in_favour,
                at=record.at,
                valid_until=record.valid_until,
            )
            if record
            else None,
        )


def _partners(partners: tuple[Partner, ...]) -> list[PartnerOut]:
    return [PartnerOut(institution=p.institution, role=p.role) for p in partners]


def _summary(proposal: Proposal, caller: Caller, policy: ProposalPolicy) -> dict[str, Any]:
    general = proposal.content.general
    return {
        "id": proposal.id,
        "code": proposal.code,
        "version": proposal.revision,
        "state": proposal.state,
        "model": general.model,
        "lead_institution": proposal.lead,
        "partners": _partners(general.partners),
        "working_title": dict(general.working_title),
        "planned_start": general.planned_start,
        "planned_end": general.planned_end,
        "created_at": proposal.created_at,
        "allowed_actions": allowed_actions(proposal, caller, policy),
    }


class FindingOut(BaseModel):
    """One thing that is missing, wrong, or to be looked at."""

    pointer: str = Field(
        description="JSON Pointer into the document of the three sections",
        examples=["/academic/outcomes/0/skills/1"],
    )
    code: str = Field(description="stable, for machines", examples=["esco_undecided"])
    detail: str = Field(description="for people")
    params: dict[str, str | int | float | bool | None]
    severity: Severity = Field(description="errors block submission, warnings do not")

    @classmethod
    def of(cls, finding: Finding, severity: Severity = "error") -> "FindingOut":
        """From the domain."""
        return cls(
            pointer=finding.pointer,
            code=finding.code,
            detail=finding.detail,
            params=dict(finding.params),
            severity=severity,
        )


class FindingsOut(BaseModel):
    """Everything that is missing or wrong."""

    complete: bool = Field(description="whether it could be submitted")
    findings: list[FindingOut]

    @classmethod
    def of(cls, report: Report) -> "FindingsOut":
        """From the domain."""
        return cls(
            complete=not report.errors,
            findings=[
                *(FindingOut.of(finding) for finding in report.errors),
                *(FindingOut.of(finding, "warning") for finding in report.warnings),
            ],
        )


class ConsentOut(BaseModel):
    """One answer of one institution."""

    institution: str
    decision: ConsentDecision
    certified_hash: str
    account: UUID
    at: datetime
    reason: str | None
    current: bool = Field(description="a consent that counts for what stands now")


class ConsentsOut(BaseModel):
    """Who was asked, and every answer in order."""

    certified_hash: str = Field(description="what is certified now", examples=[HASH])
    asked: list[str]
    missing: list[str]
    items: list[ConsentOut]

    @classmethod
    def of(cls, proposal: Proposal) -> "ConsentsOut":
        """From the domain."""
        current = list(proposal.current_consents().values())
        return cls(
            certified_hash=proposal.certified_hash,
            asked=proposal.consenting(),
            missing=proposal.missing_consents(),
            items=[_consent(consent, consent in current) for consent in proposal.consents],
        )


def _consent(consent: Consent, current: bool) -> ConsentOut:
    return ConsentOut(
        institution=consent.institution,
        decision=consent.decision,
        certified_hash=consent.certified_hash,
        account=consent.account,
        at=consent.at,
        reason=consent.reason,
        current=current,
    )


class HistoryEntryOut(BaseModel):
    """One step."""

    at: datetime
    actor: str = Field(examples=["account:0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"])
    action: str = Field(examples=["give_consent"])
    state: State = Field(description="that it led to")
    certified_hash: str
    institution: str | None
    decision: str | None
    note: str | None

    @classmethod
    def of(cls, entry: HistoryEntry) -> "HistoryEntryOut":
        """From the domain."""
        return cls(**vars(entry))


class HistoryOut(BaseModel):
    """What happened to a proposal, in order."""

    items: list[HistoryEntryOut]


class ImageOut(BaseModel):
    """A display image."""

    language: str = Field(examples=["en"])
    content_type: str = "image/png"
    content: str = Field(description="the PNG in base64")


class PreviewOut(BaseModel):
    """How the credential would look. Unsealed, of nobody, worth nothing."""

    preview: bool = True
    document: dict[str, Any] = Field(description="ELM 3 as JSON-LD")
    images: list[ImageOut]
    findings: list[FindingOut] = Field(
        description="what the application profile finds missing or wrong in the document"
    )

    @classmethod
    def of(cls, preview: PreviewedCredential) -> "PreviewOut":
        """From the domain."""
        return cls(
            document=dict(preview.document),
            images=[
                ImageOut(language=tag, content=base64.b64encode(png).decode())
                for tag, png in preview.images.items()
            ],
            findings=[FindingOut.of(finding) for finding in preview.findings],
        )


class MicroCredentialOut(BaseModel):
    """A published micro-credential."""

    proposal: UUID
    code: str = Field(examples=["IMC-2026-001"])
    version: int
    title: dict[str, str]
    lead_institution: str
    partners: list[PartnerOut]
    places: int
    quota_per_institution: int | None
    no_institution_rule: NoInstitutionRule
    contact_email: str
    specification: Specification
    certified_hash: str = Field(examples=[HASH])
    retired: bool = Field(description="no new edition opens")

    @classmethod
    def of(cls, published: MicroCredential) -> "MicroCredentialOut":
        """From the domain."""
        return cls(
            proposal=published.proposal,
            code=published.code,
            version=published.version,
            title=dict(published.title),
            lead_institution=published.lead,
            partners=[PartnerOut(institution=code, role=role) for code, role in published.partners],
            places=published.places,
            quota_per_institution=published.quota_per_institution,
            no_institution_rule=published.no_institution_rule,
            contact_email=published.contact_email,
            specification=published.specification,
            certified_hash=published.certified_hash,
            retired=published.retired,
        )
