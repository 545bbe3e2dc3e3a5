"""What operations on live deliveries of forms take and answer with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from app.domain.enrolment.forms.imports import ImportRow, ImportState, Verdict
from app.domain.enrolment.forms.signing import FormSecret
from app.domain.enrolment.use_cases.deliveries import Answered
from app.routers.enrolment.imports_models import ImportRowOut

_RAW: dict[str, JsonValue] = {
    "responder": "anonymous",
    "submitDate": "7/28/2026 3:23:34 PM",
    "r5caae6a11afb406a8e77e0b242fb4cab": "Zoë Ñandú",
    "r1da539bd1a494208849da87ee257c128": '["Universidad de Oviedo"]',
    "rca68d3a0ad2b45c397fd0523414426b5": "zoe.nandu@example.org",
}

Key = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Raw = Annotated[
    dict[Key, Text | None],
    Field(
        max_length=700,
        description="the connector's response as it is: `responder`, `submitDate` (UTC), and an "
        "answer for each question by its id",
    ),
]
Number = Annotated[
    int, Field(ge=0, lt=2**53, description="`responseId` of the connector: the response's number")
]


class DeliveredIn(BaseModel):
    """One response."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    response_id: Number
    raw: Raw


class DeliveryIn(BaseModel):
    """One response, or several as `responses`."""

    model_config = ConfigDict(
        coerce_numbers_to_str=True,
        json_schema_extra={"examples": [{"response_id": 17, "raw": _RAW}]},
    )

    form_id: Key | None = Field(None, description="if given, the same as in the address")
    response_id: Number | None = None
    raw: Raw | None = None
    responses: list[DeliveredIn] | None = Field(None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        single = (self.response_id is not None, self.raw is not None)
        if self.responses is not None and any(single):
            raise ValueError("send one response, or `responses`, not both")
        if self.responses is None and not all(single):
            raise ValueError("send `response_id` with `raw`, or `responses`")
        return self

    @property
    def listed(self) -> list[DeliveredIn]:
        """The responses, however many."""
        if self.responses is not None:
            return self.responses
        one = {"response_id": self.response_id, "raw": self.raw}
        return [DeliveredIn.model_validate(one)]


class DeliveredVerdictOut(BaseModel):
    """What one response came to. No personal data."""

    response_id: int
    verdict: Verdict
    reason: str | None = Field(description="a stable code; none for a plain create or update")
    import_id: UUID = Field(description="the delivery that brought it, among the imports")


class FormDeliveryOut(BaseModel):
    """What the responses came to, in the order in which they were sent."""

    results: list[DeliveredVerdictOut]

    @classmethod
    def of(cls, answered: Sequence[Answered]) -> "FormDeliveryOut":
        """From the domain."""
        return cls(
            results=[
                DeliveredVerdictOut(
                    response_id=one.verdict.number,
                    verdict=one.verdict.verdict,
                    reason=one.verdict.reason,
                    import_id=one.import_id,
                )
                for one in answered
            ]
        )


class DeliveredRowOut(ImportRowOut):
    """One delivered response with its verdict; `row` is its place in its delivery."""

    import_id: UUID

    @classmethod
    def delivered(
        cls, import_id: UUID, state: ImportState, row: ImportRow, language: str
    ) -> "DeliveredRowOut":
        """From the domain."""
        return cls(import_id=import_id, **ImportRowOut.of(row, state, language).model_dump())


class FormSecretIn(BaseModel):
    """How long the secret before is accepted beside the new one."""

    model_config = ConfigDict(extra="forbid")

    keep_hours: int = Field(168, ge=0, le=720, description="0 when it has become known")


class FormSecretOut(BaseModel):
    """That there is a secret; not what it is."""

    id: UUID
    edition: UUID
    form: str
    made_at: datetime
    ends_at: datetime | None = Field(description="none for the current one")
    last_used_at: datetime | None
    is_accepted: bool

    @classmethod
    def of(cls, secret: FormSecret, now: datetime) -> "FormSecretOut":
        """From the domain."""
        return cls(
            id=secret.id,
            edition=secret.edition,
            form=secret.form,
            made_at=secret.made_at,
            ends_at=secret.ends_at,
            last_used_at=secret.last_used_at,
            is_accepted=secret.is_live(now),
        )


class NewFormSecretOut(FormSecretOut):
    """A new secret, shown this once."""

    secret: str = Field(description="`whsec_` and the key in Base64; put it into the flow")
    url: str = Field(description="where the flow sends responses")

    @classmethod
    def made(cls, secret: FormSecret, text: str, public_url: str) -> "NewFormSecretOut":
        """From the domain."""
        address = f"{public_url}/v1/editions/{secret.edition}/forms/{secret.form}/responses"
        seen = FormSecretOut.of(secret, secret.made_at)
        return cls(**seen.model_dump(), secret=text, url=address)


class FormSecretsOut(BaseModel):
    """The secrets of a form, the oldest first."""

    items: list[FormSecretOut]
