"""What is written when something goes wrong."""

import logging

import pytest

from app.logs import Discreet


def test_a_traceback_shows_where_it_was_and_nothing_that_people_sent() -> None:
    def fails(address: str) -> None:
        try:
            raise ValueError(f"Key (email)=({address}) already exists")
        except ValueError as error:
            raise RuntimeError(f"while saving {address}") from error

    address = "ana@example.org"
    with pytest.raises(RuntimeError) as failed:
        fails(address)
    error = failed.value
    record = logging.LogRecord(
        "app", logging.ERROR, "", 1, "defect", (), (type(error), error, error.__traceback__)
    )
    written = Discreet("%(message)s").format(record)
    assert address not in written
    assert written.startswith("defect\n")
    assert "in fails" in written
    named = [line for line in written.splitlines() if line.startswith("builtins.")]
    assert named == ["builtins.ValueError", "builtins.RuntimeError"]
