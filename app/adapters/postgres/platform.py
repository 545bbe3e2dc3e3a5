"""Repositories of the platform: institutions, accounts, grants, audit records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment import PersonRow, RegistrationRow
from app.adapters.postgres.tables.platform import (
    AccountRow,
    AuditRecordRow,
    InstitutionAliasRow,
    InstitutionRow,
    RoleGrantRow,
)
from app.adapters.reference import alliance as the_alliance
from app.domain.access.ports import (
    AuditRecord,
    GrantNotFound,
    Identity,
    RoleGrant,
    expect_address,
)
from app.domain.access.roles import Caller, Grant, Role, Subject
from app.domain.ids import new_id
from app.domain.vocabulary.institutions import Alliance, Institution, InstitutionNotFound
from app.domain.vocabulary.text import folded

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_institution = table(InstitutionRow)
_alias = table(InstitutionAliasRow)
_account = table(AccountRow)
_grant = table(RoleGrantRow)
_person = table(PersonRow)
_registration = table(RegistrationRow)
_audit = table(AuditRecordRow)


class PostgresInstitutions:
    """See `app.domain.vocabulary.institutions.Institutions`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def alliance(self) -> Alliance:
        """The alliance itself, from our reference data."""
        return the_alliance()

    async def all(self) -> Sequence[Institution]:
        """Every partner, by code."""
        rows = await self._work.connection.execute(
            select(_institution).order_by(_institution.c.code)
        )
        return [_to_institution(row) for row in rows]

    async def get(self, code: str) -> Institution:
        """One partner. Raises InstitutionNotFound."""
        row = (
            await self._work.connection.execute(
                select(_institution).where(_institution.c.code == code)
            )
        ).one_or_none()
        if row is None:
            raise InstitutionNotFound(code)
        return _to_institution(row)

    async def aliases(self) -> Mapping[str, str]:
        """Every known spelling, folded, and whose it is."""
        rows = await self._work.connection.execute(select(_alias.c.spelling, _alias.c.institution))
        return {row.spelling: row.institution for row in rows}

    async def remember_alias(self, spelling: str, institution: str) -> None:
        """Keep an officer's decision on a spelling."""
        new = insert(_alias).values(
            spelling=folded(spelling), institution=institution, decided=True
        )
        await self._work.connection.execute(
            new.on_conflict_do_update(
                index_elements=[_alias.c.spelling],
                set_={"institution": institution, "decided": True},
            )
        )

    async def decided_aliases(self) -> Mapping[str, str]:
        """Those of the known spellings that officers have decided."""
        rows = await self._work.connection.execute(
            select(_alias.c.spelling, _alias.c.institution).where(_alias.c.decided)
        )
        return {row.spelling: row.institution for row in rows}

    async def forget_alias(self, spelling: str) -> None:
        """Take back an officer's decision on a spelling."""
        await self._work.connection.execute(
            delete(_alias).where(_alias.c.spelling == folded(spelling), _alias.c.decided)
        )


def _to_institution(row: Row[Any]) -> Institution:
    return Institution(
        code=row.code,
        name_local=row.name_local,
        name_local_language=row.name_local_language,
        name_en=row.name_en,
        city=row.city,
        country=row.country,
        homepage=row.homepage,
        mail_domains=tuple(row.mail_domains),
        identifiers=row.identifiers,
    )


# Built once: every request with a token asks this, and building it costs more than running it.
_CALLER = (
    select(
        _account.c.id,
        _grant.c.role,
        _grant.c.institution,
        _grant.c.valid_from,
        _grant.c.valid_to,
    )
    .select_from(
        _account.outerjoin(
            _grant,
            and_(
                _grant.c.account == _account.c.id,
                _grant.c.valid_from <= bindparam("at"),
                or_(_grant.c.valid_to.is_(None), _grant.c.valid_to > bindparam("at")),
            ),
        )
    )
    .where(_account.c.issuer == bindparam("issuer"), _account.c.subject == bindparam("subject"))
)


_ADDRESS = (
    select(_person.c.email, _person.c.wanted_email)
    .join(_registration, _registration.c.person == _person.c.id)
    .where(_registration.c.id == bindparam("registration"))
)


