"""The way to the server depends on nothing around the caller, and is open to nobody else."""

import stat
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.adapters.embedded import EmbeddedPostgres

RUBBISH = {
    "PGHOST": "nowhere.invalid",
    "PGPORT": "1",
    "PGUSER": "somebody-else",
    "PGDATABASE": "something-else",
    "PGPASSWORD": "wrong",
    "PGSSLMODE": "verify-full",
    "PGSERVICE": "no-such-service",
    "PGTARGETSESSIONATTRS": "standby",
    "PGDATA": "/nonexistent",
    "PGOPTIONS": "--no-such-option",
    "PGTZ": "Mars/Olympus",
    "LC_ALL": "tr_TR.UTF-8",
}


@pytest.fixture
def _stray_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in RUBBISH.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_stray_settings")
async def test_stray_settings_of_the_caller_change_nothing(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        server.create_database("the app's")
        engine = create_async_engine(server.url(database="the app's"))
        try:
            async with engine.connect() as connection:
                row = (
                    await connection.execute(
                        text(
                            "SELECT current_user, current_database(),"
                            " current_setting('TimeZone'), current_setting('lc_messages')"
                        )
                    )
                ).one()
        finally:
            await engine.dispose()
        assert tuple(row) == ("postgres", "the app's", "UTC", "C")


async def test_the_same_address_serves_the_driver_itself(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(**server.connect_arguments("template1"))
    try:
        assert await connection.fetchval("SELECT current_database()") == "template1"
    finally:
        await connection.close()


async def test_nothing_listens_on_the_network(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(**server.connect_arguments())
    try:
        assert await connection.fetchval("SHOW listen_addresses") == ""
    finally:
        await connection.close()
    pid = int((server.socket_dir / ".s.PGSQL.5432.lock").read_text(encoding="ascii").split()[0])
    opened = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    sockets = {name.removeprefix("socket:[")[:-1] for name in opened if name.startswith("socket:")}
    for table in ("tcp", "tcp6"):
        lines = Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        assert sockets & {line.split()[9] for line in lines} == set()


def test_the_folder_of_the_socket_is_closed_to_everybody_else(server: EmbeddedPostgres) -> None:
    assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
    assert server.socket_dir.owner() == (server.socket_dir / ".s.PGSQL.5432").owner()


def test_a_checkout_may_lie_deeper_than_a_socket_could(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 5)
    assert len(str(deep)) > 107
    with EmbeddedPostgres(deep, durable=False) as server:
        assert len(str(server.socket_dir / ".s.PGSQL.5432")) < 104
        assert server.database_exists("postgres")


def test_a_temporary_folder_with_too_long_a_path_is_passed_over(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("t" * 90)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    with EmbeddedPostgres(folder, durable=False) as server:
        assert not server.socket_dir.is_relative_to(long)
