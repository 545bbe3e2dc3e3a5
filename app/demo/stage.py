"""The stage of the demonstration: a real server on a fresh database, and people who call it."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

ROOT = Path(__file__).parents[2]


class DemoFailed(Exception):
    """A step did not go as it should; the message says which, and what the API answered."""


@dataclass
class Narrator:
    """Says what happens, and remembers how long each step took."""

    console: Console = field(default_factory=lambda: Console(highlight=False))
    timings: dict[str, float] = field(default_factory=dict)

    def say(self, sentence: str) -> None:
        """One line about what has just happened."""
        self.console.print(f"   {sentence}")

    @contextmanager
    def step(self, number: int, title: str) -> Iterator[None]:
        """A step of the journey."""
        began = time.perf_counter()
        self.console.print(f"\n[bold cyan]{number}[/]  [bold]{title}[/]")
        yield
        self.timings[f"{number} {title}"] = round(time.perf_counter() - began, 2)


@dataclass
class Person:
    """Somebody who calls the API with their own token, or with none."""

    name: str
    http: httpx.AsyncClient
    token: str | None = field(default=None, repr=False)

    async def ask(
        self, method: str, path: str, *, expect: int | tuple[int, ...] = 200, **more: Any
    ) -> httpx.Response:
        """One request. `if_match` becomes a header. Raises DemoFailed for another status."""
        headers = dict(more.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if (version := more.pop("if_match", None)) is not None:
            headers["If-Match"] = version
        response = await self.http.request(method, path, headers=headers, **more)
        wanted = (expect,) if isinstance(expect, int) else expect
        if response.status_code not in wanted:
            raise DemoFailed(
                f"{self.name}: {method} {path} answered {response.status_code} instead of "
                f"{' or '.join(map(str, wanted))}: {response.text[:2000]}"
            )
        return response

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """Look at something."""
        return await self.ask("GET", path, **more)

    async def post(self, path: str, **more: Any) -> httpx.Response:
        """Do something."""
        return await self.ask("POST", path, **more)

    async def act(self, path: str, verb: str, body: Any = None, **more: Any) -> httpx.Response:
        """A transition: look first, then act on the version that was seen."""
        seen = await self.get(path)
        return await self.post(
            f"{path}/{verb}", json=body if body is not None else {}, if_match=seen.headers["etag"],
            **more,
        )  # fmt: skip


@dataclass
class Stage:
    """The API, the people who know it, and the folder that its mail goes to."""

    http: httpx.AsyncClient
    mail_dir: Path
    data_dir: Path
    narrator: Narrator
    _people: dict[str, Person] = field(default_factory=dict)

    async def person(self, name: str) -> Person:
        """A demo person with a token of the local identity."""
        if name not in self._people:
            answer = await self.http.post("/v1/dev/tokens", json={"person": name})
            answer.raise_for_status()
            self._people[name] = Person(name, self.http, answer.json()["access_token"])
        return self._people[name]

    @property
    def nobody(self) -> Person:
        """Somebody without a token."""
        return Person("nobody", self.http)

    async def finish(self, who: Person, started: httpx.Response, what: str) -> dict[str, Any]:
        """Wait for the job that a 202 names, with a progress bar; its final state."""
        path = started.headers["location"]
        with Progress(
            TextColumn("  "),
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self.narrator.console,
            transient=True,
        ) as bar:
            shown = bar.add_task(what, total=None)
            while True:
                job: dict[str, Any] = (await who.get(path)).json()
                bar.update(shown, completed=job["progress"]["done"], total=job["progress"]["total"])
                if job["state"] in {"succeeded", "failed", "cancelled"}:
                    break
                await asyncio.sleep(0.1)
        if job["state"] != "succeeded":
            raise DemoFailed(f"{what}: the job {job['state']}: {job['error']}")
        return job


@contextmanager
def _api(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The API as a process of its own, which ends with this one whatever happens."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    port = listening.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "app", "serve"]
    process = subprocess.Popen(
        [*command, "--fd", str(listening.fileno()), "--folder", str(folder), "--with-parent"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        pass_fds=(listening.fileno(),),
    )
    listening.close()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@asynccontextmanager
async def stage(
    data_dir: Path, folder: Path, narrator: Narrator, environment: Mapping[str, str]
) -> AsyncIterator[Stage]:
    """Start the API and wait until it is ready. Raises DemoFailed when it does not start."""
    with _api(folder, {"MC_DATA_DIR": str(data_dir), **environment}) as address:
        limits = httpx.Limits(max_connections=100, keepalive_expiry=30)
        async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as http:
            await _ready(http)
            yield Stage(http, data_dir / "mail", data_dir, narrator)


async def _ready(http: httpx.AsyncClient) -> None:
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):
            if (await http.get("/ready", timeout=2)).status_code == 200:
                return
        await asyncio.sleep(0.1)
    raise DemoFailed("The API did not become ready within a minute; its messages stand above.")
