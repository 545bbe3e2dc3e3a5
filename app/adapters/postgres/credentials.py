"""Credentials on PostgreSQL."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, Select, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.adapters.postgres.credential_levels import newest_document, standing_row
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.credential_levels import (
    CredentialRevisionRow,
    CredentialSealLevelRow,
)
from app.adapters.postgres.tables.credentials import (
    CredentialDeliveryRow,
    CredentialDocumentRow,
    CredentialImageRow,
    CredentialRow,
    CredentialSourceRow,
    IssuingSpecificationRow,
    live,
)
from app.adapters.postgres.tables.credentials_local import CredentialTranscriptRow
from app.domain.canonical import content_hash
from app.domain.credentials.credential import (
    Credential,
    CredentialNotFound,
    PendingChange,
    Source,
)
from app.domain.credentials.errors import AnotherIsLive, ImageNotFound
from app.domain.credentials.levels import SealStanding
from app.domain.credentials.seal import IssuedCredential
from app.domain.credentials.status import Channel, CredentialState, Delivery, DeliveryState
from app.domain.errors import InternalInconsistency
from app.domain.plain import to_plain
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.specification import Specification

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_credential = table(CredentialRow)
_document = table(CredentialDocumentRow)
_image = table(CredentialImageRow)
_source = table(CredentialSourceRow)
_specification = table(IssuingSpecificationRow)
_delivery = table(CredentialDeliveryRow)
_transcript = table(CredentialTranscriptRow)
_revision = table(CredentialRevisionRow)
_level = table(CredentialSealLevelRow)

_award_of = TypeAdapter(Award).validate_python
_specification_of = TypeAdapter(Specification).validate_python
_pending_of = TypeAdapter(PendingChange).validate_python

_NOT_DELIVERED = _delivery.c.state != DeliveryState.DELIVERED.value

_COLUMNS = [f.name for f in fields(Credential) if f.name != "events"]


class PostgresCredentials:
    """See `app.domain.credentials.ports.Credentials`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def keep(self, credential: Credential, issued: IssuedCredential, source: Source) -> bool:
        """Keep a freshly sealed credential; False when its award has a live one already."""
        return bool(await self.keep_all([(credential, issued, source)]))

    async def keep_all(
        self, sealed: Sequence[tuple[Credential, IssuedCredential, Source]]
    ) -> Collection[UUID]:
        """The same for several at once; the ids of those that are kept."""
        if not sealed:
            return set()
        execute = self._work.connection.execute
        found = await execute(
            insert(_credential)
            .on_conflict_do_nothing(
                index_elements=[_credential.c.registration], index_where=text(live())
            )
            .returning(_credential.c.id),
            [_to_row(credential) for credential, _, _ in sealed],
        )
        kept = set(found.scalars())
        fresh = [one for one in sealed if one[0].id in kept]
        if not fresh:
            return kept
        # A batch has one; what comes from elsewhere one by one has one each time.
        hashes = {id(s): await self._specification(s) for s in _different(s for *_, s in fresh)}
        await execute(
            insert(_source),
            [
                {
                    "credential": credential.id,
                    "award": to_plain(source.award),
                    "specification": hashes[id(source.specification)],
                    "certified_hash": source.certified_hash,
                }
                for credential, _, source in fresh
            ],
        )
        await execute(
            insert(_document),
            [{"credential": c.id, "document": issued.document} for c, issued, _ in fresh],
        )
        await execute(
            insert(_level),
            [
                standing_row(SealStanding.sealed(c.id, issued.issued_at, rises=issued.rises))
                for c, issued, _ in fresh
            ],
        )
        await execute(
            insert(_image),
            [
                {"credential": credential.id, "language": language, "image": image}
                for credential, issued, _ in fresh
                for language, image in issued.images.items()
            ],
        )
        await self._work.trail.append_all(
            "credential", [(c.id, c.sha256, c.state.value) for c, _, _ in fresh]
        )
        await self._work.outbox.put(*(event for c, _, _ in fresh for event in c.take_events()))
        return kept

    async def _specification(self, specification: Specification) -> str:
        """The hash of the content under which it is kept; written when it is not there yet."""
        execute = self._work.connection.execute
        known = _hashed(specification)
        found = await execute(select(_specification.c.hash).where(_specification.c.hash == known))
        if found.one_or_none() is None:
            await execute(
                insert(_specification)
                .values(hash=known, content=to_plain(specification))
                .on_conflict_do_nothing()
            )
        return known

    async def get(self, credential: UUID) -> Credential:
        """Load a credential to change it. Raises CredentialNotFound."""
        return await self._one(credential, lock=True)

    async def read(self, credential: UUID) -> Credential:
        """Load a credential without locking it. Raises CredentialNotFound."""
        return await self._one(credential, lock=False)

    async def save(self, credential: Credential) -> None:
        """Keep its state, never its document. Raises AnotherIsLive."""
        credential.version += 1
        try:
            await self._work.connection.execute(
                update(_credential)
                .where(_credential.c.id == credential.id)
                .values(**_to_row(credential))
            )
        except IntegrityError as error:
            if "uq_credential_live_registration" in str(error.orig):
                raise AnotherIsLive(credential.registration) from None
            raise
        await self._work.trail.append(
            "credential",
            credential.id,
            before=str(credential.version - 1),
            after=f"{credential.version}:{credential.state.value}",
            note=credential.reason,
        )
        await self._work.outbox.put(*credential.take_events())

    async def of_registrations(self, registrations: Collection[UUID]) -> Sequence[Credential]:
        """All credentials of those registrations, whatever their state, by id."""
        if not registrations:
            return []
        return await self._several(
            select(_credential).where(_credential.c.registration.in_(registrations))
        )

    async def page(
        self,
        *,
        issuers: Collection[str] | None,
        edition: UUID | None,
        state: CredentialState | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Credential]:
        """Credentials by id after a given one."""
        query = select(_credential).limit(limit)
        if issuers is not None:
            query = query.where(_credential.c.issuer.in_(issuers))
        if edition is not None:
            query = query.where(_credential.c.edition == edition)
        if state is not None:
            query = query.where(_credential.c.state == state.value)
        if after is not None:
            query = query.where(_credential.c.id > after)
        return await self._several(query)

    async def document(self, credential: UUID) -> bytes:
        """The sealed bytes of the newest revision. Raises CredentialNotFound."""
        found = await self._work.connection.execute(newest_document(credential))
        document: bytes | None = found.scalar_one_or_none()
        if document is None:
            raise CredentialNotFound(credential)
        return document

    async def image(self, credential: UUID, language: str) -> bytes:
        """The display image in one language. Raises CredentialNotFound, ImageNotFound."""
        found = await self._work.connection.execute(
            select(_image.c.image).where(
                _image.c.credential == credential, _image.c.language == language
            )
        )
        image: bytes | None = found.scalar_one_or_none()
        if image is None:
            await self.read(credential)
            raise ImageNotFound(credential, language)
        return image

    async def source(self, credential: UUID) -> Source:
        """What it was sealed from. Raises CredentialNotFound."""
        found = await self._work.connection.execute(
            select(_source.c.award, _source.c.certified_hash, _specification.c.content)
            .join(_specification, _specification.c.hash == _source.c.specification)
            .where(_source.c.credential == credential)
        )
        row = found.one_or_none()
        if row is None:
            raise CredentialNotFound(credential)
        return Source(_award_of(row.award), _specification_of(row.content), row.certified_hash)

    async def deliveries(self, credential: UUID) -> Sequence[Delivery]:
        """How it is delivered, by channel."""
        rows = await self._work.connection.execute(
            select(_delivery)
            .where(_delivery.c.credential == credential)
            .order_by(_delivery.c.channel)
        )
        return [
            Delivery(
                row.credential,
                Channel(row.channel),
                DeliveryState(row.state),
                row.at,
                row.code,
                row.attempts,
            )
            for row in rows
        ]

    async def note_delivery(self, delivery: Delivery, *, anew: bool = False) -> None:
        """Note how far one way of delivery has come. What was delivered stays delivered."""
        await self._note([delivery], None if anew else _NOT_DELIVERED)

    async def note_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """The same for several, each with another credential or channel."""
        if deliveries:
            await self._note(deliveries, _NOT_DELIVERED)

    async def _note(
        self, deliveries: Sequence[Delivery], where: ColumnElement[bool] | None
    ) -> None:
        new = insert(_delivery)
        await self._work.connection.execute(
            new.on_conflict_do_update(
                index_elements=[_delivery.c.credential, _delivery.c.channel],
                set_={
                    "state": new.excluded.state,
                    "at": new.excluded.at,
                    "code": new.excluded.code,
                    "attempts": _delivery.c.attempts + new.excluded.attempts,
                },
                where=where,
            ),
            [
                {
                    "credential": one.credential,
                    "channel": one.channel.value,
                    "state": one.state.value,
                    "at": one.at,
                    "code": one.code,
                    "attempts": int(one.state is not DeliveryState.PENDING),
                }
                for one in deliveries
            ],
        )

    async def erase(self, credential: UUID) -> Sequence[str]:
        """Forget document, further revisions, images, source, transcript and deliveries."""
        # This row first: whoever is adding a revision holds it, and is waited for.
        await self._work.connection.execute(delete(_level).where(_level.c.credential == credential))
        further = await self._work.connection.execute(
            select(_revision.c.sha256)
            .where(_revision.c.credential == credential)
            .order_by(_revision.c.revision)
        )
        hashes = list(further.scalars())
        for rows in (
            _revision,
            _document,
            _image,
            _source,
            _delivery,
            _transcript,
        ):
            await self._work.connection.execute(delete(rows).where(rows.c.credential == credential))
        return hashes

    async def _one(self, credential: UUID, *, lock: bool) -> Credential:
        query = select(_credential).where(_credential.c.id == credential)
        if lock:
            query = query.with_for_update(key_share=True)
        row = (await self._work.connection.execute(query)).one_or_none()
        if row is None:
            raise CredentialNotFound(credential)
        return _to_credential(row)

    async def _several(self, query: Select[Any]) -> Sequence[Credential]:
        rows = await self._work.connection.execute(query.order_by(_credential.c.id))
        return [_to_credential(row) for row in rows]


