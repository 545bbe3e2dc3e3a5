"""Where the tests find the reference data, which are no part of the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("MC_REFERENCE_DATA") or Path(__file__).parents[2] / "shared" / "data")


def reference_file(relative: str) -> Path:
    """A file of the reference data; skips the test, and says why, when it is not there."""
    path = ROOT / relative
    if not path.exists():
        pytest.skip(
            f"no reference data: {relative} is missing; MC_REFERENCE_DATA says where to look"
        )
    return path
