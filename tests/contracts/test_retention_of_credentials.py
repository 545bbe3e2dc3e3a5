"""Erasing what credentials and the platform keep, on every store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.access.ports import RoleGrant
from app.domain.access.roles import Caller, Role, Subject
from app.domain.credentials.credential import Credential, CredentialNotFound
from app.domain.credentials.levels import DocumentRevision, SealLevel
from app.domain.credentials.ports_local import PreparedSealNotFound
from app.domain.credentials.use_cases.local_sealing import prepare_local_seals
from app.domain.credentials.use_cases.shares import create_share
from app.domain.ids import new_id
from app.domain.jobs import JobItem, JobState
from app.domain.retention.rules import DataKind
from tests.contracts.conftest import OpenWork
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.enrolment_builders import a_learner, opened, registers
from tests.issuing_builders import LOCAL, Notes
from tests.memory_ports import StoryClock


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def sealed(house: House, number: int) -> list[Credential]:
    house.learners(number)
    await house.run(await house.approved())
    async with house.work() as work:
        found: list[Credential] = await work.credentials.page(
            issuers=None, edition=house.edition, state=None, after=None, limit=99
        )
    return found


async def due(house: House, kind: DataKind, cutoff: datetime) -> dict[str, int]:
    async with house.work() as work:
        return dict(await work.retention.due(kind, cutoff))


async def gone(
    open_work: Any, kind: DataKind, cutoff: datetime, limit: int = 100
) -> dict[str, int]:
    async with open_work() as work:
        return dict(await work.retention.erase(kind, cutoff, limit))


def register(credentials: Sequence[Credential]) -> list[object]:
    """What the register says of each credential."""
    return [(c.id, c.issuer, c.state, c.since, c.sha256, c.sealed_at) for c in credentials]


async def test_our_copies_go_credential_by_credential_and_the_register_stays(house: House):
    before = await sealed(house, 3)
    [first, *_] = before
    later = max(c.sealed_at for c in before if c.sealed_at) + timedelta(seconds=1)
    async with house.work() as work:
        revision = DocumentRevision(first.id, 2, SealLevel.B_T, "ab" * 32, house.clock.now())
        assert await work.revisions.add(revision, b"with a timestamp")
        await work.transcripts.keep(first.id, b"<elmo/>", house.clock.now())
        languages = len((await work.credentials.read(first.id)).languages)
    assert await due(house, DataKind.CREDENTIAL_COPIES, before[0].sealed_at or later) == {}
    assert await due(house, DataKind.CREDENTIAL_COPIES, later) == {
        "credential_document": 3,
        "credential_source": 3,
        "credential_image": 3 * languages,
        "credential_revision": 1,
        "credential_transcript": 1,
    }
    counts = [await gone(house.work, DataKind.CREDENTIAL_COPIES, later, 2) for _ in range(3)]
    assert counts == [{"credential": 2}, {"credential": 1}, {}]
    assert await due(house, DataKind.CREDENTIAL_COPIES, later) == {}
    async with house.work() as work:
        after = [await work.credentials.read(c.id) for c in before]
        assert register(after) == register(before)
        assert all(c.erased_at is not None for c in after)
        assert after[0].revision_hashes == ("ab" * 32,)
        assert await work.transcripts.read(first.id) is None
        for credential in before:
            with pytest.raises(CredentialNotFound):
                await work.credentials.document(credential.id)


async def test_to_whom_a_credential_was_shown_is_forgotten_and_the_link_stays(house: House):
    [credential] = await sealed(house, 1)
    learner = Caller(new_id())
    assert learner.account is not None
    house.awards.accounts[learner.account] = (credential.registration,)
    for recipient in ("My employer", None):
        await create_share(
            credential.id, expires_at=None, view_limit=None, recipient=recipient,
            longest=timedelta(days=90), work=house.work(learner), caller=learner,
            clock=house.clock,
        )  # fmt: skip
    later = house.clock.now() + timedelta(days=1)
    assert await due(house, DataKind.SHARES, later - timedelta(days=9)) == {}
    assert await due(house, DataKind.SHARES, later) == {"credential_share": 1}
    assert await gone(house.work, DataKind.SHARES, later) == {"credential_share": 1}
    async with house.work() as work:
        shares = await work.shares.of_credential(credential.id)
    assert [(one.recipient, one.revoked_at) for one in shares] == [(None, None)] * 2
    assert await gone(house.work, DataKind.SHARES, later) == {}


async def test_what_nobody_ever_sealed_elsewhere_goes(house: House):
    house.learners(3)
    batch = await house.approved(LOCAL)
    await prepare_local_seals(
        batch.id, work=house.work, sealing=house.sealing, clock=house.clock, progress=Notes()
    )
    async with house.work() as work:
        [one, *_] = await work.prepared_seals.waiting(batch.id)
    assert await gone(house.work, DataKind.PREPARED_SEALS, one.prepared_at) == {}
    later = house.clock.now() + timedelta(days=1)
    counts = [await gone(house.work, DataKind.PREPARED_SEALS, later, 2) for _ in range(3)]
    assert counts == [{"prepared_seal": 2}, {"prepared_seal": 1}, {}]
    async with house.work() as work:
        with pytest.raises(PreparedSealNotFound):
            await work.prepared_seals.read(batch.id, one.credential)


async def test_a_message_is_remembered_from_when_it_was_first_sent(
    work: OpenWork, clock: StoryClock
):
    first = clock.now()
    async with work() as w:
        await w.mail_log.note("m", None)
    clock.move(timedelta(days=9))
    async with work() as w:
        await w.mail_log.note("m", None)
    assert await gone(work, DataKind.MAIL_LOG, first) == {}
    assert await gone(work, DataKind.MAIL_LOG, first + timedelta(days=1)) == {"sent_mail": 1}
    async with work() as w:
        assert not await w.mail_log.knows("m")


async def test_a_job_goes_after_what_became_of_its_things(work: OpenWork, clock: StoryClock):
    async with work() as w:
        job = await w.jobs.start("plan_import", {})
        running = await w.jobs.start("plan_import", {})
        await w.jobs.put_items(job.id, [JobItem(key, "done", "x", {}) for key in "abc"])
        await w.jobs.put_item(running.id, JobItem("a", "done", "x", {}))
        await w.jobs.save(replace(job, state=JobState.SUCCEEDED, finished_at=clock.now()))
    later = clock.now() + timedelta(days=1)
    counts = [await gone(work, DataKind.JOBS, later, 2) for _ in range(3)]
    assert counts == [{"job_item": 2}, {"job_item": 1, "job": 1}, {}]
    async with work() as w:
        assert [item.key for item in await w.jobs.items(running.id)] == ["a"]


async def test_accounts_go_that_nobody_needs(work: OpenWork, clock: StoryClock):
    edition = await opened(work, clock)
    nobody = await a_learner(work, "nobody")
    officer = await a_learner(work, "officer")
    assert officer.account is not None
    async with work() as w:
        await w.grants.add(
            RoleGrant(
                new_id(), officer.account, Subject("https://id.example", "officer"), Role.TEACHER,
                "UNIOVI", clock.now(), None, "operator",
            )
        )  # fmt: skip
    await registers(work, clock, edition, "ana", "UNIOVI")
    ana = await a_learner(work, "ana")
    assert await gone(work, DataKind.ACCOUNTS, clock.now() - timedelta(days=1)) == {}
    assert await gone(work, DataKind.ACCOUNTS, clock.now() + timedelta(days=1)) == {"account": 1}
    assert (await a_learner(work, "officer")).account == officer.account
    assert (await a_learner(work, "ana")).account == ana.account
    assert (await a_learner(work, "nobody")).account != nobody.account