class PostgresAccounts:
    """See `app.domain.access.ports.Accounts`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def caller(self, identity: Identity, *, at: datetime, trace_id: str) -> Caller:
        """The caller behind an identity; one round trip for those who are known."""
        if identity.subject is None:
            found = await self._work.connection.execute(
                _ADDRESS, {"registration": identity.registration}
            )
            expect_address(identity, *(found.one_or_none() or ()))
            return Caller(
                account=None,
                registration=identity.registration,
                email=identity.email,
                trace_id=trace_id,
            )
        found = await self._work.connection.execute(
            _CALLER,
            {"issuer": identity.subject.issuer, "subject": identity.subject.subject, "at": at},
        )
        rows = found.all()
        account = rows[0].id if rows else await self.account(identity.subject)
        return Caller(
            account=account,
            grants=tuple(
                Grant(Role(row.role), row.institution, row.valid_from, row.valid_to)
                for row in rows
                if row.role is not None
            ),
            email=identity.email,
            name=identity.name,
            trace_id=trace_id,
        )

    async def account(self, subject: Subject) -> UUID:
        """The account of a subject; two who make it at once get the same."""
        named = and_(_account.c.issuer == subject.issuer, _account.c.subject == subject.subject)
        known: UUID | None = (
            await self._work.connection.execute(select(_account.c.id).where(named))
        ).scalar_one_or_none()
        if known is not None:
            return known
        await self._work.connection.execute(
            insert(_account)
            .values(
                id=new_id(),
                issuer=subject.issuer,
                subject=subject.subject,
                created_at=self._work.clock.now(),
            )
            .on_conflict_do_nothing()
        )
        made: UUID = (
            await self._work.connection.execute(select(_account.c.id).where(named))
        ).scalar_one()
        return made


class PostgresGrants:
    """See `app.domain.access.ports.Grants`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def add(self, grant: RoleGrant) -> None:
        """Keep a new grant."""
        await self._work.connection.execute(
            insert(_grant).values(
                id=grant.id,
                account=grant.account,
                role=grant.role,
                institution=grant.institution,
                valid_from=grant.valid_from,
                valid_to=grant.valid_to,
                granted_by=grant.granted_by,
            )
        )

    async def get(self, grant: UUID) -> RoleGrant:
        """Load one to change it. Raises GrantNotFound."""
        row = (
            await self._work.connection.execute(
                self._joined().where(_grant.c.id == grant).with_for_update(of=_grant)
            )
        ).one_or_none()
        if row is None:
            raise GrantNotFound(grant)
        return _to_grant(row)

    async def save(self, grant: RoleGrant) -> None:
        """Keep its end."""
        await self._work.connection.execute(
            update(_grant).where(_grant.c.id == grant.id).values(valid_to=grant.valid_to)
        )

    async def page(
        self, *, institution: str | None, role: Role | None, after: UUID | None, limit: int
    ) -> Sequence[RoleGrant]:
        """Grants by id."""
        query = self._joined().order_by(_grant.c.id).limit(limit)
        if institution is not None:
            query = query.where(_grant.c.institution == institution)
        if role is not None:
            query = query.where(_grant.c.role == role)
        if after is not None:
            query = query.where(_grant.c.id > after)
        return [_to_grant(row) for row in await self._work.connection.execute(query)]

    def _joined(self) -> Any:
        return select(_grant, _account.c.issuer, _account.c.subject).join(
            _account, _grant.c.account == _account.c.id
        )


def _to_grant(row: Row[Any]) -> RoleGrant:
    return RoleGrant(
        id=row.id,
        account=row.account,
        subject=Subject(row.issuer, row.subject),
        role=Role(row.role),
        institution=row.institution,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        granted_by=row.granted_by,
    )


class PostgresAuditRecords:
    """See `app.domain.access.ports.AuditRecords`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def page(
        self,
        *,
        kind: str | None,
        subject: str | None,
        actor: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[AuditRecord]:
        """Records in the order of their making."""
        query = select(_audit).order_by(_audit.c.id).limit(limit)
        for column, wanted in (
            (_audit.c.kind, kind),
            (_audit.c.subject, subject),
            (_audit.c.actor, actor),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if after is not None:
            query = query.where(_audit.c.id > after)
        rows = await self._work.connection.execute(query)
        return [AuditRecord(**row._mapping) for row in rows]
