"""What operations on registrations take and answer with."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.domain.access.roles import Caller
from app.domain.enrolment.access import actions_on_registration
from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.notices import PrivacyNotices
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.requests import RegistrationRequest
from app.domain.enrolment.sentences import explain
from app.domain.enrolment.use_cases.deciding import OfficerDecision, Ruling
from app.domain.enrolment.use_cases.people import PersonChanges
from app.domain.enrolment.views import RegistrationView
from app.routers.enrolment.promoted_models import PromotedOut

EDITION = "0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"


class RegistrationIn(BaseModel):
    """Who wants to take part."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "full_name": "Ana Núñez Pérez",
                    "email": "ana@example.org",
                    "institution": "UNIOVI",
                    "country": "ES",
                    "language": "es",
                    "privacy_notice": True,
                }
            ]
        },
    )

    full_name: str = Field(max_length=300)
    email: str = Field(max_length=300)
    institution: str | None = Field(None, max_length=100, description="a partner's code")
    organisation: str | None = Field(
        None, max_length=300, description="for people from outside: its name; or neither"
    )
    country: str | None = Field(None, max_length=2, description="ISO 3166-1 alpha-2")
    language: str = Field("en", max_length=35, description="BCP 47 tag of what they read")
    privacy_notice: bool = Field(description="that the privacy notice has been shown")
    privacy_notice_version: str | None = Field(
        None, max_length=40, description="which one; left out: the one in force"
    )
    consents: list[Annotated[str, Field(max_length=40)]] = Field(
        default_factory=list,
        max_length=10,
        description="codes of what they agree to beyond the registration itself",
        examples=[["news"]],
    )
    for_another: bool = Field(False, description="an officer registers somebody else")

    def to_domain(self) -> RegistrationRequest:
        """As the domain has it."""
        given = self.model_dump()
        return RegistrationRequest(**given | {"consents": frozenset(given["consents"])})


class CancelIn(BaseModel):
    """Why somebody gives up."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "cannot come"}]}
    )

    reason: str | None = Field(None, max_length=1000, description="no personal data")


class RegistrationPatch(BaseModel):
    """A merge patch (RFC 7396) of what is known of the person; `{}` confirms it as it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"country": "ES", "consents": {"news": False}}]},
    )

    full_name: str | None = Field(None, max_length=300)
    email: str | None = Field(
        None,
        max_length=300,
        description="one's own new address holds once the link that is sent there has been opened, "
        "until then it is `wanted_email`; the address of before is told. An officer mends an "
        "unconfirmed address of somebody without an account at once",
    )
    country: str | None = Field(None, max_length=2, description="ISO 3166-1 alpha-2")
    language: str | None = Field(None, max_length=35, description="BCP 47 tag of what they read")
    consents: dict[str, bool] = Field(
        default_factory=dict, max_length=10, description="by code: given or taken back"
    )

    def to_domain(self) -> PersonChanges:
        """As the domain has it."""
        return PersonChanges(**self.model_dump())


