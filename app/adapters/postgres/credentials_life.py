"""Published status and share links on PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    Row,
    Select,
    Subquery,
    Uuid,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.credentials import CredentialRow
from app.adapters.postgres.tables.credentials_life import (
    CredentialShareRow,
    CredentialShareViewRow,
    StatusListEntryRow,
    StatusListRow,
)
from app.domain.credentials.share import Share, ShareKind, ShareNotFound, ShareView
from app.domain.credentials.status import CredentialState
from app.domain.credentials.status_list import (
    ENTRIES,
    SET_BY,
    TRIES,
    StatusList,
    StatusListNotFound,
    StatusPlace,
    StatusPurpose,
    period_of,
    random_place,
)
from app.domain.ids import new_id

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_list = table(StatusListRow)
_entry = table(StatusListEntryRow)
_credential = table(CredentialRow)
_share = table(CredentialShareRow)
_view = table(CredentialShareViewRow)

_SHARE_COLUMNS = [f.name for f in fields(Share)]


def _newest(purpose: StatusPurpose, period: str) -> Subquery:
    """The list that is being filled."""
    return (
        select(_list.c.id, _list.c.size)
        .where(_list.c.purpose == purpose.value, _list.c.period == period)
        .order_by(_list.c.number.desc())
        .limit(1)
        .subquery()
    )


class PostgresStatusLists:
    """See `app.domain.credentials.ports_life.StatusLists`."""

    def __init__(self, work: "PostgresWork", size: int = ENTRIES) -> None:
        self._work = work
        self._size = size

    async def assign(self, credential: UUID, at: datetime) -> Sequence[StatusPlace]:
        """Give a credential a place at random in a list of each purpose; by purpose."""
        # One purpose after the other, always in this order, so that nobody waits in a circle.
        return [
            await self._at_once(credential, purpose, at)
            or await self._given(credential, purpose)
            or await self._assign(credential, purpose, at)
            for purpose in StatusPurpose
        ]

    async def assign_all(self, credentials: Mapping[UUID, datetime]) -> None:
        """The same for several credentials: one try for all of them, then one by one."""
        for purpose in StatusPurpose:
            placed: set[UUID] = set()
            for period in {period_of(at) for at in credentials.values()}:
                now = [c for c, at in credentials.items() if period_of(at) == period]
                placed |= await self._all_at_once(now, purpose, period)
            for credential, at in credentials.items():
                if credential not in placed and not await self._given(credential, purpose):
                    await self._assign(credential, purpose, at)

    async def _all_at_once(
        self, credentials: Sequence[UUID], purpose: StatusPurpose, period: str
    ) -> set[UUID]:
        """Those that got a place: not those whose place was taken, or that had one already."""
        newest = _newest(purpose, period)
        wanted = (
            func.unnest(
                literal([random_place(self._size) for _ in credentials], ARRAY(Integer)),
                literal(list(credentials), ARRAY(Uuid)),
            )
            .table_valued("position", "credential")
            .render_derived()
        )
        kept = await self._work.connection.execute(
            insert(_entry)
            .from_select(
                ["list", "position", "purpose", "credential"],
                select(
                    newest.c.id, wanted.c.position, literal(purpose.value), wanted.c.credential
                ).where(newest.c.size > wanted.c.position),
            )
            .on_conflict_do_nothing()
            .returning(_entry.c.credential)
        )
        return set(kept.scalars())

    async def places(self, credential: UUID) -> Sequence[StatusPlace]:
        """Its places, by purpose."""
        rows = await self._work.connection.execute(
            select(_entry).where(_entry.c.credential == credential).order_by(_entry.c.purpose)
        )
        return [StatusPlace(StatusPurpose(row.purpose), row.list, row.position) for row in rows]

    async def read(self, status_list: UUID) -> StatusList:
        """A list as it stands. Raises StatusListNotFound."""
        found = await self._work.connection.execute(select(_list).where(_list.c.id == status_list))
        row = found.one_or_none()
        if row is None:
            raise StatusListNotFound(status_list)
        purpose = StatusPurpose(row.purpose)
        # A bit that was cleared again is a change too, so that every change of state counts.
        listed = await self._work.connection.execute(
            select(_entry.c.position, _credential.c.state, _credential.c.since)
            .join(_credential, _credential.c.id == _entry.c.credential)
            .where(
                _entry.c.list == status_list,
                or_(
                    _credential.c.state != CredentialState.SEALED.value,
                    _credential.c.since != _credential.c.sealed_at,
                ),
            )
        )
        changed = listed.all()
        states = {state.value for state in SET_BY[purpose]}
        return StatusList(
            row.id,
            purpose,
            row.size,
            frozenset(entry.position for entry in changed if entry.state in states),
            max([row.created_at, *(entry.since for entry in changed)]),
        )

    async def _at_once(
        self, credential: UUID, purpose: StatusPurpose, at: datetime
    ) -> StatusPlace | None:
        """One try in one statement, which is enough nearly always.

        None where it has a place already, where that place was taken, or where the first list of
        the year is missing.
        """
        position = random_place(self._size)
        newest = _newest(purpose, period_of(at))
        kept = await self._work.connection.execute(
            insert(_entry)
            .from_select(
                ["list", "position", "purpose", "credential"],
                select(
                    newest.c.id, literal(position), literal(purpose.value), literal(credential)
                ).where(newest.c.size > position),
            )
            .on_conflict_do_nothing()
            .returning(_entry.c.list)
        )
        found = kept.scalar_one_or_none()
        return None if found is None else StatusPlace(purpose, found, position)

    async def _given(self, credential: UUID, purpose: StatusPurpose) -> StatusPlace | None:
        places = await self.places(credential)
        return next((place for place in places if place.purpose is purpose), None)

    async def _assign(self, credential: UUID, purpose: StatusPurpose, at: datetime) -> StatusPlace:
        period = period_of(at)
        current = await self._current(purpose, period)
        number = current.number if current is not None else 0
        while True:
            if current is not None:
                for _ in range(TRIES):
                    position = random_place(current.size)
                    kept = await self._work.connection.execute(
                        insert(_entry)
                        .values(
                            list=current.id,
                            position=position,
                            purpose=purpose.value,
                            credential=credential,
                        )
                        .on_conflict_do_nothing(index_elements=[_entry.c.list, _entry.c.position])
                        .returning(_entry.c.position)
                    )
                    if kept.one_or_none() is not None:
                        return StatusPlace(purpose, current.id, position)
            number += 1
            await self._work.connection.execute(
                insert(_list)
                .values(
                    id=new_id(),
                    purpose=purpose.value,
                    period=period,
                    number=number,
                    size=self._size,
                    created_at=at,
                )
                .on_conflict_do_nothing(
                    index_elements=[_list.c.purpose, _list.c.period, _list.c.number]
                )
            )
            current = await self._current(purpose, period)

    async def _current(self, purpose: StatusPurpose, period: str) -> Row[Any] | None:
        found = await self._work.connection.execute(
            select(_list)
            .where(_list.c.purpose == purpose.value, _list.c.period == period)
            .order_by(_list.c.number.desc())
            .limit(1)
        )
        return found.one_or_none()


class PostgresShares:
    """See `app.domain.credentials.ports_life.Shares`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def add(self, share: Share) -> None:
        """Keep a new link."""
        await self._work.connection.execute(insert(_share).values(**_to_row(share)))
        await self._work.trail.append("credential_share", share.id, after=f"1:{share.kind.value}")

    async def get(self, share: UUID) -> Share:
        """Load a link to change it. Raises ShareNotFound."""
        query = select(_share).where(_share.c.id == share)
        return await self._one(query.with_for_update(key_share=True))

    async def read(self, share: UUID) -> Share:
        """Load a link without locking it. Raises ShareNotFound."""
        return await self._one(select(_share).where(_share.c.id == share))

    async def by_token(self, token_hash: str, *, lock: bool = False) -> Share:
        """The link with that token. Raises ShareNotFound."""
        query = select(_share).where(_share.c.token_hash == token_hash)
        return await self._one(query.with_for_update(key_share=True) if lock else query)

    async def save(self, share: Share) -> None:
        """Keep what its maker changed."""
        share.version += 1
        await self._work.connection.execute(
            update(_share).where(_share.c.id == share.id).values(**_to_row(share))
        )
        await self._work.trail.append(
            "credential_share",
            share.id,
            before=str(share.version - 1),
            after=f"{share.version}:{'revoked' if share.revoked_at else 'open'}",
        )

    async def count(self, share: Share, view: ShareView) -> None:
        """Keep that it was opened."""
        await self._work.connection.execute(
            update(_share).where(_share.c.id == share.id).values(views=share.views)
        )
        await self._work.connection.execute(
            insert(_view).values(id=view.id, share=view.share, at=view.at, pass_hash=view.pass_hash)
        )

    async def views(self, share: UUID, limit: int) -> Sequence[ShareView]:
        """When it was opened, the latest first."""
        rows = await self._work.connection.execute(
            select(_view).where(_view.c.share == share).order_by(_view.c.id.desc()).limit(limit)
        )
        return [ShareView(row.id, row.share, row.at, row.pass_hash) for row in rows]

    async def of_credential(self, credential: UUID) -> Sequence[Share]:
        """All links to a credential, the oldest first."""
        rows = await self._work.connection.execute(
            select(_share).where(_share.c.credential == credential).order_by(_share.c.id)
        )
        return [_to_share(row) for row in rows]

    async def erase(self, credential: UUID) -> int:
        """Forget all links to a credential and their views."""
        links = select(_share.c.id).where(_share.c.credential == credential)
        await self._work.connection.execute(delete(_view).where(_view.c.share.in_(links)))
        number = await self._work.connection.scalar(
            select(func.count()).select_from(links.subquery())
        )
        await self._work.connection.execute(delete(_share).where(_share.c.credential == credential))
        return int(number or 0)

    async def _one(self, query: Select[Any]) -> Share:
        row = (await self._work.connection.execute(query)).one_or_none()
        if row is None:
            raise ShareNotFound
        return _to_share(row)


def _to_row(share: Share) -> dict[str, Any]:
    return {name: getattr(share, name) for name in _SHARE_COLUMNS} | {"kind": share.kind.value}


def _to_share(row: Row[Any]) -> Share:
    return Share(**{**row._mapping, "kind": ShareKind(row.kind)})
