"""A worker that is killed in the middle of a batch loses nothing and does nothing twice."""

import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.edc.pki.trust import TrustStore
from app.adapters.edc.seal.development_seal import development_anchor
from app.adapters.edc.verification.verify import verify
from app.adapters.issuing.keys import DevelopmentSeals
from app.adapters.issuing.making import Maker
from app.adapters.issuing.sealing import EdcSealing
from app.adapters.issuing.trusted import Trusted
from app.domain.clock import SystemClock
from app.domain.credentials.batch import BatchState, Outcome
from app.domain.credentials.status import CredentialState, DeliveryState
from app.domain.credentials.use_cases.batches import approve_batch, prepare_batch
from app.domain.jobs import JobState
from app.domain.plain import to_plain
from tests.contracts.issuing_house import House, postgres_house

ROOT = Path(__file__).parents[3]
LONG = os.environ.get("MC_ISSUING_KILLS") is not None
"""Set it for a batch of 500 with twenty kills: some minutes."""

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
    maker = Maker(
        DevelopmentSeals(seals, clock),
        Trusted(None, development_seals=seals, clock=clock),
        public_url="http://127.0.0.1:8000",
        production=False,
    )
    sealing = EdcSealing(maker, clock)
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


@pytest.mark.parametrize(
    ("learners", "kills"),
    [
        (24, 2),
        pytest.param(
            500,
            20,
            marks=[
                pytest.mark.timeout(3600),
                pytest.mark.skipif(not LONG, reason="some minutes: set MC_ISSUING_KILLS"),
            ],
        ),
    ],
)
async def test_workers_killed_at_random_moments_leave_one_credential_per_learner(
    engine: AsyncEngine,
    database_url: str,
    data_dir: Path,
    tmp_path: Path,
    learners: int,
    kills: int,
) -> None:
    house = postgres_house(engine)
    awards = house.learners(learners)
    file = tmp_path / "awards.json"
    file.write_text(json.dumps(to_plain(awards)))
    batch, job = await an_approved_batch(house, data_dir)

    # Two makers hand over several credentials at a time, and these go on being kept while a kill
    # is on its way: a short batch is killed in its first third, or it would be over before.
    latest = learners * 9 // 10 if learners > 100 else learners // 3
    moments = sorted(random.sample(range(1, latest), kills))
    survived = []
    for enough in moments:
        worker = await a_worker(database_url, data_dir, file)
        await until(engine, enough)
        # Anywhere between two credentials, or in the middle of keeping one.
        await asyncio.sleep(random.uniform(0, 0.05))
        await killed(worker)
        survived.append(await sealed(engine))
    print(f"killed at {survived} of {learners}")
    assert survived == sorted(survived)
    assert survived[-1] < learners

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
        {"sealed": learners, "skipped": 0, "failed": 0},
    )
    live = await house.live()
    assert sorted(live) == sorted(award.registration for award in awards)
    assert [len(credentials) for credentials in live.values()] == [1] * learners
    async with house.work() as work:
        finished = await work.batches.read(batch.id)
        items = await work.jobs.items(job.id)
        records = await work.audit.page(
            kind="credential", subject=None, actor=None, after=None, limit=learners + 1
        )
        documents = [await work.credentials.document(c) for (c,) in live.values()]
        kept = await work.credentials.page(
            issuers=None, edition=house.edition, state=None, after=None, limit=learners + 1
        )
        places = [p for c in kept for p in await work.status_lists.places(c.id)]
        deliveries = [d for c in kept for d in await work.credentials.deliveries(c.id)]
    assert {credential.state for credential in kept} == {CredentialState.SEALED}
    assert len({(place.list, place.position) for place in places}) == 2 * learners
    assert [d.state for d in deliveries] == [DeliveryState.PENDING] * learners
    assert (finished.state, finished.outcome) == (BatchState.FINISHED, Outcome(learners, 0, 0))
    assert {item.key: item.detail["credential"] for item in items} == {
        str(registration): str(credential) for registration, (credential,) in live.items()
    }
    assert {item.code for item in items} == {"sealed"}
    assert len(records) == learners
    now = SystemClock().now()
    trust = TrustStore((development_anchor(data_dir / "seals", now),))
    for document in documents:
        found = verify(
            document,
            trust=trust,
            now=now,
            recognised=lambda _: None,
        )
        assert found.verdict == "verified"
