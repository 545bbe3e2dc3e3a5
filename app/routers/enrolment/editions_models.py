"""What operations on editions take and answer with."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.domain.access.roles import Caller
from app.domain.enrolment.access import actions_on_edition
from app.domain.enrolment.edition import Edition, EditionState, Mode
from app.domain.enrolment.errors import EditionInvalid
from app.domain.enrolment.quota import PER_INSTITUTION, Quota, QuotaRule
from app.domain.enrolment.timetable import Move, UnusedPolicy, UnusedSeats
from app.domain.enrolment.use_cases.editions import EditionPlan
from app.domain.enrolment.window import RegistrationWindow
from app.domain.errors import Finding
from app.domain.vocabulary.micro_credential import NoInstitutionRule
from app.routers.enrolment.promoted_models import PromotedOut
from app.routers.habits.values import Instant

_ISSUER = (
    "awarding partner that seals this edition's credentials, where the micro-credential leaves "
    "that to each edition"
)

Whole = Annotated[int, Field(ge=0, le=1_000_000)]


class QuotaRuleModel(BaseModel):
    """At most so many, and at least so many held back, for one scope."""

    model_config = ConfigDict(extra="forbid")

    scope: str = Field(
        max_length=300,
        description="`per_institution`, `institution:CODE`, `group:externals`, `group:partners`",
        examples=["per_institution"],
    )
    max: Whole | None = Field(None, examples=[5])
    min: Whole = 0
    release_at: Instant | None = None

    def to_domain(self) -> QuotaRule:
        """As the domain has it."""
        return QuotaRule(self.scope, self.max, self.min, self.release_at)


class QuotaRuleOut(QuotaRuleModel):
    """A rule, and what has become of it."""

    released: bool = Field(description="the reserve is there for everybody")
    lifted: bool = Field(description="the cap no longer binds")

    @classmethod
    def of(cls, rule: QuotaRule) -> "QuotaRuleOut":
        """From the domain."""
        return cls(
            scope=rule.scope,
            max=rule.max,
            min=rule.min,
            release_at=rule.release_at,
            released=rule.released,
            lifted=rule.lifted,
        )


class UnusedSeatsModel(BaseModel):
    """What becomes of places that an institution leaves unused."""

    model_config = ConfigDict(extra="forbid")

    policy: UnusedPolicy = Field(
        UnusedPolicy.NONE,
        description="`none`: a cap is a cap; `at_date`: everybody may have them from then on; "
        "`manual`: an officer may lift caps",
    )
    at: Instant | None = Field(None, description="with `at_date`")

    def to_domain(self) -> UnusedSeats:
        """As the domain has it."""
        return UnusedSeats(self.policy, self.at)


class EditionIn(BaseModel):
    """When a published micro-credential is offered, and its places."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "proposal": "0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b",
                    "start": "2027-05-10",
                    "end": "2027-06-30",
                    "time_zone": "Europe/Madrid",
                    "registration_opens": "2027-04-01T08:00:00Z",
                    "registration_closes": "2027-05-01T21:59:59Z",
                }
            ]
        },
    )

    proposal: UUID
    start: date
    end: date
    time_zone: str = Field(max_length=64, description="IANA name", examples=["Europe/Madrid"])
    registration_opens: Instant
    registration_closes: Instant
    grace_minutes: int = Field(0, ge=0, le=10_080, description="for those filling in the form")
    mode: Mode = Field(Mode.PROVISIONAL, description="`direct`: decided at once, one by one")
    places: Whole | None = Field(None, description="left out: those of the micro-credential")
    quota_per_institution: Whole | None = None
    rules: list[QuotaRuleModel] | None = Field(
        None, max_length=100, description="instead of `quota_per_institution`"
    )
    no_institution_rule: NoInstitutionRule | None = None
    least_participants: Whole | None = None
    overrides_allowed: bool = False
    unused_seats: UnusedSeatsModel = Field(default_factory=UnusedSeatsModel)
    promotion_until: Instant | None = Field(
        None, description="no place is given from then on; left out: from the first day on"
    )
    issuer: str | None = Field(None, max_length=100, description=_ISSUER, examples=["UNIOVI"])

    def window(self) -> RegistrationWindow:
        """When registrations are taken."""
        return RegistrationWindow(
            self.registration_opens, self.registration_closes, self.time_zone, self.grace_minutes
        )

    def to_plan(self) -> EditionPlan:
        """As the domain has it."""
        rules = None
        if self.rules is not None or self.quota_per_institution is not None:
            rules = rules_of(self.rules, self.quota_per_institution)
        return EditionPlan(
            start=self.start,
            end=self.end,
            window=self.window(),
            mode=self.mode,
            places=self.places,
            rules=rules,
            no_institution=self.no_institution_rule,
            least_participants=self.least_participants,
            overrides_allowed=self.overrides_allowed,
            unused=self.unused_seats.to_domain(),
            promotion_until=self.promotion_until,
            issuer=self.issuer,
        )


