"""Editions and registrations as results see them, read from the tables of enrolment."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, or_, select

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment import EditionRow, PersonRow, RegistrationRow
from app.domain.enrolment.edition import Mode
from app.domain.enrolment.reasons import Reason
from app.domain.results.errors import EditionNotFound, RegistrationNotFound
from app.domain.results.ports import LIVE, TAKES_PART, EditionFacts, Participant
from app.domain.vocabulary.text import folded_email

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_edition = table(EditionRow)
_person = table(PersonRow)
_registration = table(RegistrationRow)


class PostgresParticipants:
    """See `app.domain.results.ports.Participants`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def edition(self, edition: UUID) -> EditionFacts:
        """One edition. Raises EditionNotFound."""
        row = (
            await self._work.connection.execute(select(_edition).where(_edition.c.id == edition))
        ).one_or_none()
        if row is None:
            raise EditionNotFound(edition)
        return EditionFacts(
            id=row.id,
            code=row.code,
            title=row.title,
            proposal=row.proposal,
            proposal_version=row.proposal_version,
            organiser=row.organiser,
            awarding=tuple(row.awarding),
            partners=tuple(row.partners),
            state=row.state,
            start=row.starts_on,
            end=row.ends_on,
            contact_email=row.contact_email,
            time_zone=row.time_zone,
            is_binding=row.mode == Mode.DIRECT or row.published_at is not None,
            issuer=row.issuer,
        )

    async def of_edition(self, edition: UUID) -> Sequence[Participant]:
        """Everybody who takes part, by registration. Raises EditionNotFound."""
        query = (
            _participants()
            .where(_registration.c.edition == edition, _registration.c.state.in_(TAKES_PART))
            .order_by(_registration.c.id)
        )
        found = [_to_participant(row) for row in await self._work.connection.execute(query)]
        if not found:
            await self.edition(edition)
        return found

    async def get(self, registration: UUID) -> Participant:
        """One registration, whatever its state. Raises RegistrationNotFound."""
        row = (
            await self._work.connection.execute(
                _participants().where(_registration.c.id == registration)
            )
        ).one_or_none()
        if row is None:
            raise RegistrationNotFound(registration)
        return _to_participant(row)

    async def several(self, registrations: Collection[UUID]) -> Mapping[UUID, Participant]:
        """Those of them that there are, whatever their state."""
        rows = await self._work.connection.execute(
            _participants().where(_registration.c.id.in_(registrations))
        )
        return {row.id: _to_participant(row) for row in rows}

    async def instead_of(self, registration: UUID) -> Participant | None:
        """The live registration of the same person, where this one was taken back."""
        before = _registration.alias()
        query = _participants().join(
            before,
            and_(
                before.c.id == registration,
                before.c.reason == Reason.IMPORT_TAKEN_BACK,
                before.c.person == _registration.c.person,
                before.c.edition == _registration.c.edition,
                _registration.c.state.in_(LIVE),
            ),
        )
        row = (await self._work.connection.execute(query)).one_or_none()
        return None if row is None else _to_participant(row)

    async def with_address(self, edition: UUID, email: str) -> Sequence[Participant]:
        """Live registrations in that edition with that address, which no provider verified."""
        query = (
            _participants()
            .where(
                _registration.c.edition == edition,
                _registration.c.state.in_(LIVE),
                or_(_person.c.account.is_(None), ~_person.c.email_verified),
                _person.c.email_folded == folded_email(email),
            )
            .order_by(_registration.c.id)
        )
        return [_to_participant(row) for row in await self._work.connection.execute(query)]

    async def held_by(self, account: UUID) -> Collection[UUID]:
        """The registrations of the person with this account."""
        rows = await self._work.connection.execute(
            select(_registration.c.id)
            .join(_person, _person.c.id == _registration.c.person)
            .where(_person.c.account == account)
        )
        return {row.id for row in rows}


def _participants() -> Select[Any]:
    return select(
        _registration.c.id,
        _registration.c.edition,
        _registration.c.state,
        _registration.c.bucket,
        _person.c.account,
        _person.c.full_name,
        _person.c.email,
        _person.c.email_verified,
        _person.c.language,
        _person.c.wanted_email,
    ).join(_person, _person.c.id == _registration.c.person)


def _to_participant(row: Row[Any]) -> Participant:
    return Participant(
        registration=row.id,
        edition=row.edition,
        state=row.state,
        institution=row.bucket,
        account=row.account,
        full_name=row.full_name,
        email=row.email,
        email_verified=row.email_verified,
        language=row.language,
        wanted_email=row.wanted_email,
    )
