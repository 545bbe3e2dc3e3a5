"""Places in status lists are given once, whoever asks at the same time. On both stores."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.adapters.memory.credentials_life import MemoryStatusLists
from app.adapters.memory.unit_of_work import MemoryTable
from app.adapters.postgres.credentials_life import PostgresStatusLists
from app.domain.credentials.status_list import ENTRIES, StatusListNotFound, StatusPurpose
from app.domain.ids import new_id
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import NOW

COPIES = """
INSERT INTO credential SELECT (jsonb_populate_record(c, jsonb_build_object(
    'id', gen_random_uuid(), 'state', 'revoked'))).*
FROM credential c, generate_series(1, :number) RETURNING id
"""


@dataclass
class Store:
    """A house, and status lists of any size in it."""

    house: House
    lists: Callable[[Any, int], Any]

    async def credentials(self, number: int) -> Sequence[UUID]:
        """So many credentials without a place."""
        if self.house.engine is None:
            return [new_id() for _ in range(number)]
        self.house.learners(1)
        await self.house.run(await self.house.approved())
        async with self.house.engine.begin() as connection:
            found = await connection.execute(text(COPIES), {"number": number})
            return list(found.scalars())

    async def assign(self, credential: UUID, size: int = ENTRIES) -> Any:
        """Its places in lists of that size, in a transaction of its own."""
        year = 0 if size == ENTRIES else 1
        async with self.house.work() as work:
            return await self.lists(work, size).assign(credential, NOW + timedelta(days=365 * year))


def _memory(work: Any, size: int) -> Any:
    names = ("status_list", "status_list_entry", "status_list_place", "credential")
    first, second, third, fourth = (MemoryTable[Any, Any](work, name) for name in names)
    return MemoryStatusLists(first, second, third, fourth, size)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return Store(memory_house(), _memory)
    return Store(postgres_house(request.getfixturevalue("engine")), PostgresStatusLists)


async def at_once(store: Store, credentials: Sequence[UUID], size: int = ENTRIES) -> list[Any]:
    """The places of all, eight asking at a time."""
    turns = asyncio.Semaphore(8)

    async def one(credential: UUID) -> Any:
        async with turns:
            return await store.assign(credential, size)

    found = await asyncio.gather(*(one(credential) for credential in credentials))
    return [place for places in found for place in places]


async def test_a_thousand_at_once_get_a_thousand_places(store: Store) -> None:
    credentials = await store.credentials(1000)
    places = await at_once(store, credentials)
    assert len({(place.list, place.position) for place in places}) == 2000
    assert Counter(place.purpose for place in places) == dict.fromkeys(StatusPurpose, 1000)
    positions = [p.position for p in places if p.purpose is StatusPurpose.REVOCATION]
    # In the order of asking there is no order: half of the neighbours go up, half go down.
    ups = sum(a < b for a, b in pairwise(positions))
    assert 400 < ups < 600


async def test_two_who_ask_for_the_same_credential_get_the_same_places(store: Store) -> None:
    (credential,) = await store.credentials(1)
    first = await store.assign(credential)
    assert await store.assign(credential) == first
    async with store.house.work() as work:
        assert await store.lists(work, ENTRIES).places(credential) == first


async def test_a_full_list_is_followed_by_another_and_nothing_collides(store: Store) -> None:
    credentials = await store.credentials(60)
    places = await at_once(store, credentials, size=16)
    assert len({(place.list, place.position) for place in places}) == 120
    assert max(place.position for place in places) < 16
    assert len({p.list for p in places if p.purpose is StatusPurpose.SUSPENSION}) >= 4


async def test_each_year_has_its_lists(store: Store) -> None:
    first, second = await store.credentials(2)
    async with store.house.work() as work:
        here = await store.lists(work, ENTRIES).assign(first, NOW)
        there = await store.lists(work, ENTRIES).assign(second, NOW + timedelta(days=365))
    assert {place.list for place in here}.isdisjoint(place.list for place in there)


async def test_there_is_no_such_list(store: Store) -> None:
    async with store.house.work() as work:
        with pytest.raises(StatusListNotFound):
            await store.lists(work, ENTRIES).read(new_id())


async def test_the_database_gives_no_place_twice_and_takes_none_back(engine: Any) -> None:
    store = Store(postgres_house(engine), PostgresStatusLists)
    (credential, other) = await store.credentials(2)
    await store.assign(credential)
    async with engine.connect() as connection:
        copy = "INSERT INTO status_list_entry SELECT list, position{}, purpose, '{}' FROM {}"
        for more, who, where in (("", other, "pk_status_list"), (" + 1", credential, "uq_status")):
            table = f"status_list_entry WHERE credential = '{credential}'"
            with pytest.raises(IntegrityError, match=where):
                await connection.execute(text(copy.format(more, who, table)))
            await connection.rollback()
        for change in ("DELETE FROM status_list_entry", "UPDATE status_list_entry SET position=1"):
            with pytest.raises(DBAPIError, match="append-only"):
                await connection.execute(text(change))
            await connection.rollback()
