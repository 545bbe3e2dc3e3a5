"""What all tests share: one database server, a fresh database for each test that asks for one."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.embedded import EmbeddedPostgres
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.migrate import upgrade
from app.adapters.postgres.seed import seed_institutions
from tests.pki.fixtures import pki

__all__ = ["pki"]

_numbers = itertools.count(1)
_TEMPLATE = "template_of_tests"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server for this test process; it does not need to survive a power cut."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres) -> str:
    """A database built by the real migrations, with the alliance's partners in it."""

    async def build() -> None:
        engine = make_engine(server.url(database=_TEMPLATE), pool_size=1)
        await upgrade(engine)
        await seed_institutions(engine)
        await engine.dispose()

    server.create_database(_TEMPLATE)
    # In a thread of its own: a loop is running already when an async test asks for this first.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, build()).result()
    return _TEMPLATE


@pytest.fixture
def database_url(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The URL of a fresh database; dropped afterwards."""
    name = f"test_{next(_numbers)}"
    server.create_database(name, template=template)
    yield server.url(database=name)
    server.drop_database(name)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A pool on a fresh database."""
    made = make_engine(database_url, pool_size=10)
    yield made
    await made.dispose()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    return tmp_path / "var"
