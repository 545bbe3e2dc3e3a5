"""What operations on the list and the places of an edition answer with."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.enrolment.decisions import Decision, outcome_state
from app.domain.enrolment.edition import EditionState
from app.domain.enrolment.names import Named
from app.domain.enrolment.quota import Availability, Quota, Waiting
from app.domain.enrolment.sentences import explain
from app.domain.enrolment.use_cases.lists import PublishedList, ReplayReport, StandingList
from app.domain.enrolment.use_cases.places import InstitutionPlaces, PlacesReport
from app.routers.enrolment.editions_models import QuotaRuleOut


class InstitutionPlacesOut(BaseModel):
    """The numbers of one institution."""

    institution: str = Field(description="partner's code, `EXT:…` or `INDEPENDENT`")
    cap: int | None
    placed: int
    free: int = Field(
        description="how many of its people could get a place now, if nobody else came. All "
        "institutions compete for the `free` of the edition: these numbers do not add up to it"
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
    free: int = Field(description="what is left of the places, for all institutions together")
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
            free=whole.free,
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
    full_name: str | None = Field(description="null for those whom the caller may not look at")
    institution: str
    position: int
    position_within: int
    state: str
    reason: str
    scope: str | None = Field(
        description="for one who waits: what the cap counts that says so",
        examples=["institution:HKA"],
    )
    sentence: str


class StandingOut(BaseModel):
    """The standing, for officers."""

    edition: UUID
    placed: int
    waiting: int
    needs_decision: int
    items: list[StandingItem]

    @classmethod
    def of(
        cls, found: "StandingList | PublishedList", names: Mapping[UUID, Named]
    ) -> "StandingOut":
        """From the domain."""
        items = []
        for one in found.standings:
            state, reason = outcome_state(one.outcome)
            scope = one.outcome.scope if isinstance(one.outcome, Waiting) else None
            known = names.get(one.entrant.registration)
            items.append(
                StandingItem(
                    registration=one.entrant.registration,
                    full_name=known.full_name if known else None,
                    institution=one.entrant.bucket,
                    position=one.position,
                    position_within=one.position_within,
                    state=state.value,
                    reason=reason.value,
                    scope=scope,
                    sentence=explain(state, reason, scope=scope),
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


class CapsOut(BaseModel):
    """Places and rules as a decision set them."""

    places: int
    rules: list[QuotaRuleOut]
    gives_places: bool

    @classmethod
    def of(cls, quota: Quota) -> "CapsOut":
        """From the domain."""
        return cls(
            places=quota.places,
            rules=[QuotaRuleOut.of(rule) for rule in quota.rules],
            gives_places=quota.giving,
        )


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
    caps: CapsOut | None = Field(description="that hold from here on")
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
            caps=CapsOut.of(decision.caps) if decision.caps else None,
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
    erased: int = Field(description="ended registrations that are no longer stored")
    differences: list[DifferenceOut]

    @classmethod
    def of(cls, edition: UUID, report: ReplayReport) -> "ReplayOut":
        """From the domain."""
        return cls(
            edition=edition,
            agrees=report.is_proven,
            decisions=report.replay.decisions,
            placed=sum(1 for s in report.replay.states.values() if s.value == "placed"),
            erased=report.erased,
            differences=[
                DifferenceOut(seq=d.seq, registration=d.registration, detail=d.detail)
                for d in report.differences
            ],
        )
