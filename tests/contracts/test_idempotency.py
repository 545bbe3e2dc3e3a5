"""What every store of kept answers promises."""

import asyncio
from datetime import timedelta

import pytest

from app.adapters.memory.idempotency import MemoryIdempotency
from app.adapters.postgres.idempotency import PostgresIdempotency
from app.domain.access.idempotency import IdempotencyStore, KeptAnswer, StillInFlight
from tests.memory_ports import StoryClock


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest, clock: StoryClock) -> IdempotencyStore:
    if request.param == "memory":
        return MemoryIdempotency(clock)
    return PostgresIdempotency(request.getfixturevalue("engine"), clock)


def answer(clock: StoryClock, body: bytes = b"{}") -> KeptAnswer:
    return KeptAnswer("f", 201, {"etag": '"1"'}, body, clock.now() + timedelta(hours=24))


async def test_an_answer_is_found_under_its_key_alone(
    store: IdempotencyStore, clock: StoryClock
) -> None:
    async with store.claim("a") as claim:
        assert await claim.kept() is None
        await claim.keep(answer(clock))
    async with store.claim("a") as claim:
        assert await claim.kept() == answer(clock)
    async with store.claim("b") as claim:
        assert await claim.kept() is None


async def test_a_key_at_work_is_refused_to_everybody_else(
    store: IdempotencyStore, clock: StoryClock
) -> None:
    refused = 0

    async def ask() -> None:
        nonlocal refused
        try:
            async with store.claim("a"):
                await asyncio.sleep(0.2)
        except StillInFlight:
            refused += 1

    await asyncio.gather(*(ask() for _ in range(5)))
    assert refused == 4
    async with store.claim("a") as claim:
        assert await claim.kept() is None


async def test_a_request_that_breaks_off_frees_its_key(
    store: IdempotencyStore, clock: StoryClock
) -> None:
    async def break_off() -> None:
        async with store.claim("a") as claim:
            await claim.keep(answer(clock))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    async with store.claim("a"):
        pass


async def test_an_answer_is_gone_when_its_time_is_over(
    store: IdempotencyStore, clock: StoryClock
) -> None:
    async with store.claim("a") as claim:
        await claim.keep(answer(clock))
    clock.move(timedelta(hours=24))
    async with store.claim("a") as claim:
        assert await claim.kept() is None
    assert await store.purge() == 1