def _different(sources: Iterable[Source]) -> Collection[Specification]:
    """Each of their specifications once, told apart as objects."""
    return {id(source.specification): source.specification for source in sources}.values()


class _Hashed:
    """The hash of the specification that came last: a thousand credentials of a batch share it."""

    last: tuple[Specification, str] | None = None


def _hashed(specification: Specification) -> str:
    last = _Hashed.last
    # The very object: it is frozen, and comparing contents would cost what hashing does.
    if last is None or last[0] is not specification:
        last = _Hashed.last = (specification, content_hash(to_plain(specification)))
    return last[1]


def _to_row(credential: Credential) -> dict[str, Any]:
    return {
        **{name: getattr(credential, name) for name in _COLUMNS},
        "state": credential.state.value,
        "title": dict(credential.title),
        "languages": list(credential.languages),
        "revision_hashes": list(credential.revision_hashes),
        "pending": to_plain(credential.pending),
    }


def _to_credential(row: Row[Any]) -> Credential:
    values = dict(row._mapping)
    if values.keys() != set(_COLUMNS):
        raise InternalInconsistency("the credential table and the aggregate differ")
    return Credential(
        **{
            **values,
            "state": CredentialState(row.state),
            "languages": tuple(row.languages),
            "revision_hashes": tuple(row.revision_hashes),
            "pending": None if row.pending is None else _pending_of(row.pending),
        }
    )
