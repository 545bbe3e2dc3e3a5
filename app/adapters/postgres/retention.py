"""Finds and erases data about people on PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from app.adapters.postgres.retention_targets import (
    NO_ANSWERS,
    NO_CONTACT,
    NO_DETAIL,
    NOBODY,
    TARGETS,
    Target,
    account,
    credential,
    credential_data,
    delivery,
    detailed,
    edition,
    import_file,
    import_row,
    link,
    nobodys_account,
    person,
    registration,
    response,
    result,
    sent_mail,
    share,
    student_identifier,
)
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.retention import ErasureRecordRow, RetentionDayRow
from app.adapters.postgres.tables.wallet import WalletConsentRow
from app.domain.credentials.use_cases.credentials import forget_holder
from app.domain.retention.erased import TOOK_PART
from app.domain.retention.ports import Counts, ErasureRecord, PersonBehind
from app.domain.retention.rules import DataKind
from app.domain.retention.use_cases import RegistrationToEraseNotFound

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_consent = table(WalletConsentRow)
_record = table(ErasureRecordRow)
_day = table(RetentionDayRow)
_LIVE = ("needs_decision", "waiting", "offered", "placed", "completed")
_OVER = ("completed", "archived", "cancelled")


class PostgresRetention:
    """See `app.domain.retention.ports.Retention`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def due(self, kind: DataKind, cutoff: datetime) -> Counts:
        """How much of a kind is older than the cutoff, by table."""
        counts = {}
        for target in TARGETS.get(kind, ()):
            number = await self._work.connection.scalar(
                select(func.count()).select_from(target.table).where(target.due(cutoff))
            )
            if number:
                counts[target.table.name] = int(number)
        return counts

    async def erase(self, kind: DataKind, cutoff: datetime, limit: int) -> Counts:
        """Erase at most so many records of each table of a kind."""
        if kind is DataKind.CREDENTIAL_COPIES:
            return await self._erase_copies(cutoff, limit)
        counts = {}
        for target in TARGETS.get(kind, ()):
            gone = await self._erase(target, cutoff, limit)
            if gone:
                counts[target.table.name] = gone
        return counts

    async def _erase_copies(self, cutoff: datetime, limit: int) -> Counts:
        """Credential by credential, each whole, so that the register knows that they have gone."""
        due = await self._work.connection.execute(
            select(credential.c.id)
            .where(credential.c.sealed_at < cutoff, credential.c.erased_at.is_(None))
            .order_by(credential.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = list(due.scalars())
        for one in found:
            await forget_holder(one, work=self._work, at=self._work.clock.now())
        return {"credential": len(found)} if found else {}

    async def _erase(self, target: Target, cutoff: datetime, limit: int) -> int:
        key = list(target.table.primary_key.columns)
        found = await self._work.connection.execute(
            select(*key)
            .where(target.due(cutoff))
            .order_by(*key)
            .limit(limit)
            .with_for_update(skip_locked=True, of=target.table)
        )
        held = [tuple(row) for row in found]
        if not held:
            return 0
        # Once more under the locks: somebody may have registered again meanwhile.
        return await self._wipe(
            target.table, and_(tuple_(*key).in_(held), target.due(cutoff)), target.blank
        )

    async def _wipe(
        self, wiped: Table, where: ColumnElement[bool], blank: Mapping[str, Any] | None = None
    ) -> int:
        statement = (
            update(wiped).where(where).values(**blank) if blank else delete(wiped).where(where)
        )
        done: CursorResult[Any] = await self._work.connection.execute(statement)
        return done.rowcount

    async def person(self, registration_id: UUID) -> PersonBehind:
        """The person behind a registration, held."""
        row = (
            await self._work.connection.execute(
                select(person.c.id, person.c.account, person.c.full_name, person.c.email)
                .join(registration, registration.c.person == person.c.id)
                .where(registration.c.id == registration_id)
                .with_for_update(of=person)
            )
        ).one_or_none()
        if row is None:
            raise RegistrationToEraseNotFound(registration_id)
        rows = (
            await self._work.connection.execute(
                select(
                    registration.c.id,
                    registration.c.state,
                    registration.c.edition,
                    edition.c.state.label("edition_state"),
                )
                .join(edition, edition.c.id == registration.c.edition)
                .where(registration.c.person == row.id)
                .order_by(registration.c.id)
            )
        ).all()
        return PersonBehind(
            id=row.id,
            account=row.account,
            registrations=tuple(one.id for one in rows),
            live=tuple(
                one.id for one in rows if one.state in _LIVE and one.edition_state not in _OVER
            ),
            took_part=any(one.state in TOOK_PART for one in rows),
            is_erased=row.full_name == "",
            editions={one.id: one.edition for one in rows},
            known_by=(row.full_name, row.email),
        )

    async def erase_person(self, found: PersonBehind) -> Counts:
        """Erase what is known of a person."""
        mine = list(found.registrations)
        address = await self._work.connection.scalar(
            select(person.c.email_folded).where(person.c.id == found.id)
        )
        rows = or_(import_row.c.registration.in_(mine), func.lower(import_row.c.email) == address)
        responses = response.c.registration.in_(mine)
        brought = (
            select(import_row.c.import_id)
            .where(rows)
            .union(select(response.c.brought_by).where(responses))
        )
        counts = {
            # A file cannot lose one of its rows: it goes as a whole.
            "import_file": await self._wipe(import_file, import_file.c.import_id.in_(brought)),
            "form_delivery": await self._wipe(
                delivery,
                or_(
                    tuple_(delivery.c.import_id, delivery.c.number).in_(
                        select(import_row.c.import_id, import_row.c.response).where(rows)
                    ),
                    tuple_(delivery.c.edition, delivery.c.form, delivery.c.number).in_(
                        select(response.c.edition, response.c.form, response.c.number).where(
                            responses
                        )
                    ),
                ),
            ),
            "import_row": await self._wipe(import_row, rows),
            "form_response": await self._wipe(
                response,
                and_(responses, response.c.answers != NO_ANSWERS),
                {"answers": NO_ANSWERS},
            ),
            "registration": await self._wipe(
                registration,
                and_(registration.c.id.in_(mine), registration.c.stated != ""),
                {"stated": ""},
            ),
            "learner_link": await self._wipe(link, link.c.registration.in_(mine)),
            "credential_data": await self._wipe(
                credential_data, credential_data.c.registration.in_(mine)
            ),
            "student_identifier": await self._wipe(
                student_identifier, student_identifier.c.registration.in_(mine)
            ),
            "result": await self._wipe(
                result, and_(result.c.registration.in_(mine), detailed()), NO_DETAIL
            ),
            "sent_mail": await self._wipe(sent_mail, sent_mail.c.registration.in_(mine)),
            "credential_share": await self._wipe(
                share,
                and_(
                    or_(share.c.revoked_at.is_(None), share.c.recipient.is_not(None)),
                    share.c.credential.in_(
                        select(credential.c.id).where(credential.c.registration.in_(mine))
                    ),
                ),
                {
                    "recipient": None,
                    "shows_name": False,
                    "revoked_at": func.coalesce(share.c.revoked_at, self._work.clock.now()),
                    "version": share.c.version + 1,
                },
            ),
            "wallet_consent": await self._wipe(_consent, _consent.c.registration.in_(mine)),
            "person": await self._blank_person(found),
        }
        if found.account is not None and not found.took_part:
            counts["account"] = await self._wipe(
                account, and_(account.c.id == found.account, nobodys_account())
            )
        return {name: number for name, number in counts.items() if number}

    async def _blank_person(self, found: PersonBehind) -> int:
        """Somebody who took part keeps their name and their account; others keep nothing."""
        gone = person.c.email == NO_CONTACT["email"]
        return await self._wipe(
            person,
            and_(person.c.id == found.id, ~gone),
            NO_CONTACT if found.took_part else NOBODY,
        )

    async def begin_day(self, day: date) -> bool:
        """Whether nobody has begun with this day's work yet; then it is begun."""
        begun = await self._work.connection.execute(
            insert_or_not(_day).values(day=day).on_conflict_do_nothing().returning(_day.c.day)
        )
        return begun.one_or_none() is not None


class PostgresErasures:
    """See `app.domain.retention.ports.Erasures`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def add(self, record: ErasureRecord) -> None:
        """Keep one."""
        values = {**vars(record), "counts": dict(record.counts)}
        await self._work.connection.execute(insert(_record).values(**values))

    async def page(
        self, *, kind: str | None, before: UUID | None, limit: int
    ) -> Sequence[ErasureRecord]:
        """The newest first."""
        query = select(_record).order_by(_record.c.id.desc()).limit(limit)
        if kind is not None:
            query = query.where(_record.c.kind == kind)
        if before is not None:
            query = query.where(_record.c.id < before)
        rows = await self._work.connection.execute(query)
        return [ErasureRecord(**row._mapping) for row in rows]

    async def last(self) -> Mapping[str, datetime]:
        """When something of each kind was last erased."""
        rows = await self._work.connection.execute(
            select(_record.c.kind, func.max(_record.c.at).label("at")).group_by(_record.c.kind)
        )
        return {row.kind: row.at for row in rows}
