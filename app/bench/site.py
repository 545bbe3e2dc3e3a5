"""Where the benchmarks take place: a fresh embedded server, and the service on it.

Two databases hold the same published micro-credential. On one, people register while no worker
runs: what a registration causes later is not part of its answer. On the other, the worker in the
API process issues credentials, undisturbed by what thousands of registrations left in the queue.
"""

import asyncio
import contextlib
import shutil
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console

from app.adapters.embedded import EmbeddedPostgres
from app.adapters.identity.local import DevelopmentIdentity, DevelopmentIdentityWarning
from app.bench.load import HOST, prepared
from app.bench.processes import BenchFailed, Process, server
from app.demo.runs import Runs
from app.demo.stage import Narrator, Stage
from app.domain.clock import SystemClock
from app.settings import Settings

_READY_WITHIN = 300.0


@contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """A data folder on the disk that the service itself uses; removed at the end.

    A folder for temporary files may lie in memory, where commits cost nothing.
    """
    with Runs(settings.data_dir / "bench").new() as folder:
        try:
            yield folder
        finally:
            for part in folder.iterdir():
                if part.is_dir():
                    shutil.rmtree(part, ignore_errors=True)


@dataclass(frozen=True)
class Site:
    """A running database server and a folder for keys and mail."""

    folder: Path
    postgres: EmbeddedPostgres

    def environment(self, database: str, *, worker: bool = False) -> Mapping[str, str]:
        """What a process of the service is told. Everything else is as it is deployed."""
        return {
            "MC_DATA_DIR": str(self.folder / "data"),
            "DATABASE_URL": self.postgres.url(database=database),
            "MC_MODE": "development",
            "MC_WORKER_IN_PROCESS": str(worker).lower(),
            # Made against accidents from one address; here all load comes from one.
            "MC_ANONYMOUS_REQUESTS_PER_MINUTE": str(10**9),
        }

    @asynccontextmanager
    async def api(
        self, database: str, *, worker: bool = False, more: Mapping[str, str] | None = None
    ) -> AsyncIterator[Process]:
        """The API as a process of its own, ready; with a worker in it or without."""
        command = ["app", "serve", "--fd", "{fd}", "--with-parent"]
        environment = {**self.environment(database, worker=worker), **(more or {})}
        with server(command, environment) as process:
            await answering(process, "/ready")
            yield process

    @asynccontextmanager
    async def stage(self, api: Process) -> AsyncIterator[Stage]:
        """The people of the demonstration, in front of an API; they do not say what they do."""
        quiet = Narrator(Console(quiet=True))
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{api.port}", timeout=120) as http:
            data = self.folder / "data"
            yield Stage(http, data / "mail", data, quiet)

    def people(self) -> "People":
        """Those who hold tokens of the local identity."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DevelopmentIdentityWarning)
            return People(DevelopmentIdentity(self.folder / "data" / "keys", SystemClock()))


@dataclass
class People:
    """Learners, one after another, with their tokens."""

    identity: DevelopmentIdentity
    _count: int = field(default=0)

    def learners(self, many: int) -> list[tuple[str, str]]:
        """That many learners who have not been here before: name and token."""
        names = [f"learner-{self._count + n + 1}" for n in range(many)]
        self._count += many
        return [(name, self.identity.token(name)) for name in names]


def look(path: str, token: str | None = None) -> bytes:
    """The request that reads something."""
    return prepared("GET", path, token=token)


async def answering(process: Process, path: str) -> None:
    """Wait until a server answers 200. Raises BenchFailed after five minutes."""
    deadline = asyncio.get_running_loop().time() + _READY_WITHIN
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{process.port}", timeout=5) as http:
        while asyncio.get_running_loop().time() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get(path)).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    raise BenchFailed("A server did not become ready in five minutes; its messages stand above.")