_EITHER = Finding(
    "/quota_per_institution",
    "one_of",
    "Give `rules` or `quota_per_institution`, not both. Beside other rules the quota is one of "
    "them, with the scope `per_institution`.",
)


def rules_of(
    rules: list[QuotaRuleModel] | None, per_institution: int | None
) -> tuple[QuotaRule, ...]:
    """The rules of a request, which may give the common one in short. Raises EditionInvalid for
    both: neither says which of them is meant."""
    if rules is not None and per_institution is not None:
        raise EditionInvalid([_EITHER])
    if rules is not None:
        return tuple(rule.to_domain() for rule in rules)
    if per_institution is None:
        return ()
    return (QuotaRule(PER_INSTITUTION, max=per_institution),)


_MAY_BE_NULL = ("least_participants", "promotion_until", "issuer")


class EditionPatch(BaseModel):
    """A merge patch (RFC 7396): what is left out stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"places": 60, "reason": "A larger room was found."}]},
    )

    start: date | None = None
    end: date | None = None
    time_zone: str | None = Field(None, max_length=64)
    registration_opens: Instant | None = None
    registration_closes: Instant | None = None
    grace_minutes: int | None = Field(None, ge=0, le=10_080)
    mode: Mode | None = None
    places: Whole | None = None
    quota_per_institution: Whole | None = Field(
        None, description="as the one rule there is, instead of `rules`"
    )
    rules: list[QuotaRuleModel] | None = Field(
        None, max_length=100, description="all of them, instead of `quota_per_institution`"
    )
    no_institution_rule: NoInstitutionRule | None = None
    least_participants: Whole | None = None
    overrides_allowed: bool | None = None
    unused_seats: UnusedSeatsModel | None = None
    promotion_until: Instant | None = None
    issuer: str | None = Field(
        None,
        max_length=100,
        description=f"{_ISSUER}; by itself, it may be changed until the first credential is sealed",
    )
    reason: str | None = Field(None, max_length=1000, description="needed once it has opened")

    def changes(self, edition: Edition) -> dict[str, Any]:
        """The attributes of the edition that are to change."""
        given = self.model_fields_set
        values: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "start", "end", "mode", "least_participants", "overrides_allowed",
                "promotion_until", "issuer",
            )
            if name in given and (getattr(self, name) is not None or name in _MAY_BE_NULL)
        }  # fmt: skip
        if self.unused_seats is not None:
            values["unused"] = self.unused_seats.to_domain()
        if self.no_institution_rule is not None:
            values["no_institution"] = self.no_institution_rule
        window = edition.window
        if given & {"time_zone", "registration_opens", "registration_closes", "grace_minutes"}:
            values["window"] = RegistrationWindow(
                self.registration_opens or window.opens,
                self.registration_closes or window.closes,
                self.time_zone or window.time_zone,
                window.grace_minutes if self.grace_minutes is None else self.grace_minutes,
            )
        if given & {"places", "quota_per_institution", "rules"}:
            rules = edition.quota.rules
            if given & {"quota_per_institution", "rules"}:
                rules = rules_of(self.rules, self.quota_per_institution)
            places = edition.quota.places if self.places is None else self.places
            values["quota"] = Quota(places, rules)
        return values


class ReasonIn(BaseModel):
    """Why it is done, where that is asked for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "The room is ready earlier."}]}
    )

    reason: str | None = Field(None, max_length=1000)


