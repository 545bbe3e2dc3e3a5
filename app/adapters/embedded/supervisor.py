"""The process that owns the embedded server.

It starts the server, starts it again if it dies, and stops it when nobody needs it. Started by
`server.py` as ``python -m app.adapters.embedded.supervisor``; not meant to be typed. Three locks
make it safe against every order of events, deaths included:

* `owner.lock`, taken by the command that starts a supervisor and handed down to it and to every
  process of the server. While anything of a server is left, nobody else gets it, so there is never
  a second server.
* `clients.lock`, held shared by every command. The supervisor tries for it exclusively; to get it
  means that nobody is there, and to keep it while stopping means that a newcomer waits, then starts
  afresh.
* `alive.lock`, held by the supervisor alone. The server of a supervisor that was killed may answer
  for another moment; by this lock a newcomer knows that it is about to end.

It imports the standard library only, to be there quickly and to stay small.
"""

import argparse
import contextlib
import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from app.adapters.embedded.account import account_for
from app.adapters.embedded.binaries import find_binaries
from app.adapters.embedded.cluster import discard_stale_pid_file, ensure_cluster
from app.adapters.embedded.errors import EmbeddedPostgresUnavailable
from app.adapters.embedded.folder import DataFolder, Note
from app.adapters.embedded.locks import lock_exclusively, open_lock, try_lock
from app.adapters.embedded.postmaster import Postmaster
from app.adapters.embedded.runtime import (
    RuntimeFolder,
    make_runtime_folder,
    remove_leftover,
    runnable,
)

log = logging.getLogger("supervisor")

_LOOK_EVERY = 0.1
"""Seconds between two looks at whether a command is still there."""
_START_PATIENCE = 110.0
"""Seconds for the server to get ready, recovery after a crash included."""
_REMAINS_PATIENCE = 15.0
"""Seconds in which the other processes of a killed server must be gone."""
_DEATHS_IN_A_ROW = 3
_ROW_ENDS_AFTER = 60.0
_LARGEST_LOG = 5 * 1024 * 1024


class Supervisor:
    """Owner of the server of one data folder, for one life of that server."""

    def __init__(self, folder: DataFolder, *, owner_lock: int, durable: bool) -> None:
        self._folder = folder
        self._owner_lock = owner_lock
        self._durable = durable
        self._output = _open_log(folder)
        self._clients_lock = open_lock(folder.clients_lock)
        # An earlier supervisor's note goes first: a newcomer believes a note while somebody lives.
        folder.remove_note()
        lock_exclusively(open_lock(folder.alive_lock))  # in vain only while a newcomer looks
        self._asked_to_stop = False
        self._woken = _wake_on_signals(self._ask_to_stop)

    def run(self) -> None:
        """Serve until no command is left or a signal asks to stop.

        Raises EmbeddedPostgresUnavailable when the server cannot be started, or keeps dying.
        """
        account = account_for(self._folder.cluster)
        if stale := self._folder.read_runtime():
            remove_leftover(stale, account)
        binaries = find_binaries(os.environ)
        runtime = make_runtime_folder(account)
        try:
            self._folder.write_runtime(runtime.root)
            binaries, major = runnable(binaries, account, runtime)
            ensure_cluster(
                self._folder,
                binaries,
                major,
                account,
                durable=self._durable,
                owner_lock=self._owner_lock,
                log=self._output,
            )

            def start() -> Postmaster:
                return Postmaster(
                    binaries,
                    account,
                    self._folder.cluster,
                    runtime.socket_dir,
                    durable=self._durable,
                    owner_lock=self._owner_lock,
                    output=self._output,
                )

            discard_stale_pid_file(self._folder.cluster)
            self._serve(start, runtime)
        finally:
            runtime.remove()
            self._folder.remove_runtime()

    def _serve(self, start: Callable[[], Postmaster], runtime: RuntimeFolder) -> None:
        deaths: list[float] = []
        server = self._start(start, remains=False)
        try:
            self._announce(server, runtime)
            while not self._asked_to_stop and not try_lock(self._clients_lock, exclusive=True):
                self._wait()
                if not server.has_ended():
                    continue
                now = time.monotonic()
                deaths = [death for death in deaths if now - death < _ROW_ENDS_AFTER] + [now]
                log.warning("the server has died; death %d within a minute", len(deaths))
                if len(deaths) >= _DEATHS_IN_A_ROW:
                    raise EmbeddedPostgresUnavailable(
                        f"The PostgreSQL server keeps dying. It said:\n{self._folder.log_tail()}"
                    )
                server = self._start(start, remains=True)
                self._announce(server, runtime)
        finally:
            # First the note, so that whoever reads one finds a server.
            self._folder.remove_note()
            server.stop()

    def _start(self, start: Callable[[], Postmaster], *, remains: bool) -> Postmaster:
        """Start the server and wait until it answers.

        With `remains`, other processes of a dead server may need a moment to go first.
        """
        deadline = time.monotonic() + (_REMAINS_PATIENCE if remains else 0)
        while True:
            server = start()
            if server.wait_until_ready(_START_PATIENCE):
                return server
            server.stop()
            if time.monotonic() >= deadline:
                raise EmbeddedPostgresUnavailable(
                    f"PostgreSQL did not start on the data in {self._folder.root}. It said:\n"
                    f"{self._folder.log_tail()}"
                )
            time.sleep(0.2)

    def _announce(self, server: Postmaster, runtime: RuntimeFolder) -> None:
        self._folder.write_note(
            Note(
                supervisor_pid=os.getpid(),
                postmaster_pid=server.pid,
                socket_dir=str(runtime.socket_dir),
                durable=self._durable,
            )
        )
        log.info("the server is ready")

    def _wait(self) -> None:
        """Wait a moment, less when a signal arrives (the server's death is one)."""
        if select.select([self._woken], [], [], _LOOK_EVERY)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._woken, 4096)

    def _ask_to_stop(self) -> None:
        self._asked_to_stop = True


def _wake_on_signals(stop: Callable[[], None]) -> int:
    """Call `stop` on a request to end; every signal makes the returned descriptor readable."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    signal.signal(signal.SIGCHLD, lambda *_: None)  # the default would not wake anybody
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return readable


def _open_log(folder: DataFolder) -> IO[bytes]:
    with contextlib.suppress(FileNotFoundError):
        if folder.log.stat().st_size > _LARGEST_LOG:
            folder.log.replace(folder.log.with_suffix(".log.1"))
    file = folder.log.open("ab", buffering=0)
    folder.adopt_owner(folder.log)
    return file


def main(arguments: list[str] | None = None) -> int:
    """Leave the caller's process tree, then supervise. The caller returns at once."""
    parser = argparse.ArgumentParser(description="Supervisor of the embedded PostgreSQL server.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--owner-lock", type=int, required=True, help="descriptor that holds it")
    parser.add_argument("--not-durable", action="store_true")
    options = parser.parse_args(arguments)
    if os.fork() != 0:
        # The supervisor is nobody's child: no command has to collect it.
        os._exit(0)
    os.set_inheritable(options.owner_lock, False)  # each child is given it by name
    folder = DataFolder(options.folder)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s supervisor: %(message)s"
    )
    try:
        Supervisor(folder, owner_lock=options.owner_lock, durable=not options.not_durable).run()
    except EmbeddedPostgresUnavailable as error:
        folder.write_failure(str(error))
        log.error("%s", error)
        return 1
    except Exception as error:
        folder.write_failure(
            f"The supervisor of the embedded server failed: {error!r}. See {folder.log}."
        )
        log.exception("failed")
        return 1
    log.info("nobody is left; stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
