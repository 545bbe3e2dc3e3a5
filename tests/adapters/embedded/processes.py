"""Processes that use an embedded server, and a look at what is running."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.adapters.embedded.folder import DataFolder, Note

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30.0

# Starts or joins the server, says so in one line of JSON, and leaves when its input is closed.
_COMMAND = """
import json, sys
from pathlib import Path
from app.adapters.embedded import EmbeddedPostgres, EmbeddedPostgresUnavailable
try:
    with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server:
        print(json.dumps({"url": server.url()}), flush=True)
        sys.stdin.read()
except EmbeddedPostgresUnavailable as error:
    print(json.dumps({"error": str(error)}), flush=True)
"""


class Command:
    """A process that uses the server of `folder` until told to leave, or killed."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        **started: Any,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            **started,
        )

    def says(self) -> dict[str, str]:
        """What the command says once it has a server, or has none."""
        assert self.process.stdout is not None
        said: dict[str, str] = json.loads(self.process.stdout.readline())
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self.process:  # closes the pipes, and waits
            pass


def wait_until(fact: Callable[[], bool], what: str) -> None:
    """Wait for what another process brings about; fail with `what` when it never comes."""
    deadline = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


def processes_of(folder: Path) -> dict[int, str]:
    """Every process of a server of `folder`: those that hold its owner's lock."""
    lock = str((folder / "owner.lock").resolve())
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        if lock in _open_files(process):
            with suppress(OSError):  # it has ended meanwhile
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(process.name)] = command.decode(errors="replace").strip()
    return found


def _open_files(process: Path) -> set[str]:
    names = set()
    with suppress(OSError):  # it has ended meanwhile, or belongs to somebody else
        for entry in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                names.add(str(entry.readlink()))
    return names


def wait_until_nothing_runs(folder: Path) -> None:
    wait_until(lambda: not processes_of(folder), "no process of the server is left")


def note_of(folder: Path) -> Note:
    note = DataFolder(folder.resolve()).read_note()
    assert note is not None
    return note
