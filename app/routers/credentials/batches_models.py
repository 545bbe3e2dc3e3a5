"""What the operations on awards and issuing batches answer with."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.access.permissions import permits
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.credentials.batch import BatchState, IssuingBatch
from app.domain.credentials.batch_actions import allowed_on_batch
from app.domain.credentials.batch_warnings import BatchWarning
from app.domain.credentials.status import CredentialState
from app.domain.credentials.use_cases.batch_learners import BatchLearner
from app.domain.credentials.use_cases.batches import (
    EditionAwards,
    LearnerOutcome,
    place_of,
)
from app.domain.errors import Finding
from app.domain.vocabulary.award import Award, NotReady

REGISTRATION = UUID("0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b")


class AwardOut(BaseModel):
    """One learner who passed, as the credential will state it. Personal data."""

    registration: UUID = Field(examples=[REGISTRATION])
    full_name: str = Field(examples=["Zoë Ñandú"])
    birth_date: date | None = None
    student_identifier: str | None = None
    grade: str = Field(examples=["Pass"])
    awarded_on: date
    warnings: list[str] = Field(
        description="`name_not_drawable`: the picture will not show the name in full; "
        "`mixed_scripts`: a word of it mixes letters that look alike"
    )

    @classmethod
    def of(cls, award: Award, warning: Finding | None) -> "AwardOut":
        """From the domain, and what there is to know of the name."""
        return cls(
            warnings=[warning.code] if warning else [],
            registration=award.registration,
            full_name=award.holder.full_name,
            birth_date=award.holder.birth_date,
            student_identifier=award.holder.student_identifier,
            grade=award.grade,
            awarded_on=award.awarded_on,
        )


class IssuedOut(BaseModel):
    """A learner who has their credential. Personal data."""

    registration: UUID
    full_name: str | None = Field(description="as they have confirmed it by now")
    credential: UUID
    state: CredentialState


class NotReadyOut(BaseModel):
    """A learner who passed but whose credential cannot be made yet. Personal data."""

    registration: UUID
    full_name: str | None = Field(
        description="as they confirmed it for the credential, else as they registered"
    )
    reasons: list[str] = Field(examples=[["credential_data_missing"]])
    until: datetime | None = Field(
        None,
        description="end of the objection window, while it is open; waiting alone helps where "
        "`objection_window_open` is the only reason",
    )

    @classmethod
    def of(cls, not_ready: NotReady) -> "NotReadyOut":
        """From the domain."""
        return cls(
            registration=not_ready.registration,
            full_name=not_ready.full_name,
            reasons=list(not_ready.reasons),
            until=not_ready.until,
        )


class AwardsOut(BaseModel):
    """Everybody who passed an edition, and how far their credential is."""

    edition: UUID
    issuer: str = Field(description="code of the partner that seals", examples=["UNIOVI"])
    ready: list[AwardOut] = Field(description="can be put into a batch now")
    issued: list[IssuedOut]
    not_ready: list[NotReadyOut]
    allowed_actions: list[str] = Field(examples=[["prepare_batch"]])

    @classmethod
    def of(
        cls, awards: EditionAwards, caller: Caller, warnings: Mapping[UUID, Finding]
    ) -> "AwardsOut":
        """From the domain; `warnings` of names by registration."""
        may = permits(PERMISSIONS["prepare_batch"], caller, place_of(awards.issuer))
        return cls(
            edition=awards.edition,
            issuer=awards.issuer,
            ready=[AwardOut.of(award, warnings.get(award.registration)) for award in awards.ready],
            issued=[
                IssuedOut(
                    registration=c.registration,
                    full_name=awards.names.get(c.registration),
                    credential=c.id,
                    state=c.state,
                )
                for c in awards.issued
            ],
            not_ready=[NotReadyOut.of(not_ready) for not_ready in awards.not_ready],
            allowed_actions=["prepare_batch"] if may and awards.ready else [],
        )


class BatchOutcomeOut(BaseModel):
    """How a batch ended."""

    sealed: int = Field(description="credentials that this batch sealed", examples=[48])
    skipped: int = Field(description="learners who had one already", examples=[0])
    failed: int = Field(description="learners without one still", examples=[0])


class BatchOut(BaseModel):
    """Credentials of one edition that are sealed together, by the word of two people."""

    id: UUID
    edition: UUID
    proposal: UUID
    proposal_version: int
    issuer: str = Field(examples=["UNIOVI"])
    certified_hash: str = Field(description="what the partners consented to")
    certificate_sha256: str = Field(
        description="the seal that both officers have looked at", examples=["9f86d081" * 8]
    )
    development: bool = Field(description="sealed with a stand-in that proves nothing")
    seal: str = Field(description="name of the seal", examples=["default"])
    local: bool = Field(
        description="its seal stays with the institution: see the batch's local-sealing"
    )
    state: BatchState
    learners: int = Field(examples=[48])
    not_ready: int = Field(description="passed, but not ready when it was prepared", examples=[2])
    prepared_by: UUID = Field(description="account")
    prepared_at: datetime
    approved_by: UUID | None = Field(None, description="account; never the one who prepared")
    approved_at: datetime | None = None
    job: UUID | None = Field(None, description="its progress: GET /v1/jobs/{id}")
    finished_at: datetime | None = None
    outcome: BatchOutcomeOut | None = None
    scheduled_for: datetime | None = Field(
        None, description="its job begins then; null: once it is approved"
    )
    reason: str | None = Field(
        None, description="why credentials are issued again", examples=["The name has changed."]
    )
    is_reissue: bool = Field(False, description="replaces a credential that was issued before")
    cancel_requested: bool = Field(
        False, description="given up; its worker ends with the credential in the making"
    )
    version: int
    allowed_actions: list[str] = Field(examples=[["approve_batch", "cancel_batch"]])

    @classmethod
    def of(cls, batch: IssuingBatch, caller: Caller) -> "BatchOut":
        """From the domain."""
        return cls(**_batch_fields(batch, caller))


class BatchItemOut(BaseModel):
    """One learner of a batch. Who it is, officers of the issuer alone see."""

    registration: UUID
    full_name: str | None = Field(
        None,
        description="as confirmed by now, which is what is sealed: whoever changes it after the "
        "batch was prepared is left out. Null for auditors, as the next three",
        examples=["Zoë Ñandú"],
    )
    birth_date: date | None = None
    student_identifier: str | None = None
    grade: str | None = Field(None, examples=["Pass"])
    credential: UUID | None = Field(None, description="the one in force, once there is one")
    state: CredentialState | None = None
    supersedes: UUID | None = Field(None, description="the credential that it shall replace")
    outcome: str | None = Field(
        None,
        description="`done`, `skipped` or `failed`; null until the job has come to it",
        examples=["done"],
    )
    code: str | None = Field(None, description="why", examples=["sealed"])

    @classmethod
    def of(cls, outcome: LearnerOutcome, learner: BatchLearner | None = None) -> "BatchItemOut":
        """From the domain, and who it is for those who may know."""
        award = learner.award if learner else None
        found, noted = outcome.credential, outcome.noted
        # Until it is replaced, the one in force is still the old one.
        fresh = found is not None and found.id != outcome.item.supersedes
        return cls(
            registration=outcome.item.registration,
            full_name=learner.full_name if learner else None,
            birth_date=award.holder.birth_date if award else None,
            student_identifier=award.holder.student_identifier if award else None,
            grade=award.grade if award else None,
            credential=found.id if found and fresh else None,
            state=found.state if found and fresh else None,
            supersedes=outcome.item.supersedes,
            outcome=noted.status if noted else None,
            code=noted.code if noted else None,
        )


class BatchWarningOut(BaseModel):
    """What the two officers should know of one learner before anything is sealed."""

    registration: UUID
    code: str = Field(
        examples=["name_not_drawable"],
        description="`name_not_drawable`, `mixed_scripts`: about the name; `in_another_batch`: an "
        "earlier batch holds the learner too; `already_issued`, `credential_revoked`: nothing will "
        "be sealed for them here",
    )
    detail: str
    batch: UUID | None = Field(None, description="the other batch that it is about")


class BatchDetailOut(BatchOut):
    """A batch with its learners."""

    items: list[BatchItemOut]
    warnings: list[BatchWarningOut] = Field(
        description="for the two officers: there are none any more once the batch is at work"
    )

    @classmethod
    def with_items(
        cls,
        batch: IssuingBatch,
        outcomes: Sequence[LearnerOutcome],
        caller: Caller,
        warnings: Sequence[BatchWarning],
        learners: Mapping[UUID, BatchLearner],
    ) -> "BatchDetailOut":
        """From the domain; `learners` by registration, as far as the caller may know them."""
        return cls(
            **_batch_fields(batch, caller),
            items=[BatchItemOut.of(one, learners.get(one.item.registration)) for one in outcomes],
            warnings=[
                BatchWarningOut(
                    registration=one.registration,
                    code=one.code,
                    detail=one.detail,
                    batch=one.batch,
                )
                for one in warnings
            ],
        )

    @classmethod
    def prepared(
        cls,
        batch: IssuingBatch,
        caller: Caller,
        warnings: Sequence[BatchWarning],
        learners: Mapping[UUID, BatchLearner],
    ) -> "BatchDetailOut":
        """A batch for whose learners nothing has been done yet."""
        untouched = [LearnerOutcome(item, None, None) for item in batch.items]
        return cls.with_items(batch, untouched, caller, warnings, learners)


def _batch_fields(batch: IssuingBatch, caller: Caller) -> dict[str, Any]:
    names = set(BatchOut.model_fields) - {"learners", "outcome", "allowed_actions"}
    outcome = batch.outcome
    return {
        **{name: getattr(batch, name) for name in names},
        "learners": len(batch.items),
        "outcome": outcome
        and BatchOutcomeOut(sealed=outcome.sealed, skipped=outcome.skipped, failed=outcome.failed),
        "allowed_actions": allowed_on_batch(batch, caller),
    }
