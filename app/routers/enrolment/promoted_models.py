"""Who got a place by something that was done, for those who may know them."""

from collections.abc import Collection, Mapping
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.names import Named, named_of
from app.domain.enrolment.registration import Registration
from app.routers.habits import CallerDep, PortsDep


class PromotedOut(BaseModel):
    """Somebody who got a place."""

    registration: UUID
    institution: str | None = Field(examples=["HKA"])
    full_name: str
    possible_double: bool = Field(
        description="that somebody has still to decide whether it is a double; only the edition's "
        "officers are told"
    )


async def promoted_of(
    promoted: Collection[Registration], edition: Edition, caller: CallerDep, ports: PortsDep
) -> list[PromotedOut]:
    """Those of them whom the caller may look at, in the order in which they got their places."""
    named = await names_of([one.id for one in promoted], edition, caller, ports)
    return [
        PromotedOut(
            registration=one.registration,
            institution=one.institution,
            full_name=one.full_name,
            possible_double=one.may_be_double,
        )
        for one in (named.get(registration.id) for registration in promoted)
        if one is not None
    ]


async def names_of(
    registrations: Collection[UUID], edition: Edition, caller: CallerDep, ports: PortsDep
) -> Mapping[UUID, Named]:
    """Whose registrations these are, as far as the caller may know."""
    return await named_of(registrations, edition, work=ports.reading(), caller=caller)
