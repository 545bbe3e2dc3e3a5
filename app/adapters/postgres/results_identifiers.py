"""Whose each European Student Identifier is, on PostgreSQL."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment import RegistrationRow
from app.adapters.postgres.tables.results import CredentialDataRow, StudentIdentifierRow
from app.domain.results.errors import StudentIdentifierTaken

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_data = table(CredentialDataRow)
_identifier = table(StudentIdentifierRow)
_registration = table(RegistrationRow)


class StudentIdentifiers:
    """Each is at most one person's; the key of the table sees to that."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def claim(self, registration: UUID, identifier: str | None) -> UUID | None:
        """Let it be that of the registration's person, whom it gives.

        What the person has already is held until the unit of work ends. Raises
        StudentIdentifierTaken.
        """
        execute = self._work.connection.execute
        person: UUID | None = await self._work.connection.scalar(
            select(_registration.c.person).where(_registration.c.id == registration)
        )
        # Before anything of the person's goes: they may confirm two registrations at once.
        await execute(
            select(_identifier.c.identifier)
            .join(_registration, _registration.c.id == _identifier.c.registration)
            .where(_registration.c.person == person)
            .order_by(_identifier.c.identifier)
            .with_for_update(of=_identifier)
        )
        if identifier is None:
            return person
        await execute(
            insert(_identifier)
            .values(identifier=identifier, registration=registration)
            .on_conflict_do_nothing()
        )
        # As a new statement: what somebody else wrote while this one waited is seen.
        holder = await self._work.connection.scalar(
            select(_registration.c.person)
            .join(_identifier, _identifier.c.registration == _registration.c.id)
            .where(_identifier.c.identifier == identifier)
        )
        if holder != person:
            raise StudentIdentifierTaken
        return person

    async def release(self, person: UUID | None) -> None:
        """Give up what none of the person's data name any more."""
        mine = select(_registration.c.id).where(_registration.c.person == person)
        named = select(func.lower(_data.c.student_identifier)).where(
            _data.c.registration.in_(mine), _data.c.student_identifier.is_not(None)
        )
        await self._work.connection.execute(
            delete(_identifier).where(
                _identifier.c.registration.in_(mine), _identifier.c.identifier.not_in(named)
            )
        )
