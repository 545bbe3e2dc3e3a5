"""Which data the command `run` serves: what was named, whatever lies about beside it."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import httpx
import pytest

from app.served import NotBoth, Served, served
from app.settings import Settings

ROOT = Path(__file__).parents[1]


def never() -> Path | None:
    raise AssertionError("the demonstration is not played unasked")


def with_database(folder: Path) -> Path:
    (folder / "cluster").mkdir(parents=True)
    return folder


def chosen(data: Path, named: Path | None = None, *, told: bool = False, **more: str) -> Served:
    settings = Settings(data_dir=data, **more)  # type: ignore[arg-type]
    runs = data / "demo" / "one"
    found = served(
        settings,
        named,
        data_dir_named=told,
        last_run=lambda: runs if runs.is_dir() else None,
        play=never,
    )
    assert found is not None
    return found


def test_the_folder_that_is_named_goes_before_a_demonstration(tmp_path: Path) -> None:
    run = tmp_path / "var" / "demo" / "one"
    with_database(run / "postgres")
    for named in (tmp_path / "absent", with_database(tmp_path / "mine")):
        data = chosen(tmp_path / "var", named)
        assert (data.folder, data.data_dir, data.run) == (named, tmp_path / "var", None)
    unnamed = chosen(tmp_path / "var")
    assert (unnamed.folder, unnamed.data_dir, unnamed.run) == (run / "postgres", run, run)


def test_a_folder_with_keys_and_mail_beside_its_database_is_served_with_them(
    tmp_path: Path,
) -> None:
    with_database(tmp_path / "kept" / "postgres")
    data = chosen(tmp_path / "var", tmp_path / "kept")
    assert (data.folder, data.data_dir) == (tmp_path / "kept" / "postgres", tmp_path / "kept")
    assert data.said == f"the database in {tmp_path / 'kept' / 'postgres'}"


def test_a_data_folder_that_is_named_plays_no_demonstration(tmp_path: Path) -> None:
    data = chosen(tmp_path, told=True)
    assert (data.folder, data.data_dir) == (tmp_path / "postgres", tmp_path)
    assert data.said == f"a new database in {tmp_path / 'postgres'}, with reference data alone"


def test_without_any_data_the_demonstration_is_played(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    run = tmp_path / "demo" / "now"
    played = served(settings, None, data_dir_named=False, last_run=lambda: None, play=lambda: run)
    assert played is not None
    assert (played.folder, played.run) == (run / "postgres", run)
    failed = served(settings, None, data_dir_named=False, last_run=lambda: None, play=lambda: None)
    assert failed is None


def test_a_server_of_its_own_has_no_folder(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://nowhere/none"
    assert chosen(tmp_path, database_url=url).folder is None
    with pytest.raises(NotBoth):
        chosen(tmp_path, tmp_path / "named", database_url=url)


async def test_an_empty_folder_becomes_a_database_and_the_demo_stays_as_it_is(
    tmp_path: Path,
) -> None:
    """With a demonstration in the data folder, which has no say in it."""
    run = tmp_path / "var" / "demo" / "one"
    run.mkdir(parents=True)
    (run.parent / "last").write_text(run.name)
    named = tmp_path / "mine"
    named.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MC_", "DATABASE_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "run", "--folder", str(named), "--port", str(port),
        "--with-parent",
        cwd=ROOT,
        env={**environment, "MC_DATA_DIR": str(tmp_path / "var")},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        lines = [(await process.stdout.readline()).decode() for _ in range(3)]
        assert lines[:2] == [
            "starting …\n",
            f"these data are served: a new database in {named}, with reference data alone\n",
        ]
        address = f"http://127.0.0.1:{port}"
        assert lines[2].startswith(f"serving {address}/docs until Ctrl-C; ")
        async with httpx.AsyncClient(base_url=address) as http:
            partners = (await http.get("/v1/institutions")).json()
            ready = await http.get("/ready")
        assert ready.status_code == 200
        assert len(partners["items"]) == 10
    finally:
        process.stdin.close()
        await process.wait()
    assert (named / "cluster").is_dir()
    assert list(run.iterdir()) == []
