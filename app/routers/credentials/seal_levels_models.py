"""How a credential shows where its seal stands."""

from datetime import datetime

from pydantic import BaseModel, Field

from app.domain.credentials.levels import LevelState, SealLevel, SealStanding


class LevelFailureOut(BaseModel):
    """Why the seal did not get further when it was tried last."""

    code: str = Field(examples=["timestamp_unavailable"])
    detail: str = Field(
        examples=[
            (
                "No authority of timestamps gives one: https://tsa.example/: "
                "It cannot be reached: it answers 503."
            )
        ]
    )
    at: datetime


class SealStandingOut(BaseModel):
    """Where a seal stands on the way to the level that this deployment wants (ETSI TS 119 182-1).

    Higher levels are further revisions of the document: what was sealed stays as it was.
    """

    level: SealLevel = Field(description="of the newest revision", examples=["B-LTA"])
    state: LevelState = Field(
        description="`waiting`: it is tried by itself; `refused`: that would not help"
    )
    attempts: int = Field(0, description="in vain, since it last got further")
    due_at: datetime | None = Field(None, description="when it is tried next")
    renew_at: datetime | None = Field(
        None, description="when its archive timestamp will be renewed"
    )
    failure: LevelFailureOut | None = Field(None, description="for officers: what failed last")

    @classmethod
    def of(cls, standing: SealStanding, *, by_officer: bool) -> "SealStandingOut":
        """From the domain."""
        failure = standing.failure
        return cls(
            level=standing.level,
            state=standing.state,
            attempts=standing.attempts,
            due_at=standing.due_at,
            renew_at=standing.renew_at,
            failure=LevelFailureOut(code=failure.code, detail=failure.detail, at=failure.at)
            if failure is not None and by_officer
            else None,
        )