class PublishIn(ReasonIn):
    """How to publish a list; with a reason while registration has not closed."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    leave_undecided: bool = Field(
        False, description="publish although registrations still need a decision"
    )


class TimedMoveOut(BaseModel):
    """Something that happens to an edition by itself."""

    at: datetime
    move: Move
    scope: str | None = Field(
        description="for `release`: whose reserve", examples=["institution:HKA"]
    )


class CapsStepIn(BaseModel):
    """Why, and for whom, something that was kept is given to others."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"scope": "institution:HKA", "reason": "Karlsruhe needs no more places."}]
        },
    )

    scope: str | None = Field(
        None, max_length=300, description="`institution:CODE`, `group:…` or `per_institution`"
    )
    reason: str = Field(min_length=1, max_length=1000)


class EditionOut(BaseModel):
    """One run of a micro-credential."""

    id: UUID
    code: str = Field(examples=["IMC-2026-001-E1"])
    proposal: UUID
    title: dict[str, str]
    organiser: str
    awarding: list[str]
    state: EditionState
    mode: Mode
    start: date
    end: date
    time_zone: str
    registration_opens: datetime
    registration_closes: datetime
    grace_minutes: int
    places: int
    rules: list[QuotaRuleOut]
    no_institution_rule: NoInstitutionRule
    least_participants: int | None
    overrides_allowed: bool
    unused_seats: UnusedSeatsModel
    promotion_until: datetime | None
    issuer: str | None = Field(description=_ISSUER)
    gives_places: bool = Field(description="whether somebody may still get a place")
    timetable: list[TimedMoveOut] = Field(description="what happens by itself, the next first")
    list_published_at: datetime | None = Field(description="when the list became binding")
    contact_email: str
    version: int = Field(description="the ETag")
    allowed_actions: list[str]

    @classmethod
    def of(cls, edition: Edition, caller: Caller) -> "EditionOut":
        """From the domain."""
        return cls(
            id=edition.id,
            code=edition.code,
            proposal=edition.proposal,
            title=dict(edition.title),
            organiser=edition.organiser,
            awarding=list(edition.awarding),
            state=edition.state,
            mode=edition.mode,
            start=edition.start,
            end=edition.end,
            time_zone=edition.window.time_zone,
            registration_opens=edition.window.opens,
            registration_closes=edition.window.closes,
            grace_minutes=edition.window.grace_minutes,
            places=edition.quota.places,
            rules=[QuotaRuleOut.of(rule) for rule in edition.quota.rules],
            no_institution_rule=edition.no_institution,
            least_participants=edition.least_participants,
            overrides_allowed=edition.overrides_allowed,
            unused_seats=UnusedSeatsModel(policy=edition.unused.policy, at=edition.unused.at),
            promotion_until=edition.promotion_until,
            issuer=edition.issuer,
            gives_places=edition.quota.giving,
            timetable=[
                TimedMoveOut(at=one.at, move=one.move, scope=one.scope)
                for one in edition.timed_moves
            ],
            list_published_at=edition.published_at,
            contact_email=edition.contact_email,
            version=edition.version,
            allowed_actions=actions_on_edition(edition, caller),
        )


class EditedOut(BaseModel):
    """The edition after a change, and who got a place by it."""

    edition: EditionOut
    promoted: list[UUID] = Field(description="registrations")
    promoted_registrations: list[PromotedOut] = Field(
        description="those of them whom the caller may look at, in order"
    )
    dry_run: bool
