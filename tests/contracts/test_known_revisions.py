"""With which files a presented one is compared, once in memory and once on PostgreSQL."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

import pytest

from app.domain.credentials.levels import SealLevel
from app.domain.credentials.ports_sealing import StatusLookup
from app.domain.credentials.status import PublicStatus
from app.domain.credentials.use_cases.augment import raise_seal
from app.domain.credentials.use_cases.verify import verify_credential
from app.domain.credentials.verification import Check, CheckName, CheckStatus, Verification
from app.domain.ids import new_id
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.paper_levels import PaperLevels


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


class Registrar:
    """Reads files that consist of an identifier, and keeps what the register says of it."""

    known: PublicStatus | None = None

    async def verify(self, raw: bytes, *, now: datetime, status: StatusLookup) -> Verification:
        self.known = await status(UUID(raw.decode()))
        return Verification(
            tuple(Check(name, CheckStatus.SKIPPED, "on_paper", "") for name in CheckName), True
        )


async def looked_up(house: House, credential: UUID) -> PublicStatus | None:
    registrar = Registrar()
    await verify_credential(
        str(credential).encode(), reading=house.work, verifier=registrar, clock=house.clock
    )
    return registrar.known


async def test_every_revision_is_known_again_and_stays_so_when_all_are_erased(
    house: House,
) -> None:
    house.learners(1)
    await house.run(await house.approved())
    [[credential]] = (await house.live()).values()
    async with house.work() as work:
        first = await work.credentials.document(credential)
    hashes = [sha256(first).hexdigest()]
    for target in (SealLevel.B_B, SealLevel.B_T, SealLevel.B_LTA):
        if target is not SealLevel.B_B:
            await raise_seal(
                credential, work=house.work, levels=PaperLevels(target), clock=house.clock
            )
            async with house.work() as work:
                newest = await work.credentials.document(credential)
            hashes.append(sha256(newest).hexdigest())
        known = await looked_up(house, credential)
        assert known is not None
        assert (known.known_hashes, known.level) == (frozenset(hashes), target.value)
    async with house.work() as work:
        kept = await work.credentials.get(credential)
        kept.erase(house.clock.now(), await work.credentials.erase(credential))
        await work.credentials.save(kept)
    known = await looked_up(house, credential)
    assert known is not None
    assert (known.known_hashes, known.level) == (frozenset(hashes), None)


async def test_nothing_is_known_of_what_was_not_issued_here(house: House) -> None:
    assert await looked_up(house, new_id()) is None
