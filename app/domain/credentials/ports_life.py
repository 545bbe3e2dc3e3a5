"""What comes after sealing needs from outside: published status, and links that holders share."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.credentials.share import Share, ShareView
from app.domain.credentials.status_list import StatusList, StatusPlace


class StatusLists(Protocol):
    """Which bit of which list tells of which credential."""

    async def assign(self, credential: UUID, at: datetime) -> Sequence[StatusPlace]:
        """Give a credential a place at random in a list of each purpose; by purpose.

        No place is ever given twice, whoever asks at the same time, and a credential keeps its
        places for ever: asking again answers with them.
        """
        ...

    async def assign_all(self, credentials: Mapping[UUID, datetime]) -> None:
        """The same for several credentials, each with the moment from which it counts."""
        ...

    async def places(self, credential: UUID) -> Sequence[StatusPlace]:
        """Its places, by purpose; none for a credential that was never sealed."""
        ...

    async def read(self, status_list: UUID) -> StatusList:
        """A list as it stands. Raises StatusListNotFound."""
        ...


class Shares(Protocol):
    """Links to credentials."""

    async def add(self, share: Share) -> None:
        """Keep a new link."""
        ...

    async def get(self, share: UUID) -> Share:
        """Load a link to change it. Raises ShareNotFound."""
        ...

    async def read(self, share: UUID) -> Share:
        """Load a link without locking it. Raises ShareNotFound."""
        ...

    async def by_token(self, token_hash: str, *, lock: bool = False) -> Share:
        """The link with that token, locked for change if asked. Raises ShareNotFound."""
        ...

    async def save(self, share: Share) -> None:
        """Keep what its maker changed; its version goes up."""
        ...

    async def count(self, share: Share, view: ShareView) -> None:
        """Keep that it was opened: the view, and how many there are; its version stays."""
        ...

    async def views(self, share: UUID, limit: int) -> Sequence[ShareView]:
        """When it was opened, the latest first."""
        ...

    async def of_credential(self, credential: UUID) -> Sequence[Share]:
        """All links to a credential, the oldest first."""
        ...

    async def erase(self, credential: UUID) -> int:
        """Forget all links to a credential and their views; how many links there were."""
        ...


class StatusListSealing(Protocol):
    """Makes a status list into something that whoever fetched it from anywhere can check."""

    async def seal(self, payload: bytes) -> bytes | None:
        """The list credential as a compact JWS (W3C VC-JOSE-COSE, `application/vc+jwt`).

        None where no seal is configured for lists. Raises SealUnavailable.
        """
        ...


class UnsealedLists:
    """For deployments where nobody's seal stands behind the lists."""

    async def seal(self, payload: bytes) -> bytes | None:
        """Nothing."""
        return None
