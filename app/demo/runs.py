"""Where each run of the demonstration keeps its data, and which one was the last complete one.

    var/demo/20261124T181500-4711/     one run: database, keys, mail
    var/demo/last                      the name of the last run that ended well

A run holds a lock on its folder; folders of runs that were killed are removed by the next one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path


class Runs:
    """The runs below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def last(self) -> Path | None:
        """The folder of the last complete run."""
        with suppress(FileNotFoundError):
            folder = self._root / (self._root / "last").read_text().strip()
            if folder.is_dir():
                return folder
        return None

    @contextmanager
    def new(self) -> Iterator[Path]:
        """A folder for a new run; becomes the last one if the block ends well."""
        self._root.mkdir(parents=True, exist_ok=True)
        self._remove_abandoned()
        folder = self._root / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
        folder.mkdir()
        with (folder / "running").open("w") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)
            yield folder
            before = self.last
            fresh = self._root / f"last.{os.getpid()}"
            fresh.write_text(folder.name)
            fresh.replace(self._root / "last")
        if before is not None and not _in_use(before):
            shutil.rmtree(before, ignore_errors=True)

    def _remove_abandoned(self) -> None:
        last = self.last
        for folder in self._root.iterdir():
            if folder.is_dir() and folder != last and not _in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def using(self, folder: Path) -> Iterator[None]:
        """Keep a run's folder from being removed while it is served."""
        with (folder / "running").open("a") as mark:
            fcntl.flock(mark, fcntl.LOCK_SH)
            yield


def _in_use(folder: Path) -> bool:
    try:
        with (folder / "running").open("a") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
