"""The test PKI as a fixture; `tests/conftest.py` takes it from here."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pki.authority import TestPki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[TestPki]":
    """The test PKI, answering on a free port; its keys are shared by all test processes."""
    # Imported here: most tests need none of it, and it is not small.
    from tests.pki.authority import TestPki

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    made = TestPki(folder / "pki-keys")
    yield made
    made.close()
