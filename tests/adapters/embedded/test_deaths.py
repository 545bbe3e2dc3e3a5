"""Whatever is killed: nothing runs on, nothing committed is lost, the next start works."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.adapters.embedded import EmbeddedPostgres
from app.adapters.embedded.folder import DataFolder
from app.adapters.embedded.locks import open_lock, try_lock
from tests.adapters.embedded.processes import (
    PATIENCE,
    ROOT,
    Command,
    note_of,
    processes_of,
    wait_until,
    wait_until_nothing_runs,
)


async def _query(server: EmbeddedPostgres, statement: str) -> Any:
    connection = await asyncpg.connect(**server.connect_arguments())
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_a_killed_command_takes_its_server_with_it(folder: Path) -> None:
    with Command(folder) as command:
        assert "url" in command.says()
        command.kill()
    wait_until_nothing_runs(folder)
    assert not (folder / "server.json").exists()


async def test_a_killed_command_leaves_the_server_to_the_others(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server, Command(folder) as command:
        command.says()
        command.kill()
        assert await _query(server, "SELECT 'still here'") == "still here"


async def test_a_killed_supervisor_leaves_no_server_and_loses_nothing(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        await _query(server, "CREATE TABLE kept AS SELECT 1 AS one")
        left = note_of(folder)
        left_folder = DataFolder(folder).read_runtime()
        assert left_folder is not None
        os.kill(left.supervisor_pid, signal.SIGKILL)
        wait_until_nothing_runs(folder)
        # The note is out of date, and the next command is not misled by it.
        assert note_of(folder) == left
        with EmbeddedPostgres(folder) as next_one:
            assert next_one.url() != server.url()
            assert await _query(next_one, "SELECT one FROM kept") == 1
            assert not left_folder.exists()


async def test_a_start_right_after_the_supervisor_was_killed_waits_for_the_remains(
    folder: Path,
) -> None:
    with EmbeddedPostgres(folder) as server:
        await _query(server, "CREATE TABLE kept AS SELECT 1 AS one")
        killed = note_of(folder)
        os.kill(killed.supervisor_pid, signal.SIGKILL)
        wait_until(lambda: not _has_supervisor(folder), "the supervisor is gone")
        with EmbeddedPostgres(folder) as next_one:
            assert note_of(folder).postmaster_pid != killed.postmaster_pid
            assert await _query(next_one, "SELECT one FROM kept") == 1


def test_a_note_whose_supervisor_is_gone_is_not_believed(folder: Path, tmp_path: Path) -> None:
    other_folder = tmp_path / "other"
    with EmbeddedPostgres(other_folder, durable=False) as other, ThreadPoolExecutor() as pool:
        # As a newcomer sees it while the server of a killed supervisor still answers: remains hold
        # the owner's lock, and the note leads to a server that takes connections.
        folder.mkdir(mode=0o700)
        remains = open_lock(folder / "owner.lock")
        assert try_lock(remains, exclusive=True)
        DataFolder(folder).write_note(note_of(other_folder))
        newcomer = EmbeddedPostgres(folder, durable=False)
        start = pool.submit(newcomer.start)
        with pytest.raises(TimeoutError):
            start.result(timeout=0.5)  # it waits for the remains to go
        os.close(remains)
        start.result(PATIENCE)
        found = newcomer.url()
        newcomer.release()
        assert found != other.url()


async def test_a_killed_server_is_started_again_under_the_same_address(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        await _query(server, "CREATE TABLE kept AS SELECT 1 AS one")
        killed = note_of(folder).postmaster_pid
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: _postmaster(folder) not in (None, killed), "the server runs again")
        assert await _query(server, "SELECT one FROM kept") == 1


async def test_supervisor_and_server_killed_together_lose_nothing(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        await _query(server, "CREATE TABLE kept AS SELECT 1 AS one")
        note = note_of(folder)
        os.kill(note.supervisor_pid, signal.SIGSTOP)  # so that it cannot start another
        os.kill(note.postmaster_pid, signal.SIGKILL)
        os.kill(note.supervisor_pid, signal.SIGKILL)
        wait_until_nothing_runs(folder)
        assert (folder / "cluster" / "postmaster.pid").exists()
    with EmbeddedPostgres(folder) as next_one:
        assert await _query(next_one, "SELECT one FROM kept") == 1


async def test_the_number_of_a_killed_server_may_be_another_process_by_now(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        await _query(server, "CREATE TABLE kept AS SELECT 1 AS one")
    wait_until_nothing_runs(folder)
    # As after a restart of the machine: the file names a process that runs, but is no server.
    (folder / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n/data\n", encoding="ascii")
    with EmbeddedPostgres(folder, durable=False) as server:
        assert await _query(server, "SELECT one FROM kept") == 1


def test_a_first_start_killed_halfway_leaves_nothing_that_looks_finished(folder: Path) -> None:
    with Command(folder) as command:
        unfinished = folder / "cluster.unfinished"
        wait_until((unfinished / "PG_VERSION").exists, "the data are being made")
        (supervisor,) = (pid for pid, line in processes_of(folder).items() if "supervisor" in line)
        os.kill(supervisor, signal.SIGKILL)
        command.kill()
    wait_until_nothing_runs(folder)
    assert unfinished.exists()
    assert not (folder / "cluster").exists()
    left_folder = DataFolder(folder).read_runtime()
    assert left_folder is not None
    with EmbeddedPostgres(folder, durable=False) as server:
        assert server.database_exists("postgres")
    assert not unfinished.exists()
    assert not left_folder.exists()


def test_a_supervisor_that_is_asked_to_stop_stops_its_server_properly(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        os.kill(note_of(folder).supervisor_pid, signal.SIGTERM)
        wait_until_nothing_runs(folder)
        assert not (folder / "server.json").exists()
        assert not (folder / "cluster" / "postmaster.pid").exists()


def test_a_server_that_keeps_dying_is_given_up(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        seen: set[int | None] = {None}
        for _ in range(3):
            wait_until(lambda: _postmaster(folder) not in seen, "the server runs again")
            pid = _postmaster(folder)
            assert pid is not None
            seen.add(pid)
            os.kill(pid, signal.SIGKILL)
        wait_until_nothing_runs(folder)
        reason = DataFolder(folder).read_failure()
        assert reason is not None
        assert reason.startswith("The PostgreSQL server keeps dying.")


def test_where_the_kernel_does_not_help_a_shell_stops_the_server(tmp_path: Path) -> None:
    # The way of macOS, tried on any system with a process that stands for the server.
    script = (
        "import sys\n"
        "from app.adapters.embedded.postmaster import stop_with_this_process\n"
        "stop_with_this_process(int(sys.argv[1]))\n"
        "print('watched', flush=True)\n"
        "sys.stdin.read()\n"
    )
    # Whoever runs the tests in the background of a shell ignores SIGINT, and sleep would as well.
    with subprocess.Popen(
        ["/bin/sleep", "60"],
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as server:
        with subprocess.Popen(
            [sys.executable, "-c", script, str(server.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        ) as supervisor:
            assert supervisor.stdout is not None
            assert supervisor.stdout.readline() == b"watched\n"
            assert server.poll() is None
            supervisor.kill()
        assert server.wait(PATIENCE) == -signal.SIGINT


def _has_supervisor(folder: Path) -> bool:
    lock = open_lock(folder / "alive.lock")
    try:
        return not try_lock(lock, exclusive=False)
    finally:
        os.close(lock)


def _postmaster(folder: Path) -> int | None:
    note = DataFolder(folder).read_note()
    return note.postmaster_pid if note else None
