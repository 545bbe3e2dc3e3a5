"""Seals on their way up, as the stores keep them: once in memory and once on PostgreSQL."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.domain.credentials.credential import Change, CredentialNotFound
from app.domain.credentials.levels import (
    DocumentRevision,
    LevelFailure,
    LevelState,
    Raised,
    RevisionNotFound,
    RevocationUnknown,
    SealLevel,
    SealNotExtensible,
    SealStanding,
    TimestampUnavailable,
)
from app.domain.credentials.use_cases.augment import LEASE, order_due, raise_seal
from app.domain.ids import new_id
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.paper_levels import PaperLevels


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def a_credential(house: House) -> UUID:
    (award,) = house.learners(1)
    await house.run(await house.approved())
    async with house.work() as work:
        found = await work.credentials.of_registrations([award.registration])
    credential: UUID = found[0].id
    return credential


async def raised(house: House, credential: UUID, levels: PaperLevels) -> SealStanding:
    return await raise_seal(credential, work=house.work, levels=levels, clock=house.clock)


async def kept(house: House, credential: UUID) -> list[tuple[int, SealLevel]]:
    async with house.work() as work:
        return [(r.revision, r.level) for r in await work.revisions.of(credential)]


async def due(house: House, levels: PaperLevels) -> Sequence[UUID]:
    async with house.work() as work:
        found: Sequence[UUID] = await work.revisions.claim_due(
            house.clock.now(),
            target=levels.target,
            retired_digests=levels.retired_digests,
            lease=LEASE,
            limit=10,
        )
    return found


async def test_a_seal_gets_to_the_wanted_level_and_every_revision_stays(house: House) -> None:
    credential = await a_credential(house)
    async with house.work() as work:
        first = await work.credentials.document(credential)
    standing = await raised(house, credential, PaperLevels(SealLevel.B_T))
    assert (standing.level, standing.state) == (SealLevel.B_T, LevelState.REACHED)
    standing = await raised(house, credential, PaperLevels())
    assert (standing.level, standing.state, standing.due_at) == (
        SealLevel.B_LTA,
        LevelState.REACHED,
        None,
    )
    second, third = first + b"+B-T", first + b"+B-T+B-LT+B-LTA"
    async with house.work() as work:
        revisions = await work.revisions.of(credential)
        documents = [await work.revisions.document(credential, n) for n in (1, 2, 3)]
        newest = await work.credentials.document(credential)
        sealed = await work.credentials.read(credential)
    assert documents == [first, second, third]
    assert newest == third
    assert [(r.revision, r.level, r.sha256) for r in revisions] == [
        (1, SealLevel.B_B, sealed.sha256),
        (2, SealLevel.B_T, sha256(second).hexdigest()),
        (3, SealLevel.B_LTA, sha256(third).hexdigest()),
    ]


async def test_raising_what_is_there_already_asks_nobody(house: House) -> None:
    credential = await a_credential(house)
    levels = PaperLevels()
    await raised(house, credential, levels)
    levels.asked.clear()
    await raised(house, credential, levels)
    assert levels.asked == []
    assert len(await kept(house, credential)) == 2


async def test_where_the_basic_level_is_wanted_nothing_is_due(house: House) -> None:
    credential = await a_credential(house)
    levels = PaperLevels(SealLevel.B_B)
    standing = await raised(house, credential, levels)
    assert (standing.state, standing.due_at) == (LevelState.REACHED, None)
    house.clock.time += timedelta(days=1)
    assert await due(house, levels) == []


async def test_what_could_be_reached_is_kept_when_the_rest_fails(house: House) -> None:
    credential = await a_credential(house)
    levels = PaperLevels(failing={SealLevel.B_LT: RevocationUnknown("Nobody answers.")})
    standing = await raised(house, credential, levels)
    failed_at = house.clock.time
    assert standing == SealStanding(
        credential,
        SealLevel.B_T,
        LevelState.WAITING,
        attempts=1,
        failure=LevelFailure("revocation_unknown", "Nobody answers.", failed_at),
        due_at=failed_at + timedelta(minutes=1),
    )
    async with house.work() as work:
        assert await work.revisions.standings([credential]) == [standing]
    # The timestamp stands, and is not asked for again.
    levels.failing.clear()
    levels.asked.clear()
    standing = await raised(house, credential, levels)
    assert levels.asked == [SealLevel.B_LT, SealLevel.B_LTA]
    assert (standing.level, standing.state, standing.failure) == (
        SealLevel.B_LTA,
        LevelState.REACHED,
        None,
    )
    assert await kept(house, credential) == [
        (1, SealLevel.B_B),
        (2, SealLevel.B_T),
        (3, SealLevel.B_LTA),
    ]


async def test_pauses_get_longer_up_to_half_a_day(house: House) -> None:
    credential = await a_credential(house)
    levels = PaperLevels(failing={SealLevel.B_T: TimestampUnavailable("Nobody answers.")})
    pauses = []
    for _ in range(12):
        standing = await raised(house, credential, levels)
        assert standing.due_at
        pauses.append((standing.due_at - house.clock.time) / timedelta(minutes=1))
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720, 720]
    assert await kept(house, credential) == [(1, SealLevel.B_B)]


async def test_a_refusal_for_good_is_not_tried_again(house: House) -> None:
    credential = await a_credential(house)
    levels = PaperLevels(failing={SealLevel.B_LT: SealNotExtensible("It names nobody.")})
    standing = await raised(house, credential, levels)
    assert (standing.level, standing.state, standing.due_at) == (
        SealLevel.B_T,
        LevelState.REFUSED,
        None,
    )
    house.clock.time += timedelta(days=400)
    assert await due(house, levels) == []


async def test_a_defect_is_told_without_what_it_says_and_tried_again(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    credential = await a_credential(house)
    levels = PaperLevels(failing={SealLevel.B_T: ValueError("Learner 0 is odd")})
    standing = await raised(house, credential, levels)
    assert standing.failure
    assert (standing.state, standing.failure.code) == (LevelState.WAITING, "augmentation_defect")
    assert "Learner" not in caplog.text
    assert "ValueError" in caplog.text


async def test_two_workers_at_once_keep_one_revision(house: House) -> None:
    credential = await a_credential(house)
    levels = PaperLevels(SealLevel.B_T, together=asyncio.Barrier(2))
    standings = await asyncio.gather(*(raised(house, credential, levels) for _ in range(2)))
    assert await kept(house, credential) == [(1, SealLevel.B_B), (2, SealLevel.B_T)]
    assert [s.level for s in standings] == [SealLevel.B_T, SealLevel.B_T]
    async with house.work() as work:
        records = await work.audit.page(
            kind="credential_revision", subject=None, actor=None, after=None, limit=9
        )
    assert [(r.before, r.note) for r in records] == [("1", "B-T")]


async def test_who_fails_later_does_not_undo_what_another_worker_reached(house: House) -> None:
    credential = await a_credential(house)

    class Overtaken(PaperLevels):
        async def raise_once(self, document: bytes) -> Raised:
            await raised(house, credential, PaperLevels())
            raise SealNotExtensible("The seal has the highest level already.")

    standing = await raised(house, credential, Overtaken())
    assert (standing.level, standing.state, standing.failure) == (
        SealLevel.B_LTA,
        LevelState.REACHED,
        None,
    )
    assert await kept(house, credential) == [(1, SealLevel.B_B), (2, SealLevel.B_LTA)]


# When it is time


async def test_a_fresh_credential_is_left_to_its_own_job_at_first(house: House) -> None:
    credential = await a_credential(house)
    levels = PaperLevels()
    assert await due(house, levels) == []
    house.clock.time += timedelta(minutes=11)
    assert await due(house, levels) == [credential]
    # Taken by this worker, until its time is over.
    assert await due(house, levels) == []
    house.clock.time += LEASE
    assert await due(house, levels) == [credential]


async def test_a_higher_level_that_is_wanted_later_is_due_for_what_was_sealed_before(
    house: House,
) -> None:
    credential = await a_credential(house)
    await raised(house, credential, PaperLevels(SealLevel.B_B))
    assert await due(house, PaperLevels(SealLevel.B_T)) == [credential]
    await raised(house, credential, PaperLevels(SealLevel.B_T))
    assert await due(house, PaperLevels(SealLevel.B_T)) == []
    assert await due(house, PaperLevels(SealLevel.B_LTA)) == [credential]


async def test_an_archive_timestamp_is_renewed_when_it_is_time(house: House) -> None:
    credential = await a_credential(house)
    first, second = (house.clock.time + timedelta(days=d) for d in (100, 1000))
    levels = PaperLevels(renew_at=first)
    await raised(house, credential, levels)
    house.clock.time += timedelta(days=99)
    assert await due(house, levels) == []
    house.clock.time += timedelta(days=2)
    assert await due(house, levels) == [credential]
    levels.renew_at = second
    levels.asked.clear()
    standing = await raised(house, credential, levels)
    assert levels.asked == [SealLevel.B_LTA]
    assert (standing.renew_at, standing.due_at, standing.state) == (
        second,
        None,
        LevelState.REACHED,
    )
    assert await due(house, levels) == []
    assert await kept(house, credential) == [
        (1, SealLevel.B_B),
        (2, SealLevel.B_LTA),
        (3, SealLevel.B_LTA),
    ]


async def test_a_renewal_that_fails_is_tried_again(house: House) -> None:
    credential = await a_credential(house)
    levels = PaperLevels(renew_at=house.clock.time + timedelta(days=100))
    await raised(house, credential, levels)
    house.clock.time += timedelta(days=101)
    levels.failing[SealLevel.B_LTA] = TimestampUnavailable("Nobody answers.")
    standing = await raised(house, credential, levels)
    assert (standing.level, standing.state) == (SealLevel.B_LTA, LevelState.WAITING)
    assert await due(house, levels) == []
    house.clock.time += timedelta(minutes=2)
    assert await due(house, levels) == [credential]
    levels.failing.clear()
    levels.renew_at = house.clock.time + timedelta(days=1000)
    assert (await raised(house, credential, levels)).state is LevelState.REACHED
    assert len(await kept(house, credential)) == 3


async def test_a_retired_digest_is_reason_enough_to_renew(house: House) -> None:
    credential = await a_credential(house)
    later = house.clock.time + timedelta(days=1000)
    await raised(house, credential, PaperLevels(renew_at=later))
    levels = PaperLevels(renew_at=later, digest="sha512", retired_digests=("sha256",))
    assert await due(house, levels) == [credential]
    assert (await raised(house, credential, levels)).digest == "sha512"
    house.clock.time += LEASE
    assert await due(house, levels) == []


async def test_what_is_no_longer_in_force_is_left_as_it_is(house: House) -> None:
    credential = await a_credential(house)
    async with house.work() as work:
        found = await work.credentials.get(credential)
        found.propose(Change.REVOKE, "error", by=house.ines.account, at=house.clock.now())
        found.confirm(by=house.ivan.account, at=house.clock.now())
        await work.credentials.save(found)
    house.clock.time += timedelta(days=1)
    levels = PaperLevels()
    assert await due(house, levels) == []
    await raised(house, credential, levels)
    assert levels.asked == []


async def test_what_is_due_becomes_work_in_the_same_transaction(house: House) -> None:
    credential = await a_credential(house)
    house.clock.time += timedelta(minutes=11)
    number = await order_due(work=house.work(), levels=PaperLevels(), clock=house.clock, limit=5)
    assert number == 1
    if house.store is not None:
        # Once when it was sealed, and again now that nobody has done it.
        assert [
            event.subject for event in house.store.events if type(event).__name__ == "SealLevelDue"
        ] == [credential, credential]


# What nobody can do


async def test_revisions_and_credentials_that_do_not_exist(house: House) -> None:
    credential = await a_credential(house)
    async with house.work() as work:
        with pytest.raises(RevisionNotFound):
            await work.revisions.document(credential, 2)
        for unknown in (work.revisions.of, work.revisions.standing, work.credentials.document):
            with pytest.raises(CredentialNotFound):
                await unknown(new_id())
        with pytest.raises(CredentialNotFound):
            await work.revisions.document(new_id(), 1)
        assert await work.revisions.standings([new_id()]) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credential_revision SET document = ''",
        "UPDATE credential_revision SET level = 'B-LTA'",
        "TRUNCATE credential_revision",
    ],
)
async def test_the_database_refuses_to_change_a_revision(engine: Any, statement: str) -> None:
    house = postgres_house(engine)
    await raised(house, await a_credential(house), PaperLevels(SealLevel.B_T))
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))


async def test_the_database_holds_one_revision_per_number(engine: Any) -> None:
    house = postgres_house(engine)
    credential = await a_credential(house)
    await raised(house, credential, PaperLevels(SealLevel.B_T))
    again = DocumentRevision(credential, 2, SealLevel.B_T, "0" * 64, house.clock.now())
    async with house.work() as work:
        assert not await work.revisions.add(again, b"another")
    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO credential_revision SELECT credential, revision, level, sha256,"
                    " made_at, document FROM credential_revision"
                )
            )
