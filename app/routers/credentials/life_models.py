"""What changing a credential after it was sealed takes and answers with."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from app.domain.credentials.credential import LONGEST_REASON
from app.domain.credentials.use_cases.credentials import SeenCredential
from app.domain.credentials.use_cases.life import Notice
from app.routers.credentials.credentials_models import CredentialOut
from app.routers.habits.values import Instant


class CredentialReasonIn(BaseModel):
    """Why. The holder is told, whole; name nobody else in it."""

    reason: str = Field(
        min_length=1,
        max_length=LONGEST_REASON,
        examples=["The result was recorded for the wrong person."],
    )


class ReissueIn(CredentialReasonIn):
    """Why a credential is issued again, and by which seal."""

    seal: str | None = Field(
        None,
        max_length=40,
        description="name of one of the issuer's seals (GET /v1/seals); left out: the one that "
        "sealed the old credential, else the default",
        examples=["default"],
    )


class PlannedIn(BaseModel):
    """When a batch shall be sealed."""

    scheduled_for: Instant | None = Field(
        None,
        description="not before this moment, at most a year ahead; left out: once it is approved",
    )
    seal: str | None = Field(
        None,
        max_length=40,
        description="name of one of the issuer's seals (GET /v1/seals); left out: its default",
        examples=["default"],
    )


class NoticeOut(BaseModel):
    """Something to know about what was done."""

    code: str = Field(examples=["copies_may_look_verified"])
    detail: str = Field(examples=["Copies of the sealed file stay as they are."])

    @classmethod
    def of(cls, notice: Notice) -> "NoticeOut":
        """From the domain."""
        return cls(code=notice.code, detail=notice.text)


class ChangedCredentialOut(BaseModel):
    """A credential after a change, and what to know about the change."""

    credential: CredentialOut
    notices: list[NoticeOut] = Field(
        description="such as: copies can still look verified in Europass"
    )

    @classmethod
    def of(cls, seen: SeenCredential, notices: Sequence[Notice] = ()) -> "ChangedCredentialOut":
        """From the domain."""
        return cls(
            credential=CredentialOut.of(seen), notices=[NoticeOut.of(one) for one in notices]
        )
