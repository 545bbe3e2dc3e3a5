"""Credentials per second, from a confirmed result to what is stored; and their verification."""

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from app.adapters.embedded import EmbeddedPostgres
from app.bench.load import Order, prepared
from app.bench.processes import BenchFailed, Process, expect, load
from app.bench.registrations import Learner, learners, sign_in
from app.bench.rounds import Sample, sampled
from app.bench.seed import direct_edition
from app.bench.site import People
from app.demo.play_results import placed
from app.demo.stage import Stage

_LOOK_EVERY = 0.2
_ASSESSMENTS = ("A1", "A2", "A3")
_WITHIN = 600.0
"""Seconds that setting up, a batch or the queue may take."""


@dataclass(frozen=True)
class Graduate:
    """Somebody who passed, and the registration that they passed with."""

    learner: Learner
    registration: str

    def confirms(self) -> bytes:
        """The request that confirms what their credential shall say."""
        number = int(self.registration[-4:], 16)
        born = date(1970 + number % 30, 1 + number % 12, 1 + number % 28)
        body = {"full_name": self.learner.name.title(), "birth_date": born.isoformat()}
        return prepared(
            "PUT",
            f"/v1/registrations/{self.registration}/credential-data",
            token=self.learner.token,
            body=json.dumps(body).encode(),
            headers={"If-Match": '"0"'},
        )


@dataclass(frozen=True)
class Class:
    """An edition whose results are confirmed, and those who passed it."""

    edition: str
    """Its path."""
    graduates: list[Graduate]


async def taught(stage: Stage, api: Process, people: People, proposal: str, many: int) -> Class:
    """An edition from its opening to its confirmed results; all pass.

    The API must let nobody object (a window of no days), so that issuing can begin at once.
    """
    edition = await direct_edition(stage, proposal, many, many)
    who = learners(people, many)
    await sign_in(api, who)
    requests = [one.registers(edition) for one in who]
    expect(await load(Order(api.port, requests, 10, _WITHIN)), 201)
    office = await stage.person("elena-oviedo")
    for step in ("close", "start", "begin-grading"):
        await office.act(edition, step, {"reason": "Benchmark: earlier than planned."})
    by_address = {f"{one.name}@example.org": one for one in who}
    graduates = [
        Graduate(by_address[one.email], one.registration) for one in await placed(stage, edition)
    ]
    await _grade(stage, edition, graduates)
    return Class(edition, graduates)


async def _grade(stage: Stage, edition: str, graduates: Sequence[Graduate]) -> None:
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(["registration", *_ASSESSMENTS, "grade", "assessed_on"])
    today = datetime.now(UTC).date().isoformat()
    for one in graduates:
        writer.writerow([one.registration, *("Pass" for _ in _ASSESSMENTS), "Pass", today])
    teo, rosa = await asyncio.gather(stage.person("teo-oviedo"), stage.person("rosa-oviedo"))
    upload = {"file": ("results.csv", sheet.getvalue().encode(), "text/csv")}
    await teo.post(f"{edition}/results", files=upload)
    listed = (await rosa.get(f"{edition}/results?limit=1")).json()
    await rosa.post(f"{edition}/results/confirm", json={"results_hash": listed["results_hash"]})


@dataclass(frozen=True)
class Queue:
    """The job queue of one database, to wait for its end."""

    postgres: EmbeddedPostgres
    database: str

    async def empty(self) -> None:
        """Wait until nothing is left to do. Raises BenchFailed after ten minutes."""
        connection = await asyncpg.connect(**self.postgres.connect_arguments(self.database))
        try:
            async with asyncio.timeout(_WITHIN):
                while True:
                    if not await connection.fetchval("SELECT count(*) FROM pgqueuer"):
                        return
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            raise BenchFailed("the queue does not become empty") from None
        finally:
            await connection.close()


@dataclass
class Credentials:
    """One batch in each round: two officers agree, and the worker does the rest."""

    api: Process
    stage: Stage
    queue: Queue
    taught: Class
    batch: int
    name: str = "credentials"
    issued: list[str] = field(default_factory=list)
    """Paths of everything issued so far."""
    _next: int = 0

    async def once(self, seconds: float) -> Sample:
        """See Measure. A batch takes as long as it takes."""
        now = self.taught.graduates[self._next : self._next + self.batch]
        self._next += len(now)
        confirmations = [one.confirms() for one in now]
        expect(await load(Order(self.api.port, confirmations, 10, _WITHIN)), 200)
        await self.queue.empty()
        job, cpu = await self._issue()
        sealed = [item["detail"]["credential"] for item in job["items"] if item["status"] == "done"]
        if len(sealed) != len(now):
            raise BenchFailed(f"{len(sealed)} of {len(now)} credentials were issued: {job}")
        self.issued += [f"/v1/credentials/{credential}" for credential in sealed]
        took = datetime.fromisoformat(job["finished_at"]) - datetime.fromisoformat(
            job["started_at"]
        )
        await self.queue.empty()
        found = {"credentials_per_s": len(sealed) / took.total_seconds()}
        if cpu is not None:
            found["credential_cpu_ms"] = cpu / len(sealed) * 1000
        return found

    async def _issue(self) -> tuple[dict[str, Any], float | None]:
        """A batch, prepared and approved; its job at the end, and what it cost in CPU seconds."""
        ines, ivan = await asyncio.gather(
            self.stage.person("ines-oviedo"), self.stage.person("ivan-oviedo")
        )
        prepared_batch = await ines.post(f"{self.taught.edition}/issuing-batches", expect=201)
        batch = f"/v1/issuing-batches/{prepared_batch.json()['id']}"
        before = self.api.cpu_seconds()
        approved = await ivan.act(batch, "approve", expect=202)
        async with asyncio.timeout(_WITHIN):
            while True:
                job = (await ivan.get(approved.headers["location"])).json()
                if job["state"] in {"succeeded", "failed", "cancelled"}:
                    break
                await asyncio.sleep(_LOOK_EVERY)
        after = self.api.cpu_seconds()
        if job["state"] != "succeeded":
            raise BenchFailed(f"the batch {job['state']}: {job['error']}")
        return job, None if before is None or after is None else after - before


@dataclass
class Verifications:
    """Credentials as their holders have them, shown to anybody's verification."""

    api: Process
    stage: Stage
    credentials: Credentials
    name: str = "verification"
    _requests: list[bytes] = field(default_factory=list)

    async def once(self, seconds: float) -> Sample:
        """See Measure."""
        if not self._requests:
            await self._download()
        order = Order(self.api.port, self._requests, 4, seconds, again=True)
        found = await sampled("verify", self.api, order, 200)
        if "verify_cpu_us" in found:
            found["verify_cpu_ms"] = found.pop("verify_cpu_us") / 1000
        return found

    async def _download(self) -> None:
        """Take what has been issued so far, and see that it verifies at all. Raises BenchFailed."""
        ines = await self.stage.person("ines-oviedo")
        for path in self.credentials.issued:
            sealed = (await ines.get(f"{path}/document")).content
            answer = await self.stage.nobody.post(
                "/v1/credentials/verify",
                content=sealed,
                headers={"Content-Type": "application/ld+json"},
            )
            failed = [one for one in answer.json()["checks"] if one["status"] == "error"]
            if failed:
                raise BenchFailed(f"one of our own credentials does not verify: {failed}")
            self._requests.append(
                prepared(
                    "POST",
                    "/v1/credentials/verify",
                    body=sealed,
                    content_type="application/ld+json",
                )
            )
