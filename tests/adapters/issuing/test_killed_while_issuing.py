"""A worker that is killed in the middle of a batch loses nothing and does nothing twice."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.edc.development_seal import development_anchor
from app.adapters.edc.trust import TrustStore
from app.adapters.edc.verify import verify
from app.adapters.issuing.keys import DevelopmentSeals
from app.adapters.issuing.sealing import EdcSealing
from app.adapters.issuing.trusted import Trusted
from app.domain.clock import SystemClock
from app.domain.credentials.batch import BatchState, Outcome
from app.domain.credentials.use_cases_batches import approve_batch, prepare_batch
from app.domain.jobs import JobState
from app.domain.plain import to_plain
from tests.contracts.issuing_house import House, postgres_house

ROOT = Path(__file__).parents[3]
LEARNERS = 12

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.* seals with a development seal:UserWarning"),
]


async def a_worker(url: str, data_dir: Path, awards: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.adapters.issuing.an_issuing_worker",
        url,
        str(data_dir),
        str(awards),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"working\n"
    return process


async def killed(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def sealed(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(text("SELECT count(*) FROM credential"))).scalar_one()


async def until(engine: AsyncEngine, enough: int) -> None:
    while True:
        if await sealed(engine) >= enough:
            return
        await asyncio.sleep(0.01)


async def an_approved_batch(house: House, data_dir: Path):
    clock = SystemClock()
    seals = data_dir / "seals"
    sealing = EdcSealing(
        DevelopmentSeals(seals, clock),
        Trusted(None, development_seals=seals, clock=clock),
        clock,
        public_url="http://127.0.0.1:8000",
        production=False,
    )
    batch = await prepare_batch(
        house.edition,
        work=lambda: house.work(house.ines),
        sealing=sealing,
        caller=house.ines,
        clock=clock,
    )
    approved, job = await approve_batch(
        batch.id,
        batch.version,
        work=lambda: house.work(house.ivan),
        sealing=sealing,
        caller=house.ivan,
        clock=clock,
    )
    return approved, job


async def test_a_worker_killed_twice_in_the_middle_leaves_one_credential_per_learner(
    engine: AsyncEngine, database_url: str, data_dir: Path, tmp_path: Path
) -> None:
    house = postgres_house(engine)
    awards = house.learners(LEARNERS)
    file = tmp_path / "awards.json"
    file.write_text(json.dumps(to_plain(awards)))
    batch, job = await an_approved_batch(house, data_dir)

    for enough in (2, 6):
        worker = await a_worker(database_url, data_dir, file)
        await until(engine, enough)
        await killed(worker)
        assert await sealed(engine) < LEARNERS

    worker = await a_worker(database_url, data_dir, file)
    while True:
        async with house.work() as work:
            done = await work.jobs.read(job.id)
        if done.state is not JobState.RUNNING:
            break
        await asyncio.sleep(0.05)
    await killed(worker)

    assert (done.state, done.result) == (
        JobState.SUCCEEDED,
        {"sealed": LEARNERS, "skipped": 0, "failed": 0},
    )
    live = await house.live()
    assert sorted(live) == sorted(award.registration for award in awards)
    assert [len(credentials) for credentials in live.values()] == [1] * LEARNERS
    async with house.work() as work:
        finished = await work.batches.read(batch.id)
        items = await work.jobs.items(job.id)
        records = await work.audit.page(
            kind="credential", subject=None, actor=None, after=None, limit=99
        )
        documents = [await work.credentials.document(c) for (c,) in live.values()]
    assert (finished.state, finished.outcome) == (BatchState.FINISHED, Outcome(LEARNERS, 0, 0))
    assert {item.key: item.detail["credential"] for item in items} == {
        str(registration): str(credential) for registration, (credential,) in live.items()
    }
    assert {item.code for item in items} == {"sealed"}
    assert len(records) == LEARNERS
    now = SystemClock().now()
    trust = TrustStore((development_anchor(data_dir / "seals", now),))
    for document in documents:
        found = verify(
            document,
            trust=trust,
            now=now,
            known_status=lambda _: None,
            recognised=lambda _: None,
        )
        assert found.verdict == "verified"
