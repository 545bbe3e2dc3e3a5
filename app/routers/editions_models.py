"""What operations on editions take and answer with."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.domain.access.roles import Caller
from app.domain.enrolment.access import actions_on_edition
from app.domain.enrolment.decisions import Decision, outcome_state
from app.domain.enrolment.edition import Edition, EditionState, Mode
from app.domain.enrolment.quota import PER_INSTITUTION, Availability, Quota, QuotaRule
from app.domain.enrolment.sentences import explain
from app.domain.enrolment.use_cases_editions import EditionPlan
from app.domain.enrolment.use_cases_lists import (
    InstitutionPlaces,
    PlacesReport,
    PublishedList,
    ReplayReport,
    StandingList,
)
from app.domain.enrolment.window import RegistrationWindow
from app.domain.vocabulary.micro_credential import NoInstitutionRule
from app.routers.habits.values import Instant

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

    def window(self) -> RegistrationWindow:
        """When registrations are taken."""
        return RegistrationWindow(
            self.registration_opens, self.registration_closes, self.time_zone, self.grace_minutes
        )

    def to_plan(self) -> EditionPlan:
        """As the domain has it."""
        rules = None
        if self.rules is not None or self.quota_per_institution is not None:
            rules = _rules(self.rules, self.quota_per_institution)
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
        )


def _rules(
    rules: list[QuotaRuleModel] | None, per_institution: int | None
) -> tuple[QuotaRule, ...]:
    if rules is not None:
        return tuple(rule.to_domain() for rule in rules)
    if per_institution is None:
        return ()
    return (QuotaRule(PER_INSTITUTION, max=per_institution),)


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
    quota_per_institution: Whole | None = None
    rules: list[QuotaRuleModel] | None = Field(None, max_length=100)
    no_institution_rule: NoInstitutionRule | None = None
    least_participants: Whole | None = None
    overrides_allowed: bool | None = None
    reason: str | None = Field(None, max_length=1000, description="needed once it has opened")

    def changes(self, edition: Edition) -> dict[str, Any]:
        """The attributes of the edition that are to change."""
        given = self.model_fields_set
        values: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("start", "end", "mode", "least_participants", "overrides_allowed")
            if name in given and (getattr(self, name) is not None or name == "least_participants")
        }
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
                rules = _rules(self.rules, self.quota_per_institution)
            places = edition.quota.places if self.places is None else self.places
            values["quota"] = Quota(places, rules, edition.quota.giving)
        return values


class ReasonIn(BaseModel):
    """Why it is done, where that is asked for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "The room is ready earlier."}]}
    )

    reason: str | None = Field(None, max_length=1000)


