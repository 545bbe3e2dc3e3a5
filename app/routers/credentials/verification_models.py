"""What verification answers with."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.domain.credentials.verification import (
    Caveat,
    Check,
    CheckName,
    CheckStatus,
    Contents,
    Verification,
)


class CheckOut(BaseModel):
    """The outcome of one check."""

    name: CheckName
    concept: str = Field(description="IRI of the EU list `verification`")
    status: CheckStatus
    status_concept: str = Field(description="IRI of the EU list `verification-status`")
    code: str = Field(description="the reason, stable", examples=["seal_intact"])
    sentence: str = Field(
        description="the same for people", examples=["Nothing was changed since it was sealed."]
    )
    evidence: dict[str, Any] = Field(description="what it rests on")
    advice: str | None = Field(description="what the reader can do")

    @classmethod
    def of(cls, check: Check) -> "CheckOut":
        """From the domain."""
        return cls(
            name=check.name,
            concept=check.name.concept,
            status=check.status,
            status_concept=check.status.concept,
            code=check.code,
            sentence=check.sentence,
            evidence=dict(check.evidence),
            advice=check.advice,
        )


class ContentsOut(BaseModel):
    """What the credential says, in brief. Personal data of whoever it is about."""

    id: str | None = Field(examples=["urn:credential:0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"])
    title: dict[str, str]
    holder: str | None
    issuer: dict[str, str] = Field(description="legal name")
    awarding_bodies: list[dict[str, str]]
    awarded: str | None = Field(
        description="day of the award, in the time zone of the course; only its day counts"
    )
    issued: str | None
    valid_until: str | None
    profile: str | None = Field(description="IRI of the credential profile")

    @classmethod
    def of(cls, contents: Contents) -> "ContentsOut":
        """From the domain."""
        return cls(
            id=contents.id,
            title=dict(contents.title),
            holder=contents.holder,
            issuer=dict(contents.issuer),
            awarding_bodies=[dict(body) for body in contents.awarding_bodies],
            awarded=contents.awarded,
            issued=contents.issued,
            valid_until=contents.valid_until,
            profile=contents.profile,
        )


class NoteOut(BaseModel):
    """What a reader has to know beside the verdict."""

    code: Caveat = Field(
        description="stable; `pdf_pages_not_checked`: of a PDF only the attached credential was "
        "checked, so that `contents` has to be compared with what its pages show"
    )
    sentence: str = Field(
        description="the same for people; show it beside the verdict",
        examples=[Caveat.PDF_PAGES_NOT_CHECKED.sentence],
    )

    @classmethod
    def of(cls, note: Caveat) -> "NoteOut":
        """From the domain."""
        return cls(code=note, sentence=note.sentence)


class VerificationOut(BaseModel):
    """Everything that was found, check by check. Nothing of the file is kept."""

    verdict: Literal["verified", "partially_verified", "not_checked", "not_sealed", "failed"] = (
        Field(
            description="all checks together: one error fails, what is decisive has to be ok; "
            "`not_checked` is a kind of file that is not checked here, which says nothing of it; "
            "`not_sealed` carries no seal, so that anybody may have written it"
        )
    )
    presented_as: Literal["json", "pdf", "xml"] = Field(
        description="of a PDF, only the credential embedded in it is verified, never what its "
        "pages show; XML is only named for what it is, as other forms of signatures in JSON are"
    )
    notes: list[NoteOut] = Field(
        description="what has to be shown beside the verdict, such as what was not looked at",
        examples=[[]],
    )
    sealed: bool
    level: str | None = Field(
        description="level of the seal by what it carries: B-B, B-T, B-LT, B-LTA", examples=["B-B"]
    )
    sealed_at: datetime | None = Field(description="the time that the seal claims")
    proven_at: datetime | None = Field(
        description="not later than this it was sealed, as trusted timestamps attest"
    )
    development: bool = Field(
        description="hangs on a development seal: proves nothing about anybody"
    )
    certificate: dict[str, Any] = Field(description="facts of the seal's certificate")
    contents: ContentsOut
    checks: list[CheckOut]

    @classmethod
    def of(cls, found: Verification) -> "VerificationOut":
        """From the domain."""
        return cls(
            verdict=found.verdict.value,
            presented_as=found.presented_as,
            notes=[NoteOut.of(note) for note in found.notes],
            sealed=found.sealed,
            level=found.level,
            sealed_at=found.sealed_at,
            proven_at=found.proven_at,
            development=found.development,
            certificate=dict(found.certificate),
            contents=ContentsOut.of(found.contents),
            checks=[CheckOut.of(check) for check in found.checks],
        )
