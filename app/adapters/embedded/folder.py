"""The data folder: what lies where, and the note through which the supervisor is found.

::

    clients.lock   held shared by every command, exclusively by a supervisor that is stopping
    owner.lock     held exclusively by the supervisor and by every process of its server
    alive.lock     held exclusively by the supervisor alone: free means that the note is out of date
    server.json    the note: where the running server is reached (see `Note`)
    runtime.txt    path of the short-lived folder of the server, to be removed with it
    failure.txt    why the last start failed
    server.log     what server and supervisor said
    cluster/       the PostgreSQL data themselves
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

SUPERUSER = "postgres"
PORT = 5432
"""Only names the socket's file; nothing listens on it."""


@dataclass(frozen=True)
class Note:
    """Where the running server is reached, as the supervisor wrote it once the server was ready.

    A note outlives a supervisor that was killed; see `alive.lock`.
    """

    supervisor_pid: int
    postmaster_pid: int
    socket_dir: str
    durable: bool


@dataclass(frozen=True)
class DataFolder:
    """Paths inside one data folder, and the files that carry words between processes."""

    root: Path

    @property
    def clients_lock(self) -> Path:
        """Lock file of those who use the server."""
        return self.root / "clients.lock"

    @property
    def owner_lock(self) -> Path:
        """Lock file of the one who runs the server."""
        return self.root / "owner.lock"

    @property
    def alive_lock(self) -> Path:
        """Lock file that tells whether the supervisor lives."""
        return self.root / "alive.lock"

    @property
    def cluster(self) -> Path:
        """Folder of the PostgreSQL data."""
        return self.root / "cluster"

    @property
    def log(self) -> Path:
        """Log of server and supervisor."""
        return self.root / "server.log"

    @property
    def _note(self) -> Path:
        return self.root / "server.json"

    @property
    def _runtime(self) -> Path:
        return self.root / "runtime.txt"

    @property
    def _failure(self) -> Path:
        return self.root / "failure.txt"

    def read_note(self) -> Note | None:
        """The note, or None when there is none or it cannot be understood."""
        try:
            return Note(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write_note(self, note: Note) -> None:
        """Replace the note in one step, so that nobody reads half of one."""
        self._replace(self._note, json.dumps(asdict(note), indent=1) + "\n")

    def remove_note(self) -> None:
        """Take the note away."""
        self._note.unlink(missing_ok=True)

    def read_runtime(self) -> Path | None:
        """Path of the short-lived folder of the last server, or None if it was removed."""
        text = _text_in(self._runtime)
        return Path(text) if text else None

    def write_runtime(self, path: Path) -> None:
        """Remember the short-lived folder, for whoever comes after a violent death."""
        self._replace(self._runtime, f"{path}\n")

    def remove_runtime(self) -> None:
        """Forget the short-lived folder."""
        self._runtime.unlink(missing_ok=True)

    def read_failure(self) -> str | None:
        """Why the last start failed, or None."""
        return _text_in(self._failure)

    def write_failure(self, reason: str) -> None:
        """Leave word of why the start failed."""
        self._replace(self._failure, reason + "\n")

    def remove_failure(self) -> None:
        """Forget an earlier failure."""
        self._failure.unlink(missing_ok=True)

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of the log, for an error message."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 8192))
                text = file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def adopt_owner(self, path: Path) -> None:
        """Give `path` to the folder's owner: root may help out in an ordinary user's checkout."""
        if os.geteuid() == 0:
            of_folder = self.root.stat()
            os.chown(path, of_folder.st_uid, of_folder.st_gid)

    def _replace(self, path: Path, text: str) -> None:
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        self.adopt_owner(fresh)
        fresh.replace(path)


def _text_in(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