class PublishIn(BaseModel):
    """How to publish a list."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    leave_undecided: bool = Field(
        False, description="publish although registrations still need a decision"
    )


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
    rules: list[QuotaRuleModel]
    no_institution_rule: NoInstitutionRule
    least_participants: int | None
    overrides_allowed: bool
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
            rules=[
                QuotaRuleModel(scope=r.scope, max=r.max, min=r.min, release_at=r.release_at)
                for r in edition.quota.rules
            ],
            no_institution_rule=edition.no_institution,
            least_participants=edition.least_participants,
            overrides_allowed=edition.overrides_allowed,
            list_published_at=edition.published_at,
            contact_email=edition.contact_email,
            version=edition.version,
            allowed_actions=actions_on_edition(edition, caller),
        )


class EditedOut(BaseModel):
    """The edition after a change, and who got a place by it."""

    edition: EditionOut
    promoted: list[UUID] = Field(description="registrations")
    dry_run: bool


class InstitutionPlacesOut(BaseModel):
    """The numbers of one institution."""

    institution: str = Field(description="partner's code, `EXT:…` or `INDEPENDENT`")
    cap: int | None
    placed: int
    free: int | None = Field(
        description="that could still be had: below the cap, and left in the edition"
    )
    waiting: int
    waiting_reasons: dict[str, int] = Field(examples=[{"quota": 3}])
    over: int = Field(description="above the cap by an officer's decision")

    @classmethod
    def of(cls, places: InstitutionPlaces) -> "InstitutionPlacesOut":
        """From the domain."""
        return cls(
            institution=places.bucket or "edition",
            cap=places.cap,
            placed=places.placed,
            free=places.free,
            waiting=places.waiting,
            waiting_reasons={reason.value: n for reason, n in places.waiting_reasons.items()},
            over=places.over,
        )


class PlacesOut(BaseModel):
    """Places of an edition, by institution."""

    edition: UUID
    code: str
    provisional: bool = Field(description="the standing, which nobody has been told")
    places: int
    placed: int
    free: int
    waiting: int
    waiting_reasons: dict[str, int]
    over: int
    needs_decision: int
    institutions: list[InstitutionPlacesOut]

    @classmethod
    def of(cls, report: PlacesReport) -> "PlacesOut":
        """From the domain."""
        whole = report.whole
        return cls(
            edition=report.edition.id,
            code=report.edition.code,
            provisional=report.is_provisional,
            places=report.edition.quota.places,
            placed=whole.placed,
            free=max(0, report.edition.quota.places - whole.placed),
            waiting=whole.waiting,
            waiting_reasons={reason.value: n for reason, n in whole.waiting_reasons.items()},
            over=whole.over,
            needs_decision=whole.needs_decision,
            institutions=[InstitutionPlacesOut.of(row) for row in report.institutions],
        )


class AvailabilityItem(BaseModel):
    """What somebody of this institution may expect."""

    institution: str = Field(description="`EXT:` for organisations outside the alliance")
    availability: Availability


class AvailabilityOut(BaseModel):
    """What somebody who registers now may expect."""

    edition: UUID
    state: EditionState
    items: list[AvailabilityItem]


class StandingItem(BaseModel):
    """Where one registration would stand if the list were published now."""

    registration: UUID
    institution: str
    position: int
    position_within: int
    state: str
    reason: str
    sentence: str


class StandingOut(BaseModel):
    """The standing, for officers."""

    edition: UUID
    placed: int
    waiting: int
    needs_decision: int
    items: list[StandingItem]

    @classmethod
    def of(cls, found: "StandingList | PublishedList") -> "StandingOut":
        """From the domain."""
        items = []
        for one in found.standings:
            state, reason = outcome_state(one.outcome)
            items.append(
                StandingItem(
                    registration=one.entrant.registration,
                    institution=one.entrant.bucket,
                    position=one.position,
                    position_within=one.position_within,
                    state=state.value,
                    reason=reason.value,
                    sentence=explain(state, reason),
                )
            )
        placed = sum(1 for item in items if item.state == "placed")
        return cls(
            edition=found.edition.id,
            placed=placed,
            waiting=len(items) - placed,
            needs_decision=found.undecided,
            items=items,
        )


class PublishedOut(StandingOut):
    """The list as it became binding."""

    dry_run: bool = False


class DecisionOut(BaseModel):
    """One line of the log of decisions."""

    seq: int
    kind: str
    at: datetime
    actor: str
    registration: UUID | None
    institution: str | None
    state: str | None
    reason: str | None
    cause: int | None = Field(description="the decision that freed the place")
    note: str | None

    @classmethod
    def of(cls, decision: Decision) -> "DecisionOut":
        """From the domain."""
        return cls(
            seq=decision.seq,
            kind=decision.kind.value,
            at=decision.at,
            actor=decision.actor,
            registration=decision.registration,
            institution=decision.bucket,
            state=decision.state.value if decision.state else None,
            reason=decision.reason.value if decision.reason else None,
            cause=decision.cause,
            note=decision.note,
        )


class DifferenceOut(BaseModel):
    """Where log, rule and store do not agree."""

    seq: int | None
    registration: UUID | None
    detail: str


class ReplayOut(BaseModel):
    """The whole allocation, computed again from the log."""

    edition: UUID
    agrees: bool = Field(description="rule, log and store say the same")
    decisions: int
    placed: int
    differences: list[DifferenceOut]

    @classmethod
    def of(cls, edition: UUID, report: ReplayReport) -> "ReplayOut":
        """From the domain."""
        return cls(
            edition=edition,
            agrees=report.is_proven,
            decisions=report.replay.decisions,
            placed=sum(1 for s in report.replay.states.values() if s.value == "placed"),
            differences=[
                DifferenceOut(seq=d.seq, registration=d.registration, detail=d.detail)
                for d in report.differences
            ],
        )
