"""Learners whom two batches hold, and credentials that are revoked between them. On both stores."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from uuid import UUID

import pytest

from app.domain.credentials.batch import BatchIncomplete, BatchState, IssuingBatch, Outcome
from app.domain.credentials.batch_warnings import batch_warnings
from app.domain.credentials.credential import Change
from app.domain.credentials.seal import DocumentInvalid, IssuedCredential, IssuingOrder
from app.domain.credentials.use_cases.batches import approve_batch, cancel_batch
from app.domain.credentials.use_cases.life import (
    confirm_credential_change,
    prepare_reissue,
    propose_change,
)
from app.domain.errors import Finding
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.contracts.test_local_sealing import attach, ready, stamped, state
from tests.issuing_builders import Notes, PaperSeal


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


class EveryLetter:
    """A font that has every letter."""

    async def undrawn(self, texts: Collection[str]) -> Mapping[str, str]:
        return {}


async def approve(house: House, batch: IssuingBatch) -> IssuingBatch:
    approved, _ = await approve_batch(
        batch.id,
        batch.version,
        work=lambda: house.work(house.ivan),
        sealing=house.sealing,
        caller=house.ivan,
        clock=house.clock,
    )
    return approved


async def revoke(house: House, registration: UUID) -> UUID:
    """Two officers revoke the learner's newest credential; which it is."""
    credential = (await house.live())[registration][-1]
    async with house.work() as work:
        version = (await work.credentials.read(credential)).version
    await propose_change(
        credential,
        version,
        Change.REVOKE,
        "Wrong person.",
        work=house.work(house.ines),
        caller=house.ines,
        clock=house.clock,
    )
    await confirm_credential_change(
        credential,
        version + 1,
        work=house.work(house.ivan),
        caller=house.ivan,
        clock=house.clock,
    )
    return credential


async def warned(house: House, batch: IssuingBatch) -> list[tuple[UUID, str, UUID | None]]:
    async with house.work() as work:
        now = await work.batches.read(batch.id)
    found = await batch_warnings(now, work=house.work(), lettering=EveryLetter())
    return [(one.registration, one.code, one.batch) for one in found]


async def test_an_older_batch_gives_nobody_a_new_credential_whose_own_was_revoked(
    house: House,
) -> None:
    registrations = sorted(award.registration for award in house.learners(4))
    first, second = await house.prepared(), await house.prepared()
    await house.run(await approve(house, first))
    before = await house.live()
    revoked = await revoke(house, registrations[1])

    approved = await approve(house, second)
    assert approved.job is not None
    async with house.work() as work:
        noted = {item.key: (item.status, item.code) for item in await work.jobs.items(approved.job)}
    assert noted == {
        str(r): ("skipped", "credential_revoked" if r == registrations[1] else "already_issued")
        for r in registrations
    }
    assert await house.run(approved) == Outcome(sealed=0, skipped=4, failed=0)
    assert await house.live() == before
    assert before[registrations[1]] == [revoked]
    assert len(house.sealing.orders) == 4


class Interrupted(PaperSeal):
    """Something happens while the first document is being sealed."""

    def __init__(self, together: int) -> None:
        super().__init__()
        self.together = together
        self.meanwhile: Callable[[UUID], Awaitable[None]] | None = None

    async def issue(self, order: IssuingOrder) -> IssuedCredential:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens(order.award.registration)
        return await super().issue(order)


@pytest.mark.parametrize("together", [1, 4])
async def test_a_credential_that_comes_and_is_revoked_while_the_seal_is_at_work_is_not_replaced(
    house: House, together: int
) -> None:
    house.sealing = seal = Interrupted(together)
    house.learners(16)
    first, second = await house.approved(), await house.approved()
    revoked: list[tuple[UUID, UUID]] = []

    async def another_batch_is_faster(registration: UUID) -> None:
        await house.run(first)
        revoked.append((registration, await revoke(house, registration)))

    seal.meanwhile = another_batch_is_faster
    notes = Notes()
    outcome = await house.run(second, notes)
    [(registration, credential)] = revoked
    assert notes.items[str(registration)] == ("skipped", "credential_revoked", {})
    assert outcome is not None
    assert outcome.sealed + outcome.skipped == 16
    live = await house.live()
    assert live[registration] == [credential]
    assert [len(credentials) for credentials in live.values()] == [1] * 16


