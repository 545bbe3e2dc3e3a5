"""People who register, and officers' decisions on names, on PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Text

from app.adapters.postgres.copying import add_rows
from app.adapters.postgres.enrolment_rows import any_of
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment import (
    ExternalSpellingRow,
    PersonRow,
    RegistrationRow,
)
from app.domain.enrolment.errors import ChangedMeanwhile
from app.domain.enrolment.person import Identity, Person
from app.domain.enrolment.registration import LIVE

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_person = table(PersonRow)
_registration = table(RegistrationRow)
_spelling = table(ExternalSpellingRow)

_ADDING_PEOPLE = 7236
"""The advisory lock of those who add people without account."""


class PostgresPersons:
    """See `app.domain.enrolment.ports.Persons`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def get(self, person: UUID, *, hold: bool = False) -> Person:
        """One person."""
        query = select(_person).where(_person.c.id == person)
        found = await self._work.connection.execute(
            query.with_for_update(key_share=True) if hold else query
        )
        row = found.one_or_none()
        if row is None:
            raise ChangedMeanwhile
        return to_person(row)

    async def of(self, persons: Collection[UUID]) -> Mapping[UUID, Person]:
        """Several at once."""
        rows = await self._work.connection.execute(
            select(_person).where(_person.c.id == any_of(persons))
        )
        return {row.id: to_person(row) for row in rows}

    async def by_account(self, account: UUID, *, hold: bool = False) -> Person | None:
        """The person behind an account."""
        if hold:
            await self._work.connection.execute(
                select(func.pg_advisory_xact_lock(func.hashtextextended(str(account), 7237)))
            )
        found = await self._work.connection.execute(
            select(_person).where(_person.c.account == account)
        )
        row = found.one_or_none()
        return None if row is None else to_person(row)

    async def without_account(
        self, identities: Collection[Identity], *, hold: bool = False
    ) -> Mapping[Identity, Person]:
        """People who have no account, or whose account has that very address verified."""
        if hold:
            await self.hold()
        emails = bindparam("emails", [i.email for i in identities], ARRAY(Text))
        rows = await self._work.connection.execute(
            select(_person)
            .where(
                _person.c.email_folded == func.any(emails),
                or_(_person.c.account.is_(None), _person.c.email_verified),
                ~_person.c.apart,
            )
            # Those with an account last, so that they win.
            .order_by(_person.c.account.is_not(None), _person.c.id)
        )
        wanted = set(identities)
        people = (to_person(row) for row in rows)
        return {person.identity: person for person in people if person.identity in wanted}

    async def hold(self) -> None:
        """Let nobody be added without account or joined; see the port."""
        await self._work.connection.execute(select(func.pg_advisory_xact_lock(_ADDING_PEOPLE)))

    async def by_email(self, email: str) -> Sequence[Person]:
        """People without account at a folded address."""
        rows = await self._work.connection.execute(
            select(_person)
            .where(_person.c.email_folded == email, _person.c.account.is_(None))
            .order_by(_person.c.id)
        )
        return [to_person(row) for row in rows]

    async def add(self, persons: Sequence[Person]) -> None:
        """Keep new people."""
        values = [{"id": p.id, **_values(p)} for p in persons]
        await add_rows(self._work.connection, _person, values)

    async def save(self, persons: Sequence[Person]) -> None:
        """Keep what is known of them now."""
        if not persons:
            return
        # In one order for everybody: people may be in several editions that change at once.
        written = [{"this": p.id, **_values(p)} for p in sorted(persons, key=lambda p: p.id)]
        await self._work.connection.execute(
            update(_person)
            .where(_person.c.id == bindparam("this"))
            .values({_person.c[n]: bindparam(n) for n in written[0] if n != "this"}),
            written,
        )

    async def respell(self, persons: Sequence[Person]) -> None:
        """Keep how they write their name and address, and their country and language."""
        if not persons:
            return
        told = ("full_name", "email", "country", "language")
        written = [
            {
                "this": p.id,
                "address": p.identity.email,
                "name": p.identity.name,
                **{n: getattr(p, n) for n in told},
            }
            for p in sorted(persons, key=lambda p: p.id)
        ]
        await self._work.connection.execute(
            update(_person)
            .where(
                _person.c.id == bindparam("this"),
                _person.c.account.is_(None),
                _person.c.email_folded == bindparam("address"),
                _person.c.name_key == bindparam("name"),
            )
            .values({_person.c[n]: bindparam(n) for n in told}),
            written,
        )

    async def join(self, gone: UUID, into: UUID, *, within: UUID | None = None) -> None:
        """Let everything that one registered for be the other's."""
        # Whoever is just registering as one of them has done so, or waits.
        await self._work.connection.execute(
            select(_person.c.id)
            .where(_person.c.id.in_((gone, into)))
            .order_by(_person.c.id)
            .with_for_update()
        )
        if within is None:
            theirs = select(_person.c.country).where(_person.c.id == gone).scalar_subquery()
            await self._work.connection.execute(
                update(_person)
                .where(_person.c.id == into, _person.c.country.is_(None))
                .values(country=theirs)
            )
        other = _registration.alias()
        stands_beside = (
            select(other.c.id)
            .where(
                other.c.person == into,
                other.c.edition == _registration.c.edition,
                other.c.state.in_(LIVE),
                _registration.c.state.in_(LIVE),
            )
            .exists()
        )
        await self._work.connection.execute(
            update(_registration)
            .where(
                _registration.c.person == gone,
                ~stands_beside,
                true() if within is None else _registration.c.edition == within,
            )
            .values(person=into, version=_registration.c.version + 1)
        )
        has_any = select(_registration.c.id).where(_registration.c.person == gone).exists()
        await self._work.connection.execute(delete(_person).where(_person.c.id == gone, ~has_any))


def _values(person: Person) -> dict[str, Any]:
    identity = person.identity
    return {
        "account": person.account,
        "full_name": person.full_name,
        "email": person.email,
        "email_folded": identity.email,
        "name_key": identity.name,
        "email_verified": person.email_verified,
        "country": person.country,
        "language": person.language,
        "apart": person.apart,
        "wanted_email": person.wanted_email,
    }


def to_person(row: Row[Any]) -> Person:
    """The person in a row of its table."""
    return Person(
        id=row.id,
        full_name=row.full_name,
        email=row.email,
        account=row.account,
        email_verified=row.email_verified,
        country=row.country,
        language=row.language,
        apart=row.apart,
        wanted_email=row.wanted_email,
    )


class PostgresExternalSpellings:
    """See `app.domain.enrolment.ports.ExternalSpellings`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def all(self) -> Mapping[str, str]:
        """Folded spelling to what it means."""
        rows = await self._work.connection.execute(select(_spelling.c.spelling, _spelling.c.means))
        return {row.spelling: row.means for row in rows}

    async def remember(self, spelling: str, means: str) -> None:
        """Keep a decision on a folded spelling."""
        await self._work.connection.execute(
            insert(_spelling)
            .values(spelling=spelling, means=means)
            .on_conflict_do_update(index_elements=[_spelling.c.spelling], set_={"means": means})
        )

    async def forget(self, spelling: str) -> None:
        """Take back the decision on a folded spelling."""
        await self._work.connection.execute(
            delete(_spelling).where(_spelling.c.spelling == spelling)
        )
