"""How long data about people are kept, what was erased when, and erasing one person's data."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.retention import use_cases
from app.domain.retention.ports import ErasureRecord
from app.domain.retention.rules import DataKind, RunsFrom
from app.domain.retention.use_cases import PersonErased, RetentionLine
from app.routers.habits import (
    CallerDep,
    CursorDep,
    HabitRoute,
    LimitDep,
    Page,
    PortsDep,
    page_of,
)

router = APIRouter(prefix="/v1", tags=["retention"], route_class=HabitRoute)


class RetentionRuleOut(BaseModel):
    """One kind of data, its period here, and how much of it is due."""

    kind: DataKind
    what: str = Field(
        description="what goes, and what stays",
        examples=["one-time links with their addresses"],
    )
    runs_from: RunsFrom = Field(description="from when the period runs")
    days: int | None = Field(description="none: it is kept until a period is set")
    cutoff: datetime | None = Field(description="what is older is due")
    due: dict[str, int] = Field(description="records by table", examples=[{"import_row": 84}])
    last_erased_at: datetime | None

    @classmethod
    def of(cls, line: RetentionLine) -> "RetentionRuleOut":
        """From the domain."""
        return cls(
            kind=line.rule.kind,
            what=line.rule.what,
            runs_from=line.rule.runs_from,
            days=line.days,
            cutoff=line.cutoff,
            due=dict(line.due),
            last_erased_at=line.last_erased_at,
        )


class RetentionOut(BaseModel):
    """Every rule of this deployment."""

    items: list[RetentionRuleOut]


class ErasureRecordOut(BaseModel):
    """That something was erased. Holds nothing about anybody but an identifier."""

    id: UUID
    at: datetime
    kind: str = Field(
        description="a kind of data, or `person` for what somebody asked for",
        examples=["not_placed"],
    )
    counts: dict[str, int] = Field(description="records by table", examples=[{"person": 12}])
    by: str = Field(description="who did it; `system` for the daily job", examples=["system"])
    cutoff: datetime | None
    registration: UUID | None = Field(description="for `person`: by which they were named")
    reason: str | None

    @classmethod
    def of(cls, record: ErasureRecord) -> "ErasureRecordOut":
        """From the domain."""
        return cls(**{**vars(record), "counts": dict(record.counts)})


class ErasureIn(BaseModel):
    """Whose data, named by one of their registrations, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "registration": "0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b",
                    "reason": "At the person's request.",
                }
            ]
        },
    )

    registration: UUID = Field(description="any of the person's registrations")
    reason: str = Field(min_length=1, max_length=500, description="recorded; no personal data")


class KeptOut(BaseModel):
    """What was not erased, and why not."""

    what: str = Field(examples=["rank, state and decisions of registrations"])
    why: str = Field(examples=["anybody's place must be provable afterwards"])


class PersonErasedOut(BaseModel):
    """What became of a person's data: enough to answer their request with."""

    registration: UUID
    counts: dict[str, int] = Field(description="records by table", examples=[{"person": 1}])
    kept: list[KeptOut]
    erasure: UUID | None = Field(description="the record of it; none for a dry run")
    dry_run: bool

    @classmethod
    def of(cls, erased: PersonErased) -> "PersonErasedOut":
        """From the domain."""
        return cls(
            registration=erased.registration,
            counts=dict(erased.counts),
            kept=[KeptOut(what=one.what, why=one.why) for one in erased.kept],
            erasure=erased.erasure,
            dry_run=erased.erasure is None,
        )


@router.get("/retention", operation_id="get_retention")
async def get_retention(caller: CallerDep, ports: PortsDep) -> RetentionOut:
    """How long each kind of data is kept here, and how much is due to be erased now.

    A job erases what is due once a day. Periods are settings of the deployment.
    """
    lines = await use_cases.get_retention(
        policy=ports.settings.retention,
        work=ports.reading(),
        mail=ports.mail_files,
        caller=caller,
        clock=ports.clock,
    )
    return RetentionOut(items=[RetentionRuleOut.of(line) for line in lines])


@router.get("/erasures", operation_id="list_erasures")
async def list_erasures(
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    kind: Annotated[
        str | None,
        Query(
            max_length=50,
            description="only of this kind of data; `person` for what people asked for",
            examples=["not_placed"],
        ),
    ] = None,
    limit: LimitDep = 50,
) -> Page[ErasureRecordOut]:
    """What was erased when, the newest first: kinds, numbers and cutoffs, and nobody's data."""
    found = await use_cases.list_erasures(
        kind=kind, before=cursor.after_id, limit=limit + 1, work=ports.reading(), caller=caller
    )
    shown, following = page_of(request, response, found, limit, lambda one: (one.id,))
    return Page(items=[ErasureRecordOut.of(one) for one in shown], next=following)


@router.post("/erasures", operation_id="erase_person")
async def erase_person(
    body: ErasureIn,
    caller: CallerDep,
    ports: PortsDep,
    dry_run: Annotated[
        bool, Query(description="say what would go and stay, and change nothing")
    ] = False,
) -> PersonErasedOut:
    """Erase what is known of one person, at their request.

    Live registrations have to be cancelled first, so that places go on to those who wait. Of
    somebody who took part, what a university has to keep stays: name, result and the register of
    credentials. The answer says what went and what stayed, and why.
    """
    erased = await use_cases.erase_person(
        body.registration,
        body.reason,
        dry_run=dry_run,
        work=ports.work(caller, "erase_person"),
        caller=caller,
        clock=ports.clock,
    )
    return PersonErasedOut.of(erased)
