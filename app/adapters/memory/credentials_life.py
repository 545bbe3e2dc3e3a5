"""Published status and share links in memory."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.credentials.credential import Credential
from app.domain.credentials.share import Share, ShareNotFound, ShareView
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
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


@dataclass(frozen=True)
class KeptList:
    """One list of bits."""

    id: UUID
    purpose: StatusPurpose
    period: str
    number: int
    size: int
    created_at: datetime


class MemoryStatusLists:
    """See `app.domain.credentials.ports_life.StatusLists`."""

    def __init__(
        self,
        lists: "MemoryTable[UUID, KeptList]",
        entries: "MemoryTable[tuple[UUID, int], UUID]",
        places: "MemoryTable[tuple[UUID, StatusPurpose], StatusPlace]",
        credentials: "MemoryTable[UUID, Credential]",
        size: int = ENTRIES,
    ) -> None:
        self._lists = lists
        self._entries = entries
        """Which credential has which place: locking a row is the unique index."""
        self._places = places
        self._credentials = credentials
        self._size = size

    async def assign(self, credential: UUID, at: datetime) -> Sequence[StatusPlace]:
        """Give a credential a place at random in a list of each purpose; by purpose."""
        known = await self.places(credential)
        if known:
            return known
        return [await self._assign(credential, purpose, at) for purpose in StatusPurpose]

    async def assign_all(self, credentials: Mapping[UUID, datetime]) -> None:
        """The same for several credentials."""
        for credential, at in credentials.items():
            await self.assign(credential, at)

    async def places(self, credential: UUID) -> Sequence[StatusPlace]:
        """Its places, by purpose."""
        found = (self._places.get((credential, purpose)) for purpose in StatusPurpose)
        return [place for place in found if place is not None]

    async def read(self, status_list: UUID) -> StatusList:
        """A list as it stands. Raises StatusListNotFound."""
        kept = self._lists.get(status_list)
        if kept is None:
            raise StatusListNotFound(status_list)
        changed = [
            (position, credential)
            for (list_, position), holder in self._entries.items()
            if list_ == status_list
            for credential in [self._credentials.get(holder)]
            if credential is not None
            and (
                credential.state is not CredentialState.SEALED
                or credential.since != credential.sealed_at
            )
        ]
        return StatusList(
            kept.id,
            kept.purpose,
            kept.size,
            frozenset(p for p, credential in changed if credential.state in SET_BY[kept.purpose]),
            max([kept.created_at, *(credential.since for _, credential in changed)]),
        )

    async def _assign(self, credential: UUID, purpose: StatusPurpose, at: datetime) -> StatusPlace:
        # One after the other, as unique indexes would have it for the same place.
        period = period_of(at)
        await self._lists.lock(_turn(purpose, period))
        while True:
            current = self._current(purpose, period)
            if current is not None:
                for _ in range(TRIES):
                    position = random_place(current.size)
                    if self._entries.get((current.id, position)) is None:
                        place = StatusPlace(purpose, current.id, position)
                        self._entries.put((current.id, position), credential)
                        self._places.put((credential, purpose), place)
                        return place
            number = current.number + 1 if current is not None else 1
            fresh = KeptList(new_id(), purpose, period, number, self._size, at)
            self._lists.put(fresh.id, fresh)

    def _current(self, purpose: StatusPurpose, period: str) -> KeptList | None:
        found = (k for k in self._lists.values() if (k.purpose, k.period) == (purpose, period))
        return max(found, key=lambda kept: kept.number, default=None)


def _turn(purpose: StatusPurpose, period: str) -> UUID:
    """A row that nobody has, for those who look for a place to wait at."""
    return UUID(int=int(period) * 10 + list(StatusPurpose).index(purpose))


class MemoryShares:
    """See `app.domain.credentials.ports_life.Shares`."""

    def __init__(
        self,
        work: "MemoryWork",
        shares: "MemoryTable[UUID, Share]",
        views: "MemoryTable[UUID, ShareView]",
    ) -> None:
        self._work = work
        self._shares = shares
        self._views = views

    async def add(self, share: Share) -> None:
        """Keep a new link."""
        self._shares.put(share.id, share)
        await self._work.trail.append("credential_share", share.id, after=f"1:{share.kind.value}")

    async def get(self, share: UUID) -> Share:
        """Load a link to change it. Raises ShareNotFound."""
        await self._shares.lock(share)
        return await self.read(share)

    async def read(self, share: UUID) -> Share:
        """Load a link without locking it. Raises ShareNotFound."""
        found = self._shares.get(share)
        if found is None:
            raise ShareNotFound
        return found

    async def by_token(self, token_hash: str, *, lock: bool = False) -> Share:
        """The link with that token. Raises ShareNotFound."""
        found = next(self._shares.where(lambda share: share.token_hash == token_hash), None)
        if found is None:
            raise ShareNotFound
        return await self.get(found.id) if lock else found

    async def save(self, share: Share) -> None:
        """Keep what its maker changed."""
        share.version += 1
        self._shares.put(share.id, share)
        await self._work.trail.append(
            "credential_share",
            share.id,
            before=str(share.version - 1),
            after=f"{share.version}:{'revoked' if share.revoked_at else 'open'}",
        )

    async def count(self, share: Share, view: ShareView) -> None:
        """Keep that it was opened."""
        self._shares.put(share.id, replace(await self.read(share.id), views=share.views))
        self._views.put(view.id, view)

    async def views(self, share: UUID, limit: int) -> Sequence[ShareView]:
        """When it was opened, the latest first."""
        found = self._views.where(lambda view: view.share == share)
        return sorted(found, key=lambda view: view.id, reverse=True)[:limit]

    async def of_credential(self, credential: UUID) -> Sequence[Share]:
        """All links to a credential, the oldest first."""
        found = self._shares.where(lambda share: share.credential == credential)
        return sorted(found, key=lambda share: share.id)

    async def erase(self, credential: UUID) -> int:
        """Forget all links to a credential and their views."""
        shares = await self.of_credential(credential)
        for share in shares:
            for view in await self.views(share.id, sys.maxsize):
                self._views.delete(view.id)
            self._shares.delete(share.id)
        return len(shares)