async def test_revoking_at_the_very_moment_of_keeping_leaves_no_new_credential(
    house: House,
) -> None:
    house.sealing = seal = Interrupted(together=4)
    house.learners(16)
    first, second = await house.approved(), await house.approved()
    revoking: list[tuple[UUID, asyncio.Task[UUID]]] = []

    async def another_batch_is_faster(registration: UUID) -> None:
        await house.run(first)
        revoking.append((registration, asyncio.create_task(revoke(house, registration))))

    seal.meanwhile = another_batch_is_faster
    outcome = await house.run(second)
    [(registration, task)] = revoking
    revoked = await task
    assert outcome is not None
    assert outcome.failed == 0
    live = await house.live()
    assert live[registration] == [revoked]
    assert [len(credentials) for credentials in live.values()] == [1] * 16


async def test_running_a_batch_again_makes_up_for_failures_and_not_for_what_was_revoked(
    house: House,
) -> None:
    registrations = sorted(award.registration for award in house.learners(3))

    def refuse(order: IssuingOrder) -> None:
        if order.award.registration == registrations[0]:
            raise DocumentInvalid((Finding("/issuer", "required", "Say who issues."),))

    house.sealing.before_issuing = refuse
    batch = await house.approved()
    with pytest.raises(BatchIncomplete):
        await house.run(batch)
    revoked = await revoke(house, registrations[2])
    house.sealing.before_issuing = lambda order: None
    assert await house.run(batch) == Outcome(sealed=3, skipped=0, failed=0)
    live = await house.live()
    assert [len(live[registration]) for registration in registrations] == [1, 1, 1]
    assert live[registrations[2]] == [revoked]


async def test_a_second_replacement_is_skipped_when_the_first_one_was_revoked(
    house: House,
) -> None:
    (award,) = house.learners(1)
    await house.run(await house.approved())
    (old,) = (await house.live())[award.registration]
    batches = []
    for _ in range(2):
        batch = await prepare_reissue(
            old,
            1,
            "The name has changed.",
            work=lambda: house.work(house.ines),
            sealing=house.sealing,
            caller=house.ines,
            clock=house.clock,
        )
        batches.append(batch)
    assert await warned(house, batches[1]) == [
        (award.registration, "in_another_batch", batches[0].id)
    ]
    await house.run(await approve(house, batches[0]))
    await revoke(house, award.registration)
    assert await warned(house, batches[1]) == [(award.registration, "credential_revoked", None)]
    assert await house.run(await approve(house, batches[1])) == Outcome(0, skipped=1, failed=0)
    assert len((await house.live())[award.registration]) == 2


async def test_the_later_batch_says_which_one_holds_its_learners_as_well(house: House) -> None:
    two = sorted(award.registration for award in house.learners(2))
    first = await house.prepared()
    (third,) = (award.registration for award in house.learners(1))
    second = await house.prepared()
    assert await warned(house, first) == []
    assert await warned(house, second) == [(r, "in_another_batch", first.id) for r in two]

    await house.run(await approve(house, first))
    await revoke(house, two[0])
    assert await warned(house, second) == [
        (two[0], "credential_revoked", None),
        (two[1], "already_issued", None),
    ]
    assert await house.run(await approve(house, second)) == Outcome(1, skipped=2, failed=0)
    assert sorted(await house.live()) == sorted([*two, third])


async def test_a_batch_that_was_given_up_holds_nobody(house: House) -> None:
    house.learners(2)
    first, second = await house.prepared(), await house.prepared()
    await cancel_batch(
        first.id,
        first.version,
        work=house.work(house.ines),
        caller=house.ines,
        clock=house.clock,
    )
    assert await warned(house, second) == []


async def test_what_is_signed_elsewhere_for_somebody_whose_credential_was_revoked_is_refused(
    house: House,
) -> None:
    batch, prepared = await ready(house, 1)
    await house.run(await house.approved())
    await revoke(house, prepared[0].registration)
    before = await house.live()
    assert await attach(house, batch, stamped(*prepared)) == [("refused", "credential_revoked")]
    assert await house.live() == before
    assert await state(house, batch) is BatchState.FINISHED
