"""What learners confirm, and the links that lead them to it, as the API shows them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.results.credential_data import CredentialData, LegalIdentity, remarks
from app.domain.results.links import LinkState
from app.domain.results.ports import Participant
from app.domain.results.use_cases.links import LinkView, Session
from app.routers.habits.values import Writable
from app.routers.results.results_models import REGISTRATION, EditionRef, examples


class CredentialDataIn(BaseModel):
    """The name as it shall stand, and one thing that tells its bearer apart."""

    model_config = examples(
        {"full_name": "Ana Núñez Pérez", "birth_date": "1990-05-17"},
        {
            "full_name": "Ana Núñez Pérez",
            "given_name": "Ana",
            "family_name": "Núñez Pérez",
            "student_identifier": "urn:schac:personalUniqueCode:int:esi:uniovi.es:UO000000",
        },
    )

    full_name: Writable = Field(max_length=200, description="the legal name")
    given_name: Annotated[Writable, Field(max_length=200)] | None = None
    family_name: Annotated[Writable, Field(max_length=200)] | None = None
    birth_date: date | None = None
    student_identifier: Annotated[Writable, Field(max_length=255)] | None = Field(
        None, description="European Student Identifier, or the institution's number"
    )

    def identity(self) -> LegalIdentity:
        """As the domain takes it."""
        return LegalIdentity(
            self.full_name,
            self.given_name,
            self.family_name,
            self.birth_date,
            self.student_identifier,
        )


class RemarkOut(BaseModel):
    """Something to know about what was confirmed."""

    pointer: str = Field(examples=["/given_name"])
    code: str = Field(examples=["names_not_apart"])
    detail: str


class CredentialDataOut(BaseModel):
    """What the learner has confirmed for the credential."""

    registration: UUID = Field(examples=[REGISTRATION])
    proposed_full_name: str = Field(description="as they registered: a proposal for the form")
    full_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    student_identifier: str | None = None
    confirmed_at: datetime | None = Field(None, description="null as long as nothing is confirmed")
    version: int = Field(description="0 as long as nothing is confirmed; the ETag")
    warnings: list[RemarkOut] = Field(
        description="what should be known of the data although they are confirmed"
    )
    allowed_actions: list[str] = Field(examples=[["confirm_credential_data"]])

    @classmethod
    def of(cls, participant: Participant, data: CredentialData, undrawn: Mapping[str, str]) -> Self:
        """From the data of its only reader, and what cannot be drawn of the name."""
        identity = data.identity
        return cls(
            registration=data.registration,
            proposed_full_name=participant.full_name,
            full_name=identity.full_name if identity else None,
            given_name=identity.given_name if identity else None,
            family_name=identity.family_name if identity else None,
            birth_date=identity.birth_date if identity else None,
            student_identifier=identity.student_identifier if identity else None,
            confirmed_at=data.confirmed_at,
            version=data.version,
            warnings=[
                RemarkOut(pointer=one.pointer, code=one.code, detail=one.detail)
                for one in remarks(data, undrawn)
            ],
            allowed_actions=["confirm_credential_data"],
        )


class LinkOut(BaseModel):
    """What a link is for: nothing about a person."""

    state: LinkState = Field(examples=["valid"])
    expires_at: datetime
    edition: EditionRef

    @classmethod
    def of(cls, view: LinkView) -> Self:
        """From the view."""
        return cls(
            state=view.state, expires_at=view.expires_at, edition=EditionRef.of(view.edition)
        )


class SessionOut(BaseModel):
    """A short session for one registration."""

    access_token: str = Field(description="bearer token; good for this registration alone")
    token_type: str = Field("Bearer")
    expires_in: int = Field(description="seconds", examples=[3600])
    registration: UUID = Field(examples=[REGISTRATION])
    edition: UUID

    @classmethod
    def of(cls, session: Session) -> Self:
        """From the session."""
        return cls(
            access_token=session.token,
            token_type="Bearer",
            expires_in=session.expires_in,
            registration=session.registration,
            edition=session.edition,
        )


class LinkRequestIn(BaseModel):
    """Where to send a link anew."""

    model_config = examples({"edition": REGISTRATION, "email": "ana@example.org"})

    edition: UUID
    email: Writable = Field(
        min_length=3, max_length=320, description="the address stated in the registration"
    )


class LinkRequestOut(BaseModel):
    """The same answer for everybody."""

    detail: str = Field(
        "If this address is registered in this edition, a new link is on its way to it."
    )