class OfficerDecisionIn(BaseModel):
    """An officer's decision on a registration that needs one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"ruling": "admit", "institution": "UNIOVI"}]},
    )

    ruling: Ruling = Ruling.ADMIT
    institution: str | None = Field(None, max_length=100)
    organisation: str | None = Field(None, max_length=300)
    independent: bool = False
    same_as: UUID | None = Field(None, description="for a merge: the other registration")
    take_new_time: bool = False
    reason: str | None = Field(None, max_length=1000, description="needed to reject")

    def to_domain(self) -> OfficerDecision:
        """As the domain has it."""
        return OfficerDecision(**self.model_dump())


class PersonOut(BaseModel):
    """Who it is, for those who may know."""

    full_name: str
    email: str
    email_verified: bool
    wanted_email: str | None = Field(
        description="the address that the person wants, until its link has been opened",
        examples=["zoe@new.example"],
    )
    country: str | None
    language: str


class AffiliationOut(BaseModel):
    """What the stated institution said."""

    state: ClaimState
    said_at: datetime | None
    reason: str | None = Field(description="for a contest, and for its decision")

    @classmethod
    def of(cls, one: Registration) -> "AffiliationOut":
        """From the domain."""
        if one.claim_state is ClaimState.STATED:
            return cls(state=ClaimState.STATED, said_at=None, reason=None)
        return cls(state=one.claim_state, said_at=one.claim.at, reason=one.claim.reason)


class PrivacyNoticeOut(BaseModel):
    """Which privacy notice the person was shown, and when."""

    version: str = Field(examples=["1"])
    shown_at: datetime


class RegistrationOut(BaseModel):
    """One person in one edition: where they stand, and why."""

    id: UUID
    edition: UUID = Field(examples=[EDITION])
    state: State
    reason: str = Field(description="a stable code", examples=["quota"])
    scope: str | None = Field(
        description="for one who waits: what the cap counts that keeps them from a place, such as "
        "`edition`, `institution:HKA`, `group:externals`; null before the list is published",
        examples=["institution:HKA"],
    )
    sentence: str = Field(description="the same for the person, in their language")
    stated: str = Field(description="institution or organisation as it was given")
    institution: str | None = Field(description="for which it counts; null while unclear")
    received_at: datetime
    source: str = Field(examples=["api"])
    position: int | None = Field(description="true rank among all who are placed or wait")
    waiting_position: int | None = Field(
        description="true rank among those who wait, from 1; null for those who do not. A place "
        "that becomes free goes to the first of them who fits all caps",
        examples=[4],
    )
    position_within: int | None = Field(description="true rank within the institution")
    decision_seq: int | None = Field(description="the last decision about it")
    warnings: list[str] = Field(
        description="worth a look, and decide nothing. `email_domain_differs`: the address belongs "
        "to another partner than the one stated, such as ana@uniovi.es for somebody of HKA; the "
        "stated institution counts until it contests that. `institution_differs`: another response "
        "of theirs names another institution; the one sent first counts. `possible_double`, for "
        "the edition's officers alone: somebody of this name or address may be registered "
        "already; "
        "`list_undecided` says who. `registered_after_contest`: the institution has contested an "
        "earlier registration of theirs in this edition, and was right. "
        "`new_external_organisation`: no officer has decided yet on the organisation, which counts "
        "by itself",
        examples=[["email_domain_differs"]],
    )
    affiliation: AffiliationOut
    person: PersonOut
    privacy_notice: PrivacyNoticeOut
    consents: dict[str, datetime] = Field(
        description="by code: when it was given; `form_consent` by the answer to a form's question",
        examples=[{"news": "2027-03-01T09:00:00Z"}],
    )
    data_confirmed_at: datetime | None = Field(description="when what is known was confirmed")
    version: int = Field(description="the ETag")
    allowed_actions: list[str]

    @classmethod
    def of(cls, view: RegistrationView, caller: Caller, notices: PrivacyNotices) -> Self:
        """From the domain."""
        one, person = view.registration, view.person
        return cls(
            id=one.id,
            edition=one.edition,
            state=view.state,
            reason=view.reason.value,
            scope=view.scope,
            sentence=explain(view.state, view.reason, person.language, view.scope),
            stated=one.stated,
            institution=one.bucket,
            received_at=one.receipt.received_at,
            source=one.receipt.source.value,
            position=view.position,
            waiting_position=view.waiting_position,
            position_within=view.position_within,
            decision_seq=one.decision_seq,
            warnings=list(view.warnings),
            affiliation=AffiliationOut.of(one),
            person=PersonOut(
                full_name=person.full_name,
                email=person.email,
                email_verified=person.email_verified,
                wanted_email=person.wanted_email,
                country=person.country,
                language=person.language,
            ),
            privacy_notice=PrivacyNoticeOut(
                version=notices.at(one.privacy_notice_at), shown_at=one.privacy_notice_at
            ),
            consents=dict(one.consents),
            data_confirmed_at=one.data_confirmed_at,
            version=one.version,
            allowed_actions=actions_on_registration(one, view.edition, caller, own=view.own),
        )


class MyRegistrationsOut(BaseModel):
    """The caller's own registrations."""

    items: list[RegistrationOut]


class CancelledOut(BaseModel):
    """What giving up led to."""

    registration: RegistrationOut
    promoted: int = Field(description="how many got a place by it")
    promoted_registrations: list[PromotedOut] = Field(
        description="those of them whom the caller may look at, in order"
    )


class DecidedOut(BaseModel):
    """What an officer's decision led to."""

    registration: RegistrationOut
    also_settled: list[UUID] = Field(description="others who had written the same")
    promoted_registrations: list[PromotedOut] = Field(
        description="who got the place that a merge freed, in order; one of them may be a possible "
        "double as well"
    )
