"""The embedded server as a command sees it."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import app
from app.adapters.embedded.binaries import find_binaries
from app.adapters.embedded.errors import SET_DATABASE_URL, EmbeddedPostgresUnavailable
from app.adapters.embedded.folder import PORT, SUPERUSER, DataFolder, Note
from app.adapters.embedded.locks import open_lock, try_lock

if TYPE_CHECKING:
    from app.adapters.embedded.databases import Databases

_PATIENCE = 120.0
"""Seconds to wait for a server: longer than any start or stop should take."""
_LOOK_EVERY = 0.02


class EmbeddedPostgres:
    """The server of the data in `data_dir`, for as long as a command needs it.

    Entering the block starts the server or joins the running one; leaving it releases it. Made with
    ``durable=False``, the server skips what protects data from a crash of the *machine* (a killed
    process loses nothing); for tests and scratch databases. Several objects, processes and users of
    one `data_dir` share one server. Blocking: in a coroutine, start it before the loop or in a
    thread.

    Raises EmbeddedPostgresUnavailable, with what to do about it, when no server can be had.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._folder = DataFolder(data_dir.resolve())
        self._durable = durable
        self._clients_lock: int | None = None
        self._note: Note | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def start(self) -> None:
        """Join the running server, or start one, and return when it answers."""
        if self._clients_lock is not None:
            return
        if sys.platform == "win32":
            raise EmbeddedPostgresUnavailable(
                f"The embedded PostgreSQL server does not run on Windows. {SET_DATABASE_URL}"
            )
        deadline = time.monotonic() + _PATIENCE
        lock: int | None = None
        try:
            self._folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = open_lock(self._folder.clients_lock)
            self._folder.adopt_owner(self._folder.clients_lock)
            # Refused only while a supervisor is stopping, which takes a moment.
            while not try_lock(lock, exclusive=False):
                self._pause(deadline, "the earlier server is being stopped")
            self._note = self._find_or_start(deadline)
            self._clients_lock, lock = lock, None
        except OSError as error:
            raise EmbeddedPostgresUnavailable(
                f"The data folder {self._folder.root} cannot be used ({error.strerror}). Run the "
                f"command as the user who owns it, or remove the folder. {SET_DATABASE_URL}"
            ) from error
        finally:
            if lock is not None:
                os.close(lock)

    def release(self) -> None:
        """Stop using the server. It is stopped within a moment if nobody else uses it."""
        if self._clients_lock is not None:
            os.close(self._clients_lock)
            self._clients_lock = None
            self._note = None

    @property
    def socket_dir(self) -> Path:
        """Folder of the server's socket: the `host` for asyncpg and the PostgreSQL programs."""
        return Path(self._running().socket_dir)

    def url(self, database: str = SUPERUSER) -> str:
        """SQLAlchemy URL of `database`.

        It names every part of the address itself, for what it left open would be taken from PGPORT,
        PGUSER, PGSSLMODE and their like in the caller's environment.
        """
        return (
            f"postgresql+asyncpg://{SUPERUSER}@/{quote(database, safe='')}"
            f"?host={self.socket_dir}&port={PORT}&ssl=disable&target_session_attrs=any"
        )

    def connect_arguments(self, database: str = SUPERUSER) -> dict[str, Any]:
        """The same address as keyword arguments of ``asyncpg.connect``."""
        return _arguments(self._running(), database)

    def program(self, name: str) -> Path:
        """Path of a PostgreSQL program such as `pgbench`, of the server's own version."""
        return find_binaries(os.environ).program(name)

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make the database `name`, empty or as a copy of `template`, which nobody may be using.

        Raises EmbeddedPostgresUnavailable when `name` exists or `template` does not.
        """
        self._databases().create(name, template)

    def drop_database(self, name: str) -> None:
        """Remove the database `name` and cut its connections; nothing happens if there is none."""
        self._databases().drop(name)

    def rename_database(self, old: str, new: str) -> None:
        """Rename the database `old`, cutting its connections.

        Raises EmbeddedPostgresUnavailable when `old` does not exist or `new` does.
        """
        self._databases().rename(old, new)

    def database_exists(self, name: str) -> bool:
        """Whether there is a database `name`."""
        return self._databases().exists(name)

    def _databases(self) -> "Databases":
        # The driver is imported late: the supervisor imports this package too, and does without it.
        from app.adapters.embedded.databases import Databases

        return Databases(self.connect_arguments())

    def _running(self) -> Note:
        if self._note is None:
            raise EmbeddedPostgresUnavailable(
                "The embedded server is not in use: call start() first."
            )
        return self._note

    def _find_or_start(self, deadline: float) -> Note:
        """The note of a server that answers; started here if nothing of an earlier one is left."""
        started_one = False
        while True:
            owner_lock = open_lock(self._folder.owner_lock)
            try:
                if try_lock(owner_lock, exclusive=True):
                    if started_one:
                        raise EmbeddedPostgresUnavailable(self._why_it_failed())
                    self._start_supervisor(owner_lock)
                    started_one = True
            finally:
                os.close(owner_lock)
            # Asked first: what is read while a supervisor lives is no earlier one's note.
            note = self._folder.read_note() if self._has_supervisor() else None
            if note and self._answers(note):
                if self._durable and not note.durable:
                    raise EmbeddedPostgresUnavailable(
                        f"The server of {self._folder.root} is running without durability, for "
                        "tests. Wait for them to end, or use another folder."
                    )
                return note
            self._pause(deadline, "no server has become ready")

    def _start_supervisor(self, owner_lock: int) -> None:
        """Start a supervisor that inherits the owner's lock, without waiting for its server."""
        self._folder.remove_failure()
        for lock in (self._folder.owner_lock, self._folder.alive_lock):
            os.close(open_lock(lock))
            self._folder.adopt_owner(lock)
        command = [
            sys.executable,
            *("-P", "-m", "app.adapters.embedded.supervisor", str(self._folder.root)),
            *("--owner-lock", str(owner_lock)),
        ]
        if not self._durable:
            command.append("--not-durable")
        passed_on = ("PATH", "HOME", "TMPDIR", "PG_BINDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        environment = {name: os.environ[name] for name in passed_on if name in os.environ}
        environment["PYTHONPATH"] = str(Path(app.__file__).parent.parent)
        with self._folder.log.open("ab") as log:
            # In a session of its own, so that Ctrl-C reaches the command alone.
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                cwd="/",
                env=environment,
                pass_fds=(owner_lock,),
                start_new_session=True,
            )

    def _why_it_failed(self) -> str:
        return self._folder.read_failure() or (
            "The embedded PostgreSQL server has gone away while starting. The end of "
            f"{self._folder.log}:\n"
            f"{self._folder.log_tail()}"
        )

    def _has_supervisor(self) -> bool:
        alive_lock = open_lock(self._folder.alive_lock)
        try:
            return not try_lock(alive_lock, exclusive=False)
        finally:
            os.close(alive_lock)

    def _answers(self, note: Note) -> bool:
        from app.adapters.embedded.databases import answers  # late, as above

        return answers(_arguments(note, SUPERUSER))

    def _pause(self, deadline: float, what: str) -> None:
        if time.monotonic() > deadline:
            raise EmbeddedPostgresUnavailable(
                f"Waited {_PATIENCE:.0f} seconds: {what} for {self._folder.root}. The end of "
                f"{self._folder.log}:\n{self._folder.log_tail()}"
            )
        time.sleep(_LOOK_EVERY)


def _arguments(note: Note, database: str) -> dict[str, Any]:
    return {
        "host": note.socket_dir,
        "port": PORT,
        "user": SUPERUSER,
        "database": database,
        "ssl": False,
        "target_session_attrs": "any",
    }
