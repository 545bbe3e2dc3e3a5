"""Results, credential data, links and the log of mail on PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.results_identifiers import StudentIdentifiers
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.results import (
    CredentialDataRow,
    LearnerLinkRow,
    ResultRow,
    SentMailRow,
)
from app.domain.plain import to_plain
from app.domain.results.credential_data import CredentialData, LegalIdentity
from app.domain.results.errors import LinkNotFound, StaleCredentialData, StaleResult
from app.domain.results.links import Link
from app.domain.results.ports import Participant
from app.domain.results.result import Confirmation, Grading, Objection, Result
from app.domain.vocabulary.text import folded_email

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_result = table(ResultRow)
_data = table(CredentialDataRow)
_link = table(LearnerLinkRow)
_mail = table(SentMailRow)

_grading: TypeAdapter[Grading] = TypeAdapter(Grading)
_objections: TypeAdapter[tuple[Objection, ...]] = TypeAdapter(tuple[Objection, ...])


class PostgresResults:
    """See `app.domain.results.ports.Results`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def get(self, participant: Participant) -> Result:
        """The result of a registration, for change."""
        return await self._load(participant, lock=True)

    async def read(self, participant: Participant) -> Result:
        """The same without locking it."""
        return await self._load(participant, lock=False)

    async def _load(self, participant: Participant, *, lock: bool) -> Result:
        row = await _one(self._work, _result, participant.registration, lock=lock)
        if row is None:
            return Result(participant.registration, participant.edition)
        return _to_result(row)

    async def several(self, participants: Collection[Participant]) -> Mapping[UUID, Result]:
        """What `get` answers for each; locked in the order of their registrations."""
        found = {p.registration: Result(p.registration, p.edition) for p in participants}
        for row in await _locked(self._work, _result, found):
            found[row.registration] = _to_result(row)
        return found

    async def of_edition(self, edition: UUID, *, lock: bool) -> Sequence[Result]:
        """All results that have been entered in an edition, by registration."""
        query = select(_result).where(_result.c.edition == edition).order_by(_result.c.registration)
        if lock:
            # In one order for everybody, or two who lock an edition would wait for each other.
            query = query.with_for_update(key_share=True)
        return [_to_result(row) for row in await self._work.connection.execute(query)]

    async def save(self, result: Result) -> None:
        """Keep its state and events. Raises StaleResult."""
        confirmation = result.confirmation
        values = {
            "edition": result.edition,
            "grading": to_plain(result.grading),
            "outcome": result.outcome,
            "recorded_by": sorted(result.recorded_by),
            "recorded_at": result.recorded_at,
            "revision": result.revision,
            "confirmed_by": confirmation.by if confirmation else None,
            "confirmed_at": confirmation.at if confirmation else None,
            "objections_until": confirmation.objections_until if confirmation else None,
            "accepted_at": result.accepted_at,
            "objections": to_plain(result.objections),
        }
        kept = await _keep(self._work, _result, result.registration, result.version, values)
        if kept is None:
            raise StaleResult(1)
        result.version = kept
        await self._work.outbox.put(*result.take_events())


class PostgresCredentialData:
    """See `app.domain.results.ports.CredentialDataStore`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work
        self._identifiers = StudentIdentifiers(work)

    async def get(self, participant: Participant) -> CredentialData:
        """The data of a registration, for change."""
        return await self._load(participant, lock=True)

    async def read(self, participant: Participant) -> CredentialData:
        """The same without locking them."""
        return await self._load(participant, lock=False)

    async def _load(self, participant: Participant, *, lock: bool) -> CredentialData:
        row = await _one(self._work, _data, participant.registration, lock=lock)
        if row is None:
            return CredentialData(participant.registration, participant.edition)
        return _to_data(row)

    async def several(self, participants: Collection[Participant]) -> Mapping[UUID, CredentialData]:
        """What `get` answers for each; locked in the order of their registrations."""
        found = {p.registration: CredentialData(p.registration, p.edition) for p in participants}
        for row in await _locked(self._work, _data, found):
            found[row.registration] = _to_data(row)
        return found

    async def of_edition(self, edition: UUID) -> Sequence[CredentialData]:
        """All that have been confirmed in an edition, by registration."""
        query = select(_data).where(_data.c.edition == edition).order_by(_data.c.registration)
        return [_to_data(row) for row in await self._work.connection.execute(query)]

    async def save(self, data: CredentialData) -> None:
        """Keep them and their events. Raises StaleCredentialData, StudentIdentifierTaken."""
        person = await self._identifiers.claim(data.registration, data.european_identifier)
        values = {
            "edition": data.edition,
            "confirmed_at": data.confirmed_at,
            "contested": data.contested,
            **({} if data.identity is None else vars(data.identity)),
        }
        kept = await _keep(self._work, _data, data.registration, data.version, values)
        if kept is None:
            raise StaleCredentialData(1)
        data.version = kept
        await self._identifiers.release(person)
        await self._work.outbox.put(*data.take_events())


class PostgresLinks:
    """See `app.domain.results.ports.Links`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def add(self, link: Link) -> None:
        """Keep a new link."""
        await self._work.connection.execute(
            insert(_link).values(
                id=link.id,
                registration=link.registration,
                edition=link.edition,
                token_hash=link.token_hash,
                address=link.address,
                created_at=link.created_at,
                expires_at=link.expires_at,
                opened_at=link.opened_at,
            )
        )
        await self._work.outbox.put(*link.take_events())

    async def get(self, token_hash: str) -> Link:
        """Load one to open it. Raises LinkNotFound."""
        return await self._load(token_hash, lock=True)

    async def read(self, token_hash: str) -> Link:
        """Load one to look at it. Raises LinkNotFound."""
        return await self._load(token_hash, lock=False)

    async def _load(self, token_hash: str, *, lock: bool) -> Link:
        query = select(_link).where(_link.c.token_hash == token_hash)
        if lock:
            query = query.with_for_update(key_share=True)
        row = (await self._work.connection.execute(query)).one_or_none()
        if row is None:
            raise LinkNotFound
        return Link(**row._mapping)

    async def save(self, link: Link) -> None:
        """Keep that it was opened, and its events."""
        await self._work.connection.execute(
            update(_link)
            .where(_link.c.id == link.id)
            .values(opened_at=link.opened_at, registration=link.registration)
        )
        await self._work.outbox.put(*link.take_events())

    async def forget(self, token_hash: str) -> None:
        """Remove one whose message could not be sent, if it is there and not opened."""
        await self._work.connection.execute(
            delete(_link).where(_link.c.token_hash == token_hash, _link.c.opened_at.is_(None))
        )

    async def sent_since(self, registration: UUID, since: datetime) -> int:
        """How many links were made for a registration since then."""
        number = await self._work.connection.scalar(
            select(func.count())
            .select_from(_link)
            .where(_link.c.registration == registration, _link.c.created_at >= since)
        )
        return int(number or 0)

    async def confirmed_addresses(self, registrations: Collection[UUID]) -> dict[UUID, set[str]]:
        """The addresses of opened links, as keys, by registration."""
        query = select(_link.c.registration, _link.c.address).where(
            _link.c.registration.in_(registrations), _link.c.opened_at.is_not(None)
        )
        found: dict[UUID, set[str]] = {}
        for row in await self._work.connection.execute(query):
            found.setdefault(row.registration, set()).add(folded_email(row.address))
        return found

    async def last_address_but(self, registration: UUID, address: str) -> str | None:
        """Where the latest link went that did not go to this address."""
        # Compared here: the database folds other letters than the keys of addresses do.
        addresses = await self._work.connection.scalars(
            select(_link.c.address)
            .where(_link.c.registration == registration)
            .order_by(_link.c.id.desc())
        )
        key = folded_email(address)
        return next((one for one in addresses if folded_email(one) != key), None)


