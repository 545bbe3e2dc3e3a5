import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.embedded import EmbeddedPostgres
from tests.adapters.embedded.processes import processes_of, wait_until_nothing_runs


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder not made yet. After the test, nothing of its server may be left."""
    if sys.platform != "linux":
        pytest.skip("looks at processes through /proc")
    path = tmp_path / "data"
    yield path
    wait_until_nothing_runs(path)
    assert processes_of(path) == {}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One running server for the tests of a module that do not stop it."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("embedded"), durable=False) as running:
        yield running
