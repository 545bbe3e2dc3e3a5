"""Whom lists of registrations mean, for those who may know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from app.domain.access.permissions import permits
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.enrolment.access import sees_doubts
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.joining import people_of
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.vocabulary.institutions import InstitutionCode

_AT_ONCE = 5000


@dataclass(frozen=True)
class Named:
    """A registration that the caller may look at, and whose it is. Personal data."""

    registration: UUID
    institution: InstitutionCode | None
    full_name: str = field(repr=False)
    may_be_double: bool
    """Whether an officer has still to say that it is nobody else's; False to those who may not
    know."""


async def named_of(
    registrations: Collection[UUID], edition: Edition, *, work: EnrolmentWork, caller: Caller
) -> Mapping[UUID, Named]:
    """Those of these registrations of an edition that the caller may look at, by identifier.

    People who act for themselves learn of nobody: their own registration is not looked for.
    """
    if not registrations or not caller.grants:
        return {}
    tells_doubts = sees_doubts(edition, caller)
    ids = list(registrations)
    named: dict[UUID, Named] = {}
    async with work:
        for start in range(0, len(ids), _AT_ONCE):
            found = [
                one
                for one in await work.registrations.many(ids[start : start + _AT_ONCE])
                if permits(
                    PERMISSIONS["get_registration"], caller, edition.place_of(one.bucket, own=False)
                )
            ]
            people = await people_of(found, work)
            for one in found:
                name = people[one.person].full_name
                named[one.id] = Named(one.id, one.bucket, name, tells_doubts and one.is_doubted)
    return named
