"""Processes that are measured: how they start, what they cost, how they end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.bench.load import HOST, Order, Outcome

ROOT = Path(__file__).parents[2]


class BenchFailed(Exception):
    """The benchmark cannot go on, or something answered wrongly; the message says what."""


def end_with_parent() -> None:
    """Stop this process when its standard input closes: when whoever started it has gone."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


@dataclass(frozen=True)
class Process:
    """A running server whose cost is measured."""

    pid: int
    port: int

    def cpu_seconds(self) -> float | None:
        """CPU time so far, in user and kernel mode, of the process and of those that it started;
        None where the system has no /proc. Its resolution is a hundredth of a second."""
        family = self._family()
        if not family:
            return None
        # utime, stime, and the same of children that have ended.
        ticks = sum(int(fields[n]) for fields in family.values() for n in (11, 12, 13, 14))
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_megabytes(self) -> float | None:
        """Memory in RAM (MB) of the process alone; None where the system has no /proc."""
        return _resident(self.pid)

    def helpers_megabytes(self) -> float:
        """The same of the processes that it started, together; 0 where there is none to be seen."""
        return sum(_resident(pid) or 0.0 for pid in self._family() if pid != self.pid)

    def _family(self) -> dict[int, list[str]]:
        """The process and those that it started, with what /proc/<pid>/stat says after the name."""
        known: dict[int, list[str]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            # It may have ended meanwhile. The name in brackets may hold blanks.
            with suppress(OSError):
                known[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
        family = {self.pid} & known.keys()
        while grown := {p for p, fields in known.items() if int(fields[1]) in family} - family:
            family |= grown
        return {pid: known[pid] for pid in family}


def _resident(pid: int) -> float | None:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def server(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[Process]:
    """A Python module as a server on a free port. `{fd}` among its arguments is the open socket.

    It must end when its standard input closes.
    """
    with socket.create_server((HOST, 0), backlog=2048) as listening:
        port = listening.getsockname()[1]
        filled = [one.format(fd=listening.fileno()) for one in arguments]
        process = _started(filled, environment, (listening.fileno(),))
    with _ending(process):
        yield Process(process.pid, port)


def _started(
    arguments: Sequence[str], environment: Mapping[str, str], pass_fds: Sequence[int]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        pass_fds=pass_fds,
    )


@contextmanager
def _ending(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


async def output_of(command: Sequence[str], *, given: str = "", patience: float = 600.0) -> str:
    """What a program prints, run to its end. Raises BenchFailed with its messages."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(given.encode()), patience)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise BenchFailed(f"{_name(command)} did not end within {patience:.0f} s") from None
    if process.returncode != 0:
        raise BenchFailed(f"{_name(command)} ended with {process.returncode}:\n{err.decode()}")
    return out.decode()


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    return [sys.executable, "-W", "ignore", "-m", module, *arguments]


def _name(command: Sequence[str]) -> str:
    if "-m" in command:
        return command[command.index("-m") + 1]
    return Path(command[0]).name


async def load(order: Order) -> Outcome:
    """Send what is ordered, from a process of its own.

    Raises BenchFailed when something was not answered at all.
    """
    patience = order.seconds + 60.0
    outcome = Outcome.from_json(
        await output_of(python("app.bench.load"), given=order.to_json(), patience=patience)
    )
    if outcome.lost:
        raise BenchFailed(f"{outcome.lost} of {outcome.sent} requests were not answered")
    return outcome


def expect(outcome: Outcome, *wanted: int) -> Outcome:
    """The same outcome. Raises BenchFailed when any answer has another status."""
    if not outcome.answered or set(outcome.statuses) - set(wanted):
        raise BenchFailed(
            f"answers {dict(outcome.statuses)} instead of {' or '.join(map(str, wanted))}: "
            f"{outcome.first_unexpected}"
        )
    return outcome
