"""A worker that is killed while it raises seals loses nothing and does nothing twice."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.edc.verification.verify import verify
from app.adapters.postgres.outbox import PostgresOutbox
from app.domain.clock import SystemClock
from app.domain.credentials.events import SealLevelDue
from app.domain.credentials.levels import LevelState, SealLevel
from app.domain.credentials.seal import IssuedCredential, IssuingOrder
from app.domain.credentials.verification import Verdict
from app.reactions import name_of
from app.reactions.seal_levels import raise_seal_level
from tests.contracts.issuing_house import House, PostgresIssuingWork
from tests.issuing_builders import PaperSeal
from tests.pki.authority import TestPki
from tests.pki.sealed import sealed_by

ROOT = Path(__file__).parents[3]
LEARNERS = 5

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


class PkiSeal(PaperSeal):
    """Keeps documents that the test PKI has sealed."""

    def __init__(self, pki: TestPki) -> None:
        super().__init__()
        self._pki = pki

    async def issue(self, order: IssuingOrder) -> IssuedCredential:
        sealed = sealed_by(self._pki, order.issued_at.replace(microsecond=0))
        return replace(
            await super().issue(order), document=sealed, sha256=sha256(sealed).hexdigest()
        )


def a_house(engine: AsyncEngine, pki: TestPki) -> House:
    clock: Any = SystemClock()
    outbox = PostgresOutbox({SealLevelDue: (name_of(raise_seal_level),)})
    return House(
        lambda caller: PostgresIssuingWork(engine, outbox, clock, caller, "test"),
        engine=engine,
        clock=clock,
        sealing=PkiSeal(pki),
    )


async def a_worker(url: str, pki: TestPki, folder: Path, *tsas: str) -> asyncio.subprocess.Process:
    anchors = folder / "anchors.pem"
    anchors.write_bytes(pki.certificate_pem("root"))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.adapters.issuing.a_raising_worker",
        url,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("MC_")},
            "MC_DATA_DIR": str(folder),
            "MC_SEAL_LEVEL": "B-LTA",
            "MC_TIMESTAMP_AUTHORITIES": " ".join(pki.tsa_url(tsa) for tsa in tsas),
            "MC_TRUST_ANCHORS": str(anchors),
            "MC_FETCH_HOSTS": "127.0.0.1",
        },
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"working\n"
    return process


async def killed(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def kept(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        counted = await connection.execute(text("SELECT count(*) FROM credential_revision"))
        return int(counted.scalar_one())


async def until(engine: AsyncEngine, enough: int) -> None:
    while True:
        if await kept(engine) >= enough:
            return
        await asyncio.sleep(0.01)


async def test_a_worker_killed_twice_in_the_middle_leaves_one_revision_per_credential(
    engine: AsyncEngine, database_url: str, pki: TestPki, tmp_path: Path
) -> None:
    house = a_house(engine, pki)
    house.learners(LEARNERS)
    await house.run(await house.approved())
    credentials = [one for (one,) in (await house.live()).values()]
    assert len(credentials) == LEARNERS

    for enough in (1, 2):
        # The first authority refuses all along, so that each seal is also a change to the second.
        worker = await a_worker(database_url, pki, tmp_path, "tsa-other", "tsa-ec")
        await until(engine, enough)
        await killed(worker)
        assert await kept(engine) < LEARNERS
    worker = await a_worker(database_url, pki, tmp_path, "tsa-ec")
    await until(engine, LEARNERS)
    # Whatever a killed worker had begun is run again, and finds that nothing is left to do.
    while True:
        if not await waiting(engine):
            break
        await asyncio.sleep(0.1)
    await killed(worker)

    now = SystemClock().now()
    for credential in credentials:
        await look_at(house, credential, pki, now)
    async with house.work() as work:
        records = await work.audit.page(
            kind="credential_revision", subject=None, actor=None, after=None, limit=99
        )
    assert sorted(UUID(record.subject) for record in records) == sorted(credentials)


async def waiting(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        counted = await connection.execute(
            text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'reaction'")
        )
        return int(counted.scalar_one())


async def look_at(house: House, credential: UUID, pki: TestPki, now: Any) -> None:
    async with house.work() as work:
        revisions = await work.revisions.of(credential)
        first = await work.revisions.document(credential, 1)
        newest = await work.credentials.document(credential)
        (standing,) = await work.revisions.standings([credential])
        sealed = await work.credentials.read(credential)
    assert [(r.revision, r.level) for r in revisions] == [(1, SealLevel.B_B), (2, SealLevel.B_LTA)]
    assert [r.sha256 for r in revisions] == [
        sealed.sha256,
        sha256(newest).hexdigest(),
    ]
    assert sha256(first).hexdigest() == sealed.sha256
    assert (standing.level, standing.state, standing.failure, standing.due_at) == (
        SealLevel.B_LTA,
        LevelState.REACHED,
        None,
        None,
    )
    header = json.dumps(
        json.loads(newest)["signatures"][0]["header"], separators=(",", ":")
    ).encode()
    assert newest.replace(b',"header":' + header, b"") == first
    found = verify(
        newest,
        trust=pki.trust(),
        now=now,
        recognised=lambda _: None,
    )
    assert (found.level, found.verdict) == ("B-LTA", Verdict.VERIFIED)