class PostgresMailLog:
    """See `app.domain.results.ports.MailLog`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def knows(self, message: str) -> bool:
        """Whether the message with that id was handed over."""
        found = await self._work.connection.scalar(
            select(_mail.c.message).where(_mail.c.message == message)
        )
        return found is not None

    async def known(self, messages: Collection[str]) -> Collection[str]:
        """Those of them that were."""
        found = await self._work.connection.scalars(
            select(_mail.c.message).where(_mail.c.message.in_(messages))
        )
        return set(found)

    async def note(self, message: str, registration: UUID | None) -> None:
        """Note that it was."""
        await self.note_all({message: registration})

    async def note_all(self, messages: Mapping[str, UUID | None]) -> None:
        """The same for several, each with its registration."""
        if messages:
            at = self._work.clock.now()
            await self._work.connection.execute(
                insert(_mail).on_conflict_do_nothing(),
                [
                    {"message": message, "registration": registration, "at": at}
                    for message, registration in messages.items()
                ],
            )


async def _one(
    work: "PostgresWork", source: Table, registration: UUID, *, lock: bool
) -> Row[Any] | None:
    query = select(source).where(source.c.registration == registration)
    if lock:
        query = query.with_for_update(key_share=True)
    return (await work.connection.execute(query)).one_or_none()


async def _locked(
    work: "PostgresWork", source: Table, registrations: Collection[UUID]
) -> Sequence[Row[Any]]:
    query = (
        select(source)
        .where(source.c.registration.in_(registrations))
        # In one order for everybody, or two who lock several would wait for each other.
        .order_by(source.c.registration)
        .with_for_update(key_share=True)
    )
    return (await work.connection.execute(query)).all()


async def _keep(
    work: "PostgresWork", target: Table, registration: UUID, version: int, values: dict[str, Any]
) -> int | None:
    """Write a row under the version that was loaded; its new version, or None when it is not."""
    if version == 0:
        new = insert(target).values(registration=registration, version=1, **values)
        done = await work.connection.execute(new.on_conflict_do_nothing())
    else:
        done = await work.connection.execute(
            update(target)
            .where(target.c.registration == registration, target.c.version == version)
            .values(version=version + 1, **values)
        )
    return version + 1 if done.rowcount == 1 else None


def _to_result(row: Row[Any]) -> Result:
    return Result(
        registration=row.registration,
        edition=row.edition,
        grading=_grading.validate_python(row.grading),
        recorded_by=frozenset(row.recorded_by),
        recorded_at=row.recorded_at,
        revision=row.revision,
        confirmation=(
            Confirmation(row.confirmed_by, row.confirmed_at, row.objections_until)
            if row.confirmed_by
            else None
        ),
        accepted_at=row.accepted_at,
        objections=_objections.validate_python(row.objections),
        version=row.version,
    )


def _to_data(row: Row[Any]) -> CredentialData:
    return CredentialData(
        registration=row.registration,
        edition=row.edition,
        identity=LegalIdentity(
            full_name=row.full_name,
            given_name=row.given_name,
            family_name=row.family_name,
            birth_date=row.birth_date,
            student_identifier=row.student_identifier,
        ),
        confirmed_at=row.confirmed_at,
        contested=row.contested,
        version=row.version,
    )
