"""Whether a learner's credential goes into their Europass wallet."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.domain.credentials.use_cases import wallet as use_cases
from app.domain.credentials.use_cases.wallet import WalletChoice
from app.routers.habits import CallerDep, HabitRoute, PortsDep

router = APIRouter(
    prefix="/v1/registrations/{registration}/wallet-deposit",
    tags=["credentials"],
    route_class=HabitRoute,
)


class WalletChoiceIn(BaseModel):
    """What the learner wants."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"deposit": True}]})

    deposit: bool = Field(
        description="`true`: put my credential into my Europass wallet, by my e-mail address"
    )


class WalletChoiceOut(BaseModel):
    """What the learner has chosen; nothing is deposited unless they have."""

    registration: UUID
    offered: bool = Field(description="whether this deployment is connected to Europass")
    deposit: bool
    chosen_at: datetime | None

    @classmethod
    def of(cls, choice: WalletChoice) -> "WalletChoiceOut":
        """From the domain."""
        return cls(
            registration=choice.registration,
            offered=choice.offered,
            deposit=choice.chosen_at is not None,
            chosen_at=choice.chosen_at,
        )


@router.get("", operation_id="get_wallet_choice")
async def get_wallet_choice(
    registration: UUID, caller: CallerDep, ports: PortsDep
) -> WalletChoiceOut:
    """Whether your credential goes into your Europass wallet, and whether that is possible here."""
    return WalletChoiceOut.of(
        await use_cases.get_wallet_choice(
            registration,
            work=ports.reading(),
            caller=caller,
            offered=ports.wallets is not None,
        )
    )


@router.put("", operation_id="edit_wallet_choice")
async def edit_wallet_choice(
    registration: UUID, body: WalletChoiceIn, caller: CallerDep, ports: PortsDep
) -> WalletChoiceOut:
    """Have your credential put into your Europass wallet, or not any more.

    Europass gets the sealed credential and your e-mail address. How the deposit went is among the
    credential's `deliveries`. Withdrawing takes nothing out of a wallet: delete it there.
    """
    return WalletChoiceOut.of(
        await use_cases.choose_wallet(
            registration,
            body.deposit,
            work=ports.work(caller, "edit_wallet_choice"),
            caller=caller,
            clock=ports.clock,
            offered=ports.wallets is not None,
        )
    )
