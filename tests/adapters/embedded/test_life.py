"""One server for all who need it, for as long as somebody does."""

import os
from contextlib import ExitStack
from pathlib import Path

import asyncpg

from app.adapters.embedded import EmbeddedPostgres
from tests.adapters.embedded.processes import (
    Command,
    note_of,
    processes_of,
    wait_until,
    wait_until_nothing_runs,
)


async def test_an_empty_folder_becomes_a_server_that_answers(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        connection = await asyncpg.connect(**server.connect_arguments())
        try:
            assert await connection.fetchrow(
                "SELECT lower('ȘTEFĂNESCU') AS lowered, 'ă' < 'b' AS by_sound,"
                " current_setting('TimeZone') AS zone, current_setting('fsync') AS fsync"
            ) == ("ștefănescu", False, "UTC", "on")
        finally:
            await connection.close()


def test_a_command_that_comes_later_joins_the_running_server(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server, Command(folder) as later:
        assert later.says() == {"url": server.url()}


def test_the_server_stays_until_the_last_command_has_left(folder: Path) -> None:
    with Command(folder) as later:
        with EmbeddedPostgres(folder, durable=False) as first:
            url = first.url()
            assert later.says() == {"url": url}
        # The first has left; who comes now still finds the same server.
        with EmbeddedPostgres(folder, durable=False) as third:
            assert third.url() == url
        assert len([line for line in processes_of(folder).values() if "supervisor" in line]) == 1
    wait_until_nothing_runs(folder)
    assert not (folder / "server.json").exists()
    assert not (folder / "cluster" / "postmaster.pid").exists()


def test_commands_that_start_at_once_share_one_server(folder: Path) -> None:
    with ExitStack() as stack:
        commands = [stack.enter_context(Command(folder)) for _ in range(4)]
        assert len({command.says()["url"] for command in commands}) == 1
        assert len([line for line in processes_of(folder).values() if "supervisor" in line]) == 1


def test_who_comes_while_the_server_stops_gets_one_all_the_same(folder: Path) -> None:
    for _ in range(3):
        with EmbeddedPostgres(folder, durable=False) as server:
            name = "kept"
            assert server.database_exists(name) == (folder / "second time").exists()
            if not server.database_exists(name):
                server.create_database(name)
                (folder / "second time").touch()
        # As soon as the supervisor has noticed; sometimes before it is done.
        wait_until(lambda: not (folder / "server.json").exists(), "the supervisor stops the server")


def test_the_command_does_not_carry_the_server_among_its_children(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        note = note_of(folder)
        assert os.getpgid(note.supervisor_pid) != os.getpgid(os.getpid())
        assert os.getsid(note.postmaster_pid) == note.postmaster_pid
        assert note.supervisor_pid not in _children(os.getpid())


def _children(pid: int) -> set[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return {int(child) for child in listed.split()}
