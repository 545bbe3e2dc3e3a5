"""Caps of an edition that change: what would follow, and steps that give places to others."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.names import Named
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.standing import Entrant
from app.domain.enrolment.use_cases import caps as use_cases
from app.domain.enrolment.use_cases.caps import CapsPreview, CapsStep
from app.routers.enrolment.editions import DryRun
from app.routers.enrolment.editions_models import (
    CapsStepIn,
    EditedOut,
    EditionOut,
    QuotaRuleModel,
    QuotaRuleOut,
    ReasonIn,
    Whole,
    rules_of,
)
from app.routers.enrolment.promoted_models import names_of, promoted_of
from app.routers.habits import CallerDep, HabitRoute, IfMatch, PortsDep, set_etag

router = APIRouter(prefix="/v1/editions/{edition}", tags=["editions"], route_class=HabitRoute)


class CapsPreviewIn(BaseModel):
    """Other places and rules, to look at; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"places": 60, "quota_per_institution": 6}]},
    )

    places: Whole | None = None
    quota_per_institution: Whole | None = None
    rules: list[QuotaRuleModel] | None = Field(
        None, max_length=100, description="instead of `quota_per_institution`"
    )


class TooLowOut(BaseModel):
    """A cap that cannot be set: more people have a place."""

    scope: str = Field(examples=["institution:HKA"])
    cap: int
    placed: int


class PreviewedOut(BaseModel):
    """A registration for which it would make a difference."""

    registration: UUID
    institution: str
    full_name: str | None = Field(description="null for those whom the caller may not look at")

    @classmethod
    def of(cls, entrant: Entrant, names: Mapping[UUID, Named]) -> "PreviewedOut":
        """From the domain."""
        known = names.get(entrant.registration)
        return cls(
            registration=entrant.registration,
            institution=entrant.bucket,
            full_name=known.full_name if known else None,
        )


class InstitutionPreviewOut(BaseModel):
    """The numbers of one institution, as they would be."""

    institution: str
    placed: int
    waiting: int


class CapsPreviewOut(BaseModel):
    """What other caps would lead to. Nothing has changed."""

    edition: UUID
    provisional: bool = Field(description="the list binds nobody yet")
    possible: bool = Field(
        description="whether the caps could be set: the edition allows it, and none lies too low"
    )
    refused: str | None = Field(
        description="why no caps can be set now, whichever they are", examples=[None]
    )
    too_low: list[TooLowOut]
    places: int
    rules: list[QuotaRuleOut]
    placed: int
    waiting: int
    gain: list[PreviewedOut] = Field(description="would get a place, in order of rank")
    lose: list[PreviewedOut] = Field(description="would lose the place of a provisional list")
    institutions: list[InstitutionPreviewOut]

    @classmethod
    def of(cls, preview: CapsPreview, names: Mapping[UUID, Named]) -> "CapsPreviewOut":
        """From the domain."""
        buckets = sorted({*preview.placed, *preview.waiting})
        return cls(
            edition=preview.edition.id,
            provisional=not preview.edition.is_binding,
            possible=preview.is_possible,
            refused=preview.refused,
            too_low=[
                TooLowOut(scope=one.scope, cap=one.cap, placed=one.placed)
                for one in preview.too_low
            ],
            places=preview.quota.places,
            rules=[QuotaRuleOut.of(rule) for rule in preview.quota.rules],
            placed=sum(preview.placed.values()),
            waiting=sum(preview.waiting.values()),
            gain=[PreviewedOut.of(entrant, names) for entrant in preview.gain],
            lose=[PreviewedOut.of(entrant, names) for entrant in preview.lose],
            institutions=[
                InstitutionPreviewOut(
                    institution=bucket,
                    placed=preview.placed.get(bucket, 0),
                    waiting=preview.waiting.get(bucket, 0),
                )
                for bucket in buckets
            ],
        )


@router.post("/preview-caps", operation_id="preview_caps")
async def preview_caps(
    edition: UUID, body: CapsPreviewIn, caller: CallerDep, ports: PortsDep
) -> CapsPreviewOut:
    """Who would be placed and who would wait with other places and rules; changes nothing.

    Set them with `PATCH` of the edition, with a reason.
    """
    given = body.rules is not None or body.quota_per_institution is not None
    preview = await use_cases.preview_caps(
        edition,
        body.places,
        rules_of(body.rules, body.quota_per_institution) if given else None,
        work=ports.reading(),
        caller=caller,
    )
    touched = [one.registration for one in (*preview.gain, *preview.lose)]
    return CapsPreviewOut.of(preview, await names_of(touched, preview.edition, caller, ports))


_Step = Callable[..., Awaitable[tuple[Edition, list[Registration]]]]


async def _made(
    use_case: _Step,
    edition: UUID,
    version: int,
    step: CapsStep,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> EditedOut:
    changed, promoted = await use_case(
        edition,
        version,
        step,
        work=ports.work(caller, step.action),
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, changed.version)
    return EditedOut(
        edition=EditionOut.of(changed, caller),
        promoted=[registration.id for registration in promoted],
        promoted_registrations=await promoted_of(promoted, changed, caller, ports),
        dry_run=step.dry_run,
    )


@router.post("/release-reserve", operation_id="release_reserve")
async def release_reserve(
    edition: UUID,
    body: CapsStepIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    dry_run: DryRun = False,
) -> EditedOut:
    """Give the places that are held for one scope to everybody, before their date."""
    step = CapsStep("release_reserve", body.reason, body.scope, dry_run=dry_run)
    return await _made(use_cases.release_reserve, edition, version, step, response, caller, ports)


@router.post("/lift-caps", operation_id="lift_caps")
async def lift_caps(
    edition: UUID,
    body: CapsStepIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    dry_run: DryRun = False,
) -> EditedOut:
    """Let everybody who waits have the places that institutions leave unused.

    Without a scope, the caps of all institutions are lifted. Only where the edition's
    `unused_seats` allow it.
    """
    step = CapsStep("lift_caps", body.reason, body.scope, dry_run=dry_run)
    return await _made(use_cases.lift_caps, edition, version, step, response, caller, ports)


@router.post("/stop-promotion", operation_id="stop_promotion")
async def stop_promotion(
    edition: UUID,
    body: ReasonIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> EditedOut:
    """Give no more places from now on, before the announced time; needs a reason."""
    step = CapsStep("stop_promotion", body.reason or "")
    return await _made(use_cases.stop_promotion, edition, version, step, response, caller, ports)
