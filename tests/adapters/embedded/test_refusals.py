"""When no server can be had, the message says why and what to do."""

import os
from pathlib import Path

import pytest

from app.adapters.embedded import EmbeddedPostgres, EmbeddedPostgresUnavailable
from app.adapters.embedded.account import Account
from app.adapters.embedded.binaries import find_binaries
from app.adapters.embedded.cluster import ensure_cluster
from app.adapters.embedded.folder import DataFolder
from tests.adapters.embedded.processes import Command, wait_until_nothing_runs


def test_without_programs_for_the_platform_a_server_of_ones_own_is_suggested() -> None:
    with pytest.raises(EmbeddedPostgresUnavailable) as refusal:
        find_binaries({}, packages=[("no_such_package", "pginstall")])
    assert str(refusal.value) == (
        "There are no PostgreSQL programs for this platform in the environment. Run `make setup` "
        "if it is incomplete, or set PG_BINDIR to the folder of an installed PostgreSQL's programs "
        "(15 or later). To use a PostgreSQL server (15 or later) of your own instead, set "
        "DATABASE_URL, for example to postgresql+asyncpg://user:password@localhost/app."
    )


def test_a_second_package_serves_where_the_first_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bindir = tmp_path / "second_choice" / "install" / "bin"
    bindir.mkdir(parents=True)
    (tmp_path / "second_choice" / "__init__.py").write_text(
        "raise ImportError('finding the programs must not run the package')", encoding="utf-8"
    )
    (bindir / "postgres").touch()
    monkeypatch.syspath_prepend(tmp_path)
    found = find_binaries({}, packages=[("first_choice", "x"), ("second_choice", "install")])
    assert (found.bindir, found.libraries) == (bindir, None)


def test_pg_bindir_goes_before_every_package(folder: Path, tmp_path: Path) -> None:
    with Command(folder, {"PG_BINDIR": str(tmp_path)}) as command:
        said = command.says()["error"]
    assert said.startswith(
        f"PG_BINDIR is {tmp_path}, and there is no postgres and no initdb in it."
    )


def test_programs_that_do_not_run_here_are_reported_with_their_own_words(tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 'wrong processor' >&2\nexit 1\n", encoding="utf-8")
        program.chmod(0o755)
    binaries = find_binaries({"PG_BINDIR": str(tmp_path)})
    with pytest.raises(EmbeddedPostgresUnavailable, match=r"do not run .* \(wrong processor\)"):
        binaries.major_version(Account(os.geteuid(), os.getegid(), drop=False))


def test_data_of_another_version_are_left_alone(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        pass
    wait_until_nothing_runs(folder)
    (folder / "cluster" / "PG_VERSION").write_text("14\n", encoding="ascii")
    with pytest.raises(EmbeddedPostgresUnavailable, match=r"made by PostgreSQL 14, and the pro"):
        EmbeddedPostgres(folder, durable=False).start()
    assert (folder / "cluster" / "base").is_dir()


def test_a_server_that_does_not_start_is_quoted(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        pass
    wait_until_nothing_runs(folder)
    with (folder / "cluster" / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write("\nno_such_setting = 1\n")
    with pytest.raises(EmbeddedPostgresUnavailable, match="no_such_setting"):
        EmbeddedPostgres(folder, durable=False).start()


def test_after_a_failed_start_the_next_one_is_judged_anew(folder: Path) -> None:
    with Command(folder, {"PG_BINDIR": "/nonexistent"}) as failing:
        assert "PG_BINDIR is /nonexistent" in failing.says()["error"]
    with EmbeddedPostgres(folder, durable=False) as server:
        assert server.database_exists("postgres")
        assert not (folder / "failure.txt").exists()


def test_a_folder_that_is_a_file_cannot_hold_data(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(EmbeddedPostgresUnavailable, match=r"data cannot be used \(File exists\)"):
        EmbeddedPostgres(tmp_path / "data").start()


def test_programs_too_old_to_run_for_root_are_refused(tmp_path: Path) -> None:
    account = Account(65534, 65534, drop=True)
    with pytest.raises(EmbeddedPostgresUnavailable, match="or set PG_BINDIR to the programs of 16"):
        _ensure_cluster(tmp_path, 15, account)


def test_programs_older_than_production_are_refused(tmp_path: Path) -> None:
    account = Account(os.geteuid(), os.getegid(), drop=False)
    with pytest.raises(EmbeddedPostgresUnavailable, match="PostgreSQL 15 or later is needed"):
        _ensure_cluster(tmp_path, 14, account)


def _ensure_cluster(folder: Path, major: int, account: Account) -> None:
    with (folder / "log").open("wb") as log:
        ensure_cluster(
            DataFolder(folder),
            find_binaries({}),
            major,
            account,
            durable=False,
            owner_lock=log.fileno(),
            log=log,
        )


def test_durable_data_are_not_entrusted_to_a_server_without_durability(folder: Path) -> None:
    with (
        EmbeddedPostgres(folder, durable=False),
        pytest.raises(EmbeddedPostgresUnavailable, match="running without durability"),
    ):
        EmbeddedPostgres(folder, durable=True).start()


def test_a_server_not_started_has_no_address(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresUnavailable, match=r"call start\(\) first"):
        EmbeddedPostgres(folder).url()
    with EmbeddedPostgres(folder, durable=False) as server:
        pass
    with pytest.raises(EmbeddedPostgresUnavailable, match=r"call start\(\) first"):
        server.url()
